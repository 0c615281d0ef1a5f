package emulator

import (
	"crypto/rand"
	"crypto/rsa"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// TestGuardianEnrol: the answer that the vendor's app reads, and one scan per
// code.
func TestGuardianEnrol(t *testing.T) {
	w := newWorld(t)
	started := w.associateOOB(w.accessToken(ada, allScopes), "auth0")
	ticket := w.ticket(started)
	a := w.enrolCall(ticket, w.enrolBody())
	codes, _ := a.json["totp"].(map[string]any)
	if a.status != http.StatusCreated || len(a.json) != 6 || !strings.HasPrefix(a.json["id"].(string), "dev_") || a.json["url"] != guardianBase ||
		a.json["issuer"] != "Example Company" || a.json["user_id"] != w.userID(ada) || len(a.json["token"].(string)) < 32 {
		t.Errorf("answer %v", a)
	}
	if secret, _ := codes["secret"].(string); len(secret) != 32 || codes["algorithm"] != "sha1" || codes["period"] != 30.0 || codes["digits"] != 6.0 {
		t.Errorf("codes %v", codes)
	}
	before := w.kinds(ada)
	w.wantGuardianError(w.enrolCall(ticket, w.enrolBody()), 404, "enrollment_transaction_not_found")
	w.variantSet("second_scan", "enrollment_conflict")
	w.wantGuardianError(w.enrolCall(ticket, w.enrolBody()), 409, "enrollment_conflict")
	w.wantKinds(ada, before...)
}

// TestGuardianEnrolErrors: a refused scan leaves the code good for another.
func TestGuardianEnrolErrors(t *testing.T) {
	w := newWorld(t)
	ticket := w.ticket(w.associateOOB(w.accessToken(ada, allScopes), "auth0"))
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	strong, err := worldKeys[0]()
	if err != nil {
		t.Fatal(err)
	}
	key := func(k any, algorithm, use string) jose.JSONWebKey {
		return jose.JSONWebKey{Key: k, Algorithm: algorithm, Use: use}
	}
	for name, change := range map[string]map[string]any{
		"no identifier":        {"identifier": ""},
		"no name":              {"name": " "},
		"control character":    {"name": "a\nb"},
		"long name":            {"name": strings.Repeat("x", 1001)},
		"no push credentials":  {"push_credentials": nil},
		"unknown push service": {"push_credentials": map[string]string{"service": "X", "token": "t"}},
		"no push token":        {"push_credentials": map[string]string{"service": "APNS"}},
		"no key":               {"public_key": nil},
		"key that is none":     {"public_key": "x"},
		"weak key":             {"public_key": key(weak.Public(), "RS256", "sig")},
		"other algorithm":      {"public_key": key(strong.Public(), "PS256", "sig")},
		"for encryption":       {"public_key": key(strong.Public(), "RS256", "enc")},
		"private key":          {"public_key": key(strong, "RS256", "sig")},
		"symmetric key":        {"public_key": key([]byte("0123456789abcdef0123456789abcdef"), "RS256", "sig")},
		"wrong type":           {"name": 5},
	} {
		t.Run(name, func(t *testing.T) {
			w := &world{t, w.e}
			body := w.enrolBody()
			maps.Copy(body, change)
			w.wantGuardianError(w.enrolCall(ticket, body), 400, "invalid_body")
		})
	}
	json := header("Content-Type", "application/json")
	auth := header("Authorization", `Ticket id="`+ticket+`"`)
	w.wantGuardianError(w.do("POST", "/appliance-mfa/api/enroll", "{", auth, json), 400, "invalid_body")
	w.wantGuardianError(w.do("POST", "/appliance-mfa/api/enroll", "{}", auth, header("Content-Type", "text/plain")), 400, "invalid_body")
	for _, wrong := range []string{"", "Bearer " + ticket, "Ticket " + ticket, `Ticket id="` + ticket + `", x`, `Ticket id=""`} {
		w.wantGuardianError(w.api("POST", "/appliance-mfa/api/enroll", w.enrolBody(), header("Authorization", wrong)), 401, "invalid_token")
	}
	w.wantGuardianError(w.enrolCall("unknown", w.enrolBody()), 404, "enrollment_transaction_not_found")
	w.factor("push-notification", false)
	w.wantGuardianError(w.enrolCall(ticket, w.enrolBody()), 403, "feature_disabled_by_admin")
	w.factor("push-notification", true)
	w.wantGuardianError(w.do("GET", "/appliance-mfa/api/enroll", ""), 404, "not_found")
	w.e.clock.Advance(5*time.Minute - time.Second)
	if a := w.enrolCall(ticket, w.enrolBody()); a.status != http.StatusCreated {
		t.Errorf("after all that: %v", a)
	}
}

// TestDeletedWhileWaiting: a code whose entry is gone enrols nobody.
func TestDeletedWhileWaiting(t *testing.T) {
	w := newWorld(t)
	token := w.accessToken(ada, allScopes)
	started := w.associateOOB(token, "auth0")
	w.removeEntry(token, w.idOf(ada, "push"))
	w.wantGuardianError(w.enrolCall(w.ticket(started), w.enrolBody()), 404, "enrollment_transaction_not_found")
	w.wantError(w.oobGrant(token, started.json["oob_code"].(string), ""), 401, "invalid_grant", "Malformed oob_code")
}

// TestResolveErrors: only the phone that was asked can answer, for this address,
// in time, once.
func TestResolveErrors(t *testing.T) {
	w := newWorld(t)
	h := w.scan(w.associateOOB(w.accessToken(ada, allScopes), "auth0"))
	token, oobCode, o := w.pushed(ada)
	foreign, err := worldKeys[1]()
	if err != nil {
		t.Fatal(err)
	}
	now := w.e.clock.Now()
	for name, change := range map[string]map[string]any{
		"other device":       {"iss": "device-2"},
		"no issuer":          {"iss": nil},
		"other challenge":    {"sub": "x"},
		"no subject":         {"sub": nil},
		"other address":      {"aud": guardianBase},
		"one of two":         {"aud": []string{guardianBase + "/api/resolve-transaction", "x"}},
		"no audience":        {"aud": nil},
		"expired":            {"iat": now.Add(-time.Minute).Unix(), "exp": now.Unix()},
		"no expiry":          {"exp": nil},
		"long-lived":         {"exp": now.Add(time.Hour).Unix()},
		"no time of issue":   {"iat": nil},
		"from the future":    {"iat": now.Add(10 * time.Second).Unix()},
		"other method":       {"auth0_guardian_method": "otp"},
		"no method":          {"auth0_guardian_method": nil},
		"no decision":        {"auth0_guardian_accepted": nil},
		"decision as a text": {"auth0_guardian_accepted": "true"},
	} {
		t.Run(name, func(t *testing.T) {
			w := &world{t, w.e}
			w.wantGuardianError(w.resolve(o.TxToken, w.signed(w.handsetKey(), h.response(o, true, change))), 401, "invalid_token")
		})
	}
	for name, key := range map[string]jose.SigningKey{
		"another key":       {Algorithm: jose.RS256, Key: foreign},
		"another algorithm": {Algorithm: jose.PS256, Key: w.handsetKey().Key},
		"symmetric":         {Algorithm: jose.HS256, Key: []byte("0123456789abcdef0123456789abcdef")},
	} {
		t.Run(name, func(t *testing.T) {
			w := &world{t, w.e}
			w.wantGuardianError(w.resolve(o.TxToken, w.signed(key, h.response(o, true, nil))), 401, "invalid_token")
		})
	}
	good := w.signed(w.handsetKey(), h.response(o, true, nil))
	w.wantGuardianError(w.resolve(o.TxToken, tampered(good)), 401, "invalid_token")
	w.wantGuardianError(w.resolve(o.TxToken, "e30.e30."), 401, "invalid_token")
	w.wantGuardianError(w.resolve(o.TxToken, ""), 400, "invalid_body")
	w.wantGuardianError(w.resolve("unknown", good), 404, "login_transaction_not_found")
	w.wantGuardianError(w.resolve("", good), 401, "invalid_bearer_format")
	w.wantError(w.oobGrant(token, oobCode, ""), 400, "authorization_pending", pendingText) // nothing of that counted

	h.decide(o, false)
	w.wantGuardianError(w.resolve(o.TxToken, good), 404, "login_transaction_not_found") // replay
	w.e.clock.Advance(time.Second)
	w.wantError(w.oobGrant(token, oobCode, ""), 400, "access_denied", "MFA Authorization rejected.")
}

// TestResolveExpired: a push lives five minutes.
func TestResolveExpired(t *testing.T) {
	w := newWorld(t)
	h := w.scan(w.associateOOB(w.accessToken(ada, allScopes), "auth0"))
	_, _, o := w.pushed(ada)
	w.e.clock.Advance(5 * time.Minute)
	late := w.signed(w.handsetKey(), h.response(o, true, nil))
	w.wantGuardianError(w.resolve(o.TxToken, late), 404, "login_transaction_not_found")
	w.variantSet("expired_push", "transaction_expired")
	w.wantGuardianError(w.resolve(o.TxToken, late), 410, "transaction_expired")
	_, _, o = w.pushed(ada)
	w.removeEntry(w.accessToken(ada, allScopes), w.idOf(ada, "push"))
	w.wantGuardianError(w.resolve(o.TxToken, w.signed(w.handsetKey(), h.response(o, true, nil))), 404, "login_transaction_not_found")
}

// TestReason: what the person on the phone said.
func TestReason(t *testing.T) {
	w := newWorld(t)
	h := w.scan(w.associateOOB(w.accessToken(ada, allScopes), "auth0"))
	_, oobCode, o := w.pushed(ada)
	w.resolve(o.TxToken, w.signed(w.handsetKey(), h.response(o, false, map[string]any{"auth0_guardian_reason": "not me"})))
	w.e.s.mu.Lock()
	defer w.e.s.mu.Unlock()
	if got := w.e.s.oobs[oobCode]; got.State != oobDenied || got.Reason != "not me" {
		t.Errorf("transaction %+v", got)
	}
}
