package emulator

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	ada   = "ada@example.com"   // no factor
	bruno = "bruno@example.com" // app and recovery code
)

// TestScopes proves EM-11: each call needs its scope, and the token its audience.
func TestScopes(t *testing.T) {
	calls := []struct{ method, path, scope string }{
		{"GET", "/mfa/authenticators", scopeList},
		{"DELETE", "/mfa/authenticators/totp%7Cdev_aaaaaaaaaaaaaaaa", scopeRemove},
		{"POST", "/mfa/associate", scopeEnroll},
	}
	w := newWorld(t)
	for _, c := range calls {
		t.Run("EM-11 "+c.method+" "+c.path, func(t *testing.T) {
			w := &world{t, w.e}
			others := strings.ReplaceAll(allScopes, c.scope, "")
			a := w.api(c.method, c.path, map[string]any{"authenticator_types": "otp"}, bearerToken(w.accessToken(bruno, others)))
			w.wantError(a, 403, "insufficient_scope", "Insufficient scope, expected: "+c.scope)
			a = w.api(c.method, c.path, map[string]any{"authenticator_types": "otp"}, bearerToken(w.accessToken(bruno, c.scope)))
			if a.json["error"] == "insufficient_scope" || a.status == http.StatusUnauthorized {
				t.Errorf("with the scope: %v", a)
			}
			w.wantInvalidTokens(c.method, c.path)
		})
	}
}

func (w *world) wantInvalidTokens(method, path string) {
	w.t.Helper()
	const text = "The mfa_token provided is invalid. Try getting a new token."
	for name, edit := range map[string]func(*http.Request){
		"none":                    header("X-None", ""),
		"basic":                   header("Authorization", "Basic YTpi"),
		"garbage":                 bearerToken("garbage"),
		"unknown opaque":          bearerToken("Fe26.2*unknown"),
		"of another API":          bearerToken(w.mint(bruno, w.e.managementAudience(), allScopes)),
		"opaque access token":     bearerToken(w.mint(bruno, "", allScopes)),
		"JWT with an other's key": bearerToken(tampered(w.accessToken(bruno, allScopes))),
	} {
		w.t.Run(name, func(t *testing.T) {
			w := &world{t, w.e}
			w.wantError(w.api(method, path, map[string]any{}, edit), 401, "invalid_grant", text)
		})
	}
}

// tampered changes a character in the middle of the signature.
func tampered(token string) string {
	i := strings.LastIndex(token, ".") + 20
	changed := byte('A')
	if token[i] == changed {
		changed = 'B'
	}
	return token[:i] + string(changed) + token[i+1:]
}

// TestAssociateTwice is EM-11, case (a) of the protocol reference, section 17:
// recovery codes only the first time, nothing active before it is confirmed.
func TestAssociateTwice(t *testing.T) {
	w := newWorld(t)
	token := w.accessToken(ada, allScopes)
	first, second := w.associate(token), w.associate(token)

	codes, _ := first.json["recovery_codes"].([]any)
	if len(codes) != 1 || !regexp.MustCompile(`^[A-Z0-9]{24}$`).MatchString(fmt.Sprint(codes...)) {
		t.Errorf("EM-11 (a) first associate: recovery codes %v", codes)
	}
	if _, there := second.json["recovery_codes"]; there || second.status != http.StatusOK {
		t.Errorf("EM-11 (a) second associate: %v", second)
	}
	secret, _ := second.json["secret"].(string)
	if !regexp.MustCompile(`^[A-Z2-7]{32}$`).MatchString(secret) || secret == first.json["secret"] {
		t.Errorf("secret %q", secret)
	}
	want := "otpauth://totp/Example%20Company:ada%40example.com?secret=" + secret + "&issuer=Example%20Company&algorithm=SHA1&digits=6&period=30"
	if second.json["barcode_uri"] != want || second.json["authenticator_type"] != "otp" {
		t.Errorf("answer %v, want URI %s", second, want)
	}

	list := w.enrolled(ada)
	var kinds []string
	for _, a := range list {
		kinds = append(kinds, fmt.Sprint(a.AuthenticatorType, " ", a.Active))
		if !regexp.MustCompile(`^(totp|recovery-code)\|dev_[A-Za-z0-9]{16}$`).MatchString(a.ID) {
			t.Errorf("id %q", a.ID)
		}
	}
	if !slices.Equal(kinds, []string{"otp false", "recovery-code false", "otp false"}) {
		t.Errorf("EM-11 (a) list %v", kinds)
	}
}

