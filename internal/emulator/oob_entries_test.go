package emulator

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// TestJointRemoval is EM-11, case (d): twins go together, whichever is deleted.
func TestJointRemoval(t *testing.T) {
	for _, c := range []struct {
		kind string
		left []string
	}{
		{"sms", []string{"push+", "totp+", "recovery-code+", "totp+", "email+"}},
		{"voice", []string{"push+", "totp+", "recovery-code+", "totp+", "email+"}},
		{"push", []string{"sms+", "voice+", "recovery-code+", "totp+", "email+"}},
		{"totp", []string{"sms+", "voice+", "recovery-code+", "totp+", "email+"}}, // the first one, of the push
		{"email", []string{"sms+", "voice+", "push+", "totp+", "recovery-code+", "totp+"}},
	} {
		t.Run("EM-11 (d) "+c.kind, func(t *testing.T) {
			w := newWorld(t)
			u := w.user("all@example.com", SeedAuthenticator{Type: seedPhone}, SeedAuthenticator{Type: seedPush},
				SeedAuthenticator{Type: seedRecovery}, SeedAuthenticator{Type: seedApp}, SeedAuthenticator{Type: seedEmail})
			token := w.accessToken(u.Email, allScopes)
			if a := w.removeEntry(token, w.idOf(u.Email, c.kind)); a.status != http.StatusNoContent {
				t.Fatalf("delete: %v", a)
			}
			w.wantKinds(u.Email, c.left...)
		})
	}
	w := newWorld(t)
	u := w.user("own@example.com", SeedAuthenticator{Type: seedApp}, SeedAuthenticator{Type: seedPush})
	w.removeEntry(w.accessToken(u.Email, allScopes), w.idOf(u.Email, "totp"))
	w.wantKinds(u.Email, "push+", "totp+") // an app that was enrolled on its own takes nothing along
}

// TestImplicitEmail is EM-11, case (e): a verified address is an authenticator by
// itself while the factor is on, with a stable id; nobody can delete it.
func TestImplicitEmail(t *testing.T) {
	w := newWorld(t)
	token := w.accessToken(ada, allScopes)
	list := w.authenticators(ada)
	if len(list) != 1 || list[0] != (authenticatorJSON{ID: list[0].ID, AuthenticatorType: "oob", Active: true, OOBChannel: "email", Name: "***@exam*******"}) {
		t.Fatalf("list %+v", list)
	}
	for status, value := range map[int]string{400: "400", 409: "409", 403: "403"} {
		w.variantSet("implicit_email_removal", value)
		w.wantError(w.removeEntry(token, list[0].ID), status, "access_denied", "The authenticator of a verified email address cannot be deleted.")
	}
	if a := w.associate(token); a.json["recovery_codes"] == nil {
		t.Errorf("an implicit entry is no association: %v", a)
	}
	w.oobGrant(token, w.started(token, "email"), w.sent().Code)
	both := slices.DeleteFunc(w.authenticators(ada), func(a authenticatorJSON) bool { return a.OOBChannel != "email" })
	if len(both) != 2 || both[0].Name != both[1].Name || both[1] != list[0] {
		t.Errorf("EM-11 (e) it stands beside an enrolled one: %+v", both)
	}
	if a := w.removeEntry(token, both[0].ID); a.status != http.StatusNoContent {
		t.Errorf("the enrolled one: %v", a)
	}
	w.factor("email", false)
	if list := w.authenticators(ada); len(list) != 2 {
		t.Errorf("factor off: %+v", list)
	}
	w.factor("email", true)
	u, err := w.e.AddUser(SeedUser{Email: "unverified@example.com"})
	if err != nil || len(w.authenticators(u.Email)) != 0 {
		t.Errorf("unverified address: %+v %v", w.authenticators(u.Email), err)
	}
}

// TestEmailOnlyUser is EM-11, case (k): an address is no reason for a challenge.
func TestEmailOnlyUser(t *testing.T) {
	w := newWorld(t)
	u := w.user("mail@example.com", SeedAuthenticator{Type: seedEmail, Address: "second@example.com"})
	fields := url.Values{"username": {u.Email}, "password": {u.Password}, "audience": {w.e.mfaAudience()}, "scope": {allScopes}}
	if a := w.grant(grantPassword, fields); a.status != http.StatusOK {
		t.Errorf("EM-11 (k) %v", a)
	}
	if a := w.associate(w.mfaToken(u.Email)); a.status != http.StatusOK {
		t.Errorf("an mfa_token may enrol the first strong factor: %v", a)
	}
	for _, kind := range []string{seedApp, seedPhone, seedPush} {
		u := w.user(kind+"@example.com", SeedAuthenticator{Type: kind})
		fields.Set("username", u.Email)
		fields.Set("password", u.Password)
		a := w.grant(grantPassword, fields)
		if a.status != http.StatusForbidden || a.json["error"] != "mfa_required" {
			t.Errorf("EM-11 with %s: %v", kind, a)
		}
		token, _ := a.json["mfa_token"].(string)
		w.wantError(w.associate(token), 403, "access_denied", "User is already enrolled.") // (b)
	}
}

// TestMasks: names as recorded from real tenants.
func TestMasks(t *testing.T) {
	for number, want := range map[string]string{"+441632960147": "XXXXXXXXX0147", "+123": "+123", "": "", "+1234": "X1234"} {
		if got := maskPhone(number); got != want {
			t.Errorf("%q: %q, want %q", number, got, want)
		}
	}
	for address, want := range map[string]string{
		"dupont42@example.com": "dupo****@exam*******", "anna@example.com": "****@exam*******", "chloé@example.com": "chlo*@exam*******",
		"a@b.c": "*@***", "at": "**", `"a@b"@example.com`: `"a@b*@exam*******`,
	} {
		if got := maskEmail(address); got != want {
			t.Errorf("%q: %q, want %q", address, got, want)
		}
	}
	w := newWorld(t)
	token := w.accessToken(ada, allScopes)
	w.started(token, "sms")
	if list := w.enrolled(ada); list[0].Name != strings.Repeat("X", len(adaNumber)-4)+"0321" || list[0].OOBChannel != "sms" {
		t.Errorf("a pending number is masked too: %+v", list[0])
	}
	wire := `{"id":"` + w.enrolled(ada)[0].ID + `","authenticator_type":"oob","active":false,"oob_channel":"sms","name":"XXXXXXXXX0321"}`
	if a := w.do("GET", "/mfa/authenticators", "", bearerToken(token)); !strings.Contains(a.body, wire) {
		t.Errorf("wire order: %s, want %s", a.body, wire)
	}
}

// TestLimitCountsEnrolments is EM-11: 51 enrolments; a pair is one.
func TestLimitCountsEnrolments(t *testing.T) {
	w := newWorld(t)
	token := w.accessToken(ada, allScopes)
	w.oobGrant(token, w.started(token, "sms"), w.sent().Code)
	w.scan(w.associateOOB(token, "auth0"))
	for range maxEnrolments - 2 {
		if a := w.associateOOB(token, "auth0"); a.status != http.StatusOK {
			t.Fatalf("EM-11 %v", a)
		}
	}
	for _, channel := range []string{"sms", "voice", "email", "auth0"} {
		w.wantError(w.associateOOB(token, channel), 400, "invalid_request", "The user has reached the maximum number of enrollments.")
	}
}
