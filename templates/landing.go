package templates

import "github.com/a-h/templ"

// LandingReason says why a visitor without a session sees the landing page.
type LandingReason string

// The variants of the landing page.
const (
	LandingPlain       LandingReason = "plain"         // came by themselves
	LandingSignInFirst LandingReason = "sign-in-first" // wanted a page that needs a session
	LandingEnded       LandingReason = "ended"         // had a session that has ended
)

// LandingReasons lists every [LandingReason].
func LandingReasons() []LandingReason {
	return []LandingReason{LandingPlain, LandingSignInFirst, LandingEnded}
}

// Landing is the page of a visitor who is not signed in. Its one link starts
// the sign-in and comes back to Page.Place.
type Landing struct {
	Page
	Reason LandingReason
}

// Full implements [View].
func (v Landing) Full() templ.Component {
	return document(&v.Page, "landing."+string(v.Reason)+".title", landing(&v))
}

// Main implements [View].
func (v Landing) Main() templ.Component {
	return fragment(&v.Page, "landing."+string(v.Reason)+".title", landing(&v))
}

func landingIcon(r LandingReason) string {
	switch r {
	case LandingSignInFirst:
		return "lock"
	case LandingEnded:
		return "clock"
	default:
		return "shield-check"
	}
}
