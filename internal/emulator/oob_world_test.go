package emulator

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// adaNumber is a telephone number that nobody has.
const adaNumber = "+447700900321"

// oobBody is the body of an associate call for an out-of-band factor.
func (w *world) oobBody(channel string, fields map[string]any) map[string]any {
	w.t.Helper()
	id, secret := w.e.PortalApplication()
	body := map[string]any{
		"client_id": id, "client_secret": secret,
		"authenticator_types": []string{"oob"}, "oob_channels": []string{channel},
	}
	if channel == "sms" || channel == "voice" {
		body["phone_number"] = adaNumber
	}
	maps.Copy(body, fields)
	return body
}

// associateOOB starts an enrolment of a phone, an address or the Guardian app.
func (w *world) associateOOB(token, channel string) answer {
	w.t.Helper()
	return w.api("POST", "/mfa/associate", w.oobBody(channel, nil), bearerToken(token))
}

// started is associateOOB that must succeed; it returns the oob_code.
func (w *world) started(token, channel string) string {
	w.t.Helper()
	a := w.associateOOB(token, channel)
	code, _ := a.json["oob_code"].(string)
	if a.status != http.StatusOK || !strings.HasPrefix(code, "Fe26.2*") {
		w.t.Fatalf("associate %s: %v", channel, a)
	}
	return code
}

// oobGrant ends, or polls, a transaction; binding "" is not sent.
func (w *world) oobGrant(token, oobCode, binding string) answer {
	w.t.Helper()
	fields := url.Values{"mfa_token": {token}, "oob_code": {oobCode}}
	if binding != "" {
		fields.Set("binding_code", binding)
	}
	return w.grant(grantTypeMFAOOB, fields)
}

// sent returns the newest message.
func (w *world) sent() message {
	w.t.Helper()
	w.e.s.mu.Lock()
	defer w.e.s.mu.Unlock()
	if len(w.e.s.messages) == 0 {
		w.t.Fatal("nothing was sent")
	}
	return w.e.s.messages[len(w.e.s.messages)-1]
}

func (w *world) sentCount() int {
	w.e.s.mu.Lock()
	defer w.e.s.mu.Unlock()
	return len(w.e.s.messages)
}

// otherThan is a code of six digits that is not the given one.
func otherThan(code string) string {
	if code == "000000" {
		return "111111"
	}
	return "000000"
}

// kinds lists what the user has enrolled as "sms+" (active) or "sms-" (pending).
func (w *world) kinds(email string) []string {
	w.t.Helper()
	list := []string{}
	for _, a := range w.enrolled(email) {
		kind, _, _ := strings.Cut(a.ID, "|")
		list = append(list, kind+map[bool]string{true: "+", false: "-"}[a.Active])
	}
	return list
}

func (w *world) wantKinds(email string, want ...string) {
	w.t.Helper()
	if got := w.kinds(email); !slices.Equal(got, want) {
		w.t.Errorf("authenticators %v, want %v", got, want)
	}
}

// idOf returns the id of the user's first entry of that kind, the implicit ones
// included.
func (w *world) idOf(email, kind string) string {
	w.t.Helper()
	for _, a := range w.authenticators(email) {
		if strings.HasPrefix(a.ID, kind+"|") {
			return a.ID
		}
	}
	w.t.Fatalf("%s has no %s", email, kind)
	return ""
}

func (w *world) removeEntry(token, id string) answer {
	w.t.Helper()
	return w.do("DELETE", "/mfa/authenticators/"+url.PathEscape(id), "", bearerToken(token))
}

// user adds somebody with the given authenticators and a verified address.
func (w *world) user(email string, authenticators ...SeedAuthenticator) SeedUser {
	w.t.Helper()
	u, err := w.e.AddUser(SeedUser{Email: email, EmailVerified: true, Authenticators: authenticators})
	if err != nil {
		w.t.Fatal(err)
	}
	return u
}

// logged counts the entries of the tenant's log with that code.
func (w *world) logged(code string) int {
	w.e.s.mu.Lock()
	defer w.e.s.mu.Unlock()
	n := 0
	for _, entry := range w.e.s.log {
		if entry.Type == code {
			n++
		}
	}
	return n
}

// handset is a phone with the Guardian app as the tests play it.
type handset struct {
	w          *world
	id         string // device account
	user       string
	token      string
	identifier string
	secret     string
}

const guardianBase = worldURL + "/appliance-mfa"

// handsetKey signs for every handset of the tests.
func (w *world) handsetKey() jose.SigningKey {
	w.t.Helper()
	key, err := worldKeys[0]()
	if err != nil {
		w.t.Fatal(err)
	}
	return jose.SigningKey{Algorithm: jose.RS256, Key: key}
}

