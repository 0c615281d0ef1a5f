package emulator_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"mysecurity/internal/emulator"
)

const seedFile = `{
  "domain": "localhost:8081", "issuer": "http://localhost:8081/",
  "applications": [{"name": "portal", "client_id": "id", "client_secret": "secret", "callbacks": ["http://localhost:8080/callback"],
    "logout_urls": [], "grant_types": ["authorization_code"]}],
  "factors": {"otp": true, "recovery-code": false, "sms": false}, "message_types": [], "policy": ["all-applications"],
  "variants": {"authorization_response_iss": "on"},
  "users": [{"user_id": "auth0|1", "email": "x@example.com", "password": "pw", "email_verified": true, "name": "X", "locale": "fr",
    "authenticators": [{"type": "otp", "secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"}]}]
}`

func newSeeded(file, publicURL string) (*emulator.Emulator, error) {
	seed, err := emulator.ReadSeed(strings.NewReader(file))
	if err != nil {
		return nil, err
	}
	return emulator.New(emulator.Options{PublicURL: publicURL, Seed: seed, Keys: quickKey})
}

func TestSeedFile(t *testing.T) {
	e, err := newSeeded(seedFile, "http://localhost:8081")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	if id, secret := e.PortalApplication(); id != "id" || secret != "secret" {
		t.Errorf("portal application %q, %q", id, secret)
	}
	user, ok := e.User("X@EXAMPLE.com")
	if !ok || user.UserID != "auth0|1" || user.Password != "pw" || user.Authenticators[0].Secret != "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP" {
		t.Errorf("user %+v", user)
	}
	if _, ok := e.User("ada@example.com"); ok {
		t.Error("a seed with users has no others")
	}
	if id, secret := e.ManagementApplication(); id == "" || secret == "" {
		t.Error("the management application is missing")
	}
}

// TestSeedRefreshSettings: what a seed leaves out of them is the vendor's default.
func TestSeedRefreshSettings(t *testing.T) {
	for members, want := range map[string]emulator.RefreshSettings{
		``: {RotationType: "rotating", ExpirationType: "expiring", TokenLifetime: 30 * 86400, IdleLifetime: 15 * 86400},
		`"leeway": 30, "rotation_type": "non-rotating"`: {
			RotationType: "non-rotating", ExpirationType: "expiring", Leeway: 30, TokenLifetime: 30 * 86400, IdleLifetime: 15 * 86400,
		},
		`"token_lifetime": 3600`: {RotationType: "rotating", ExpirationType: "expiring", TokenLifetime: 3600, IdleLifetime: 3600},
	} {
		e, err := newSeeded(strings.Replace(seedFile, `"grant_types"`, `"refresh_token": {`+members+`}, "grant_types"`, 1), "http://localhost:8081")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(e.Close)
		request := httptest.NewRequest(http.MethodGet, "http://localhost:8081/control/tenant", nil)
		request.RemoteAddr = "127.0.0.1:50000"
		recorder := httptest.NewRecorder()
		e.ServeHTTP(recorder, request)
		var tenant struct{ Applications []emulator.Application }
		if err := json.Unmarshal(recorder.Body.Bytes(), &tenant); err != nil {
			t.Fatal(err)
		}
		if got := tenant.Applications[0].RefreshToken; got != want {
			t.Errorf("%s: %+v", members, got)
		}
	}
}

