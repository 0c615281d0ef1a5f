package templates

import "github.com/a-h/templ"

// Confirm asks for a fresh proof. Page.Place says which page waits.
type Confirm struct {
	Page
	Kept bool // a wizard or a code waits behind it: nothing is lost
	// NoSecondStep says that the sign-in just made did not ask for the second
	// step, so that doing it again may not help.
	NoSecondStep bool
}

// Full implements [View].
func (v Confirm) Full() templ.Component { return document(&v.Page, "confirm.title", confirm(&v)) }

// Main implements [View].
func (v Confirm) Main() templ.Component { return fragment(&v.Page, "confirm.title", confirm(&v)) }
