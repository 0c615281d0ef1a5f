package emulator_test

import (
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"mysecurity/internal/emulator"
)

// TestMarker is EM-07: the marker is on every answer, refusals included.
func TestMarker(t *testing.T) {
	tenant := start(t)
	for _, c := range []struct {
		name, method, path string
		header             http.Header
		status             int
	}{
		{"discovery", "GET", "/.well-known/openid-configuration", nil, http.StatusOK},
		{"keys", "GET", "/.well-known/jwks.json", nil, http.StatusOK},
		{"sign-in", "GET", strings.TrimPrefix(tenant.AuthorizeURL(nil), tenant.URL), nil, http.StatusOK},
		{"error page", "GET", "/authorize", nil, http.StatusBadRequest},
		{"userinfo", "GET", "/userinfo", nil, http.StatusUnauthorized},
		{"token error", "POST", "/oauth/token", nil, http.StatusBadRequest},
		{"MFA API", "GET", "/mfa/authenticators", nil, http.StatusUnauthorized},
		{"control API", "GET", "/control/clock", nil, http.StatusOK},
		{"console", "GET", "/console", nil, http.StatusOK},
		{"logout", "GET", "/v2/logout", nil, http.StatusOK},
		{"unknown path", "GET", "/nothing", nil, http.StatusNotFound},
		{"wrong method", "DELETE", "/oauth/token", nil, http.StatusMethodNotAllowed},
		{"wrong host", "GET", "/userinfo", http.Header{"Host": {"evil.example"}}, http.StatusMisdirectedRequest},
		{"cross-site", "POST", "/oauth/token", http.Header{"Sec-Fetch-Site": {"cross-site"}}, http.StatusForbidden},
	} {
		t.Run("EM-07 "+c.name, func(t *testing.T) {
			response := do(t, tenant, c.method, c.path, c.header)
			if response.StatusCode != c.status {
				t.Errorf("status %d, want %d", response.StatusCode, c.status)
			}
			if response.Header.Get("Mysecurity-Emulator") != "1" {
				t.Error("no marker header")
			}
			for name := range response.Header {
				if strings.HasPrefix(name, "Access-Control-") || name == "Server" {
					t.Errorf("EM-13: header %s", name)
				}
			}
		})
	}
}

// TestHostCheck is EM-13: only the public URL's host and the loopback names on
// its port are answered, whatever name a rebinding page uses.
func TestHostCheck(t *testing.T) {
	tenant := start(t)
	u, err := url.Parse(tenant.URL)
	if err != nil {
		t.Fatal(err)
	}
	port := u.Port()
	for host, want := range map[string]int{
		"localhost:" + port:            http.StatusOK,
		"127.0.0.1:" + port:            http.StatusOK,
		"[::1]:" + port:                http.StatusOK,
		"localhost":                    http.StatusMisdirectedRequest,
		"localhost:1":                  http.StatusMisdirectedRequest,
		"evil.example:" + port:         http.StatusMisdirectedRequest,
		"localhost.evil.example":       http.StatusMisdirectedRequest,
		"127.0.0.1.evil.example:80":    http.StatusMisdirectedRequest,
		"localhost:" + port + ".x":     http.StatusMisdirectedRequest,
		net.JoinHostPort("::2", port):  http.StatusMisdirectedRequest,
		"LOCALHOST.:" + port:           http.StatusMisdirectedRequest,
		"host.docker.internal:" + port: http.StatusMisdirectedRequest,
	} {
		t.Run("EM-13 "+host, func(t *testing.T) {
			if got := get(t, tenant, "/.well-known/jwks.json", http.Header{"Host": {host}}).StatusCode; got != want {
				t.Errorf("status %d, want %d", got, want)
			}
		})
	}
}

// TestPublicHost: the host of the public URL is answered when it is another name.
func TestPublicHost(t *testing.T) {
	e, err := emulator.New(emulator.Options{PublicURL: "https://tenant.test", Keys: quickKey})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	for host, want := range map[string]int{
		"tenant.test": http.StatusOK, "localhost": http.StatusOK,
		"tenant.test:8081": http.StatusMisdirectedRequest, "localhost:8081": http.StatusMisdirectedRequest,
	} {
		if got := serve(e, "https://"+host+"/.well-known/openid-configuration"); got != want {
			t.Errorf("%s: status %d, want %d", host, got, want)
		}
	}
}

