package emulator

import (
	"net/http"
	"regexp"
	"testing"
	"time"
)

// TestStateMachines is section 8 of the protocol reference as a table: what each
// step leaves in the list. EM-11: nothing of a message is active until the code is
// confirmed; twins for push and for texts and calls.
func TestStateMachines(t *testing.T) {
	confirm := func(w *world, token, oobCode string) {
		if a := w.oobGrant(token, oobCode, w.sent().Code); a.status != http.StatusOK {
			w.t.Errorf("confirm: %v", a)
		}
	}
	for _, c := range []struct {
		channel string
		pending []string
		ended   func(w *world, token, oobCode string)
		active  []string
	}{
		{"sms", []string{"sms-", "recovery-code-"}, confirm, []string{"sms+", "voice+", "recovery-code+"}},
		{"voice", []string{"voice-", "recovery-code-"}, confirm, []string{"sms+", "voice+", "recovery-code+"}},
		{"email", []string{"email-", "recovery-code-"}, confirm, []string{"email+", "recovery-code+"}},
		{"sms", []string{"sms-", "recovery-code-"}, func(w *world, token, oobCode string) {
			w.wantError(w.oobGrant(token, oobCode, otherThan(w.sent().Code)), 403, "invalid_grant", "Invalid binding_code.")
		}, []string{"sms-", "recovery-code-"}},
		{"email", []string{"email-", "recovery-code-"}, func(w *world, _, _ string) {
			w.e.clock.Advance(24 * time.Hour)
		}, []string{"email-", "recovery-code-"}},
	} {
		t.Run("EM-11 "+c.channel, func(t *testing.T) {
			w := newWorld(t)
			token := w.accessToken(ada, allScopes)
			oobCode := w.started(token, c.channel)
			w.wantKinds(ada, c.pending...)
			c.ended(w, token, oobCode)
			w.wantKinds(ada, c.active...)
		})
	}
}

// TestPushStateMachine: the scan makes the entry and its codes active, the poll
// only tells the portal.
func TestPushStateMachine(t *testing.T) {
	w := newWorld(t)
	token := w.accessToken(ada, allScopes)
	started := w.associateOOB(token, "auth0")
	oobCode, _ := started.json["oob_code"].(string)
	w.wantKinds(ada, "push-", "recovery-code-")
	w.wantError(w.oobGrant(token, oobCode, ""), 400, "authorization_pending", "Authorization pending: please repeat the request in a few seconds.")
	h := w.scan(started)
	w.wantKinds(ada, "push+", "recovery-code+", "totp+")
	w.e.clock.Advance(5 * time.Second)
	a := w.oobGrant(token, oobCode, "")
	if a.status != http.StatusOK || a.json["access_token"] == "" || a.json["expires_in"] != 600.0 {
		t.Errorf("EM-11 (f) after the scan: %v", a)
	}
	w.e.clock.Advance(5 * time.Second)
	w.wantError(w.oobGrant(token, oobCode, ""), 401, "invalid_grant", "Malformed oob_code") // single use
	if a := w.otp(w.mfaToken(ada), w.code(h.secret)); a.status != http.StatusOK {
		t.Errorf("codes of the Guardian app: %v", a)
	}
}

// TestNobodyPolls: a page that was closed too early still ends with a phone, and
// an unscanned QR code with none.
func TestNobodyPolls(t *testing.T) {
	w := newWorld(t)
	token := w.accessToken(ada, allScopes)
	h := w.scan(w.associateOOB(token, "auth0"))
	if list := w.enrolled(ada); !list[0].Active || list[0].Name != "Pixel 9" || list[0].OOBChannel != "auth0" || list[0].ID != "push|"+h.id {
		t.Errorf("list: %+v", list)
	}
	abandoned := w.associateOOB(token, "auth0")
	if list := w.enrolled(ada); list[3].Active || list[3].Name != "" {
		t.Errorf("an unconfirmed push has a name or is active: %+v", list[3])
	}
	w.e.clock.Advance(5 * time.Minute)
	w.wantGuardianError(w.enrolCall(w.ticket(abandoned), w.enrolBody()), 404, "enrollment_transaction_not_found")
	fresh := w.accessToken(ada, allScopes)
	w.wantError(w.oobGrant(fresh, abandoned.json["oob_code"].(string), ""), 401, "expired_token", "oob_code is expired")
}

