package templates

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"mysecurity/internal/i18n"
)

// MethodKind is the kind of a method, as far as words and pictures go.
type MethodKind string

// The kinds that have words of their own. MethodOther is everything else.
const (
	MethodApp   MethodKind = "app"
	MethodPush  MethodKind = "push"
	MethodPhone MethodKind = "phone"
	MethodEmail MethodKind = "email"
	MethodOther MethodKind = "other"
)

// MethodKinds lists every [MethodKind].
func MethodKinds() []MethodKind {
	return []MethodKind{MethodApp, MethodPush, MethodPhone, MethodEmail, MethodOther}
}

// Method is one way to prove oneself.
type Method struct {
	Handle    string // names the method in a URL; empty if there is nothing to do with it
	Kind      MethodKind
	Name      string // what the tenant calls it: a masked number, an address; may be empty
	Number    int    // 1, 2, … where several of a kind are alike by name; otherwise 0
	Removable bool   // the portal offers a page to remove it
	Changed   bool   // the visitor has just changed it: the row is marked
	Text      bool   // a phone that gets codes by text message
	Call      bool   // a phone that gets codes by call
	Codes     bool   // a MethodPush whose app gives codes as well
	// Unsure says that one of the apps belongs to a MethodPush, or the other way
	// round, and that nobody can tell which: they may be removed together.
	Unsure bool
}

// RecoveryState is what is known of the recovery code.
type RecoveryState string

// The states of the recovery code. With none at all and no method either, the
// handler says RecoveryLater.
const (
	RecoveryActive RecoveryState = "active" // one is in force
	RecoveryNone   RecoveryState = "none"   // the account has methods but no code
	RecoveryLater  RecoveryState = "later"  // it comes with the first method
)

// RecoveryStates lists every [RecoveryState].
func RecoveryStates() []RecoveryState {
	return []RecoveryState{RecoveryActive, RecoveryNone, RecoveryLater}
}

// Overview is what protects the account, strongest first.
type Overview struct {
	Page
	Offers    Offers   // what can be added
	Apps      []Method // authenticator apps
	Pushes    []Method // phones that get notifications
	Phones    []Method // telephone numbers
	Others    []Method // methods that the portal does not know more about
	Emails    []Method // fallbacks, those that come with the account among them
	Recovery  RecoveryState
	Protected bool // something stronger than e-mail is active; false shows the empty state
	More      bool // there are more methods than the page shows
}

// Full implements [View].
func (v Overview) Full() templ.Component { return document(&v.Page, "overview.title", overview(&v)) }

// Main implements [View].
func (v Overview) Main() templ.Component { return fragment(&v.Page, "overview.title", overview(&v)) }

// label is the method in words: a phone with the digits that its masked number
// shows, others with their number where there are several.
func (m *Method) label(ctx context.Context) string {
	if digits := m.ending(); digits != "" {
		return i18n.T(ctx, "method.phone.ending", "Digits", digits)
	}
	name := i18n.T(ctx, "method."+string(m.Kind)+".name")
	if m.Number == 0 {
		return name
	}
	return i18n.T(ctx, "method.numbered", "Name", name, "Number", strconv.Itoa(m.Number))
}

// ending is the last digits of a phone's masked number; empty if it shows none.
func (m *Method) ending() string {
	if m.Kind != MethodPhone {
		return ""
	}
	masked := strings.TrimRight(m.Name, "0123456789")
	if len(m.Name)-len(masked) < 2 {
		return ""
	}
	return m.Name[len(masked):]
}

// detail is the name that the label does not show already.
func (m *Method) detail() string {
	if m.ending() != "" {
		return ""
	}
	return m.Name
}

// fixed reports an address that comes with the account.
func (m *Method) fixed() bool { return m.Kind == MethodEmail && !m.Removable }

// factKey is the sentence on what the method does.
func (m *Method) factKey() string {
	switch {
	case m.Kind == MethodPhone:
		return "method.phone.fact." + channels(m.Text, m.Call)
	case m.Kind == MethodPush && m.Codes:
		return "method.push.fact.codes"
	case m.fixed():
		return "method.email.fact.fixed"
	default:
		return "method." + string(m.Kind) + ".fact"
	}
}

// section is one kind of method on the overview, with the stem of its keys.
type section struct {
	name    string
	methods []Method
}

// sections are the kinds that the visitor has, strongest first.
func (v *Overview) sections() []section {
	all := []section{{"apps", v.Apps}, {"pushes", v.Pushes}, {"phones", v.Phones}, {"others", v.Others}, {"emails", v.Emails}}
	return slices.DeleteFunc(all, func(s section) bool { return len(s.methods) == 0 })
}

func methodIcon(k MethodKind) string {
	switch k {
	case MethodApp:
		return "smartphone"
	case MethodPush:
		return "bell"
	case MethodPhone:
		return "message-square"
	case MethodEmail:
		return "mail"
	default:
		return "fingerprint"
	}
}
