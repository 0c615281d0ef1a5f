package auth0

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mysecurity/internal/secret"
)

func authorization() Authorization {
	return Authorization{State: "state-1", Nonce: testNonce, Verifier: secret.New(testVerifier), MaxAge: time.Hour, UILocales: "fr-CA fr en"}
}

// TestAuthorizeURL is RD-06: exactly this set of parameters.
func TestAuthorizeURL(t *testing.T) {
	tn := newTenant(t)
	tn.discovery["authorization_endpoint"] = tn.issuer() + "authorize"
	cfg := tn.config()
	cfg.MFAAudience = "https://acme.example/mfa/"
	c := newTestClient(t, cfg, standardLimits())
	want := url.Values{
		"response_type": {"code"}, "client_id": {testClient}, "redirect_uri": {"http://localhost:8080/callback"},
		"scope":    {"openid profile email enroll read:authenticators remove:authenticators"},
		"audience": {"https://acme.example/mfa/"}, "state": {"state-1"}, "nonce": {testNonce},
		// S256 of the verifier, computed with openssl.
		"code_challenge": {challengeOfTestVerifier}, "code_challenge_method": {"S256"},
		"max_age": {"3600"}, "ui_locales": {"fr-CA fr en"},
	}
	check := func(a Authorization) {
		t.Helper()
		address, err := c.AuthorizeURL(t.Context(), a)
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(address)
		if err != nil || !strings.HasPrefix(address, tn.issuer()+"authorize?") {
			t.Fatalf("%s: %v", address, err)
		}
		if diff := cmp.Diff(want, u.Query()); diff != "" {
			t.Error(diff)
		}
		if strings.Contains(address, testVerifier) || strings.Contains(address, testSecret) {
			t.Error("a secret is in the URL")
		}
	}
	check(authorization())

	stepUp := authorization()
	stepUp.MaxAge, stepUp.UILocales = 0, ""
	want.Set("max_age", "0")
	want.Del("ui_locales")
	check(stepUp)
}

const challengeOfTestVerifier = "6q5d7NE9PjtCM1w19moCnp8Do6jd5UY1mtDB1MvFuJE"

func TestAuthorizeURLRefusesBadParameters(t *testing.T) {
	tn := newTenant(t)
	c := tn.client()
	for name, spoil := range map[string]func(*Authorization){
		"no state":          func(a *Authorization) { a.State = "" },
		"no nonce":          func(a *Authorization) { a.Nonce = "" },
		"no verifier":       func(a *Authorization) { a.Verifier = secret.Secret{} },
		"negative max_age":  func(a *Authorization) { a.MaxAge = -time.Second },
		"RD-06 ui_locales":  func(a *Authorization) { a.UILocales = "fr&prompt=none" },
		"ui_locales, break": func(a *Authorization) { a.UILocales = "fr\r\nX: y" },
		"ui_locales, long":  func(a *Authorization) { a.UILocales = strings.Repeat("fr ", 50) },
	} {
		t.Run(name, func(t *testing.T) {
			a := authorization()
			spoil(&a)
			_, err := c.AuthorizeURL(t.Context(), a)
			wantError(t, err, KindInternal, reasonBadParameter)
		})
	}
}

