package account

import (
	"crypto/sha256"
	"encoding/base32"
	"regexp"
	"strings"

	"mysecurity/internal/auth0"
)

// MethodKind is a way to prove oneself, in the user's terms.
type MethodKind string

// The kinds, from strongest to weakest.
const (
	MethodApp   MethodKind = "app"   // authenticator app with codes
	MethodPush  MethodKind = "push"  // notification on a phone
	MethodPhone MethodKind = "phone" // text message or call
	MethodEmail MethodKind = "email"
	MethodOther MethodKind = "other" // anything the tenant knows and we do not
)

// Method is one row of the user's list: one or more of the tenant's
// authenticators that come and go together.
type Method struct {
	Handle    string // stands for the method in URLs; says nothing about it
	Kind      MethodKind
	Name      string // masked number or address, device name; as the tenant gives it, may be empty
	Number    int    // 1, 2, … where several of its kind are alike by name, otherwise 0
	Strong    bool   // counts as protection: not e-mail
	Removable bool
	Text      bool // a phone that gets text messages
	Call      bool // a phone that gets calls
	Codes     bool // a push method whose app also gives codes
	// Unsure: there is both push and an app with codes of its own, and nobody can
	// tell which app goes with which push method.
	Unsure bool
	id     string // authenticator to delete; its twins go along
}

var (
	handleEncoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)
	handlePattern  = regexp.MustCompile(`^[a-z2-7]{16}$`)
)

// ValidHandle reports whether text has the shape of a method's handle.
func ValidHandle(text string) bool { return handlePattern.MatchString(text) }

// HandleOf names an authenticator in URLs. It is bound to the user, stable over
// sign-ins, and useless for anybody else's list. The two entries of a phone
// number have one handle.
func HandleOf(user User, id string) string {
	if device, isPhone := phoneDevice(id); isPhone {
		id = "phone|" + device
	}
	sum := sha256.Sum256([]byte("method\x00" + user.Key() + "\x00" + id))
	return handleEncoding.EncodeToString(sum[:10])
}

// sameMethod reports whether two ids name the same entry, or the two entries of
// one phone number. An absent id is nobody's.
func sameMethod(a, b string) bool {
	if a == b {
		return a != ""
	}
	ofA, isPhoneA := phoneDevice(a)
	ofB, isPhoneB := phoneDevice(b)
	return isPhoneA && isPhoneB && ofA == ofB
}

// phoneDevice is the part that sms|dev_x and voice|dev_x have in common.
func phoneDevice(id string) (device string, isPhone bool) {
	if device, isPhone = strings.CutPrefix(id, "sms|"); !isPhone {
		device, isPhone = strings.CutPrefix(id, "voice|")
	}
	return device, isPhone
}

func kindOf(a auth0.Authenticator) MethodKind {
	switch {
	case a.Type == auth0.TypeOTP:
		return MethodApp
	case a.Channel == auth0.ChannelPush:
		return MethodPush
	case a.Channel == auth0.ChannelSMS || a.Channel == auth0.ChannelVoice:
		return MethodPhone
	case a.Channel == auth0.ChannelEmail:
		return MethodEmail
	default:
		return MethodOther
	}
}

func isRecovery(a auth0.Authenticator) bool { return a.Type == auth0.TypeRecoveryCode }

// strong reports whether the tenant would ask for this authenticator before it
// gives an MFA API token: active, not e-mail, not a recovery code.
func strong(a auth0.Authenticator) bool {
	return a.Active && !isRecovery(a) && kindOf(a) != MethodEmail
}

func anyStrong(list []auth0.Authenticator) bool {
	for _, a := range list {
		if strong(a) {
			return true
		}
	}
	return false
}

// number tells methods of one kind apart where the tenant gives no name, and
// addresses that can be removed: their names are asterisks for the most part.
func number(methods []Method) {
	alike := func(m Method) bool { return m.Name == "" || m.Kind == MethodEmail && m.Removable }
	count, numbered := map[MethodKind]int{}, map[MethodKind]int{}
	for _, m := range methods {
		if alike(m) {
			count[m.Kind]++
		}
	}
	for i, m := range methods {
		if alike(m) && count[m.Kind] > 1 {
			numbered[m.Kind]++
			methods[i].Number = numbered[m.Kind]
		}
	}
}

func findMethod(methods []Method, handle string) (Method, bool) {
	for _, m := range methods {
		if m.Handle == handle {
			return m, true
		}
	}
	return Method{}, false
}
