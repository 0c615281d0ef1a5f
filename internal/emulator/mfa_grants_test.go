package emulator

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// TestChallenge is case (c) and every documented refusal of /mfa/challenge.
func TestChallenge(t *testing.T) {
	w := newWorld(t)
	id, secret := w.e.PortalApplication()
	other, otherSecret := w.e.ManagementApplication()
	w.e.s.mu.Lock()
	w.e.s.apps[other].GrantTypes = []string{grantTypeMFAOTP}
	w.e.s.mu.Unlock()
	w.factor("email", false) // else ada's address is something to be challenged with
	bruno1, ada1 := w.mfaToken(bruno), w.mfaToken(ada)
	ids := w.authenticators(bruno)

	for _, c := range []struct {
		name        string
		fields      map[string]any
		status      int
		code, about string
	}{
		{"EM-11 (c) a JWT", map[string]any{"mfa_token": w.accessToken(bruno, allScopes)}, 401, "invalid_grant", "Malformed mfa_token"},
		{"garbage", map[string]any{"mfa_token": "x"}, 401, "invalid_grant", "Malformed mfa_token"},
		{"unknown", map[string]any{"mfa_token": "Fe26.2*x"}, 401, "invalid_grant", "Malformed mfa_token"},
		{"none", map[string]any{}, 400, "invalid_request", "Missing required parameter: mfa_token"},
		{"of another client", map[string]any{"mfa_token": bruno1, "client_id": other, "client_secret": otherSecret}, 400, "invalid_request", "mfa_token not issued to this client"},
		{"wrong secret", map[string]any{"mfa_token": bruno1, "client_secret": "x"}, 401, "access_denied", "Unauthorized"},
		{"no factor", map[string]any{"mfa_token": ada1}, 403, "association_required", "User has no active authenticator; associate one first."},
		{"unknown type", map[string]any{"mfa_token": bruno1, "challenge_type": "webauthn"}, 401, "unsupported_challenge_type", "User does not support any of the requested challenge types. He has: otp oob"},
		{"app by message", map[string]any{"mfa_token": bruno1, "challenge_type": "oob", "authenticator_id": ids[0].ID}, 401, "unsupported_challenge_type", "User does not support any of the requested challenge types. He has: otp oob"},
		{"phone by app", map[string]any{"mfa_token": bruno1, "challenge_type": "otp", "authenticator_id": ids[2].ID}, 401, "unsupported_challenge_type", "User does not support any of the requested challenge types. He has: otp oob"},
		{"channel without a phone", map[string]any{"mfa_token": bruno1, "oob_channel": "auth0"}, 401, "unsupported_challenge_type", "User does not support any of the requested challenge types. He has: otp oob"},
		{"unknown channel", map[string]any{"mfa_token": bruno1, "oob_channel": "fax"}, 400, "invalid_request", "Unsupported oob_channel"},
		{"recovery code", map[string]any{"mfa_token": bruno1, "authenticator_id": ids[1].ID}, 401, "unsupported_challenge_type", "User does not support any of the requested challenge types. He has: otp oob"},
		{"unknown id", map[string]any{"mfa_token": bruno1, "authenticator_id": "totp|dev_AAAAAAAAAAAAAAAA"}, 400, "invalid_request", "Invalid authenticator_id"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := &world{t, w.e}
			w.wantError(w.challenge(id, secret, c.fields), c.status, c.code, c.about)
		})
	}
	for _, fields := range []map[string]any{
		{"mfa_token": bruno1},
		{"mfa_token": bruno1, "challenge_type": "otp oob"},
		{"mfa_token": bruno1, "challenge_type": "otp", "authenticator_id": ids[0].ID},
	} {
		if a := w.challenge(id, secret, fields); a.status != http.StatusOK || a.body != `{"challenge_type":"otp"}` {
			t.Errorf("%v: %v", fields, a)
		}
	}
	w.variantSet("not_enrolled", "unsupported_challenge_type")
	w.wantError(w.challenge(id, secret, map[string]any{"mfa_token": ada1}), 401, "unsupported_challenge_type", "User is not enrolled with guardian")
	w.e.clock.Advance(10 * time.Minute)
	w.wantError(w.challenge(id, secret, map[string]any{"mfa_token": bruno1}), 401, "expired_token", "mfa_token is expired")
}