// TestResponseIssuer is the mix-up defence of RFC 9207. No refusal may cost a
// token request.
func TestResponseIssuer(t *testing.T) {
	for _, c := range []struct {
		name       string
		advertised bool
		bend       func(*Callback, string)
		ok         bool
	}{
		{"OP-26 advertised, foreign", true, func(cb *Callback, _ string) { cb.Issuer, cb.HasIssuer = "https://other.example/", true }, false},
		{"OP-26 advertised, without slash", true, func(cb *Callback, iss string) { cb.Issuer, cb.HasIssuer = strings.TrimSuffix(iss, "/"), true }, false},
		{"OP-26 advertised, empty", true, func(cb *Callback, _ string) { cb.HasIssuer = true }, false},
		{"OP-27 advertised, omitted", true, func(*Callback, string) {}, false},
		{"advertised, right", true, func(cb *Callback, iss string) { cb.Issuer, cb.HasIssuer = iss, true }, true},
		{"OP-26 not advertised, foreign", false, func(cb *Callback, _ string) { cb.Issuer, cb.HasIssuer = "https://other.example/", true }, false},
		{"not advertised, right", false, func(cb *Callback, iss string) { cb.Issuer, cb.HasIssuer = iss, true }, true},
		{"not advertised, omitted", false, func(*Callback, string) {}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			tn := newTenant(t)
			tn.discovery["authorization_response_iss_parameter_supported"] = c.advertised
			cb := callback()
			c.bend(&cb, tn.issuer())
			_, _, err := tn.client().SignIn(t.Context(), cb, tn.login())
			if c.ok {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			wantError(t, err, KindLoginRefused, reasonResponseIssuer)
			if n := tn.count("POST /oauth/token"); n != 0 {
				t.Errorf("%d token requests", n)
			}
		})
	}
}

// A transaction with a hole in it never becomes a sign-in.
func TestSignInNeedsItsTransaction(t *testing.T) {
	for name, spoil := range map[string]func(*Login, *Callback){
		"OP-18 no nonce": func(l *Login, _ *Callback) { l.Nonce = "" },
		"no verifier":    func(l *Login, _ *Callback) { l.Verifier = secret.Secret{} },
		"no start":       func(l *Login, _ *Callback) { l.Started = time.Time{} },
		"max_age":        func(l *Login, _ *Callback) { l.MaxAge = -1 },
		"OP-40 no code":  func(_ *Login, cb *Callback) { cb.Code = secret.Secret{} },
		"endless code":   func(_ *Login, cb *Callback) { cb.Code = secret.New(strings.Repeat("x", 5000)) },
	} {
		t.Run(name, func(t *testing.T) {
			tn := newTenant(t)
			login, cb := tn.login(), callback()
			spoil(&login, &cb)
			_, _, err := tn.client().SignIn(t.Context(), cb, login)
			if kind := KindOf(err); kind != KindInternal && kind != KindLoginRefused {
				t.Error(err)
			}
			if n := tn.count("POST /oauth/token"); n != 0 {
				t.Errorf("%d token requests", n)
			}
		})
	}
}