// TestFirstConfirmation: the first confirmation activates the entry the code
// belongs to and the recovery code, and nothing else.
func TestFirstConfirmation(t *testing.T) {
	w := newWorld(t)
	token := w.accessToken(ada, allScopes)
	older := w.associate(token).json["secret"].(string)
	newer := w.associate(token).json["secret"].(string)
	a := w.grant(grantTypeMFAOTP, url.Values{"mfa_token": {token}, "otp": {w.code(older)}})
	if a.status != http.StatusOK || a.json["expires_in"] != 600.0 || a.json["scope"] != allScopes || a.json["token_type"] != "Bearer" {
		t.Fatalf("confirm: %v", a)
	}
	fresh, _ := a.json["access_token"].(string)
	claims, ok := w.e.verifyAccessToken(fresh)
	if !ok || !claims.hasAudience(w.e.mfaAudience()) || claims.Scope != allScopes {
		t.Errorf("tokens of the confirmation: %+v %v", claims, ok)
	}
	active := map[string]bool{}
	w.e.s.mu.Lock()
	for _, x := range w.e.s.authenticators[claims.Subject] {
		active[x.Secret] = x.Active
	}
	w.e.s.mu.Unlock()
	if !active[older] || active[newer] || len(active) != 3 {
		t.Errorf("active: %v", active)
	}
	if list := w.authenticators(ada); !list[1].Active || list[1].AuthenticatorType != "recovery-code" {
		t.Errorf("recovery code not active: %v", list)
	}
}

// TestRecoveryCodeHandedOut: only on the user's first associate, and only with
// the factor on.
func TestRecoveryCodeHandedOut(t *testing.T) {
	w := newWorld(t)
	off := map[string]any{"factors": map[string]bool{"recovery-code": false}}
	on := map[string]any{"factors": map[string]bool{"recovery-code": true}}
	w.api("PATCH", "/control/tenant", off)
	token := w.accessToken(ada, allScopes)
	if a := w.associate(token); a.json["recovery_codes"] != nil {
		t.Errorf("factor off: %v", a)
	}
	w.api("PATCH", "/control/tenant", on)
	if a := w.associate(token); a.json["recovery_codes"] != nil {
		t.Errorf("EM-11 not the first associate: %v", a)
	}
}

// TestOpaqueTokenAfterEnrolment is case (b): an mfa_token enrols the first
// factor only.
func TestOpaqueTokenAfterEnrolment(t *testing.T) {
	w := newWorld(t)
	first := w.mfaToken(ada)
	w.enrol(first)
	w.wantError(w.associate(first), 403, "access_denied", "User is already enrolled.")
	w.wantError(w.associate(w.mfaToken(bruno)), 403, "access_denied", "User is already enrolled.")
}

// TestOpaqueTokenPowers: list yes, delete never, and its ten minutes.
func TestOpaqueTokenPowers(t *testing.T) {
	w := newWorld(t)
	token := w.mfaToken(bruno)
	if a := w.do("GET", "/mfa/authenticators", "", bearerToken(token)); a.status != http.StatusOK {
		t.Errorf("list: %v", a)
	}
	id := url.PathEscape(w.authenticators(bruno)[0].ID)
	w.wantError(w.do("DELETE", "/mfa/authenticators/"+id, "", bearerToken(token)), 403, "insufficient_scope", "Insufficient scope, expected: remove:authenticators")

	w.e.clock.Advance(10 * time.Minute)
	w.wantError(w.do("GET", "/mfa/authenticators", "", bearerToken(token)), 401, "expired_token", "mfa_token is expired")
	w.wantError(w.associate(token), 401, "expired_token", "mfa_token is expired")
	w.variantSet("token_error_status", "403")
	w.wantError(w.associate(token), 403, "expired_token", "mfa_token is expired")
}

// TestAccessTokenLife is EM-11, case (j): ten-minute tokens.
func TestAccessTokenLife(t *testing.T) {
	w := newWorld(t)
	token := w.accessToken(bruno, allScopes)
	w.e.clock.Advance(599 * time.Second)
	if a := w.do("GET", "/mfa/authenticators", "", bearerToken(token)); a.status != http.StatusOK {
		t.Errorf("EM-11 (j) after 599 s: %v", a)
	}
	w.e.clock.Advance(time.Second)
	a := w.do("GET", "/mfa/authenticators", "", bearerToken(token))
	w.wantError(a, 401, "invalid_grant", "The mfa_token provided is invalid. Try getting a new token.")
	a = w.grant(grantTypeMFAOTP, url.Values{"mfa_token": {token}, "otp": {"123456"}})
	w.wantError(a, 401, "invalid_grant", "The mfa_token provided is invalid. Try getting a new token.")
}