func (w *world) challenge(id, secret string, fields map[string]any) answer {
	w.t.Helper()
	body := map[string]any{"client_id": id, "client_secret": secret}
	for name, value := range fields {
		body[name] = value
	}
	return w.api("POST", "/mfa/challenge", body)
}

func (w *world) otp(token, code string) answer {
	w.t.Helper()
	return w.grant(grantTypeMFAOTP, url.Values{"mfa_token": {token}, "otp": {code}})
}

// brunoSecret is the secret of the seeded app.
func (w *world) brunoSecret() string {
	w.t.Helper()
	id := w.userID(bruno)
	w.e.s.mu.Lock()
	defer w.e.s.mu.Unlock()
	return w.e.activeOf(w.e.s.users[id], kindTOTP)[0].Secret
}

// TestGrantErrors is every documented refusal of the MFA grants that concerns an
// app or a recovery code, other than those of the code itself.
func TestGrantErrors(t *testing.T) {
	w := newWorld(t)
	other, otherSecret := w.e.ManagementApplication()
	w.e.s.mu.Lock()
	w.e.s.apps[other].GrantTypes = []string{grantTypeMFAOTP, grantTypeMFARecoveryCode}
	w.e.s.mu.Unlock()
	token := w.mfaToken(bruno)
	foreign := url.Values{"client_id": {other}, "client_secret": {otherSecret}}
	for _, g := range []struct{ kind, field string }{{grantTypeMFAOTP, "otp"}, {grantTypeMFARecoveryCode, "recovery_code"}} {
		for _, c := range []struct {
			name        string
			fields      url.Values
			status      int
			code, about string
		}{
			{"no token", url.Values{g.field: {"1"}}, 400, "invalid_request", "Missing required parameter: mfa_token"},
			{"no code", url.Values{"mfa_token": {token}}, 400, "invalid_request", "Missing required parameter: " + g.field},
			{"unknown token", url.Values{"mfa_token": {"Fe26.2*x"}, g.field: {"1"}}, 401, "invalid_grant", "Malformed mfa_token"},
			{"garbage", url.Values{"mfa_token": {"x"}, g.field: {"1"}}, 401, "invalid_grant", "The mfa_token provided is invalid. Try getting a new token."},
			{"wrong audience", url.Values{"mfa_token": {w.mint(bruno, w.e.managementAudience(), "x")}, g.field: {"1"}}, 401, "invalid_grant", "The mfa_token provided is invalid. Try getting a new token."},
			{"other client", url.Values{"mfa_token": {token}, g.field: {"1"}, "client_id": foreign["client_id"], "client_secret": foreign["client_secret"]}, 400, "invalid_request", "mfa_token not issued to this client"},
			{"other client, access token", url.Values{"mfa_token": {w.accessToken(bruno, allScopes)}, g.field: {"1"}, "client_id": foreign["client_id"], "client_secret": foreign["client_secret"]}, 400, "invalid_request", "mfa_token not issued to this client"},
		} {
			t.Run(g.field+" "+c.name, func(t *testing.T) {
				w := &world{t, w.e}
				w.wantError(w.grant(g.kind, c.fields), c.status, c.code, c.about)
			})
		}
	}
	id := w.userID(bruno)
	w.e.s.mu.Lock()
	w.e.s.users[id].Blocked = true
	w.e.s.mu.Unlock()
	w.wantError(w.otp(token, "123456"), 403, "unauthorized", "user is blocked")
	w.e.clock.Advance(10 * time.Minute)
	w.wantError(w.otp(token, "123456"), 401, "expired_token", "mfa_token is expired")
}

// TestSingleUse is case (g), the tenant's side of MF-10, and the drift of one
// step.
func TestSingleUse(t *testing.T) {
	w := newWorld(t)
	token, secret := w.mfaToken(bruno), w.brunoSecret()
	code := w.code(secret)
	if a := w.otp(token, code); a.status != http.StatusOK {
		t.Fatalf("first use: %v", a)
	}
	w.wantError(w.otp(token, code), 403, "invalid_grant", "Invalid otp_code.")
	another := w.accessToken(bruno, allScopes)
	w.associate(another)
	w.wantError(w.otp(another, code), 403, "invalid_grant", "Invalid otp_code.") // MF-10

	w.e.clock.Advance(5 * time.Minute)
	for _, c := range []struct {
		name  string
		steps time.Duration
		ok    bool
	}{{"two steps early", -2, false}, {"one step early", -1, true}, {"two steps late", 2, false}, {"one step late", 1, true}} {
		t.Run("EM-11 "+c.name, func(t *testing.T) {
			code, err := totpCode(secret, w.e.clock.Now().Add(c.steps*totpPeriod*time.Second))
			if a := w.otp(token, code); err != nil || (a.status == http.StatusOK) != c.ok {
				t.Errorf("%v %v", a, err)
			}
		})
	}
}

