package emulator_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"

	"mysecurity/internal/emulator"
	"mysecurity/internal/emulator/emulatortest"
)

const unknownRefreshToken = "Unknown or invalid refresh token."

func invalidRefresh() failure {
	return failure{http.StatusForbidden, "invalid_grant", unknownRefreshToken}
}

// refreshForm is a refresh by the portal application.
func refreshForm(tenant *emulatortest.Tenant, token string, change url.Values) url.Values {
	form := url.Values{
		"grant_type": {"refresh_token"}, "refresh_token": {token},
		"client_id": {tenant.ClientID}, "client_secret": {tenant.ClientSecret},
	}
	for name, values := range change {
		form[name] = values
	}
	return form
}

// mustRefresh uses a refresh token that has to be good.
func mustRefresh(t *testing.T, tenant *emulatortest.Tenant, token string) emulatortest.Tokens {
	t.Helper()
	tokens, problem := tenant.Refresh(token, nil)
	if problem != "" {
		t.Fatal(problem)
	}
	return tokens
}

// wantDead checks that a refresh token is refused as unknown.
func wantDead(t *testing.T, tenant *emulatortest.Tenant, what, token string) {
	t.Helper()
	if diff := cmp.Diff(invalidRefresh(), failureOf(postForm(t, tenant, "/oauth/token", refreshForm(tenant, token, nil)))); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// refreshSettings changes how the portal's refresh tokens behave.
func refreshSettings(tenant *emulatortest.Tenant, settings string) {
	tenant.Control(http.MethodPatch, "tenant", `{"applications":[{"name":"portal","refresh_token":`+settings+`}]}`)
}

func variantSet(tenant *emulatortest.Tenant, name, value string) {
	tenant.Control(http.MethodPatch, "tenant", `{"variants":{"`+name+`":"`+value+`"}}`)
}

// logCodes returns the codes of the tenant's log that are about refresh tokens,
// oldest first.
func logCodes(t *testing.T, tenant *emulatortest.Tenant) []string {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(get(t, tenant, "/console/log", nil).Body)
	if err != nil {
		t.Fatal(err)
	}
	codes := doc.Find("tbody code").Map(func(_ int, cell *goquery.Selection) string { return cell.Text() })
	slices.Reverse(codes)
	return slices.DeleteFunc(codes, func(c string) bool { return !strings.HasSuffix(c, "rt") && !strings.HasSuffix(c, "rtft") })
}

// TestRefresh is section 5.3 of the protocol reference: what a refresh brings.
func TestRefresh(t *testing.T) {
	tenant := start(t)
	user := tenant.NewUser(emulatortest.WithApp())
	signedIn := tenant.OfflineTokens(user, changes("max_age", "0"))
	if !strings.HasPrefix(signedIn.RefreshToken, "v1.") || signedIn.Scope != emulatortest.OfflineScope {
		t.Fatalf("%+v", signedIn)
	}
	tenant.Clock().Advance(9 * time.Minute)
	got := mustRefresh(t, tenant, signedIn.RefreshToken)
	if got.ExpiresIn != 600 || got.TokenType != "Bearer" || got.Scope != emulatortest.OfflineScope || got.AccessToken == signedIn.AccessToken {
		t.Errorf("%+v", got)
	}
	if !strings.HasPrefix(got.RefreshToken, "v1.") || got.RefreshToken == signedIn.RefreshToken {
		t.Errorf("refresh token %q, want a new one", got.RefreshToken)
	}
	t.Run("access token", func(t *testing.T) {
		was, is := payload(t, signedIn.AccessToken), payload(t, got.AccessToken)
		for _, name := range []string{"iss", "sub", "aud", "azp", "scope"} {
			if diff := cmp.Diff(was[name], is[name]); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
		if is["gty"] != "refresh_token" || is["exp"] != float64(noon.Add(19*time.Minute).Unix()) {
			t.Errorf("%v", is)
		}
	})
	t.Run("ID token", func(t *testing.T) {
		was, is := payload(t, signedIn.IDToken), payload(t, got.IDToken)
		if was["amr"] == nil || was["nonce"] == nil || was["auth_time"] == nil || was["sid"] == nil {
			t.Fatalf("of the sign-in: %v", was)
		}
		for _, name := range []string{"iss", "sub", "aud", "sid", "auth_time", "email", "name"} {
			if diff := cmp.Diff(was[name], is[name]); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
		for _, name := range []string{"amr", "acr", "nonce"} {
			if is[name] != nil {
				t.Errorf("%s is %v", name, is[name])
			}
		}
		if is["iat"] != float64(noon.Add(9*time.Minute).Unix()) {
			t.Errorf("iat %v", is["iat"])
		}
	})
	t.Run("without auth_time in the sign-in", func(t *testing.T) {
		token := tenant.OfflineTokens(tenant.NewUser(), nil).RefreshToken
		if is := payload(t, mustRefresh(t, tenant, token).IDToken); is["auth_time"] != nil {
			t.Errorf("auth_time %v", is["auth_time"])
		}
	})
	t.Run("MFA API", func(t *testing.T) {
		tenant.Clock().Advance(2 * time.Minute) // the first access token is over, the second is not
		for token, want := range map[string]int{signedIn.AccessToken: http.StatusUnauthorized, got.AccessToken: http.StatusOK} {
			header := http.Header{"Authorization": {"Bearer " + token}}
			if status := get(t, tenant, "/mfa/authenticators", header).StatusCode; status != want {
				t.Errorf("status %d, want %d", status, want)
			}
		}
	})
	t.Run("no audience", func(t *testing.T) {
		token := tenant.OfflineTokens(user, changes("audience", "")).RefreshToken
		got := mustRefresh(t, tenant, token)
		if got.ExpiresIn != 86400 || strings.Contains(got.AccessToken, ".") {
			t.Errorf("%+v", got)
		}
		wantUserinfoStatus(t, tenant, got.AccessToken, http.StatusOK)
	})
	t.Run("proof of the sign-in", func(t *testing.T) {
		variantSet(tenant, "second_enrolment", "new_login_needed")
		token := mustRefresh(t, tenant, tenant.OfflineTokens(user, nil).RefreshToken).AccessToken
		status, answer := post(t, tenant, "/mfa/associate", "application/json", `{"authenticator_types":["otp"]}`,
			http.Header{"Authorization": {"Bearer " + token}})
		if status != http.StatusOK {
			t.Errorf("a second factor was proven for it: %d %v", status, answer)
		}
	})
}

// TestOfflineAccess: who gets a refresh token.
func TestOfflineAccess(t *testing.T) {
	tenant := start(t, emulatortest.WithSeed(emulator.Seed{Applications: []emulator.Application{
		{Name: "other", ClientID: "other", ClientSecret: "other secret", GrantTypes: []string{"password"}},
	}}))
	plain, withApp := tenant.NewUser(), tenant.NewUser(emulatortest.WithApp(), emulatortest.WithRecoveryCode())
	t.Run("not asked for", func(t *testing.T) {
		if got := tenant.Tokens(plain, nil); got.RefreshToken != "" || strings.Contains(got.Scope, "offline_access") {
			t.Errorf("%+v", got)
		}
	})
	t.Run("password", func(t *testing.T) {
		_, answer := postForm(t, tenant, "/oauth/token", passwordForm(tenant, plain, nil))
		token, _ := answer["refresh_token"].(string)
		got := mustRefresh(t, tenant, token)
		if got.Scope != "openid offline_access enroll" || got.ExpiresIn != 600 {
			t.Errorf("%+v", got)
		}
	})
	t.Run("application without the grant", func(t *testing.T) {
		form := passwordForm(tenant, plain, changes("client_id", "other", "client_secret", "other secret"))
		_, answer := postForm(t, tenant, "/oauth/token", form)
		if answer["refresh_token"] != nil || answer["scope"] != "openid enroll" {
			t.Errorf("%v", answer)
		}
	})
	t.Run("second factor of a password", func(t *testing.T) {
		for _, scope := range []string{"openid offline_access", "openid"} {
			_, refusal := postForm(t, tenant, "/oauth/token", passwordForm(tenant, withApp, changes("scope", scope)))
			answer := answerMFA(t, tenant, refusal, withApp)
			token, _ := answer["refresh_token"].(string)
			if (token != "") != strings.Contains(scope, "offline_access") || answer["scope"] != scope {
				t.Errorf("asked for %q: %v", scope, answer)
			}
			if token != "" {
				mustRefresh(t, tenant, token)
			}
		}
	})
	t.Run("confirmation of an enrolment", func(t *testing.T) {
		token := tenant.OfflineTokens(plain, nil).AccessToken
		_, app := post(t, tenant, "/mfa/associate", "application/json", `{"authenticator_types":["otp"]}`, http.Header{"Authorization": {"Bearer " + token}})
		secret, _ := app["secret"].(string)
		status, answer := postForm(t, tenant, "/oauth/token", url.Values{
			"grant_type": {"http://auth0.com/oauth/grant-type/mfa-otp"}, "mfa_token": {token}, "otp": {tenant.FreshCode(secret)},
			"client_id": {tenant.ClientID}, "client_secret": {tenant.ClientSecret},
		})
		if status != http.StatusOK || answer["refresh_token"] != nil || answer["scope"] != emulatortest.Scope {
			t.Errorf("%d %v", status, answer)
		}
	})
}

// answerMFA proves the second factor that a refusal asks for, and returns the answer.
func answerMFA(t *testing.T, tenant *emulatortest.Tenant, refusal map[string]any, user emulator.SeedUser) map[string]any {
	t.Helper()
	token, _ := refusal["mfa_token"].(string)
	now, _ := tenant.User(user.Email)
	i := slices.IndexFunc(now.Authenticators, func(a emulator.SeedAuthenticator) bool { return a.Type == "otp" })
	status, answer := postForm(t, tenant, "/oauth/token", url.Values{
		"grant_type": {"http://auth0.com/oauth/grant-type/mfa-otp"}, "mfa_token": {token}, "otp": {tenant.FreshCode(now.Authenticators[i].Secret)},
		"client_id": {tenant.ClientID}, "client_secret": {tenant.ClientSecret},
	})
	if status != http.StatusOK {
		t.Fatalf("%d %v", status, answer)
	}
	return answer
}

// TestRefreshParameters: a refresh may ask for less, once, and for no other API.
func TestRefreshParameters(t *testing.T) {
	tenant := start(t)
	token := tenant.OfflineTokens(tenant.NewUser(), nil).RefreshToken
	for _, c := range []struct {
		name, scope, audience, variant string
		want                           string // scope
		refusal                        failure
	}{
		{"all", "", "", "dropped", emulatortest.OfflineScope, failure{}},
		{"less", "read:authenticators openid", "", "dropped", "openid read:authenticators", failure{}},
		{"all again", "", "", "dropped", emulatortest.OfflineScope, failure{}},
		{"less, strict", "openid", "", "invalid_scope", "openid", failure{}},
		{"no ID token", "enroll", "", "dropped", "enroll", failure{}},
		{"more", "enroll phone", "", "dropped", "enroll", failure{}},
		{"more, strict", "enroll phone", "", "invalid_scope", "", failure{http.StatusBadRequest, "invalid_scope", "The requested scope exceeds what was granted"}},
		{"own audience", "", tenant.MFAAudience, "dropped", emulatortest.OfflineScope, failure{}},
		{"another audience", "", tenant.URL + "/userinfo", "dropped", "", failure{http.StatusForbidden, "access_denied", "Service not found: " + tenant.URL + "/userinfo"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			variantSet(tenant, "refresh_wider_scope", c.variant)
			status, answer := postForm(t, tenant, "/oauth/token", refreshForm(tenant, token, changes("scope", c.scope, "audience", c.audience)))
			if c.refusal != (failure{}) {
				if diff := cmp.Diff(c.refusal, failureOf(status, answer)); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
				return // and the token is not used
			}
			if status != http.StatusOK || answer["scope"] != c.want || (answer["id_token"] != nil) != strings.Contains(c.want, "openid") {
				t.Fatalf("%d %v", status, answer)
			}
			access, _ := answer["access_token"].(string)
			if got := payload(t, access)["scope"]; got != c.want {
				t.Errorf("access token: scope %v", got)
			}
			token, _ = answer["refresh_token"].(string)
		})
	}
	mustRefresh(t, tenant, token)
}

// TestRefreshRefused: what the token endpoint refuses about a refresh token, and
// what it writes into its log.
func TestRefreshRefused(t *testing.T) {
	blocked := failure{http.StatusForbidden, "unauthorized", "user is blocked"}
	deleted := failure{http.StatusForbidden, "invalid_grant", "The refresh_token was generated for a user who doesn't exist anymore."}
	block := func(x *emulatortest.Tenant, u emulator.SeedUser, _ string) { x.SetBlocked(u.Email, true) }
	for _, c := range []struct {
		name    string
		change  url.Values
		prepare func(x *emulatortest.Tenant, u emulator.SeedUser, token string)
		want    failure
		log     []string
	}{
		{"no token", changes("refresh_token", ""), nil, failure{http.StatusBadRequest, "invalid_request", "Missing required parameter: refresh_token"}, []string{}},
		{"unknown", changes("refresh_token", "v1.unknown"), nil, invalidRefresh(), []string{"fertft"}},
		{"another client's", changes("client_id", "other", "client_secret", "other secret"), nil, invalidRefresh(), []string{"fertft"}},
		{"revoked", nil, func(x *emulatortest.Tenant, _ emulator.SeedUser, token string) { x.Revoke(token) }, invalidRefresh(), []string{"srrt", "fertft"}},
		{"reused", nil, func(x *emulatortest.Tenant, _ emulator.SeedUser, token string) { x.Refresh(token, nil) }, invalidRefresh(), []string{"sertft", "ferrt"}},
		{"reused twice", nil, func(x *emulatortest.Tenant, _ emulator.SeedUser, token string) {
			x.Refresh(token, nil)
			x.Refresh(token, nil)
		}, invalidRefresh(), []string{"sertft", "ferrt", "fertft"}},
		{"blocked user", nil, block, blocked, []string{"fertft"}},
		{"user who was blocked", nil, func(x *emulatortest.Tenant, u emulator.SeedUser, token string) {
			block(x, u, token)
			x.SetBlocked(u.Email, false)
		}, invalidRefresh(), []string{"fertft"}},
		{"deleted user", nil, func(x *emulatortest.Tenant, u emulator.SeedUser, _ string) { x.DeleteUser(u.Email) }, deleted, []string{"fertft"}},
		{"user with the id of a deleted one", nil, func(x *emulatortest.Tenant, u emulator.SeedUser, _ string) {
			x.DeleteUser(u.Email)
			_, _ = x.AddUser(u)
		}, invalidRefresh(), []string{"fertft"}},
		{"reset", nil, func(x *emulatortest.Tenant, _ emulator.SeedUser, _ string) {
			x.Control(http.MethodPost, "reset", "")
		}, invalidRefresh(), []string{"fertft"}},
		{"repeated parameter", changes("scope", "a", "scope", "b"), nil, failure{http.StatusBadRequest, "invalid_request", "Parameter sent more than once: scope"}, []string{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			tenant := start(t, emulatortest.WithSeed(emulator.Seed{Applications: []emulator.Application{
				{Name: "other", ClientID: "other", ClientSecret: "other secret", GrantTypes: []string{"refresh_token"}},
			}}))
			user := tenant.NewUser()
			token := tenant.OfflineTokens(user, nil).RefreshToken
			if c.prepare != nil {
				c.prepare(tenant, user, token)
			}
			if diff := cmp.Diff(c.want, failureOf(postForm(t, tenant, "/oauth/token", refreshForm(tenant, token, c.change)))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.log, logCodes(t, tenant)); diff != "" {
				t.Errorf("log (-want +got):\n%s", diff)
			}
			if c.prepare == nil { // somebody else's mistake must not cost the family
				mustRefresh(t, tenant, token)
			}
		})
	}
}

// TestRefreshNeedsMFA: a tenant that wants a second factor for a refresh. Its
// mfa_token is good for the MFA API, and the refresh token is not used.
func TestRefreshNeedsMFA(t *testing.T) {
	for _, c := range []struct {
		variant, policy string
		refused         bool
	}{
		{"off", `["all-applications"]`, false},
		{"policy", `[]`, false},
		{"policy", `["all-applications"]`, true},
		{"action", `[]`, true},
	} {
		t.Run(c.variant+" "+c.policy, func(t *testing.T) {
			tenant := start(t)
			user := tenant.NewUser(emulatortest.WithApp())
			token := tenant.OfflineTokens(user, nil).RefreshToken
			tenant.Control(http.MethodPatch, "tenant", `{"policy":`+c.policy+`,"variants":{"refresh_mfa":"`+c.variant+`"}}`)
			status, answer := postForm(t, tenant, "/oauth/token", refreshForm(tenant, token, nil))
			if !c.refused {
				if status != http.StatusOK {
					t.Errorf("%d %v", status, answer)
				}
				return
			}
			want := failure{http.StatusForbidden, "mfa_required", "Multifactor authentication required"}
			if diff := cmp.Diff(want, failureOf(status, answer)); diff != "" {
				t.Fatalf("(-want +got):\n%s", diff)
			}
			mfaToken, _ := answer["mfa_token"].(string)
			list := get(t, tenant, "/mfa/authenticators", http.Header{"Authorization": {"Bearer " + mfaToken}})
			var authenticators []any
			if err := json.NewDecoder(list.Body).Decode(&authenticators); err != nil || len(authenticators) == 0 {
				t.Errorf("MFA API: %d %v %v", list.StatusCode, authenticators, err)
			}
			proven := answerMFA(t, tenant, answer, user)
			if proven["scope"] != emulatortest.OfflineScope || proven["refresh_token"] == nil || proven["expires_in"] != float64(600) {
				t.Errorf("%v", proven)
			}
			tenant.Control(http.MethodPatch, "tenant", `{"variants":{"refresh_mfa":"off"}}`)
			mustRefresh(t, tenant, token)
		})
	}
}

// TestRefreshFault: faults do to a refresh what they do to other grants. An answer
// that is lost after the tenant has done the work costs the family.
func TestRefreshFault(t *testing.T) {
	tenant := start(t)
	token := tenant.OfflineTokens(tenant.NewUser(), nil).RefreshToken
	tenant.Fault(`{"match":"POST /oauth/token","status":503,"times":1}`)
	if _, problem := tenant.Refresh(token, nil); !strings.Contains(problem, "503") {
		t.Errorf("%q", problem)
	}
	token = mustRefresh(t, tenant, token).RefreshToken
	tenant.Fault(`{"match":"POST /oauth/token","status":502,"after":true,"times":1}`)
	if _, problem := tenant.Refresh(token, nil); !strings.Contains(problem, "502") {
		t.Errorf("%q", problem)
	}
	wantDead(t, tenant, "again after a lost answer", token)
}

// TestRefreshInChaos: an unsteady tenant does not lose a refresh.
func TestRefreshInChaos(t *testing.T) {
	tenant := start(t, emulatortest.WithChaos(7))
	token := tenant.OfflineTokens(tenant.NewUser(), nil).RefreshToken
	for range 30 {
		token = mustRefresh(t, tenant, token).RefreshToken
	}
}

// TestRefreshByDefault: the tenant's policy does not stop a refresh, and what was
// not granted is left out.
func TestRefreshByDefault(t *testing.T) {
	tenant := start(t)
	token := tenant.OfflineTokens(tenant.NewUser(emulatortest.WithApp()), nil).RefreshToken
	tenant.Control(http.MethodPatch, "tenant", `{"policy":["all-applications"]}`)
	if got, problem := tenant.Refresh(token, changes("scope", "openid phone")); problem != "" || got.Scope != "openid" {
		t.Errorf("%q %q", got.Scope, problem)
	}
}
