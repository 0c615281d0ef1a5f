package account

import (
	"testing"

	"mysecurity/internal/auth0"
)

// TestHandleIsBoundToTheUser: the same id of another user has another handle.
func TestHandleIsBoundToTheUser(t *testing.T) {
	t.Parallel()
	a, b := User{Issuer: "i", Subject: "a"}, User{Issuer: "i", Subject: "b"}
	if HandleOf(a, "totp|dev_x") == HandleOf(b, "totp|dev_x") {
		t.Fatal("handles of two users are equal")
	}
	if HandleOf(a, "sms|dev_x") != HandleOf(a, "voice|dev_x") || HandleOf(a, "sms|dev_x") == HandleOf(a, "totp|dev_x") {
		t.Fatal("the two entries of a phone number, and only they, have one handle")
	}
	for _, bad := range []string{"", "ABCDEFGHIJKLMNOP", "abcdefghijklmnop1", "abcdefghijklmno", "../abcdefghijklmn", "abcdefghijklmno\n"} {
		if ValidHandle(bad) {
			t.Errorf("ValidHandle(%q) = true", bad)
		}
	}
}

// TestAnyStrong: e-mail, recovery codes and unconfirmed entries do not protect.
func TestAnyStrong(t *testing.T) {
	t.Parallel()
	weak := []auth0.Authenticator{
		{ID: "email|dev_f", Type: "oob", Channel: "email", Active: true},
		{ID: "recovery-code|dev_a", Type: "recovery-code", Active: true},
		{ID: "totp|dev_c", Type: "otp"},
	}
	if anyStrong(weak) {
		t.Fatal("a weak list counts as strong")
	}
	if !anyStrong(append(weak, auth0.Authenticator{ID: "totp|dev_b", Type: "otp", Active: true})) {
		t.Fatal("an active app does not count")
	}
}