// TestCodeForm: the tenant is as strict as the specification of the code.
func TestCodeForm(t *testing.T) {
	w := newWorld(t)
	token, code := w.mfaToken(bruno), w.code(w.brunoSecret())
	for _, typed := range []string{" " + code, code + " ", code[:3] + " " + code[3:], "0" + code, code[:5], strings.Repeat("1", 4000)} {
		w.wantError(w.otp(token, typed), 403, "invalid_grant", "Invalid otp_code.")
	}
}

// TestPendingIsNoSecondFactor: with an mfa_token the code of an abandoned
// enrolment proves nothing once there is an active factor.
func TestPendingIsNoSecondFactor(t *testing.T) {
	w := newWorld(t)
	pending := w.associate(w.accessToken(bruno, allScopes)).json["secret"].(string)
	w.wantError(w.otp(w.mfaToken(bruno), w.code(pending)), 403, "invalid_grant", "Invalid otp_code.")
	if a := w.otp(w.accessToken(bruno, allScopes), w.code(pending)); a.status != http.StatusOK {
		t.Errorf("the access token confirms it: %v", a)
	}
}

// TestPendingBeforeActive: with an access token a code that fits both a pending
// and an active entry confirms, the newest pending one first.
func TestPendingBeforeActive(t *testing.T) {
	w := newWorld(t)
	token := w.accessToken(bruno, allScopes)
	w.associate(token)
	w.associate(token)
	id := w.userID(bruno)
	w.e.s.mu.Lock()
	all := w.e.s.authenticators[id]
	for _, a := range all {
		a.Secret = someSecret
	}
	w.e.s.mu.Unlock()
	if a := w.otp(token, w.code(someSecret)); a.status != http.StatusOK {
		t.Fatalf("confirm: %v", a)
	}
	older, newer := all[len(all)-2], all[len(all)-1]
	if older.Active || !newer.Active {
		t.Errorf("older active %v, newer active %v", older.Active, newer.Active)
	}
}

// TestCodeAllowance is EM-11, case (h): ten wrong codes, then locked, one more
// after six minutes; a success gives nothing back.
func TestCodeAllowance(t *testing.T) {
	w := newWorld(t)
	secret := w.brunoSecret()
	const locked = "Too many failed codes. Wait for some minutes before retrying."
	for i := range 9 {
		if a := w.otp(w.mfaToken(bruno), w.wrongCode(secret)); a.status != http.StatusForbidden {
			t.Fatalf("wrong code %d: %v", i+1, a)
		}
	}
	if a := w.otp(w.mfaToken(bruno), w.code(secret)); a.status != http.StatusOK {
		t.Fatalf("right code after nine: %v", a)
	}
	w.wantError(w.otp(w.mfaToken(bruno), w.wrongCode(secret)), 403, "invalid_grant", "Invalid otp_code.")
	w.e.clock.Advance(time.Minute)
	w.wantError(w.otp(w.mfaToken(bruno), w.code(secret)), 429, "invalid_request", locked) // EM-11 (h): even the right one
	w.variantSet("too_many_codes", "too_many_attempts")
	w.wantError(w.otp(w.mfaToken(bruno), w.code(secret)), 429, "too_many_attempts", locked)

	w.e.clock.Advance(4*time.Minute + 59*time.Second)
	if a := w.otp(w.mfaToken(bruno), w.code(secret)); a.status != http.StatusTooManyRequests {
		t.Errorf("EM-11 (h) a second too early: %v", a)
	}
	w.e.clock.Advance(time.Second)
	w.wantError(w.otp(w.mfaToken(bruno), w.wrongCode(secret)), 403, "invalid_grant", "Invalid otp_code.") // one more
	if a := w.otp(w.mfaToken(bruno), w.code(secret)); a.status != http.StatusTooManyRequests {
		t.Errorf("EM-11 (h) only one more: %v", a)
	}
	// Another user and the recovery code are not affected.
	if a := w.grant(grantTypeMFARecoveryCode, url.Values{"mfa_token": {w.mfaToken(bruno)}, "recovery_code": {w.brunoRecovery()}}); a.status != http.StatusOK {
		t.Errorf("recovery code: %v", a)
	}
	w.enrol(w.accessToken(ada, allScopes))
}