// TestCrossSite is EM-13: what pages of other origins may make a browser send.
func TestCrossSite(t *testing.T) {
	tenant := start(t)
	origin := func(value string) http.Header { return http.Header{"Origin": {value}} }
	site := func(value string) http.Header { return http.Header{"Sec-Fetch-Site": {value}} }
	for _, c := range []struct {
		name, method, path string
		header             http.Header
		refused            bool
	}{
		{"token, other site", "POST", "/oauth/token", site("cross-site"), true},
		{"token, other port of this host", "POST", "/oauth/token", site("same-site"), true},
		{"token, old browser", "POST", "/oauth/token", origin("https://evil.example"), true},
		{"token, sandboxed frame", "POST", "/oauth/token", origin("null"), true},
		{"token, SDK", "POST", "/oauth/token", nil, false},
		{"revoke", "POST", "/oauth/revoke", site("cross-site"), true},
		{"MFA API", "POST", "/mfa/associate", site("cross-site"), true},
		{"MFA API, delete", "DELETE", "/mfa/authenticators/x", site("cross-site"), true},
		{"sign-in form", "POST", "/u/login", site("cross-site"), true},
		{"sign-in form, own page", "POST", "/u/login", site("same-origin"), false},
		{"logout confirmation", "POST", "/u/logout-confirm", site("cross-site"), true},
		{"control API", "POST", "/control/reset", site("same-site"), true},
		{"console", "POST", "/console", site("cross-site"), true},
		{"preflight", "OPTIONS", "/oauth/token", site("cross-site"), false}, // answered without CORS headers
		{"link to authorize", "GET", "/authorize", site("cross-site"), false},
		{"form to authorize", "POST", "/authorize", site("cross-site"), false},
		{"form to logout", "POST", "/oidc/logout", site("cross-site"), false},
	} {
		t.Run("EM-13 "+c.name, func(t *testing.T) {
			response := do(t, tenant, c.method, c.path, c.header)
			if (response.StatusCode == http.StatusForbidden) != c.refused {
				t.Errorf("status %d, want refused: %v", response.StatusCode, c.refused)
			}
			if response.Header.Get("Access-Control-Allow-Origin") != "" {
				t.Error("CORS header")
			}
		})
	}
}

// TestPostedAuthorize: OpenID Connect lets applications send the request by form.
func TestPostedAuthorize(t *testing.T) {
	tenant := start(t)
	address, err := url.Parse(tenant.AuthorizeURL(nil))
	if err != nil {
		t.Fatal(err)
	}
	status, body := tenant.Post("authorize", address.Query())
	if status != http.StatusOK || !strings.Contains(string(body), "current-password") {
		t.Errorf("status %d", status)
	}
}

// TestNewEachTime is the rest of EM-07: nothing survives a start.
func TestNewEachTime(t *testing.T) {
	a, b := start(t), start(t)
	t.Run("EM-07 credentials and users", func(t *testing.T) {
		userA, _ := a.User("ada@example.com")
		userB, _ := b.User("ada@example.com")
		if a.ClientID == b.ClientID || a.ClientSecret == b.ClientSecret || userA.Password == userB.Password || userA.UserID == userB.UserID {
			t.Error("two starts share an id or a secret")
		}
	})
	t.Run("EM-07 signing keys", func(t *testing.T) {
		var modulus [2]string
		for i := range modulus {
			e, err := emulator.New(emulator.Options{PublicURL: "http://localhost:8080"})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(e.Close)
			modulus[i] = body(e, "http://localhost:8080/.well-known/jwks.json")
		}
		if modulus[0] == modulus[1] || modulus[0] == "" {
			t.Error("two starts share their keys")
		}
	})
}

// TestRandomPassedIn: with the caller's source of randomness every id and secret
// is the same again.
func TestRandomPassedIn(t *testing.T) {
	made := func() [4]string {
		e, err := emulator.New(emulator.Options{
			PublicURL: "http://localhost:8081", Random: rand.NewChaCha8([32]byte{}), Keys: quickKey,
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(e.Close)
		id, secret := e.PortalApplication()
		bruno, _ := e.User("bruno@example.com")
		return [4]string{id, secret, bruno.Password, bruno.Authenticators[0].Secret}
	}
	if a, b := made(), made(); a != b || a[0] == "" {
		t.Errorf("%v, then %v", a, b)
	}
}
