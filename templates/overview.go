package templates

import (
	"context"
	"strconv"

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
	Number    int    // 1, 2, … where several of a kind have no name; otherwise 0
	Removable bool   // the portal offers a page to remove it
	Changed   bool   // the visitor has just changed it: the row is marked
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
	Apps      []Method // authenticator apps
	Others    []Method // other methods with the strength of a second step
	Emails    []Method // fallbacks that come with the account
	Recovery  RecoveryState
	Protected bool // at least one app or other method is active; false shows the empty state
}

// Full implements [View].
func (v Overview) Full() templ.Component { return document(&v.Page, "overview.title", overview(&v)) }

// Main implements [View].
func (v Overview) Main() templ.Component { return fragment(&v.Page, "overview.title", overview(&v)) }

// label is the method in words, with its number where there are several.
func (m *Method) label(ctx context.Context) string {
	name := i18n.T(ctx, "method."+string(m.Kind)+".name")
	if m.Number == 0 {
		return name
	}
	return i18n.T(ctx, "method.numbered", "Name", name, "Number", strconv.Itoa(m.Number))
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