// TestAssociateOOBAnswers: the documented shapes, in the order of the wire.
func TestAssociateOOBAnswers(t *testing.T) {
	const opaque, recovery = `"oob_code":"Fe26\.2\*[A-Za-z0-9*_-]+"`, `"recovery_codes":\["[A-Z0-9]{24}"\]`
	for channel, shape := range map[string]string{
		"sms":   `^\{"authenticator_type":"oob","binding_method":"prompt","oob_channel":"sms",` + opaque + `,` + recovery + `\}$`,
		"voice": `^\{"authenticator_type":"oob","binding_method":"prompt","oob_channel":"voice",` + opaque + `,` + recovery + `\}$`,
		"email": `^\{"authenticator_type":"oob","binding_method":"prompt","oob_channel":"email",` + opaque + `,` + recovery + `\}$`,
		"auth0": `^\{"authenticator_type":"oob","oob_channel":"auth0",` + opaque + `,"barcode_uri":"otpauth://totp/Example%20Company:ada%40example\.com` +
			`\?enrollment_tx_id=[A-Za-z0-9]{32}\\u0026base_url=http%3A%2F%2Flocalhost%3A8081%2Fappliance-mfa",` + recovery + `\}$`,
	} {
		t.Run("EM-11 (a) "+channel, func(t *testing.T) {
			w := newWorld(t)
			token := w.accessToken(ada, allScopes)
			first, second := w.associateOOB(token, channel), w.associateOOB(token, channel)
			if !regexp.MustCompile(shape).MatchString(first.body) {
				t.Errorf("first: %v", first)
			}
			if _, there := second.json["recovery_codes"]; there || second.status != http.StatusOK {
				t.Errorf("EM-11 (a) recovery codes only the first time: %v", second)
			}
			if list := w.enrolled(ada); len(list) != 3 || list[0].ID == list[2].ID || list[0].Active || list[2].Active {
				t.Errorf("EM-11 (a) every call makes a new pending entry: %+v", list)
			}
		})
	}
}

// TestAssociateOOBErrors is every refusal of section 6.3 that concerns these
// factors. A refused call leaves nothing behind and sends nothing.
func TestAssociateOOBErrors(t *testing.T) {
	w := newWorld(t)
	noAddress := w.user("short@example.com").Email
	for _, c := range []struct {
		name, channel string
		fields        map[string]any
		status        int
		about         string
	}{
		{"no number", "sms", map[string]any{"phone_number": ""}, 400, "Missing required parameter: phone_number"},
		{"no number to call", "voice", map[string]any{"phone_number": nil}, 400, "Missing required parameter: phone_number"},
		{"national number", "sms", map[string]any{"phone_number": "07700900321"}, 400, "The phone number is invalid."},
		{"00 instead of +", "sms", map[string]any{"phone_number": "00447700900321"}, 400, "The phone number is invalid."},
		{"country code 0", "sms", map[string]any{"phone_number": "+0447700900"}, 400, "The phone number is invalid."},
		{"spaces", "voice", map[string]any{"phone_number": "+44 7700 900321"}, 400, "The phone number is invalid."},
		{"too long", "sms", map[string]any{"phone_number": "+1234567890123456"}, 400, "The phone number is invalid."},
		{"letters", "sms", map[string]any{"phone_number": "+44CALLME"}, 400, "The phone number is invalid."},
		{"two numbers", "sms", map[string]any{"phone_number": []string{adaNumber, "+447700900322"}}, 400, "The phone number is invalid."},
		{"malformed address", "email", map[string]any{"email": "ada"}, 400, "The email is invalid."},
		{"address with a name", "email", map[string]any{"email": "Ada <ada@example.com>"}, 400, "The email is invalid."},
		{"two addresses", "email", map[string]any{"email": []string{"a@example.com", "b@example.com"}}, 400, "The email is invalid."},
		{"two channels", "sms", map[string]any{"oob_channels": []string{"sms", "voice"}}, 400, "Unsupported oob_channels"},
		{"unknown channel", "fax", nil, 400, "Unsupported oob_channels"},
		{"empty channel", "", nil, 400, "Unsupported oob_channels"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := &world{t, w.e}
			a := w.api("POST", "/mfa/associate", w.oobBody(c.channel, c.fields), bearerToken(w.accessToken(noAddress, allScopes)))
			w.wantError(a, c.status, "invalid_request", c.about)
		})
	}
	if n := len(w.enrolled(noAddress)); n != 0 || w.sentCount() != 0 {
		t.Errorf("refused calls left %d entries and sent %d messages", n, w.sentCount())
	}
	if w.logged("gd_start_enroll_failed") == 0 {
		t.Error("no gd_start_enroll_failed in the log")
	}
}

