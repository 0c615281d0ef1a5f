package templates

import (
	"github.com/a-h/templ"

	"mysecurity/internal/site"
)

// NextSignIn is what the next sign-in looks like after a removal.
type NextSignIn string

// The outlooks of a removal.
const (
	NextOther    NextSignIn = "other"    // one of the remaining methods is asked for
	NextEmail    NextSignIn = "email"    // only a code by e-mail is left
	NextPassword NextSignIn = "password" // only the password is left
)

// NextSignIns lists every [NextSignIn].
func NextSignIns() []NextSignIn { return []NextSignIn{NextOther, NextEmail, NextPassword} }

// RemovalRefusal is why a method cannot be removed here.
type RemovalRefusal string

// The refusals, each with its own way out.
const (
	RefusedNot   RemovalRefusal = ""
	RefusedLast  RemovalRefusal = "last-method" // the company asks for at least Minimum methods
	RefusedFixed RemovalRefusal = "fixed"       // comes with the account, such as an e-mail address
)

// RemovalRefusals lists every [RemovalRefusal] that has a text.
func RemovalRefusals() []RemovalRefusal { return []RemovalRefusal{RefusedLast, RefusedFixed} }

// Along is what is removed together with a method.
type Along string

// What may go along.
const (
	AlongBoth      Along = "both"       // text messages and calls to the same number
	AlongCodes     Along = "codes"      // the codes of the app that gets the notifications
	AlongMaybeApp  Along = "maybe-app"  // one of the authenticator apps, if it is the same app on the phone
	AlongMaybePush Along = "maybe-push" // one of the notification phones, if it is the same app
)

// Alongs lists every [Along].
func Alongs() []Along { return []Along{AlongBoth, AlongCodes, AlongMaybeApp, AlongMaybePush} }

// Remove asks whether a method is really to be removed, or says why it cannot be.
type Remove struct {
	Page
	Target    Method
	Along     []Along // what goes with it
	Next      NextSignIn
	Remaining []Method // strong methods that stay
	Last      bool     // the last strong method: needs a tick
	Unticked  bool     // the tick was missing
	Refused   RemovalRefusal
	Minimum   int // with RefusedLast
}

// Full implements [View].
func (v Remove) Full() templ.Component { return document(&v.Page, "remove.title", remove(&v)) }

// Main implements [View].
func (v Remove) Main() templ.Component { return fragment(&v.Page, "remove.title", remove(&v)) }

// url is the address of the page and of its form.
func (v *Remove) url() string { return v.Site.URL("methods", site.Segment(v.Target.Handle), "remove") }

// subject is the method as a row without an action. What may go along is said
// below it.
func (v *Remove) subject() *Method {
	m := v.Target
	m.Removable, m.Changed = false, false
	m.Unsure = m.Unsure && v.Refused != RefusedNot
	return &m
}