// enrolBody is what a phone sends after scanning.
func (w *world) enrolBody() map[string]any {
	w.t.Helper()
	key, err := worldKeys[0]()
	if err != nil {
		w.t.Fatal(err)
	}
	return map[string]any{
		"identifier": "device-1", "name": "Pixel 9",
		"push_credentials": map[string]string{"service": "GCM", "token": "fcm"},
		"public_key":       jose.JSONWebKey{Key: key.Public(), Algorithm: "RS256", Use: "sig"},
	}
}

// ticket reads the enrolment transaction out of the text of a QR code.
func (w *world) ticket(a answer) string {
	w.t.Helper()
	text, _ := a.json["barcode_uri"].(string)
	u, err := url.Parse(text)
	if err != nil || u.Query().Get("enrollment_tx_id") == "" {
		w.t.Fatalf("no QR code in %v", a)
	}
	return u.Query().Get("enrollment_tx_id")
}

func (w *world) enrolCall(ticket string, body any) answer {
	w.t.Helper()
	return w.api("POST", "/appliance-mfa/api/enroll", body, header("Authorization", `Ticket id="`+ticket+`"`))
}

// scan lets a new handset enrol with the QR code of an associate answer.
func (w *world) scan(associated answer) *handset {
	w.t.Helper()
	a := w.enrolCall(w.ticket(associated), w.enrolBody())
	if a.status != http.StatusCreated {
		w.t.Fatalf("enroll: %v", a)
	}
	text := func(name string) string { s, _ := a.json[name].(string); return s }
	codes, _ := a.json["totp"].(map[string]any)
	secret, _ := codes["secret"].(string)
	return &handset{w: w, id: text("id"), user: text("user_id"), token: text("token"), identifier: "device-1", secret: secret}
}

// pushed starts a push challenge for the user and returns the mfa_token, the
// oob_code and the transaction.
func (w *world) pushed(email string) (token, oobCode string, o oob) {
	w.t.Helper()
	id, secret := w.e.PortalApplication()
	token = w.mfaToken(email)
	a := w.challenge(id, secret, map[string]any{"mfa_token": token, "challenge_type": "oob", "oob_channel": "auth0"})
	oobCode, _ = a.json["oob_code"].(string)
	if a.status != http.StatusOK || len(a.json) != 2 || a.json["challenge_type"] != "oob" {
		w.t.Fatalf("challenge: %v", a)
	}
	w.e.s.mu.Lock()
	defer w.e.s.mu.Unlock()
	return token, oobCode, *w.e.s.oobs[oobCode]
}

// signed makes a JWT of the handset.
func (w *world) signed(key jose.SigningKey, claims map[string]any) string {
	w.t.Helper()
	signer, err := jose.NewSigner(key, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	raw, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		w.t.Fatal(err)
	}
	return raw
}

// response are the claims of an answer to a push; changes replace them, and nil
// leaves one out.
func (h *handset) response(o oob, accepted bool, changes map[string]any) map[string]any {
	now := h.w.e.clock.Now()
	claims := map[string]any{
		"iat": now.Unix(), "exp": now.Add(30 * time.Second).Unix(), "aud": guardianBase + "/api/resolve-transaction",
		"iss": h.identifier, "sub": o.Challenge, "auth0_guardian_method": "push", "auth0_guardian_accepted": accepted,
	}
	maps.Copy(claims, changes)
	maps.DeleteFunc(claims, func(_ string, value any) bool { return value == nil })
	return claims
}

func (w *world) resolve(txToken, response string) answer {
	w.t.Helper()
	return w.api("POST", "/appliance-mfa/api/resolve-transaction", map[string]string{"challenge_response": response}, bearerToken(txToken))
}

// decide approves or denies a push as the vendor's app does.
func (h *handset) decide(o oob, accepted bool) {
	h.w.t.Helper()
	if a := h.w.resolve(o.TxToken, h.w.signed(h.w.handsetKey(), h.response(o, accepted, nil))); a.status != http.StatusNoContent {
		h.w.t.Fatalf("resolve: %v", a)
	}
}

// wantGuardianError checks an error answer in the shape of the Guardian service.
func (w *world) wantGuardianError(a answer, status int, code string) {
	w.t.Helper()
	if a.status != status || a.json["errorCode"] != code || a.json["error"] != http.StatusText(status) ||
		a.json["statusCode"] != float64(status) || a.json["message"] == "" || len(a.json) != 4 {
		w.t.Errorf("answer %v, want %d %s", a, status, code)
	}
}