// TestSecondEnrolment: by default the scope suffices; the variant wants a token
// for which a factor was proven.
func TestSecondEnrolment(t *testing.T) {
	w := newWorld(t)
	token := w.accessToken(ada, allScopes)
	secret, _ := w.enrol(token)
	if a := w.associate(token); a.status != http.StatusOK {
		t.Errorf("allowed: %v", a)
	}
	w.variantSet("second_enrolment", "new_login_needed")
	w.wantError(w.associate(token), 403, "access_denied", "User is already enrolled.")
	w.e.clock.Advance(30 * time.Second)
	proven := w.grant(grantTypeMFAOTP, url.Values{"mfa_token": {token}, "otp": {w.code(secret)}})
	if a := w.associate(proven.json["access_token"].(string)); a.status != http.StatusOK {
		t.Errorf("proven: %v", a)
	}
}

// TestEnrolmentLimit is EM-11: the ceiling of 51, pending entries included.
func TestEnrolmentLimit(t *testing.T) {
	w := newWorld(t)
	token := w.accessToken(ada, allScopes)
	for i := range maxEnrolments {
		if a := w.associate(token); a.status != http.StatusOK {
			t.Fatalf("EM-11 associate %d: %v", i+1, a)
		}
	}
	w.wantError(w.associate(token), 400, "invalid_request", "The user has reached the maximum number of enrollments.")
	list := w.enrolled(ada)
	if len(list) != maxEnrolments+1 { // and the recovery code
		t.Errorf("%d entries", len(list))
	}
	a := w.do("DELETE", "/mfa/authenticators/"+url.PathEscape(list[0].ID), "", bearerToken(token))
	if a.status != http.StatusNoContent || w.associate(token).status != http.StatusOK {
		t.Errorf("EM-11 after a removal another one fits: %v", a)
	}
}

// TestAssociateErrors is every documented refusal of a well-authenticated call.
func TestAssociateErrors(t *testing.T) {
	w := newWorld(t)
	id, _ := w.e.PortalApplication()
	other, otherSecret := w.e.ManagementApplication()
	otp := []string{"otp"}
	for _, c := range []struct {
		name        string
		body        map[string]any
		status      int
		code, about string
	}{
		{"no type", map[string]any{}, 400, "invalid_request", "Missing required parameter: authenticator_types"},
		{"empty type", map[string]any{"authenticator_types": []string{}}, 400, "invalid_request", "Missing required parameter: authenticator_types"},
		{"unknown type", map[string]any{"authenticator_types": []string{"u2f"}}, 400, "invalid_request", "Unsupported authenticator_types"},
		{"two types", map[string]any{"authenticator_types": []string{"otp", "oob"}}, 400, "invalid_request", "Unsupported authenticator_types"},
		{"no channel", map[string]any{"authenticator_types": []string{"oob"}}, 400, "invalid_request", "Missing required parameter: oob_channels"},
		{"unknown channel", map[string]any{"authenticator_types": []string{"oob"}, "oob_channels": []string{"fax"}}, 400, "invalid_request", "Unsupported oob_channels"},
		{"wrong secret", map[string]any{"authenticator_types": otp, "client_id": id, "client_secret": "wrong"}, 401, "access_denied", "Unauthorized"},
		{"other client", map[string]any{"authenticator_types": otp, "client_id": other, "client_secret": otherSecret}, 400, "invalid_request", "mfa_token not issued to this client"},
		{"other client id", map[string]any{"authenticator_types": otp, "client_id": other}, 400, "invalid_request", "mfa_token not issued to this client"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := &world{t, w.e}
			w.wantError(w.api("POST", "/mfa/associate", c.body, bearerToken(w.accessToken(ada, allScopes))), c.status, c.code, c.about)
		})
	}
	if n := len(w.enrolled(ada)); n != 0 {
		t.Errorf("refused calls left %d entries", n)
	}

	for _, body := range []map[string]any{{"authenticator_types": otp}, {"authenticator_types": otp, "client_id": id}} {
		if a := w.api("POST", "/mfa/associate", body, bearerToken(w.accessToken(ada, allScopes))); a.status != http.StatusOK {
			t.Errorf("with an access token, %v: %v", body, a)
		}
	}
	bare := map[string]any{"authenticator_types": otp}
	if a := w.api("POST", "/mfa/associate", bare, bearerToken(w.mfaToken(ada))); a.status != http.StatusOK {
		t.Errorf("with an mfa_token, as in the vendor's samples: %v", a)
	}
	w.variantSet("associate_client", "required")
	w.wantError(w.api("POST", "/mfa/associate", bare, bearerToken(w.mfaToken(ada))), 400, "invalid_request", "Missing required parameter: client_id")
	w.api("PATCH", "/control/tenant", map[string]any{"factors": map[string]bool{"otp": false}})
	w.wantError(w.associate(w.accessToken(ada, allScopes)), 400, "invalid_request", "The factor is not enabled for this tenant.")
	w.wantError(w.do("POST", "/mfa/associate", "{", bearerToken(w.accessToken(ada, allScopes)), header("Content-Type", "application/json")), 400, "invalid_request", "Malformed JSON body")
}