// TestTokenAnswer is OP-28 and OP-30: what the token endpoint may say.
func TestTokenAnswer(t *testing.T) {
	member := func(name string, value any) func(map[string]any) {
		return func(m map[string]any) { apply(m, map[string]any{name: value}) }
	}
	for _, c := range []struct {
		name   string
		bend   func(map[string]any)
		reason string
		life   time.Duration
	}{
		{"OP-28 token_type bEaReR", member("token_type", "bEaReR"), "", 10 * time.Minute},
		{"OP-28 token_type missing", member("token_type", absent), reasonTokenType, 0},
		{"OP-28 token_type mac", member("token_type", "mac"), reasonTokenType, 0},
		{"OP-28 token_type null", member("token_type", nil), reasonTokenType, 0},
		{"OP-28 expires_in missing", member("expires_in", absent), "", 10 * time.Minute},
		{"OP-28 expires_in a string", member("expires_in", "86400"), "", 10 * time.Minute},
		{"expires_in a day", member("expires_in", 86400), "", 10 * time.Minute},
		{"expires_in huge", member("expires_in", 1e300), "", 10 * time.Minute},
		{"expires_in five minutes", member("expires_in", 300), "", 5 * time.Minute},
		{"expires_in negative", member("expires_in", -5), "", 0},
		{"OP-30 id_token a number", member("id_token", 1), reasonIDToken, 0},
		{"OP-30 id_token missing", member("id_token", absent), reasonIDToken, 0},
		{"access_token missing", member("access_token", absent), reasonAccessToken, 0},
		{"access_token empty", member("access_token", ""), reasonAccessToken, 0},
		{"access_token with a line break", member("access_token", "a\r\nX-Evil: 1"), reasonAccessToken, 0},
		{"access_token of 17 KiB", member("access_token", strings.Repeat("a", 17<<10)), reasonAccessToken, 0},
		{"unknown members", member("authorization_details", []int{1}), "", 10 * time.Minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			tn := newTenant(t)
			tn.answer = c.bend
			_, tokens, err := tn.signIn(tn.client(), nil)
			if c.reason != "" {
				wantError(t, err, KindLoginRefused, c.reason)
				return
			}
			if err != nil || !tokens.Expires.Equal(tn.clock.Now().Add(c.life)) {
				t.Errorf("%v, expires %v", err, tokens.Expires)
			}
		})
	}
	for name, rewrite := range map[string]func(http.ResponseWriter, string){
		"OP-30 id_token twice": func(w http.ResponseWriter, good string) {
			writeJSON(w, http.StatusOK, `{"id_token":"x",`+good[1:])
		},
		"OP-30 a form in text/plain": func(w http.ResponseWriter, _ string) {
			w.Header().Set("Content-Type", "text/plain")
			fmt.Fprint(w, "access_token=a&token_type=bearer&id_token=b")
		},
		"OP-30 JSON in text/plain": func(w http.ResponseWriter, good string) {
			w.Header().Set("Content-Type", "text/plain")
			fmt.Fprint(w, good)
		},
	} {
		t.Run(name, func(t *testing.T) {
			tn := newTenant(t)
			tn.on("POST /oauth/token", func(w http.ResponseWriter, _ *http.Request) { rewrite(w, tn.tokenAnswer()) })
			_, _, err := tn.signIn(tn.client(), nil)
			wantError(t, err, KindLoginRefused, reasonTokenAnswer)
		})
	}
	for name, body := range garbageBodies() {
		t.Run("UP-03 "+name, func(t *testing.T) {
			tn := newTenant(t)
			tn.says("POST /oauth/token", http.StatusOK, body)
			_, _, err := tn.signIn(tn.client(), nil)
			wantError(t, err, KindLoginRefused, reasonTokenAnswer)
		})
	}
}

// TestRedemptionRefused: every documented refusal of a code, each asked once.
func TestRedemptionRefused(t *testing.T) {
	for _, c := range []struct {
		name   string
		status int
		body   string
		kind   Kind
		reason string
	}{
		{"OP-40 code used or expired", 403, `{"error":"invalid_grant","error_description":"Invalid authorization code"}`, KindLoginRefused, reasonCode},
		{"wrong verifier", 403, `{"error":"invalid_grant","error_description":"Failed to verify code verifier"}`, KindLoginRefused, reasonCode},
		{"wrong verifier, 401", 401, `{"error":"invalid_grant","error_description":"Failed to verify code verifier"}`, KindLoginRefused, reasonCode},
		{"wrong client secret", 401, `{"error":"access_denied","error_description":"Unauthorized"}`, KindForbidden, ""},
		{"wrong client secret, newer", 401, `{"error":"invalid_client"}`, KindForbidden, ""},
		{"grant not enabled", 403, `{"error":"unauthorized_client","error_description":"Grant type 'authorization_code' not allowed for the client."}`, KindForbidden, ""},
		{"unknown audience", 403, `{"error":"access_denied","error_description":"Service not found: https://x/mfa/"}`, KindForbidden, ""},
		{"no client grant", 403, `{"error":"access_denied","error_description":"Client is not authorized to access \"x\"."}`, KindForbidden, ""},
		{"denied by an Action", 403, `{"error":"access_denied","error_description":"Not today."}`, KindLoginRefused, reasonDenied},
		{"mfa_required", 403, `{"error":"mfa_required","mfa_token":"Fe26.2*x"}`, KindLoginRefused, reasonDenied},
		{"blocked user", 403, `{"error":"unauthorized","error_description":"user is blocked"}`, KindLoginRefused, reasonUserBlocked},
		{"missing parameter", 400, `{"error":"invalid_request","error_description":"Missing required parameter: code"}`, KindInvalid, ""},
		{"too many requests", 429, `{"error":"too_many_requests"}`, KindRateLimited, ""},
		{"brute force", 429, `{"error":"too_many_attempts"}`, KindRateLimited, ""},
		{"UP-06 500", 500, `{"error":"invalid_grant"}`, KindUnavailable, ""},
		{"UP-06 502, HTML", 502, `<html>`, KindUnavailable, ""},
		{"refusal with status 200", 200, `{"error":"invalid_grant"}`, KindLoginRefused, reasonCode},
		{"UP-15 redirect", 302, ``, KindUnavailable, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			tn := newTenant(t)
			tn.says("POST /oauth/token", c.status, c.body)
			_, _, err := tn.signIn(tn.client(), nil)
			wantError(t, err, c.kind, c.reason)
			if n := tn.count("POST /oauth/token"); n != 1 {
				t.Errorf("the code was sent %d times", n)
			}
		})
	}
}