func (w *world) brunoRecovery() string {
	w.t.Helper()
	id := w.userID(bruno)
	w.e.s.mu.Lock()
	defer w.e.s.mu.Unlock()
	return w.e.activeOf(w.e.s.users[id], kindRecovery)[0].Secret
}

// TestRecoveryCode is EM-11, case (i): it works once and returns the next.
func TestRecoveryCode(t *testing.T) {
	w := newWorld(t)
	use := func(code string) answer {
		return w.grant(grantTypeMFARecoveryCode, url.Values{"mfa_token": {w.mfaToken(bruno)}, "recovery_code": {code}})
	}
	code := w.brunoRecovery()
	a := use(code)
	next, _ := a.json["recovery_code"].(string)
	if a.status != http.StatusOK || len(next) != 24 || next == code || a.json["access_token"] == "" {
		t.Fatalf("EM-11 (i) %v", a)
	}
	w.wantError(use(code), 403, "invalid_grant", "MFA Authorization rejected.")
	if a := use(next); a.status != http.StatusOK {
		t.Errorf("EM-11 (i) the next one: %v", a)
	}

	for range bucketSize - 1 { // one wrong code was above
		w.wantError(use("WRONG"), 403, "invalid_grant", "MFA Authorization rejected.")
	}
	w.wantError(use(w.brunoRecovery()), 429, "invalid_request", "Too many failed codes. Wait for some minutes before retrying.")
	if a := w.otp(w.mfaToken(bruno), w.code(w.brunoSecret())); a.status != http.StatusOK {
		t.Errorf("one-time codes have their own allowance: %v", a)
	}
	w.e.clock.Advance(6 * time.Minute)
	if a := use(w.brunoRecovery()); a.status != http.StatusOK {
		t.Errorf("after six minutes: %v", a)
	}
}

// TestRecoveryFactorOff: with the factor off nobody can use a recovery code.
func TestRecoveryFactorOff(t *testing.T) {
	w := newWorld(t)
	code := w.brunoRecovery()
	w.api("PATCH", "/control/tenant", map[string]any{"factors": map[string]bool{"recovery-code": false}})
	a := w.grant(grantTypeMFARecoveryCode, url.Values{"mfa_token": {w.mfaToken(bruno)}, "recovery_code": {code}})
	w.wantError(a, 403, "invalid_grant", "MFA Authorization rejected.")
}

// TestPendingRecoveryCode: before the first confirmation it opens nothing.
func TestPendingRecoveryCode(t *testing.T) {
	w := newWorld(t)
	token := w.accessToken(ada, allScopes)
	code := w.associate(token).json["recovery_codes"].([]any)[0].(string)
	a := w.grant(grantTypeMFARecoveryCode, url.Values{"mfa_token": {token}, "recovery_code": {code}})
	w.wantError(a, 403, "invalid_grant", "MFA Authorization rejected.")
}

// TestWrongCodeStatus: the variants of the refusal.
func TestWrongCodeStatus(t *testing.T) {
	w := newWorld(t)
	for status, value := range map[int]string{401: "401", 200: "200", 403: "403"} {
		w.variantSet("wrong_code_status", value)
		w.wantError(w.otp(w.mfaToken(bruno), w.wrongCode(w.brunoSecret())), status, "invalid_grant", "Invalid otp_code.")
	}
}

// TestLoginHelpers: what the sign-in pages call looks at active factors only.
func TestLoginHelpers(t *testing.T) {
	w := newWorld(t)
	pending := w.associate(w.accessToken(ada, allScopes))
	w.e.s.mu.Lock()
	defer w.e.s.mu.Unlock()
	u := w.e.userByEmail(ada)
	if got := w.e.checkTOTP(u, w.code(pending.json["secret"].(string))); got != codeWrong {
		t.Errorf("a pending app: %v", got)
	}
	if _, got := w.e.useRecoveryCode(u, pending.json["recovery_codes"].([]any)[0].(string)); got != codeWrong {
		t.Errorf("a pending recovery code: %v", got)
	}
	for range bucketSize {
		w.e.checkTOTP(u, "000000")
	}
	if got := w.e.checkTOTP(u, "000000"); got != codeTooMany {
		t.Errorf("allowance: %v", got)
	}
}
