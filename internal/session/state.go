package session

import (
	"maps"
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

// is compares what two notices say.
func (n *notice) is(other *notice) bool {
	return n != nil && n.Kind == other.Kind && maps.Equal(n.Args, other.Args)
}

// holds reports whether the enrolment of a kind is still that one: no other of
// the same kind begins at the same moment, and a draft begins never.
func (s *state) holds(kind account.MethodKind, e account.Enrolment) bool {
	return s.Enrolments[kind].Started.Equal(e.Started)
}

func (s *state) hold(e account.Enrolment) {
	all := maps.Clone(s.Enrolments)
	if all == nil {
		all = map[account.MethodKind]account.Enrolment{}
	}
	all[e.Kind] = e
	s.Enrolments = all
}

func (s *state) drop(kind account.MethodKind) {
	s.Enrolments = maps.Clone(s.Enrolments)
	delete(s.Enrolments, kind)
}

// inherit takes over what a step-up by the same person must not lose: the
// running wizards, an unsaved recovery code, a message not yet shown.
func (s *state) inherit(old state) {
	s.Enrolments, s.Recovery, s.Notice = old.Enrolments, old.Recovery, old.Notice
}
