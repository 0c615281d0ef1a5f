package emulator_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mysecurity/internal/emulator"
	"mysecurity/internal/emulator/emulatortest"
)

const multiFactor = "http://schemas.openid.net/pape/policies/2007/06/multi-factor"

// TestNoSafeWayBack: without a known application and one of its redirect URIs,
// compared exactly, the browser stays on a page of the tenant.
func TestNoSafeWayBack(t *testing.T) {
	tenant := start(t)
	for _, c := range []struct {
		name   string
		change url.Values
		status int
	}{
		{"no client", changes("client_id", ""), http.StatusBadRequest},
		{"unknown client", changes("client_id", "nobody"), http.StatusBadRequest},
		{"two clients", changes("client_id", tenant.ClientID, "client_id", "nobody"), http.StatusBadRequest},
		{"EM-10 no redirect URI", changes("redirect_uri", ""), http.StatusForbidden},
		{"EM-10 another host", changes("redirect_uri", "https://evil.example/callback"), http.StatusForbidden},
		{"EM-10 a slash more", changes("redirect_uri", emulatortest.Callback+"/"), http.StatusForbidden},
		{"EM-10 a query more", changes("redirect_uri", emulatortest.Callback+"?a=b"), http.StatusForbidden},
		{"EM-10 another case", changes("redirect_uri", strings.ToUpper(emulatortest.Callback)), http.StatusForbidden},
		{"EM-10 a dot segment", changes("redirect_uri", "http://localhost:8080/x/../callback"), http.StatusForbidden},
		{"EM-10 a logout URL", changes("redirect_uri", emulatortest.LogoutURL), http.StatusForbidden},
		{"EM-10 two redirect URIs", changes("redirect_uri", emulatortest.Callback, "redirect_uri", "https://evil.example/"), http.StatusForbidden},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := tenant.NewBrowser().Get(tenant.AuthorizeURL(c.change))
			if p.Left != nil || p.Status != c.status {
				t.Fatalf("status %d, left to %v; want %d and no redirect", p.Status, p.Left, c.status)
			}
			if p.Doc.Find("main [role=alert]").Length() != 1 || p.Doc.Find("main form, main a").Length() != 0 {
				t.Error("want an explanation and no way on")
			}
		})
	}
}

// TestErrorRedirects: everything else that is wrong goes back to the application,
// with its state.
func TestErrorRedirects(t *testing.T) {
	tenant := start(t)
	for _, c := range []struct {
		name        string
		change      url.Values
		code, about string // error, and what error_description must contain
	}{
		{"no response type", changes("response_type", ""), "invalid_request", "Missing required parameter: response_type"},
		{"implicit", changes("response_type", "id_token"), "unsupported_response_type", "id_token"},
		{"form post", changes("response_mode", "form_post"), "invalid_request", "response_mode"},
		{"repeated parameter", changes("scope", "openid", "scope", "enroll"), "invalid_request", "scope"},
		{"EM-10 plain challenge", changes("code_challenge_method", "plain"), "invalid_request", "S256"},
		{"EM-10 challenge without method", changes("code_challenge_method", ""), "invalid_request", "S256"},
		{"EM-10 method without challenge", changes("code_challenge", ""), "invalid_request", "code_challenge"},
		{"EM-10 challenge too short", changes("code_challenge", "abc"), "invalid_request", "code_challenge"},
		{"prompt unknown", changes("prompt", "maybe"), "invalid_request", "maybe"},
		{"prompt none with another", changes("prompt", "none login"), "invalid_request", "alone"},
		{"prompt none, no session", changes("prompt", "none"), "login_required", "Login required"},
		{"max_age no number", changes("max_age", "soon"), "invalid_request", "max_age"},
		{"max_age negative", changes("max_age", "-1"), "invalid_request", "max_age"},
		{"max_age endless", changes("max_age", "99999999999999999999"), "invalid_request", "max_age"},
		{"unknown audience", changes("audience", "https://api.example/"), "access_denied", "Service not found: https://api.example/"},
		{"MFA audience without its slash", changes("audience", strings.TrimSuffix(tenant.MFAAudience, "/")), "access_denied", "Service not found: " + tenant.URL + "/mfa"},
		{"audience with markup", changes("audience", `"><script>`), "access_denied", `Service not found: "><script>`},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := tenant.NewBrowser().Get(tenant.AuthorizeURL(c.change))
			if p.Left == nil {
				t.Fatalf("status %d, want a redirect", p.Status)
			}
			q := p.Left.Query()
			if q.Get("error") != c.code || !strings.Contains(q.Get("error_description"), c.about) {
				t.Errorf("%s: %s", q.Get("error"), q.Get("error_description"))
			}
			if q.Get("state") != emulatortest.State || q.Has("code") || q.Has("iss") {
				t.Errorf("answer %s", p.Left)
			}
			if !strings.HasPrefix(p.Left.String(), emulatortest.Callback+"?") {
				t.Errorf("redirected to %s", p.Left)
			}
		})
	}
}

