package emulator

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

const pendingText = "Authorization pending: please repeat the request in a few seconds."

// TestOOBGrantErrors is every refusal of section 7 that concerns the mfa-oob grant,
// other than those of a code and of a push.
func TestOOBGrantErrors(t *testing.T) {
	w := newWorld(t)
	other, otherSecret := w.e.ManagementApplication()
	w.e.s.mu.Lock()
	w.e.s.apps[other].GrantTypes = []string{grantTypeMFAOOB}
	w.e.s.mu.Unlock()
	id, secret := w.e.PortalApplication()
	token, jwt := w.mfaToken(bruno), w.accessToken(bruno, allScopes)
	challenged, _ := w.challenge(id, secret, map[string]any{"mfa_token": token, "oob_channel": "sms"}).json["oob_code"].(string)
	enrolment := w.started(jwt, "sms")
	adas := w.started(w.accessToken(ada, allScopes), "email")
	const mixed, malformed = "The oob_code doesn't match the mfa_token", "Malformed oob_code"
	for _, c := range []struct {
		name        string
		fields      url.Values
		status      int
		code, about string
	}{
		{"no token", url.Values{"oob_code": {challenged}}, 400, "invalid_request", "Missing required parameter: mfa_token"},
		{"no oob_code", url.Values{"mfa_token": {token}}, 400, "invalid_request", "Missing required parameter: oob_code"},
		{"no code of a challenge", url.Values{"mfa_token": {token}, "oob_code": {challenged}}, 400, "invalid_request", "Missing required parameter: binding_code"},
		{"no code of an enrolment", url.Values{"mfa_token": {jwt}, "oob_code": {enrolment}}, 400, "invalid_request", "Missing required parameter: binding_code"},
		{"unknown mfa_token", url.Values{"mfa_token": {"Fe26.2*x"}, "oob_code": {challenged}}, 401, "invalid_grant", "Malformed mfa_token"},
		{"wrong audience", url.Values{"mfa_token": {w.mint(bruno, w.e.managementAudience(), "x")}, "oob_code": {enrolment}}, 401, "invalid_grant", "The mfa_token provided is invalid. Try getting a new token."},
		{"garbage", url.Values{"mfa_token": {token}, "oob_code": {"x"}}, 401, "invalid_grant", malformed},
		{"unknown", url.Values{"mfa_token": {token}, "oob_code": {"Fe26.2*x"}}, 401, "invalid_grant", malformed},
		{"enrolment by access token, mfa_token", url.Values{"mfa_token": {token}, "oob_code": {enrolment}, "binding_code": {"1"}}, 400, "invalid_request", mixed},
		{"challenge, access token", url.Values{"mfa_token": {jwt}, "oob_code": {challenged}, "binding_code": {"1"}}, 400, "invalid_request", mixed},
		{"challenge, another mfa_token", url.Values{"mfa_token": {w.mfaToken(bruno)}, "oob_code": {challenged}, "binding_code": {"1"}}, 400, "invalid_request", mixed},
		{"of another user", url.Values{"mfa_token": {jwt}, "oob_code": {adas}, "binding_code": {"1"}}, 400, "invalid_request", mixed},
		{"other client", url.Values{"mfa_token": {jwt}, "oob_code": {enrolment}, "client_id": {other}, "client_secret": {otherSecret}}, 400, "invalid_request", "mfa_token not issued to this client"},
	} {
		t.Run("EM-11 "+c.name, func(t *testing.T) {
			w := &world{t, w.e}
			w.wantError(w.grant(grantTypeMFAOOB, c.fields), c.status, c.code, c.about)
		})
	}
	w.e.clock.Advance(5 * time.Minute)
	w.wantError(w.oobGrant(token, challenged, "123456"), 401, "expired_token", "oob_code is expired")
	w.variantSet("token_error_status", "403")
	w.wantError(w.oobGrant(token, challenged, "123456"), 403, "expired_token", "oob_code is expired")
	w.wantError(w.oobGrant(token, "x", "123456"), 403, "invalid_grant", malformed)
	w.e.clock.Advance(5 * time.Minute)
	w.wantError(w.oobGrant(token, challenged, "123456"), 403, "expired_token", "mfa_token is expired")
	w.settings(map[string]any{"variants": map[string]string{"token_error_status": "401"}})
	w.e.s.mu.Lock()
	w.e.s.apps[id].GrantTypes = []string{grantTypeMFAOTP}
	w.e.s.mu.Unlock()
	w.wantError(w.oobGrant(token, challenged, "1"), 403, "unauthorized_client", "Grant type '"+grantTypeMFAOOB+"' not allowed for the client.")
}

