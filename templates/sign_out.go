package templates

import "github.com/a-h/templ"

// SigningOut takes the browser on to the tenant's sign-out: at once by the
// Refresh header that goes with it, or by its link.
type SigningOut struct {
	Page
	Target string // http or https URL at the tenant
}

// Full implements [View].
func (v SigningOut) Full() templ.Component {
	return document(&v.Page, "signing-out.title", signingOut(&v))
}

// Main implements [View].
func (v SigningOut) Main() templ.Component {
	return fragment(&v.Page, "signing-out.title", signingOut(&v))
}

// SignedOut is the last page.
type SignedOut struct{ Page }

// Full implements [View].
func (v SignedOut) Full() templ.Component {
	return document(&v.Page, "signed-out.title", signedOut(&v))
}

// Main implements [View].
func (v SignedOut) Main() templ.Component {
	return fragment(&v.Page, "signed-out.title", signedOut(&v))
}

// SignOutWarning stops a sign-out that would lose an unsaved recovery code.
type SignOutWarning struct{ Page }

// Full implements [View].
func (v SignOutWarning) Full() templ.Component {
	return document(&v.Page, "sign-out.title", signOutWarning(&v))
}

// Main implements [View].
func (v SignOutWarning) Main() templ.Component {
	return fragment(&v.Page, "sign-out.title", signOutWarning(&v))
}