// TestAnswers: a code, where and in which form the application wants it.
func TestAnswers(t *testing.T) {
	withQuery := "http://localhost:8080/callback?tenant=a"
	tenant := start(t, emulatortest.WithCallbacks([]string{emulatortest.Callback, withQuery}, nil))
	user := tenant.NewUser()
	for _, c := range []struct {
		name   string
		change url.Values
		want   string // prefix of the address
	}{
		{"query by default", nil, emulatortest.Callback + "?code="},
		{"fragment", changes("response_mode", "fragment"), emulatortest.Callback + "#code="},
		{"redirect URI with a query of its own", changes("redirect_uri", withQuery), withQuery + "&code="},
		{"ignored extras", changes("connection", "x", "ext-theme", "dark", "screen_hint", "signup"), emulatortest.Callback + "?code="},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := tenant.NewBrowser().SignIn(user, c.change).String()
			if !strings.HasPrefix(got, c.want) || !strings.Contains(got, "state="+emulatortest.State) {
				t.Errorf("redirected to %s", got)
			}
		})
	}
	t.Run("no state sent, none echoed", func(t *testing.T) {
		if got := tenant.NewBrowser().SignIn(user, changes("state", "")); got.Query().Has("state") {
			t.Errorf("redirected to %s", got)
		}
	})
}

// TestIssuerInAnswers is RFC 9207 and EM-10, iss when told to: on answers and
// errors alike, and advertised.
func TestIssuerInAnswers(t *testing.T) {
	tenant := start(t)
	tenant.Control(http.MethodPatch, "tenant", `{"variants":{"authorization_response_iss":"on"}}`)
	user := tenant.NewUser()
	for _, answer := range []*url.URL{
		tenant.NewBrowser().SignIn(user, nil),
		tenant.NewBrowser().SignIn(user, changes("prompt", "none")),
	} {
		if answer.Query().Get("iss") != tenant.Issuer() {
			t.Errorf("answer %s", answer)
		}
	}
	var metadata map[string]any
	readJSON(t, tenant, "/.well-known/openid-configuration", &metadata)
	if metadata["authorization_response_iss_parameter_supported"] != true {
		t.Error("iss is not advertised")
	}
}

// screens signs in and lists the pages on the way.
func screens(b *emulatortest.Browser, user emulator.SeedUser, authorize url.Values) (paths []string, answer url.Values) {
	answer = b.SignInWatched(user, authorize, func(p emulatortest.Page) { paths = append(paths, p.URL.Path) }).Query()
	return paths, answer
}