// TestOOBApplication: an enrolment belongs to the application that started it, and
// the challenge of a sign-in page to nobody else.
func TestOOBApplication(t *testing.T) {
	w := newWorld(t)
	other, otherSecret := w.e.ManagementApplication()
	enrolment := w.started(w.accessToken(bruno, allScopes), "sms")
	code := w.sent().Code
	id := w.userID(bruno)
	w.e.s.mu.Lock()
	w.e.s.apps[other].GrantTypes = []string{grantTypeMFAOOB}
	u := w.e.s.users[id]
	set, failure := w.e.mint(grant{App: w.e.s.apps[other], User: u, Audience: w.e.mfaAudience(), Scope: allScopes})
	page, refused := w.e.challengeFactor(u, w.e.factors(u)[1], client{})
	w.e.s.mu.Unlock()
	if failure != nil || refused != nil {
		t.Fatal(failure, refused)
	}
	const mixed = "The oob_code doesn't match the mfa_token"
	a := w.grant(grantTypeMFAOOB, url.Values{
		"client_id": {other}, "client_secret": {otherSecret},
		"mfa_token": {set.AccessToken}, "oob_code": {enrolment}, "binding_code": {code},
	})
	w.wantError(a, 400, "invalid_request", mixed)
	w.wantError(w.oobGrant(w.accessToken(bruno, allScopes), page.Code, page.Binding), 400, "invalid_request", mixed)
	w.wantError(w.oobGrant(w.mfaToken(bruno), page.Code, page.Binding), 400, "invalid_request", mixed)
	if a := w.oobGrant(w.accessToken(bruno, allScopes), enrolment, code); a.status != http.StatusOK { // a newer token of the same user
		t.Errorf("own application: %v", a)
	}
}

// TestBindingCodes: six digits, five minutes, once; only the code that belongs to
// the transaction.
func TestBindingCodes(t *testing.T) {
	w := newWorld(t)
	token := w.accessToken(ada, allScopes)
	older := w.started(token, "sms")
	olderCode := w.sent().Code
	newer := w.started(token, "sms")
	newerCode := w.sent().Code
	if olderCode != newerCode { // once in a million
		w.wantError(w.oobGrant(token, newer, olderCode), 403, "invalid_grant", "Invalid binding_code.")
	}
	for _, typed := range []string{" " + newerCode, newerCode[:5], newerCode + "0", strings.Repeat("1", 4000)} {
		w.wantError(w.oobGrant(token, newer, typed), 403, "invalid_grant", "Invalid binding_code.")
	}
	w.e.clock.Advance(4*time.Minute + 59*time.Second)
	if a := w.oobGrant(token, newer, newerCode); a.status != http.StatusOK {
		t.Fatalf("EM-11 in time: %v", a)
	}
	w.wantError(w.oobGrant(token, newer, newerCode), 401, "invalid_grant", "Malformed oob_code") // (g)
	w.wantKinds(ada, "sms-", "recovery-code+", "sms+", "voice+")
	w.e.clock.Advance(time.Second)
	w.wantError(w.oobGrant(token, older, olderCode), 401, "expired_token", "oob_code is expired")
}

// TestOOBAllowance is EM-11, case (h): wrong codes of messages and of apps count
// together.
func TestOOBAllowance(t *testing.T) {
	w := newWorld(t)
	token := w.accessToken(bruno, allScopes)
	oobCode := w.started(token, "email")
	wrong := otherThan(w.sent().Code)
	const locked = "Too many failed codes. Wait for some minutes before retrying."
	for range bucketSize / 2 {
		w.wantError(w.oobGrant(token, oobCode, wrong), 403, "invalid_grant", "Invalid binding_code.")
		w.wantError(w.otp(w.mfaToken(bruno), w.wrongCode(w.brunoSecret())), 403, "invalid_grant", "Invalid otp_code.")
	}
	w.wantError(w.oobGrant(token, oobCode, w.sent().Code), 429, "invalid_request", locked)
	w.wantError(w.otp(w.mfaToken(bruno), w.code(w.brunoSecret())), 429, "invalid_request", locked)
	w.e.clock.Advance(6 * time.Minute)
	w.wantError(w.oobGrant(token, oobCode, w.sent().Code), 401, "expired_token", "oob_code is expired")
	oobCode = w.started(token, "email")
	w.variantSet("wrong_code_status", "401")
	w.wantError(w.oobGrant(token, oobCode, otherThan(w.sent().Code)), 401, "invalid_grant", "Invalid binding_code.")
	w.variantSet("too_many_codes", "too_many_attempts")
	w.wantError(w.oobGrant(token, oobCode, w.sent().Code), 429, "too_many_attempts", locked)
}

