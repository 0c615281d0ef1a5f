package emulator_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mysecurity/internal/emulator"
	"mysecurity/internal/emulator/emulatortest"
)

const (
	passwordRealm = "http://auth0.com/oauth/grant-type/password-realm"
	refused       = "Invalid authorization code"
)

// post sends a body to the tenant and decodes the JSON answer, if there is one.
func post(t *testing.T, tenant *emulatortest.Tenant, path, contentType, body string, header http.Header) (status int, answer map[string]any) {
	t.Helper()
	request, err := http.NewRequest(http.MethodPost, tenant.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if header != nil {
		request.Header = header.Clone()
	}
	request.Header.Set("Content-Type", contentType)
	response, err := tenant.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(response.Header.Get("Cache-Control"), "no-store") {
		t.Errorf("Cache-Control %q", response.Header.Get("Cache-Control"))
	}
	if len(raw) > 0 {
		if err := json.NewDecoder(bytes.NewReader(raw)).Decode(&answer); err != nil {
			t.Fatalf("%d %s: %v", response.StatusCode, raw, err)
		}
	}
	return response.StatusCode, answer
}

func postForm(t *testing.T, tenant *emulatortest.Tenant, path string, form url.Values) (int, map[string]any) {
	t.Helper()
	return post(t, tenant, path, "application/x-www-form-urlencoded", form.Encode(), nil)
}

// failure is an error answer.
type failure struct {
	Status            int
	Code, Description string
}

func failureOf(status int, answer map[string]any) failure {
	code, _ := answer["error"].(string)
	description, _ := answer["error_description"].(string)
	return failure{status, code, description}
}

// TestCodeExchange: what the token endpoint refuses about an authorization code.
// prepare may change the tenant; the code was asked for with PKCE by the portal.
func TestCodeExchange(t *testing.T) {
	invalid := failure{http.StatusForbidden, "invalid_grant", refused}
	verifier := failure{http.StatusForbidden, "invalid_grant", "Failed to verify code verifier"}
	for _, c := range []struct {
		name      string
		authorize url.Values
		change    url.Values // of the exchange
		prepare   func(*emulatortest.Tenant, emulator.SeedUser)
		want      failure
	}{
		{"no code", nil, changes("code", ""), nil, failure{http.StatusBadRequest, "invalid_request", "Missing required parameter: code"}},
		{"unknown code", nil, changes("code", "x"), nil, invalid},
		{"EM-10 expired code", nil, nil, func(x *emulatortest.Tenant, _ emulator.SeedUser) { x.Clock().Advance(10 * time.Minute) }, invalid},
		{"EM-10 verifier missing", nil, changes("code_verifier", ""), nil, verifier},
		{"EM-10 verifier wrong", nil, changes("code_verifier", strings.Repeat("x", 43)), nil, verifier},
		{"EM-10 verifier is the challenge", nil, changes("code_verifier", "mieSJczvBvJ9CiZgPzJCTS3YGXj-ksePfLmHX43thwQ"), nil, verifier},
		{"EM-10 verifier without challenge", changes("code_challenge", "", "code_challenge_method", ""), nil, nil, verifier},
		{"redirect URI missing", nil, changes("redirect_uri", ""), nil, failure{http.StatusForbidden, "invalid_grant", "The redirect URI is wrong."}},
		{"redirect URI of another", nil, changes("redirect_uri", emulatortest.LogoutURL), nil, failure{http.StatusForbidden, "invalid_grant", "The redirect URI is wrong."}},
		{"user blocked meanwhile", nil, nil, func(x *emulatortest.Tenant, u emulator.SeedUser) { x.SetBlocked(u.Email, true) }, failure{http.StatusForbidden, "unauthorized", "user is blocked"}},
		{"repeated parameter", nil, changes("scope", "a", "scope", "b"), nil, failure{http.StatusBadRequest, "invalid_request", "Parameter sent more than once: scope"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			tenant := start(t)
			user := tenant.NewUser()
			form := exchangeForm(tenant, code(t, tenant, user, c.authorize))
			for name, values := range c.change {
				form[name] = values
			}
			if c.prepare != nil {
				c.prepare(tenant, user)
			}
			if diff := cmp.Diff(c.want, failureOf(postForm(t, tenant, "/oauth/token", form))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func exchangeForm(tenant *emulatortest.Tenant, code string) url.Values {
	return url.Values{
		"grant_type": {"authorization_code"}, "client_id": {tenant.ClientID}, "client_secret": {tenant.ClientSecret},
		"code": {code}, "redirect_uri": {tenant.Callback}, "code_verifier": {emulatortest.Verifier},
	}
}

// TestCodeIsSpentOnce: EM-10.
func TestCodeIsSpentOnce(t *testing.T) {
	tenant := start(t)
	user := tenant.NewUser()
	t.Run("EM-10 second use is refused and revokes", func(t *testing.T) {
		for _, audience := range []string{tenant.MFAAudience, ""} {
			c := code(t, tenant, user, changes("audience", audience))
			token := exchange(t, tenant, c).AccessToken
			wantUserinfoStatus(t, tenant, token, http.StatusOK)
			if _, problem := tenant.Exchange(c); !strings.Contains(problem, refused) {
				t.Errorf("second exchange: %q", problem)
			}
			wantUserinfoStatus(t, tenant, token, http.StatusUnauthorized)
		}
	})
	t.Run("EM-10 a failed attempt spends it", func(t *testing.T) {
		c := code(t, tenant, user, nil)
		form := exchangeForm(tenant, c)
		form.Set("code_verifier", strings.Repeat("x", 43))
		postForm(t, tenant, "/oauth/token", form)
		if _, problem := tenant.Exchange(c); !strings.Contains(problem, refused) {
			t.Errorf("exchange after a wrong verifier: %q", problem)
		}
	})
}

func wantUserinfoStatus(t *testing.T, tenant *emulatortest.Tenant, token string, want int) {
	t.Helper()
	if got := get(t, tenant, "/userinfo", http.Header{"Authorization": {"Bearer " + token}}).StatusCode; got != want {
		t.Errorf("userinfo: status %d, want %d", got, want)
	}
}

// TestCodeOfAnotherClient: EM-10. The code stays good for its own client.
func TestCodeOfAnotherClient(t *testing.T) {
	tenant := start(t, emulatortest.WithSeed(emulator.Seed{Applications: []emulator.Application{{
		Name: "other", ClientID: "other", ClientSecret: "other secret",
		Callbacks: []string{emulatortest.Callback}, GrantTypes: []string{"authorization_code"},
	}}}))
	c := code(t, tenant, tenant.NewUser(), nil)
	form := exchangeForm(tenant, c)
	form.Set("client_id", "other")
	form.Set("client_secret", "other secret")
	want := failure{http.StatusForbidden, "invalid_grant", refused}
	if diff := cmp.Diff(want, failureOf(postForm(t, tenant, "/oauth/token", form))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	exchange(t, tenant, c)
}

// TestClientAuthentication: secret in the body or by Basic, form or JSON.
func TestClientAuthentication(t *testing.T) {
	// A secret that the two encodings of Basic treat differently.
	seed := emulator.Seed{Applications: []emulator.Application{{Name: "portal", ClientID: "my app", ClientSecret: "a+b%c&d:e"}}}
	tenant := start(t, emulatortest.WithSeed(seed))
	ok := failure{http.StatusForbidden, "invalid_grant", refused} // the client is known, the code is not
	unauthorized := failure{http.StatusUnauthorized, "access_denied", "Unauthorized"}
	basic := func(id, secret string) http.Header {
		r := http.Request{Header: http.Header{}}
		r.SetBasicAuth(id, secret)
		return r.Header
	}
	for _, c := range []struct {
		name, contentType, body string
		header                  http.Header
		want                    failure
	}{
		{"post", "application/x-www-form-urlencoded", "client_id=my+app&client_secret=a%2Bb%25c%26d%3Ae", nil, ok},
		{"JSON", "application/json; charset=utf-8", `{"client_id":"my app","client_secret":"a+b%c&d:e"}`, nil, ok},
		{"basic", "application/x-www-form-urlencoded", "", basic("my+app", "a%2Bb%25c%26d%3Ae"), ok},
		{"basic and client_id", "application/x-www-form-urlencoded", "client_id=my+app", basic("my+app", "a%2Bb%25c%26d%3Ae"), ok},
		{"basic, not form-encoded", "application/x-www-form-urlencoded", "", basic("my app", "a+b%c&d:e"), failure{http.StatusBadRequest, "invalid_request", "Missing required parameter: client_id"}},
		{"both", "application/x-www-form-urlencoded", "client_id=my+app&client_secret=x", basic("my+app", "x"), failure{http.StatusBadRequest, "invalid_request", "Only one client authentication method may be used"}},
		{"basic for another client", "application/x-www-form-urlencoded", "client_id=other", basic("my+app", "x"), failure{http.StatusBadRequest, "invalid_request", "Only one client authentication method may be used"}},
		{"wrong secret", "application/x-www-form-urlencoded", "client_id=my+app&client_secret=x", nil, unauthorized},
		{"no secret", "application/x-www-form-urlencoded", "client_id=my+app", nil, unauthorized},
		{"unknown client", "application/x-www-form-urlencoded", "client_id=x&client_secret=x", nil, unauthorized},
		{"no client", "application/x-www-form-urlencoded", "", nil, failure{http.StatusBadRequest, "invalid_request", "Missing required parameter: client_id"}},
		{"assertion", "application/x-www-form-urlencoded", "client_id=my+app&client_assertion=x", nil, failure{http.StatusUnauthorized, "invalid_client", "The client has no key registered for client assertions"}},
		{"JSON that is none", "application/json", `{"client_id"`, nil, failure{http.StatusBadRequest, "invalid_request", "Malformed JSON body"}},
		{"JSON with an object", "application/json", `{"client_id":{}}`, nil, failure{http.StatusBadRequest, "invalid_request", "Malformed JSON body"}},
		{"form that is none", "application/x-www-form-urlencoded", "client_id=%zz", nil, failure{http.StatusBadRequest, "invalid_request", "Malformed form body"}},
		{"another content type", "text/plain", "client_id=my+app", nil, failure{http.StatusBadRequest, "invalid_request", "Unsupported content type"}},
		{"too large", "application/json", `{"client_id":"` + strings.Repeat("x", 70_000) + `"}`, nil, failure{http.StatusRequestEntityTooLarge, "invalid_request", "Request body too large"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			body := c.body
			switch {
			case strings.HasPrefix(c.contentType, "application/json"):
				body = strings.Replace(body, `{`, `{"grant_type":"authorization_code","code":"x",`, 1)
			default:
				body = strings.TrimSuffix("grant_type=authorization_code&code=x&"+body, "&")
			}
			if diff := cmp.Diff(c.want, failureOf(post(t, tenant, "/oauth/token", c.contentType, body, c.header))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestGrantTypes(t *testing.T) {
	tenant := start(t)
	managementID, managementSecret := tenant.ManagementApplication()
	for _, c := range []struct {
		name, grant, id, secret string
		want                    failure
	}{
		{"none", "", tenant.ClientID, tenant.ClientSecret, failure{http.StatusBadRequest, "invalid_request", "Missing required parameter: grant_type"}},
		{"unknown", "magic", tenant.ClientID, tenant.ClientSecret, failure{http.StatusForbidden, "unsupported_grant_type", "Unsupported grant type: magic"}},
		{"refresh token of the management application", "refresh_token", managementID, managementSecret, failure{http.StatusForbidden, "unauthorized_client", "Grant type 'refresh_token' not allowed for the client."}},
		{"client credentials of the portal", "client_credentials", tenant.ClientID, tenant.ClientSecret, failure{http.StatusForbidden, "unauthorized_client", "Grant type 'client_credentials' not allowed for the client."}},
		{"password of the management application", "password", managementID, managementSecret, failure{http.StatusForbidden, "unauthorized_client", "Grant type 'password' not allowed for the client."}},
	} {
		t.Run(c.name, func(t *testing.T) {
			form := url.Values{"grant_type": {c.grant}, "client_id": {c.id}, "client_secret": {c.secret}}
			if diff := cmp.Diff(c.want, failureOf(postForm(t, tenant, "/oauth/token", form))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestPasswordGrant is section 5.5 of the protocol reference.
func TestPasswordGrant(t *testing.T) {
	tenant := start(t)
	plain, withApp := tenant.NewUser(), tenant.NewUser(emulatortest.WithApp())
	blocked := tenant.NewUser()
	tenant.SetBlocked(blocked.Email, true)
	mfaRequired := failure{http.StatusForbidden, "mfa_required", "Multifactor authentication required"}
	for _, c := range []struct {
		name   string
		user   emulator.SeedUser
		change url.Values
		want   failure // zero: tokens
	}{
		{"no MFA", plain, nil, failure{}},
		{"no MFA, upper case address", plain, changes("username", strings.ToUpper(plain.Email)), failure{}},
		{"factor, ordinary audience", withApp, changes("audience", ""), failure{}},
		{"factor, MFA audience", withApp, nil, mfaRequired},
		{"wrong password", plain, changes("password", "x"), failure{http.StatusForbidden, "invalid_grant", "Wrong email or password."}},
		{"unknown user", plain, changes("username", "x@example.com"), failure{http.StatusForbidden, "invalid_grant", "Wrong email or password."}},
		{"blocked user", blocked, nil, failure{http.StatusForbidden, "unauthorized", "user is blocked"}},
		{"unknown audience", plain, changes("audience", "https://x.example/"), failure{http.StatusBadRequest, "invalid_request", "invalid audience specified for password grant exchange"}},
		{"no username", plain, changes("username", ""), failure{http.StatusBadRequest, "invalid_request", "Missing required parameter: username"}},
		{"no password", plain, changes("password", ""), failure{http.StatusBadRequest, "invalid_request", "Missing required parameter: password"}},
		{"realm", plain, changes("grant_type", passwordRealm, "realm", "Username-Password-Authentication"), failure{}},
		{"no realm", plain, changes("grant_type", passwordRealm), failure{http.StatusBadRequest, "invalid_request", "Missing required parameter: realm"}},
		{"unknown realm", plain, changes("grant_type", passwordRealm, "realm", "x"), failure{http.StatusBadRequest, "invalid_request", "Connection not found: x"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, answer := postForm(t, tenant, "/oauth/token", passwordForm(tenant, c.user, c.change))
			if c.want == (failure{}) {
				if status != http.StatusOK || answer["access_token"] == nil || answer["refresh_token"] == nil {
					t.Errorf("%d %v", status, answer)
				}
				return
			}
			if diff := cmp.Diff(c.want, failureOf(status, answer)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			token, _ := answer["mfa_token"].(string)
			if isMFA := c.want == mfaRequired; strings.HasPrefix(token, "Fe26.2*") != isMFA {
				t.Errorf("mfa_token %q", token)
			}
		})
	}
	t.Run("claims", func(t *testing.T) {
		_, answer := postForm(t, tenant, "/oauth/token", passwordForm(tenant, plain, nil))
		token, _ := answer["access_token"].(string)
		if claims := payload(t, token); claims["gty"] != "password" || answer["expires_in"] != float64(600) {
			t.Errorf("%v, expires_in %v", claims, answer["expires_in"])
		}
	})
	t.Run("policy always, no factor", func(t *testing.T) {
		tenant.Control(http.MethodPatch, "tenant", `{"policy":["all-applications"],"variants":{"mfa_required_status":"401"}}`)
		want := mfaRequired
		want.Status = http.StatusUnauthorized
		if diff := cmp.Diff(want, failureOf(postForm(t, tenant, "/oauth/token", passwordForm(tenant, plain, nil)))); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func passwordForm(tenant *emulatortest.Tenant, user emulator.SeedUser, change url.Values) url.Values {
	form := url.Values{
		"grant_type": {"password"}, "client_id": {tenant.ClientID}, "client_secret": {tenant.ClientSecret},
		"username": {user.Email}, "password": {user.Password},
		"audience": {tenant.MFAAudience}, "scope": {"openid offline_access enroll"},
	}
	for name, values := range change {
		form[name] = values
	}
	return form
}

// TestBruteForceProtection counts failures in a row, on pages and grants alike.
func TestBruteForceProtection(t *testing.T) {
	tenant := start(t)
	user := tenant.NewUser()
	try := func(password string) failure {
		return failureOf(postForm(t, tenant, "/oauth/token", passwordForm(tenant, user, changes("password", password))))
	}
	for range 9 {
		try("x")
	}
	if got := try(user.Password); got.Code != "" {
		t.Fatalf("right password after nine wrong ones: %v", got)
	}
	for i := range 10 {
		if got := try("x"); got.Status != http.StatusForbidden {
			t.Fatalf("wrong password %d: %v", i+1, got)
		}
	}
	if got := try(user.Password); got.Status != http.StatusTooManyRequests || got.Code != "too_many_attempts" {
		t.Errorf("after ten wrong ones in a row: %v", got)
	}
	b := tenant.NewBrowser()
	p := b.Submit(b.Get(tenant.AuthorizeURL(nil)), changes("username", user.Email, "password", user.Password))
	if p.Left != nil || p.Status != http.StatusTooManyRequests {
		t.Errorf("sign-in page: status %d, left to %v", p.Status, p.Left)
	}
	tenant.Clock().Advance(30*24*time.Hour + time.Second)
	if got := try(user.Password); got.Code != "" {
		t.Errorf("thirty days later: %v", got)
	}
}

// TestClientCredentials is section 5.4 of the protocol reference.
func TestClientCredentials(t *testing.T) {
	tenant := start(t)
	id, secret := tenant.ManagementApplication()
	ask := func(audience, scope string) (int, map[string]any) {
		return postForm(t, tenant, "/oauth/token", url.Values{
			"grant_type": {"client_credentials"}, "client_id": {id}, "client_secret": {secret},
			"audience": {audience}, "scope": {scope},
		})
	}
	t.Run("granted", func(t *testing.T) {
		status, answer := ask(tenant.URL+"/api/v2/", "read:users delete:tenant")
		token, _ := answer["access_token"].(string)
		if status != http.StatusOK || answer["expires_in"] != float64(86400) || answer["id_token"] != nil {
			t.Fatalf("%d %v", status, answer)
		}
		got := payload(t, token)
		delete(got, "jti")
		want := map[string]any{
			"iss": tenant.Issuer(), "sub": id + "@clients", "aud": tenant.URL + "/api/v2/", "azp": id,
			"gty": "client-credentials", "scope": "read:users",
			"iat": float64(noon.Unix()), "exp": float64(noon.Unix() + 86400),
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("claims (-want +got):\n%s", diff)
		}
	})
	for _, c := range []struct {
		name, audience string
		want           failure
	}{
		{"no audience", "", failure{http.StatusBadRequest, "invalid_request", "Missing required parameter: audience"}},
		{"unknown audience", "https://x.example/", failure{http.StatusForbidden, "access_denied", "Service not found: https://x.example/"}},
		{"audience without a grant", tenant.MFAAudience, failure{
			http.StatusForbidden, "access_denied",
			`Client is not authorized to access "` + tenant.MFAAudience + `". You need to create a "client-grant" associated to this API.`,
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, failureOf(ask(c.audience, ""))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestRevoke is section 5.6 of the protocol reference.
func TestRevoke(t *testing.T) {
	tenant := start(t)
	user := tenant.NewUser()
	opaque := tenant.Tokens(user, changes("audience", "")).AccessToken
	for _, c := range []struct {
		name, secret, token string
		want                failure
	}{
		{"unknown token", tenant.ClientSecret, "v1.unknown", failure{Status: http.StatusOK}},
		{"no token", tenant.ClientSecret, "", failure{http.StatusBadRequest, "invalid_request", "Missing required parameter: token"}},
		{"wrong secret", "x", "v1.unknown", failure{http.StatusUnauthorized, "invalid_client", "Unauthorized"}},
		{"access token", tenant.ClientSecret, tenant.AccessToken(user), failure{http.StatusBadRequest, "unsupported_token_type", "Access tokens cannot be revoked"}},
		{"opaque access token", tenant.ClientSecret, opaque, failure{http.StatusBadRequest, "unsupported_token_type", "Access tokens cannot be revoked"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			form := url.Values{"client_id": {tenant.ClientID}, "client_secret": {c.secret}, "token": {c.token}}
			if diff := cmp.Diff(c.want, failureOf(postForm(t, tenant, "/oauth/revoke", form))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
