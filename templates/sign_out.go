package templates

import "github.com/a-h/templ"

// SigningOut takes the browser on to the tenant's sign-out: at once by a
// refresh, or by its link.
type SigningOut struct {
	Page
	Target string // http or https URL at the tenant
}

// Full implements [View].
func (v SigningOut) Full() templ.Component { return signingOutFull(v) }

// Main implements [View].
func (v SigningOut) Main() templ.Component { return signingOutMain(v) }

// SignedOut is the last page.
type SignedOut struct{ Page }

// Full implements [View].
func (v SignedOut) Full() templ.Component { return signedOutFull(v) }

// Main implements [View].
func (v SignedOut) Main() templ.Component { return signedOutMain(v) }

// SignOutWarning stops a sign-out that would lose an unsaved recovery code.
type SignOutWarning struct{ Page }

// Full implements [View].
func (v SignOutWarning) Full() templ.Component { return signOutWarningFull(v) }

// Main implements [View].
func (v SignOutWarning) Main() templ.Component { return signOutWarningMain(v) }
