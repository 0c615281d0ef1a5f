package account

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"mysecurity/internal/auth0"
)

// Entries as the tenant lists them.
func otp(id string) auth0.Authenticator {
	return auth0.Authenticator{ID: "totp|" + id, Type: auth0.TypeOTP, Active: true}
}

func oob(channel, id, name string) auth0.Authenticator {
	kind := channel
	if channel == auth0.ChannelPush {
		kind = "push"
	}
	return auth0.Authenticator{ID: kind + "|" + id, Type: auth0.TypeOOB, Channel: channel, Name: name, Active: true}
}

func pending(a auth0.Authenticator) auth0.Authenticator {
	a.Active = false
	return a
}

func verified() User {
	return User{Issuer: "https://tenant.example/", Subject: "auth0|1", Email: "dupont42@example.com", EmailVerified: true}
}

// TestFold: the list shows what protects the user, once, in the user's terms
// (MF-18, UP-12).
func TestFold(t *testing.T) {
	t.Parallel()
	list := []auth0.Authenticator{
		{ID: "recovery-code|dev_a", Type: "recovery-code", Active: true},
		otp("dev_b"), pending(otp("dev_c")), otp("dev_d"),
		oob("voice", "dev_e", "XXX42"), oob("sms", "dev_e", "XXX42"), oob("sms", "dev_i", "XXX43"),
		oob("email", "dev_f", "a****"), oob("email", "dev_j", "dupo****@exam*******"),
		oob("auth0", "dev_g", "Pixel"), pending(oob("auth0", "dev_k", "")),
		{ID: "hologram|dev_h", Type: "other", Active: true},
		oob("sms", "dev_l", "XXX44"),
		{Type: "oob", Channel: "sms", Name: "XXX45", Active: true},
		{Type: "oob", Channel: "sms", Name: "XXX46", Active: true},
	}
	list[12].ID = "+15550100" // no kind in front: a number of its own
	want := []Method{
		{Kind: MethodApp, Number: 1, Strong: true, Removable: true, Unsure: true, id: "totp|dev_b"},
		{Kind: MethodApp, Number: 2, Strong: true, Removable: true, Unsure: true, id: "totp|dev_d"},
		{Kind: MethodPhone, Name: "XXX42", Strong: true, Removable: true, Text: true, Call: true, id: "voice|dev_e"},
		{Kind: MethodPhone, Name: "XXX43", Strong: true, Removable: true, Text: true, id: "sms|dev_i"},
		{Kind: MethodEmail, Name: "a****", Removable: true, id: "email|dev_f"},
		{Kind: MethodEmail, Name: "dupo****@exam*******", id: "email|dev_j"},
		{Kind: MethodPush, Name: "Pixel", Strong: true, Removable: true, Unsure: true, id: "push|dev_g"},
		{Kind: MethodOther, Strong: true, Removable: true, id: "hologram|dev_h"},
		{Kind: MethodPhone, Name: "XXX44", Strong: true, Removable: true, Text: true, id: "+15550100"},
		{Kind: MethodPhone, Name: "XXX45", Strong: true, Text: true},
		{Kind: MethodPhone, Name: "XXX46", Strong: true, Text: true},
	}
	got := fold(verified(), list, nil)
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(Method{}), cmpopts.IgnoreFields(Method{}, "Handle")); diff != "" {
		t.Fatal(diff)
	}
	seen := map[string]bool{}
	for _, m := range got {
		if !ValidHandle(m.Handle) || m.Removable && seen[m.Handle] {
			t.Fatalf("handle %q is malformed or not unique", m.Handle)
		}
		seen[m.Handle] = true
	}
}

// TestAddressesAreNumbered: names of asterisks do not tell two links to remove
// apart; the address that stays has none.
func TestAddressesAreNumbered(t *testing.T) {
	t.Parallel()
	list := []auth0.Authenticator{
		oob("email", "dev_a", "a***@e***"), oob("email", "dev_b", "dupo****@exam*******"), oob("email", "dev_c", "b***@e***"),
	}
	var got []int
	for _, m := range fold(verified(), list, nil) {
		got = append(got, m.Number)
	}
	if want := []int{1, 0, 2}; !slices.Equal(got, want) {
		t.Errorf("numbers %v, want %v", got, want)
	}
}

// TestLookAlikeAddress: an address chosen to look like the one of the account under
// the tenant's mask must not become one that cannot be removed.
func TestLookAlikeAddress(t *testing.T) {
	t.Parallel()
	list := []auth0.Authenticator{
		oob("email", "dev_a", "dupo****@exam*******"), oob("email", "dev_b", "dupo****@exam*******"), oob("email", "dev_c", "a****"),
	}
	for _, m := range fold(verified(), list, nil) {
		if !m.Removable {
			t.Errorf("%s cannot be removed", m.id)
		}
	}
	list[1].Active = false
	if fold(verified(), list, nil)[0].Removable {
		t.Error("an attempt that is under way counts")
	}
}

