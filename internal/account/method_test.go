package account

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"mysecurity/internal/auth0"
)

// TestFold: the list shows what protects the user, once, in the user's terms
// (MF-18, UP-12).
func TestFold(t *testing.T) {
	user := User{Issuer: "https://tenant.example/", Subject: "auth0|1"}
	list := []auth0.Authenticator{
		{ID: "recovery-code|dev_a", Type: "recovery-code", Active: true},
		{ID: "totp|dev_b", Type: "otp", Active: true},
		{ID: "totp|dev_c", Type: "otp"},
		{ID: "totp|dev_d", Type: "otp", Active: true},
		{ID: "sms|dev_e", Type: "oob", Channel: "sms", Name: "XXX42", Active: true},
		{ID: "voice|dev_e", Type: "oob", Channel: "voice", Name: "XXX42", Active: true},
		{ID: "email|dev_f", Type: "oob", Channel: "email", Name: "a****", Active: true},
		{ID: "push|dev_g", Type: "oob", Channel: "auth0", Name: "Pixel", Active: true},
		{ID: "hologram|dev_h", Type: "other", Active: true},
	}
	want := []Method{
		{Kind: MethodApp, Number: 1, Strong: true, Removable: true, id: "totp|dev_b"},
		{Kind: MethodApp, Number: 2, Strong: true, Removable: true, id: "totp|dev_d"},
		{Kind: MethodPhone, Name: "XXX42", Strong: true, Removable: true, id: "sms|dev_e"},
		{Kind: MethodEmail, Name: "a****", id: "email|dev_f"},
		{Kind: MethodPush, Name: "Pixel", Strong: true, Removable: true, id: "push|dev_g"},
		{Kind: MethodOther, Strong: true, Removable: true, id: "hologram|dev_h"},
	}
	got := fold(user, list)
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(Method{}), cmpopts.IgnoreFields(Method{}, "Handle")); diff != "" {
		t.Fatal(diff)
	}
	seen := map[string]bool{}
	for _, m := range got {
		if !ValidHandle(m.Handle) || seen[m.Handle] {
			t.Fatalf("handle %q is malformed or not unique", m.Handle)
		}
		seen[m.Handle] = true
	}
}

// TestHandleIsBoundToTheUser: the same id of another user has another handle.
func TestHandleIsBoundToTheUser(t *testing.T) {
	a, b := User{Issuer: "i", Subject: "a"}, User{Issuer: "i", Subject: "b"}
	if HandleOf(a, "totp|dev_x") == HandleOf(b, "totp|dev_x") {
		t.Fatal("handles of two users are equal")
	}
	for _, bad := range []string{"", "ABCDEFGHIJKLMNOP", "abcdefghijklmnop1", "abcdefghijklmno", "../abcdefghijklmn", "abcdefghijklmno\n"} {
		if ValidHandle(bad) {
			t.Errorf("ValidHandle(%q) = true", bad)
		}
	}
}

// TestAnyStrong: e-mail, recovery codes and unconfirmed entries do not protect.
func TestAnyStrong(t *testing.T) {
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

// TestWithoutTwin (MF-19): a push enrolment takes the codes of its app along,
// and the list does not say which entry that is.
func TestWithoutTwin(t *testing.T) {
	app, push := Method{Kind: MethodApp}, Method{Kind: MethodPush}
	tests := []struct {
		name    string
		removed MethodKind
		remain  []Method
		want    int
	}{
		{"push with its app", MethodPush, []Method{app}, 0},
		{"the app of a push", MethodApp, []Method{push}, 0},
		{"push beside two apps", MethodPush, []Method{app, app}, 1},
		{"an app beside an app", MethodApp, []Method{app}, 1},
		{"a phone beside push and app", MethodPhone, []Method{app, push}, 2},
	}
	for _, tt := range tests {
		if got := len(withoutTwin(tt.remain, tt.removed)); got != tt.want {
			t.Errorf("%s: %d remain, want %d", tt.name, got, tt.want)
		}
	}
}
