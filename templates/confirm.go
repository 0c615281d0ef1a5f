package templates

import "github.com/a-h/templ"

// Confirm asks for a fresh proof. Page.Place says which page waits.
type Confirm struct {
	Page
	Kept bool // a wizard or a code waits behind it: nothing is lost
}

// Full implements [View].
func (v Confirm) Full() templ.Component { return document(&v.Page, "confirm.title", confirm(&v)) }

// Main implements [View].
func (v Confirm) Main() templ.Component { return fragment(&v.Page, "confirm.title", confirm(&v)) }