// TestFactorOff: what the tenant has switched off cannot be enrolled, and nobody
// can use it.
func TestFactorOff(t *testing.T) {
	for _, c := range []struct {
		channel string
		off     map[string]any
	}{
		{"sms", map[string]any{"factors": map[string]bool{"sms": false}}},
		{"voice", map[string]any{"factors": map[string]bool{"sms": false}}},
		{"sms", map[string]any{"message_types": []string{"voice"}}},
		{"voice", map[string]any{"message_types": []string{"sms"}}},
		{"email", map[string]any{"factors": map[string]bool{"email": false}}},
		{"auth0", map[string]any{"factors": map[string]bool{"push-notification": false}}},
	} {
		t.Run(c.channel, func(t *testing.T) {
			w := newWorld(t)
			w.settings(c.off)
			w.wantError(w.associateOOB(w.accessToken(ada, allScopes), c.channel), 400, "invalid_request", "The factor is not enabled for this tenant.")
		})
	}
	w := newWorld(t)
	u := w.user("x@example.com", SeedAuthenticator{Type: seedPush})
	w.factor("push-notification", false)
	w.factor("otp", false)
	w.factor("email", false)
	id, secret := w.e.PortalApplication()
	w.wantError(w.challenge(id, secret, map[string]any{"mfa_token": w.mfaToken(u.Email)}), 403, "association_required", "User has no active authenticator; associate one first.")
	w.wantError(w.otp(w.mfaToken(u.Email), w.code(u.Authenticators[0].Secret)), 403, "invalid_grant", "Invalid otp_code.")
	w.factor("push-notification", true)
	if a := w.otp(w.mfaToken(u.Email), w.code(u.Authenticators[0].Secret)); a.status != http.StatusOK {
		t.Errorf("codes of the Guardian app, with the otp factor off: %v", a)
	}
}

// TestSingleMessageType: with one message type a number has one entry.
func TestSingleMessageType(t *testing.T) {
	for _, channel := range []string{"sms", "voice"} {
		w := newWorld(t)
		w.settings(map[string]any{"message_types": []string{channel}})
		token := w.accessToken(ada, allScopes)
		w.oobGrant(token, w.started(token, channel), w.sent().Code)
		w.wantKinds(ada, channel+"+", "recovery-code+")
	}
}

// TestPhonePair: one device id, the text first, by default from the confirmation
// on, by variant from the start.
func TestPhonePair(t *testing.T) {
	for _, channel := range []string{"sms", "voice"} {
		w := newWorld(t)
		w.variantSet("phone_pair", "from_the_start")
		token := w.accessToken(ada, allScopes)
		abandoned := w.started(token, channel)
		w.wantKinds(ada, "sms-", "voice-", "recovery-code-")
		oobCode := w.started(token, channel)
		w.wantKinds(ada, "sms-", "voice-", "recovery-code-", "sms-", "voice-")
		w.oobGrant(token, oobCode, w.sent().Code)
		w.wantKinds(ada, "sms-", "voice-", "recovery-code+", "sms+", "voice+")
		list := w.enrolled(ada)
		if deviceID(list[3].ID) != deviceID(list[4].ID) || deviceID(list[0].ID) == deviceID(list[3].ID) {
			t.Errorf("device ids: %+v", list)
		}
		w.removeEntry(token, list[1].ID)
		w.wantKinds(ada, "recovery-code+", "sms+", "voice+")
		w.wantError(w.oobGrant(token, abandoned, "123456"), 401, "invalid_grant", "Malformed oob_code")
	}
}