// TestWhoIsChallenged is section 4.3 of the protocol reference: who sees which
// pages, and what the ID token says about it.
func TestWhoIsChallenged(t *testing.T) {
	const login, otp = "/u/login", "/u/mfa-otp-challenge"
	none := []emulator.SeedAuthenticator{}
	app := []emulator.SeedAuthenticator{emulatortest.WithApp(), emulatortest.WithRecoveryCode()}
	for _, c := range []struct {
		name    string
		has     []emulator.SeedAuthenticator
		policy  string
		change  url.Values
		want    []string
		wantMFA bool
	}{
		{"MFA audience, app", app, `[]`, nil, []string{login, otp}, true},
		{"k: MFA audience, no factor or e-mail only", none, `[]`, nil, []string{login}, false},
		{"MFA audience, recovery code alone is no factor", []emulator.SeedAuthenticator{emulatortest.WithRecoveryCode()}, `[]`, nil, []string{login}, false},
		{"no audience, app", app, `[]`, changes("audience", ""), []string{login}, false},
		{"no audience, app, acr_values", app, `[]`, changes("audience", "", "acr_values", multiFactor), []string{login, otp}, true},
		{"no audience, no factor, acr_values", none, `[]`, changes("audience", "", "acr_values", multiFactor), []string{login}, false},
		{"no audience, app, policy always", app, `["all-applications"]`, changes("audience", ""), []string{login, otp}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			tenant := start(t)
			tenant.Control(http.MethodPatch, "tenant", `{"policy":`+c.policy+`}`)
			user := tenant.NewUser(c.has...)
			paths, answer := screens(tenant.NewBrowser(), user, c.change)
			if diff := cmp.Diff(c.want, paths); diff != "" {
				t.Errorf("pages (-want +got):\n%s", diff)
			}
			claims := payload(t, exchange(t, tenant, answer.Get("code")).IDToken)
			_, hasAMR := claims["amr"]
			if hasAMR != c.wantMFA || (claims["acr"] == multiFactor) != c.wantMFA {
				t.Errorf("amr %v, acr %v; want MFA %v", claims["amr"], claims["acr"], c.wantMFA)
			}
		})
	}
	t.Run("no factor, policy always", func(t *testing.T) {
		tenant := start(t)
		tenant.Control(http.MethodPatch, "tenant", `{"policy":["all-applications"]}`)
		if _, answer := screens(tenant.NewBrowser(), tenant.NewUser(), nil); answer.Get("error") != "access_denied" {
			t.Errorf("answer %v: no token may come without the enrolment that the policy asks for", answer)
		}
	})
}

// TestBrowserSession: which requests the session at the tenant answers, what is
// still asked, and what the ID token says.
func TestBrowserSession(t *testing.T) {
	const login, otp = "/u/login", "/u/mfa-otp-challenge"
	wait := 5 * time.Minute // between the first sign-in and the second
	for _, c := range []struct {
		name     string
		app      bool
		change   url.Values
		want     []string
		wantErr  string
		authTime any // "first", "second" or nil for absent
		wantMFA  bool
	}{
		{"plain", false, nil, nil, "", nil, false},
		{"challenge in spite of the session", true, nil, []string{otp}, "", nil, true},
		{"amr is not inherited by other audiences", true, changes("audience", ""), nil, "", nil, false},
		{"prompt=login", false, changes("prompt", "login"), []string{login}, "", "second", false},
		{"prompt=login with app", true, changes("prompt", "login"), []string{login, otp}, "", "second", true},
		{"prompt=select_account", false, changes("prompt", "select_account"), []string{login}, "", nil, false},
		{"prompt=consent", false, changes("prompt", "consent"), []string{"/u/consent"}, "", nil, false},
		{"max_age reached", false, changes("max_age", "299"), []string{login}, "", "second", false},
		{"max_age not reached", false, changes("max_age", "300"), nil, "", "first", false},
		{"max_age=0", false, changes("max_age", "0"), []string{login}, "", "second", false},
		{"prompt=none", false, changes("prompt", "none"), nil, "", nil, false},
		{"prompt=none, factor", true, changes("prompt", "none"), nil, "interaction_required", nil, false},
		{"prompt=none, session too old", false, changes("prompt", "none", "max_age", "60"), nil, "login_required", nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			tenant := start(t)
			user := tenant.NewUser()
			if c.app {
				user = tenant.NewUser(emulatortest.WithApp())
			}
			b := tenant.NewBrowser()
			first := b.SignIn(user, nil).Query().Get("code")
			tenant.Clock().Advance(wait)
			paths, answer := screens(b, user, c.change)
			if !slices.Equal(paths, c.want) || answer.Get("error") != c.wantErr {
				t.Fatalf("pages %v, error %q; want %v, %q", paths, answer.Get("error"), c.want, c.wantErr)
			}
			if c.wantErr != "" {
				return
			}
			claims := payload(t, exchange(t, tenant, answer.Get("code")).IDToken)
			want := map[any]any{nil: nil, "first": float64(noon.Unix()), "second": float64(noon.Add(wait).Unix())}[c.authTime]
			if claims["auth_time"] != want {
				t.Errorf("auth_time %v, want %v", claims["auth_time"], want)
			}
			if _, hasAMR := claims["amr"]; hasAMR != c.wantMFA {
				t.Errorf("amr %v, want MFA %v", claims["amr"], c.wantMFA)
			}
			if before := payload(t, exchange(t, tenant, first).IDToken)["sid"]; before != claims["sid"] {
				t.Errorf("sid changed from %v to %v for the same user and browser", before, claims["sid"])
			}
		})
	}
}

