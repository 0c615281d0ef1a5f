package emulator

import (
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"
)

// TestPushChallenge is EM-11, case (f): pending, approved, denied, too fast, too
// late, with every documented variant.
func TestPushChallenge(t *testing.T) {
	w := newWorld(t)
	h := w.scan(w.associateOOB(w.accessToken(ada, allScopes), "auth0"))
	token, oobCode, o := w.pushed(ada)
	w.wantError(w.oobGrant(token, oobCode, ""), 400, "authorization_pending", pendingText)
	w.wantError(w.oobGrant(token, oobCode, ""), 400, "slow_down", "You are polling faster than the specified interval.")
	w.e.clock.Advance(time.Second)
	w.variantSet("authorization_pending_status", "200")
	w.wantError(w.oobGrant(token, oobCode, ""), 200, "authorization_pending", pendingText)
	w.variantSet("push_poll_interval", "5")
	w.e.clock.Advance(5*time.Second - time.Millisecond)
	w.wantError(w.oobGrant(token, oobCode, ""), 400, "slow_down", "You are polling faster than the specified interval.")
	w.e.clock.Advance(5 * time.Second)
	h.decide(o, true)
	if a := w.oobGrant(token, oobCode, ""); a.status != http.StatusOK || a.json["scope"] != allScopes {
		t.Errorf("EM-11 (f) approved: %v", a)
	}
	w.wantError(w.oobGrant(token, oobCode, ""), 401, "invalid_grant", "Malformed oob_code")

	token, oobCode, o = w.pushed(ada)
	h.decide(o, false)
	for variant, want := range map[string]struct {
		status int
		code   string
	}{"200_invalid_grant": {200, "invalid_grant"}, "403_invalid_grant": {403, "invalid_grant"}, "400_access_denied": {400, "access_denied"}} {
		w.variantSet("push_denied", variant)
		w.e.clock.Advance(5 * time.Second)
		w.wantError(w.oobGrant(token, oobCode, ""), want.status, want.code, "MFA Authorization rejected.") // (f)
	}
	if w.logged("gd_auth_rejected") != 1 {
		t.Error("no gd_auth_rejected in the log")
	}
	token, oobCode, _ = w.pushed(ada)
	w.e.clock.Advance(5 * time.Minute)
	w.wantError(w.oobGrant(token, oobCode, ""), 401, "expired_token", "oob_code is expired")
}

// TestMessageChallenge: /mfa/challenge sends to the entry that is asked for, and
// the code brings the tokens of the original request.
func TestMessageChallenge(t *testing.T) {
	w := newWorld(t)
	id, secret := w.e.PortalApplication()
	u := w.user("three@example.com", SeedAuthenticator{Type: seedPhone, Number: adaNumber}, SeedAuthenticator{Type: seedEmail, Address: "second@example.com"})
	implicit := w.authenticators(u.Email)[3].ID
	for _, c := range []struct {
		name    string
		fields  map[string]any
		channel string
		to      string
	}{
		{"by id", map[string]any{"authenticator_id": w.idOf(u.Email, "voice")}, "voice", adaNumber},
		{"by id and type", map[string]any{"authenticator_id": w.idOf(u.Email, "sms"), "challenge_type": "otp oob"}, "sms", adaNumber},
		{"by channel", map[string]any{"oob_channel": "voice"}, "voice", adaNumber},
		{"default", map[string]any{}, "sms", adaNumber},
		{"address", map[string]any{"authenticator_id": w.idOf(u.Email, "email")}, "email", "second@example.com"},
		{"verified address", map[string]any{"authenticator_id": implicit}, "email", u.Email},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := &world{t, w.e}
			token := w.mfaToken(u.Email)
			c.fields["mfa_token"] = token
			a := w.challenge(id, secret, c.fields)
			oobCode, _ := a.json["oob_code"].(string)
			if a.body != `{"challenge_type":"oob","oob_code":"`+oobCode+`","binding_method":"prompt"}` || oobCode == "" {
				t.Fatalf("answer %v", a)
			}
			m := w.sent()
			if m.Channel != c.channel || m.To != c.to {
				t.Errorf("sent %+v", m)
			}
			w.wantError(w.oobGrant(token, oobCode, otherThan(m.Code)), 403, "invalid_grant", "Invalid binding_code.")
			if a := w.oobGrant(token, oobCode, m.Code); a.status != http.StatusOK || a.json["scope"] != allScopes {
				t.Errorf("answer %v", a)
			}
		})
	}
	w.wantError(w.challenge(id, secret, map[string]any{"mfa_token": w.accessToken(u.Email, allScopes)}), 401, "invalid_grant", "Malformed mfa_token") // (c)
	pending := w.started(w.accessToken(ada, allScopes), "sms")
	w.wantError(w.challenge(id, secret, map[string]any{"mfa_token": w.mfaToken(ada), "authenticator_id": w.idOf(ada, "sms")}), 400, "invalid_request", "Invalid authenticator_id")
	if pending == "" {
		t.Error("no pending entry")
	}
}