// TestTwins (MF-18): who gives codes, and what is said where nobody knows.
func TestTwins(t *testing.T) {
	t.Parallel()
	push := func(id string) auth0.Authenticator { return oob("auth0", id, "Pixel "+id) }
	// row is what matters here: kind, then c for codes, ? for unsure.
	row := func(m Method) string {
		text := string(m.Kind)
		if m.Codes {
			text += " c"
		}
		if m.Unsure {
			text += " ?"
		}
		return text
	}
	tests := []struct {
		name  string
		list  []auth0.Authenticator
		pairs map[string]string
		want  []string
	}{
		{"apps only", []auth0.Authenticator{otp("a"), otp("b")}, nil, []string{"app", "app"}},
		{"push without codes", []auth0.Authenticator{push("p")}, nil, []string{"push"}},
		{"push and its app", []auth0.Authenticator{push("p"), otp("a")}, nil, []string{"push c"}},
		{"the app listed first", []auth0.Authenticator{otp("a"), push("p")}, nil, []string{"push c"}},
		{"two push and both apps", []auth0.Authenticator{push("p"), otp("a"), push("q"), otp("b")}, nil, []string{"push c", "push c"}},
		{"two push and one app", []auth0.Authenticator{push("p"), otp("a"), push("q")}, nil, []string{"push c", "push c"}},
		{"an app more, not known", []auth0.Authenticator{push("p"), otp("a"), otp("b")}, nil, []string{"push ?", "app ?", "app ?"}},
		{"an app more, known", []auth0.Authenticator{push("p"), otp("a"), otp("b")}, map[string]string{"push|p": "totp|b"}, []string{"push c", "app"}},
		{"known, and its app has gone", []auth0.Authenticator{push("p"), otp("a"), otp("b")}, map[string]string{"push|p": "totp|x"}, []string{"push ?", "app ?", "app ?"}},
		{"known, and its app is not confirmed", []auth0.Authenticator{push("p"), otp("a"), otp("b"), pending(otp("x"))}, map[string]string{"push|p": "totp|x"}, []string{"push ?", "app ?", "app ?"}},
		{"one of two known", []auth0.Authenticator{push("p"), otp("a"), push("q"), otp("b"), otp("c")}, map[string]string{"push|q": "totp|b"}, []string{"push ?", "app ?", "push c", "app ?"}},
		{"both known", []auth0.Authenticator{push("p"), otp("a"), push("q"), otp("b"), otp("c")}, map[string]string{"push|q": "totp|b", "push|p": "totp|c"}, []string{"push c", "app", "push c"}},
		{"unconfirmed ones do not count", []auth0.Authenticator{push("p"), otp("a"), pending(otp("b"))}, nil, []string{"push c"}},
		{"nor does an unconfirmed push", []auth0.Authenticator{pending(push("p")), otp("a")}, nil, []string{"app"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, m := range fold(verified(), tt.list, tt.pairs) {
				got = append(got, row(m))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Fatal(diff)
			}
		})
	}
}

// TestAlong (MF-18, MF-19): what a removal takes along, and how many methods
// count as left: where push and apps cannot be told apart, the worst case.
func TestAlong(t *testing.T) {
	t.Parallel()
	push := oob("auth0", "p", "Pixel")
	phone := []auth0.Authenticator{oob("sms", "x", "42"), oob("voice", "x", "42")}
	tests := []struct {
		name   string
		list   []auth0.Authenticator
		pairs  map[string]string
		remove MethodKind
		along  []Along
		remain int
	}{
		{"an app beside an app", []auth0.Authenticator{otp("a"), otp("b")}, nil, MethodApp, nil, 1},
		{"push with its app", []auth0.Authenticator{push, otp("a")}, nil, MethodPush, []Along{AlongCodes}, 0},
		{"push with its app, beside a phone", append(phone, push, otp("a")), nil, MethodPush, []Along{AlongCodes}, 1},
		{"push beside two apps", []auth0.Authenticator{push, otp("a"), otp("b")}, nil, MethodPush, []Along{AlongMaybeApp}, 1},
		{"an app beside push and another", []auth0.Authenticator{push, otp("a"), otp("b")}, nil, MethodApp, []Along{AlongMaybePush}, 1},
		{"an app of its own, which is known", []auth0.Authenticator{push, otp("a"), otp("b")}, map[string]string{"push|p": "totp|a"}, MethodApp, nil, 1},
		{"push, whose app is known", []auth0.Authenticator{push, otp("a"), otp("b")}, map[string]string{"push|p": "totp|a"}, MethodPush, []Along{AlongCodes}, 1},
		{"a phone with both", append(phone, otp("a")), nil, MethodPhone, []Along{AlongBoth}, 1},
		{"a phone with text alone", []auth0.Authenticator{phone[0], otp("a")}, nil, MethodPhone, nil, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var removed Method
			var remain []Method
			for _, m := range fold(verified(), tt.list, tt.pairs) {
				if m.Kind == tt.remove && removed.Kind == "" {
					removed = m
				} else {
					remain = append(remain, m)
				}
			}
			if diff := cmp.Diff(tt.along, removed.along()); diff != "" {
				t.Error(diff)
			}
			if got := len(withoutTwin(remain, removed)); got != tt.remain {
				t.Errorf("%d remain, want %d", got, tt.remain)
			}
		})
	}
}

// TestComesWithAccount: only the verified address of the profile does, as far as
// the mask tells.
func TestComesWithAccount(t *testing.T) {
	t.Parallel()
	tests := []struct {
		masked string
		want   bool
	}{
		{"dupo****@exam*******", true},
		{"dupont42@example.com", true},
		{"********************", true},
		{"XXXXXXXXXXXXXXXX.com", true},
		{"dupo****@exam********", false}, // one longer
		{"dupo****@exam******", false},
		{"dupi****@exam*******", false},
		{"DUPO****@exam*******", false},
		{"", false},
	}
	for _, tt := range tests {
		if got := comesWithAccount(verified(), tt.masked); got != tt.want {
			t.Errorf("%q: %v", tt.masked, got)
		}
	}
	unverified := verified()
	unverified.EmailVerified = false
	if comesWithAccount(unverified, "dupo****@exam*******") || comesWithAccount(User{EmailVerified: true}, "") {
		t.Error("an address that the tenant does not vouch for")
	}
}