// exchange redeems a code of the portal application.
func exchange(t *testing.T, tenant *emulatortest.Tenant, code string) emulatortest.Tokens {
	t.Helper()
	tokens, problem := tenant.Exchange(code)
	if problem != "" {
		t.Fatal(problem)
	}
	return tokens
}

func TestSessionLife(t *testing.T) {
	for _, c := range []struct {
		name string
		wait []time.Duration // between visits
		want bool            // still signed in at the last
	}{
		{"three days idle", []time.Duration{72 * time.Hour}, true},
		{"more than three days idle", []time.Duration{72*time.Hour + time.Second}, false},
		{"used daily for seven days", slices.Repeat([]time.Duration{24 * time.Hour}, 7), true},
		{"used daily for longer", append(slices.Repeat([]time.Duration{24 * time.Hour}, 7), time.Second), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			tenant := start(t)
			user := tenant.NewUser()
			b := tenant.NewBrowser()
			b.SignIn(user, nil)
			var answer url.Values
			for _, wait := range c.wait {
				tenant.Clock().Advance(wait)
				answer = b.SignIn(user, changes("prompt", "none")).Query()
			}
			if answer.Has("code") != c.want {
				t.Errorf("answer %v, want signed in: %v", answer, c.want)
			}
		})
	}
}

// TestMaxAgeZero: even a session of this very second is too old.
func TestMaxAgeZero(t *testing.T) {
	tenant := start(t)
	user := tenant.NewUser()
	b := tenant.NewBrowser()
	b.SignIn(user, nil)
	if paths, _ := screens(b, user, changes("max_age", "0")); !slices.Equal(paths, []string{"/u/login"}) {
		t.Errorf("pages %v, want the password", paths)
	}
}

// TestSessionReplaced: signing in anew, as the same user or another, ends the
// session that the browser had; its cookie opens nothing any more.
func TestSessionReplaced(t *testing.T) {
	for _, c := range []struct {
		name  string
		other bool
	}{{"same user", false}, {"another user", true}} {
		t.Run(c.name, func(t *testing.T) {
			tenant := start(t)
			first := tenant.NewUser()
			second := first
			if c.other {
				second = tenant.NewUser()
			}
			b := tenant.NewBrowser()
			before := exchange(t, tenant, b.SignIn(first, nil).Query().Get("code"))
			old := b.Cookie("emu_session")
			after := exchange(t, tenant, b.SignIn(second, changes("prompt", "login")).Query().Get("code"))
			if b.Cookie("emu_session") == old {
				t.Error("the cookie is the same")
			}
			if same := payload(t, before.IDToken)["sid"] == payload(t, after.IDToken)["sid"]; same == c.other {
				t.Errorf("same sid: %v", same)
			}
			address := strings.TrimPrefix(tenant.AuthorizeURL(changes("prompt", "none")), tenant.URL)
			response := do(t, tenant, http.MethodGet, address, http.Header{"Cookie": {"emu_session=" + old}})
			if got, err := response.Location(); err != nil || got.Query().Get("error") != "login_required" {
				t.Errorf("the old cookie is answered with %v, %v", got, err)
			}
		})
	}
}

func TestBlockedUser(t *testing.T) {
	tenant := start(t)
	user := tenant.NewUser()
	b := tenant.NewBrowser()
	b.SignIn(user, nil)
	tenant.SetBlocked(user.Email, true)
	_, answer := screens(b, user, nil) // the session is gone too: the page asks for the password
	if answer.Get("error") != "unauthorized" || answer.Get("error_description") != "user is blocked" {
		t.Errorf("answer %v", answer)
	}
}

// TestConsentDeclined is the one way for a user to say no.
func TestConsentDeclined(t *testing.T) {
	tenant := start(t)
	user := tenant.NewUser()
	b := tenant.NewBrowser()
	b.SignIn(user, nil)
	p := b.Get(tenant.AuthorizeURL(changes("prompt", "consent")))
	p = b.Submit(p, changes("action", "deny"))
	if p.Left == nil || p.Left.Query().Get("error") != "access_denied" || p.Left.Query().Has("code") {
		t.Errorf("left to %v", p.Left)
	}
}