func TestSeedFileErrors(t *testing.T) {
	for _, c := range []struct{ name, old, new string }{
		{"misspelt member", `"policy"`, `"polici"`},
		{"two values", "\n}", "\n} {}"},
		{"another issuer", `"http://localhost:8081/"`, `"https://acme.auth0.com/"`},
		{"another domain", `"localhost:8081"`, `"acme.auth0.com"`},
		{"unknown factor", `"sms"`, `"pigeon"`},
		{"factor that is not emulated", `"sms": false`, `"duo": true`},
		{"unknown policy", `all-applications`, `sometimes`},
		{"unknown variant", `authorization_response_iss`, `x`},
		{"unknown value of a variant", `"on"`, `"maybe"`},
		{"user without address", `"email": "x@example.com"`, `"email": ""`},
		{"user twice", `"users": [`, `"users": [{"email": "X@example.com", "name": ""}, `},
		{"application twice", `"applications": [`, `"applications": [{"name": "x", "client_id": "id"}, `},
		{"unknown rotation", `"grant_types"`, `"refresh_token": {"rotation_type": "x"}, "grant_types"`},
		{"idle longer than absolute", `"grant_types"`, `"refresh_token": {"token_lifetime": 60, "idle_token_lifetime": 61}, "grant_types"`},
		{"authenticator of an unknown type", `"type": "otp"`, `"type": "sms"`},
		{"secret that is no base32", `JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP`, `jbsw 0189`},
		{"secret too short", `JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP`, `JBSWY3DP`},
		{"malformed recovery code", `"otp", "secret"`, `"recovery-code", "secret"`},
		{"number of an app", `"secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"`, `"number": "+447700900147"`},
		{"malformed number", `"otp", "secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"`, `"phone", "number": "07700900147"`},
		{"secret of a phone", `"type": "otp"`, `"type": "phone"`},
		{"malformed address", `"otp", "secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"`, `"email", "address": "x"`},
		{"address of a push", `"otp", "secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"`, `"push", "address": "x@example.com"`},
		{"no JSON", "{", "["},
	} {
		t.Run(c.name, func(t *testing.T) {
			changed := strings.Replace(seedFile, c.old, c.new, 1)
			if changed == seedFile {
				t.Fatal("the case changes nothing")
			}
			e, err := newSeeded(changed, "http://localhost:8081")
			if err == nil {
				e.Close()
				t.Fatal("accepted")
			}
		})
	}
}

func TestPublicURL(t *testing.T) {
	for _, c := range []struct {
		url string
		ok  bool
	}{
		{"http://localhost:8081", true},
		{"http://localhost:8081/", true},
		{"https://tenant.test", true},
		{"", false},
		{"localhost:8081", false},
		{"ftp://localhost", false},
		{"http://", false},
		{"http://localhost/x", false},
		{"http://localhost?x", false},
		{"http://localhost#x", false},
		{"http://user@localhost", false},
		{"http://local host", false},
	} {
		e, err := emulator.New(emulator.Options{PublicURL: c.url, Keys: quickKey})
		if (err == nil) != c.ok {
			t.Errorf("%q: %v", c.url, err)
		}
		if err == nil {
			e.Close()
		}
	}
}

// TestReset: back to the seed, with the credentials that clients already hold.
func TestReset(t *testing.T) {
	tenant := start(t)
	b := tenant.NewBrowser()
	ada, _ := tenant.User("ada@example.com")
	b.SignIn(ada, nil)
	added := tenant.NewUser()
	tenant.Control(http.MethodPatch, "tenant", `{"policy":["all-applications"]}`)
	tenant.Control(http.MethodPost, "reset", "")
	if _, ok := tenant.User(added.Email); ok {
		t.Error("an added user survived")
	}
	if answer := b.SignIn(ada, changes("prompt", "none")).Query(); answer.Get("error") != "login_required" {
		t.Errorf("a session survived: %v", answer)
	}
	if tokens := tenant.Tokens(ada, nil); tokens.IDToken == "" {
		t.Error("the seeded user cannot sign in any more")
	}
}

// TestStart is the start budget of the emulator: the first answer comes within
// 100 ms; the keys are made meanwhile, and only answers that need one wait.
func TestStart(t *testing.T) {
	const budget = 100 * time.Millisecond
	best := time.Hour
	for range 3 { // the machine may be busy; the program must be able to
		began := time.Now()
		e, err := emulator.New(emulator.Options{PublicURL: "http://localhost:8081"})
		if err != nil {
			t.Fatal(err)
		}
		if got := serve(e, "http://localhost:8081/.well-known/openid-configuration"); got != http.StatusOK {
			t.Fatalf("discovery: status %d", got)
		}
		best = min(best, time.Since(began))
		keys := time.Now()
		e.Close()
		t.Logf("first answer after %v, keys %v later", best, time.Since(keys))
	}
	if best > budget {
		t.Errorf("first answer after %v, budget %v", best, budget)
	}
}