// TestUnauthorizedClient: without the MFA grants the whole API is closed.
func TestUnauthorizedClient(t *testing.T) {
	w := newWorld(t)
	id, secret := w.e.PortalApplication()
	token, opaque := w.accessToken(bruno, allScopes), w.mfaToken(bruno)
	w.e.s.mu.Lock()
	w.e.s.apps[id].GrantTypes = []string{grantAuthorizationCode}
	w.e.s.mu.Unlock()
	const text = "Grant type 'http://auth0.com/oauth/grant-type/mfa-otp' not allowed for the client."
	w.wantError(w.do("GET", "/mfa/authenticators", "", bearerToken(token)), 403, "unauthorized_client", text)
	w.wantError(w.associate(token), 403, "unauthorized_client", text)
	w.wantError(w.grant(grantTypeMFAOTP, url.Values{"mfa_token": {token}, "otp": {"123456"}}), 403, "unauthorized_client", text)
	a := w.api("POST", "/mfa/challenge", map[string]any{"client_id": id, "client_secret": secret, "mfa_token": opaque})
	w.wantError(a, 403, "unauthorized_client", text)
}

// TestDelete: own entries only, each refusal with its body.
func TestDelete(t *testing.T) {
	w := newWorld(t)
	token := w.accessToken(ada, allScopes)
	w.enrol(token)
	own, foreign := w.enrolled(ada), w.enrolled(bruno)
	remove := func(segment string) answer {
		return w.do("DELETE", "/mfa/authenticators/"+segment, "", bearerToken(token))
	}
	w.wantError(remove(url.PathEscape(foreign[0].ID)), 404, "not_found", "Authenticator not found")
	w.wantError(remove("totp%7Cdev_AAAAAAAAAAAAAAAA"), 404, "not_found", "Authenticator not found")
	for _, malformed := range []string{"totp", "totp%7Cdev_short", "totp%7Cdev_AAAAAAAAAAAAAAAAA", "%2e%2e%2fassociate", "x%00", strings.Repeat("a", 5000)} {
		w.wantError(remove(malformed), 400, "invalid_request", "Invalid authenticator id")
	}
	if a := remove(url.PathEscape(own[0].ID)); a.status != http.StatusNoContent || a.body != "" {
		t.Errorf("percent-encoded id: %v", a)
	}
	w.wantError(remove(url.PathEscape(own[0].ID)), 404, "not_found", "Authenticator not found")
	w.variantSet("not_found_body", "empty")
	if a := remove(url.PathEscape(own[0].ID)); a.status != http.StatusNotFound || a.body != "" {
		t.Errorf("variant: %v", a)
	}
	if list := w.enrolled(ada); len(list) != 1 || list[0].AuthenticatorType != "recovery-code" {
		t.Errorf("the recovery code stays: %v", list)
	}
	if len(w.enrolled(bruno)) != len(foreign) {
		t.Error("another user lost something")
	}
}

// TestDeleteRecoveryCode: allowed by decision, refused by variant.
func TestDeleteRecoveryCode(t *testing.T) {
	w := newWorld(t)
	token := w.accessToken(bruno, allScopes)
	list := w.authenticators(bruno)
	i := slices.IndexFunc(list, func(a authenticatorJSON) bool { return a.AuthenticatorType == "recovery-code" })
	path := "/mfa/authenticators/" + url.PathEscape(list[i].ID)
	w.variantSet("recovery_code_removal", "refused")
	w.wantError(w.do("DELETE", path, "", bearerToken(token)), 403, "access_denied", "This authenticator cannot be deleted.")
	w.variantSet("recovery_code_removal", "allowed")
	if a := w.do("DELETE", path, "", bearerToken(token)); a.status != http.StatusNoContent {
		t.Errorf("decision: %v", a)
	}
}

// TestLastFactorVariant: the recovery code can be made to go with the last factor.
func TestLastFactorVariant(t *testing.T) {
	w := newWorld(t)
	w.variantSet("last_factor_removal", "removes_recovery_code")
	token := w.accessToken(bruno, allScopes)
	remove := func(kind string) {
		list := w.enrolled(bruno)
		i := slices.IndexFunc(list, func(a authenticatorJSON) bool { return strings.HasPrefix(a.ID, kind) })
		w.do("DELETE", "/mfa/authenticators/"+url.PathEscape(list[i].ID), "", bearerToken(token))
	}
	remove("totp")
	if rest := w.enrolled(bruno); len(rest) != 3 {
		t.Errorf("beside the phone the recovery code stays: %v", rest)
	}
	remove("sms")
	if rest := w.enrolled(bruno); len(rest) != 0 {
		t.Errorf("left: %v", rest)
	}
	if a := w.associate(token); a.json["recovery_codes"] == nil {
		t.Errorf("a first associate again: %v", a)
	}
}