// TestSendingAllowances: ten texts and calls together, then one an hour; twenty
// e-mails, then one a minute; five pushes a minute. A refused call makes no entry.
func TestSendingAllowances(t *testing.T) {
	for _, c := range []struct {
		channel, other string
		size           int
		every          time.Duration
		about, failure string
	}{
		{"sms", "voice", 10, time.Hour, "Too many SMS sent by the user. Wait for some minutes before retrying.", "gd_send_sms_failure"},
		{"voice", "sms", 10, time.Hour, "Too many SMS sent by the user. Wait for some minutes before retrying.", "gd_send_voice_failure"},
		{"email", "email", 20, time.Minute, "Too many emails sent by the user. Wait for some minutes before retrying.", "gd_start_enroll_failed"},
	} {
		t.Run("EM-11 "+c.channel, func(t *testing.T) {
			w := newWorld(t)
			for range c.size / 2 {
				w.started(w.accessToken(ada, allScopes), c.channel)
				w.started(w.accessToken(ada, allScopes), c.other)
			}
			refuse := func() {
				t.Helper()
				w.wantError(w.associateOOB(w.accessToken(ada, allScopes), c.channel), 429, "invalid_request", c.about)
			}
			refuse()
			w.e.clock.Advance(c.every - time.Second)
			refuse()
			w.e.clock.Advance(time.Second)
			w.started(w.accessToken(ada, allScopes), c.channel)
			refuse()
			if n := len(w.enrolled(ada)); n != c.size+2 || w.sentCount() != c.size+1 || w.logged(c.failure) == 0 {
				t.Errorf("%d entries, %d messages", n, w.sentCount())
			}
			w.started(w.accessToken(bruno, allScopes), c.channel) // another user's is full
		})
	}
}

func TestPushAllowance(t *testing.T) {
	w := newWorld(t)
	u := w.user("push@example.com", SeedAuthenticator{Type: seedPush})
	id, secret := w.e.PortalApplication()
	for range 5 {
		w.pushed(u.Email)
	}
	ask := map[string]any{"mfa_token": w.mfaToken(u.Email), "challenge_type": "oob"}
	w.wantError(w.challenge(id, secret, ask), 429, "too_many_pn", "Too many push notifications sent to the user. Wait for some minutes before retrying.")
	if w.logged("gd_send_pn") != 5 || w.logged("gd_send_pn_failure") != 1 {
		t.Errorf("log: %d sent", w.logged("gd_send_pn"))
	}
	w.e.clock.Advance(12 * time.Second)
	w.pushed(u.Email)
}

// TestMFATokenEnrolsFirstFactor: with an mfa_token the first factor is confirmed by
// the token that started it, and no more once there is another.
func TestMFATokenEnrolsFirstFactor(t *testing.T) {
	w := newWorld(t)
	token := w.mfaToken(ada)
	oobCode := w.started(token, "sms")
	code := w.sent().Code
	push := w.associateOOB(token, "auth0")
	second := w.started(token, "voice")
	if a := w.oobGrant(token, oobCode, code); a.status != http.StatusOK || a.json["scope"] != allScopes {
		t.Fatalf("confirm: %v", a)
	}
	w.wantError(w.oobGrant(token, second, w.sent().Code), 403, "access_denied", "User is already enrolled.")
	w.wantGuardianError(w.enrolCall(w.ticket(push), w.enrolBody()), 409, "already_enrolled")
	for _, channel := range []string{"sms", "voice", "email", "auth0"} { // EM-11 (b)
		w.wantError(w.associateOOB(token, channel), 403, "access_denied", "User is already enrolled.")
	}
	pending := w.associate(w.accessToken(ada, allScopes)).json["secret"].(string)
	w.wantError(w.otp(w.mfaToken(ada), w.code(pending)), 403, "invalid_grant", "Invalid otp_code.")
}

// TestPushByMFAToken: the poll after the scan brings the tokens even though the
// user has a factor then: this one.
func TestPushByMFAToken(t *testing.T) {
	w := newWorld(t)
	token := w.mfaToken(ada)
	started := w.associateOOB(token, "auth0")
	w.scan(started)
	if a := w.oobGrant(token, started.json["oob_code"].(string), ""); a.status != http.StatusOK {
		t.Errorf("poll: %v", a)
	}
}