// TestBasicAuth: the credentials travel in exactly one place.
func TestBasicAuth(t *testing.T) {
	tn := newTenant(t)
	tn.on("POST /oauth/token", func(w http.ResponseWriter, r *http.Request) {
		id, key, ok := r.BasicAuth()
		if !ok || id != url.QueryEscape("client:1") || key != url.QueryEscape("sécret+&") {
			t.Error("credentials are not in the header, form-encoded")
		}
		if r.PostFormValue("client_id") != "" || r.PostFormValue("client_secret") != "" {
			t.Error("credentials are in the form too")
		}
		writeJSON(w, http.StatusForbidden, `{"error":"invalid_grant"}`)
	})
	tn.on("POST /mfa/associate", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+testAccess {
			t.Error("associate carries no access token")
		}
		writeJSON(w, http.StatusUnauthorized, `{}`)
	})
	cfg := tn.config()
	cfg.BasicAuth, cfg.ClientID, cfg.ClientSecret = true, "client:1", secret.New("sécret+&")
	c := newTestClient(t, cfg, standardLimits())
	_, _, err := c.SignIn(t.Context(), callback(), tn.login())
	wantError(t, err, KindLoginRefused, reasonCode)
	wantError(t, c.ConfirmApp(t.Context(), accessToken(), secret.New("123456")), KindWrongCode, "")
	_, err = c.AssociateApp(t.Context(), accessToken())
	wantError(t, err, KindTokenRejected, "")
}

// TestCodeIsOne: what cannot be a code is not sent.
func TestCodeIsOne(t *testing.T) {
	tn := newTenant(t)
	c := tn.client()
	for _, code := range []string{"", "a\x00b", "a b", "caf\u00e9", "a\xffb", strings.Repeat("a", 4<<10+1)} {
		_, _, err := c.SignIn(t.Context(), Callback{Code: secret.New(code)}, tn.login())
		wantError(t, err, KindLoginRefused, reasonCode)
	}
	if n := tn.count("POST /oauth/token"); n != 0 {
		t.Errorf("%d of them were sent", n)
	}
}

func TestSignOutURL(t *testing.T) {
	tn := newTenant(t)
	c := tn.client()
	v2 := tn.issuer() + "v2/logout?client_id=" + testClient + "&returnTo=http%3A%2F%2Flocalhost%3A8080%2Fsigned-out"
	if got := c.SignOutURL("s 1"); got != v2 {
		t.Errorf("before discovery: %s", got)
	}
	if err := c.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := tn.issuer() + "oidc/logout?client_id=" + testClient + "&logout_hint=s+1&post_logout_redirect_uri=http%3A%2F%2Flocalhost%3A8080%2Fsigned-out"
	if got := c.SignOutURL("s 1"); got != want {
		t.Errorf("advertised: %s", got)
	}
	if got := c.SignOutURL(""); got != v2 {
		t.Errorf("without a session id: %s", got)
	}
	delete(tn.discovery, "end_session_endpoint")
	old := tn.client()
	if err := old.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := old.SignOutURL("s 1"); got != v2 {
		t.Errorf("not advertised: %s", got)
	}
}