// TestLogCodes: section 14, for what happens to these factors.
func TestLogCodes(t *testing.T) {
	w := newWorld(t)
	token := w.accessToken(ada, allScopes)
	for _, channel := range []string{"sms", "voice", "email"} {
		w.oobGrant(token, w.started(token, channel), w.sent().Code)
	}
	w.oobGrant(token, w.started(token, "email"), otherThan(w.sent().Code))
	h := w.scan(w.associateOOB(token, "auth0"))
	mfa, oobCode, o := w.pushed(ada)
	h.decide(o, true)
	w.oobGrant(mfa, oobCode, "")
	w.otp(w.mfaToken(bruno), w.code(w.brunoSecret()))
	w.otp(w.mfaToken(bruno), w.wrongCode(w.brunoSecret()))
	w.grant(grantTypeMFARecoveryCode, url.Values{"mfa_token": {w.mfaToken(bruno)}, "recovery_code": {"X"}})
	w.grant(grantTypeMFARecoveryCode, url.Values{"mfa_token": {w.mfaToken(bruno)}, "recovery_code": {w.brunoRecovery()}})
	w.removeEntry(token, w.idOf(ada, "sms"))
	for code, want := range map[string]int{
		"gd_start_enroll": 5, "gd_enrollment_complete": 4, "gd_start_auth": 1, "gd_auth_succeed": 2, "gd_auth_failed": 2,
		"gd_send_sms": 1, "gd_send_voice": 1, "gd_send_email": 2, "gd_send_pn": 1, "gd_unenroll": 1,
		"seoobft": 4, "feoobft": 1, "seotpft": 1, "feotpft": 1, "sercft": 1, "fercft": 1,
		"gd_recovery_succeed": 1, "gd_recovery_failed": 1,
	} {
		if got := w.logged(code); got != want {
			t.Errorf("%s: %d times, want %d", code, got, want)
		}
	}
}

// TestAtOnce: of many that do the same thing at the same time one succeeds.
func TestAtOnce(t *testing.T) {
	w := newWorld(t)
	const many = 20
	succeeded := func(call func() answer) int {
		var (
			group sync.WaitGroup
			mu    sync.Mutex
			n     int
		)
		for range many {
			group.Go(func() {
				if a := call(); a.status < 300 {
					mu.Lock()
					defer mu.Unlock()
					n++
				}
			})
		}
		group.Wait()
		return n
	}
	token := w.accessToken(ada, allScopes)
	started := w.associateOOB(token, "auth0")
	ticket, body := w.ticket(started), w.enrolBody()
	if n := succeeded(func() answer { return w.enrolCall(ticket, body) }); n != 1 {
		t.Errorf("%d scans of one code", n)
	}
	w.wantKinds(ada, "push+", "recovery-code+", "totp+")
	h := &handset{w: w, identifier: "device-1"}
	_, _, o := w.pushed(ada)
	response := w.signed(w.handsetKey(), h.response(o, true, nil))
	if n := succeeded(func() answer { return w.resolve(o.TxToken, response) }); n != 1 {
		t.Errorf("%d answers to one push", n)
	}
	oobCode := w.started(token, "email")
	code := w.sent().Code
	if n := succeeded(func() answer { return w.oobGrant(token, oobCode, code) }); n != 1 {
		t.Errorf("%d confirmations by one code", n)
	}
}
