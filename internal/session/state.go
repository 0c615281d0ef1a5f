package session

import (
	"time"

	"mysecurity/internal/account"
)

// state is what a signed-in session remembers. Its wire form is in wire.go.
type state struct {
	Started    time.Time // of this sign-in; the absolute end counts from here
	User       account.User
	Access     account.Access
	Enrolments map[account.MethodKind]account.Enrolment // at most one of each kind; replaced, never written to
	Recovery   *account.RecoveryCode
	Notice     *notice
}

// notice is one message for the next page: a kind from the page's own list and
// the values of its placeholders.
type notice struct {
	Kind string
	Args map[string]string
}

// inherit takes over what a step-up by the same person must not lose: the
// running wizards, an unsaved recovery code, a message not yet shown.
func (s *state) inherit(old state) {
	s.Enrolments, s.Recovery, s.Notice = old.Enrolments, old.Recovery, old.Notice
}
