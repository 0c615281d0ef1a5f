package templates

import (
	"time"

	"github.com/a-h/templ"
)

// RecoveryCode shows a recovery code that has to be saved now.
type RecoveryCode struct {
	Page
	Code     string    // as the tenant gave it, without spaces
	Received time.Time // printed with the code
	Unticked bool      // "continue" was pressed without the tick
}

// Full implements [View].
func (v RecoveryCode) Full() templ.Component {
	return document(&v.Page, "recovery-code.title", recoveryCode(&v))
}

// Main implements [View].
func (v RecoveryCode) Main() templ.Component {
	return fragment(&v.Page, "recovery-code.title", recoveryCode(&v))
}

// RecoveryCodeHidden explains why no recovery code is on the page.
type RecoveryCodeHidden struct {
	Page
	// Unsaved says that a code waits to be saved and may be shown again.
	// Otherwise it was saved, and nothing brings it back.
	Unsaved bool
}

// Full implements [View].
func (v RecoveryCodeHidden) Full() templ.Component {
	return document(&v.Page, v.titleKey(), recoveryCodeHidden(&v))
}

// Main implements [View].
func (v RecoveryCodeHidden) Main() templ.Component {
	return fragment(&v.Page, v.titleKey(), recoveryCodeHidden(&v))
}

func (v *RecoveryCodeHidden) titleKey() string {
	if v.Unsaved {
		return "recovery-code.hidden.title"
	}
	return "recovery-code.none.title"
}
