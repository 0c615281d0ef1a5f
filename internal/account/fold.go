package account

import (
	"context"

	"mysecurity/internal/auth0"
)

// fold turns the tenant's list into rows: inactive entries and recovery codes
// left out, the two entries of a phone number joined, the codes of a push app
// joined with their push entry. pairs are apps by push authenticator, where
// known.
func fold(user User, list []auth0.Authenticator, pairs map[string]string) []Method {
	methods := make([]Method, 0, len(list))
	t, fixed := twinsIn(list, pairs), accountAddress(user, list)
	for _, a := range list {
		if !a.Active || isRecovery(a) || t.hides(a) || joinPhone(methods, a) {
			continue
		}
		m := Method{
			Handle: HandleOf(user, a.ID), Kind: kindOf(a), Name: a.Name, Strong: strong(a), id: a.ID,
			Text: a.Channel == auth0.ChannelSMS, Call: a.Channel == auth0.ChannelVoice,
		}
		m.Removable = a.ID != "" && a.ID != fixed
		m.Codes, m.Unsure = t.describe(a)
		methods = append(methods, m)
	}
	number(methods)
	return methods
}

// joinPhone adds an entry's ability to the row of the same phone number, if
// there is one.
func joinPhone(methods []Method, a auth0.Authenticator) bool {
	for i, m := range methods {
		if m.Kind == MethodPhone && sameMethod(m.id, a.ID) {
			methods[i].Text = m.Text || a.Channel == auth0.ChannelSMS
			methods[i].Call = m.Call || a.Channel == auth0.ChannelVoice
			return true
		}
	}
	return false
}

// twins is what can be said about push entries and apps: enrolling push makes an
// app's codes too, as an entry of its own, and the list does not say whose.
type twins struct {
	folded bool              // all apps belong to push entries
	unsure bool              // some app belongs to a push entry, but not which
	pairs  map[string]string // app by push entry, as far as known and listed
}

// twinsIn follows the numbers: if there are no more apps than push entries, each
// app came with one of those.
func twinsIn(list []auth0.Authenticator, known map[string]string) twins {
	push, apps := countTwins(list)
	switch {
	case push == 0:
		return twins{}
	case apps <= push:
		return twins{folded: apps > 0}
	default:
		pairs := listedPairs(list, known)
		return twins{pairs: pairs, unsure: push > len(pairs)}
	}
}

func countTwins(list []auth0.Authenticator) (push, apps int) {
	for _, a := range list {
		switch {
		case !a.Active:
		case a.Channel == auth0.ChannelPush:
			push++
		case a.Type == auth0.TypeOTP:
			apps++
		}
	}
	return push, apps
}

// listedPairs are the known pairs of which both halves are active.
func listedPairs(list []auth0.Authenticator, known map[string]string) map[string]string {
	active := map[string]bool{}
	for _, a := range list {
		active[a.ID] = a.Active
	}
	pairs := map[string]string{}
	for push, app := range known {
		if active[push] && active[app] {
			pairs[push] = app
		}
	}
	return pairs
}

// hides reports whether an app is shown in the row of its push entry.
func (t twins) hides(a auth0.Authenticator) bool {
	if a.Type != auth0.TypeOTP {
		return false
	}
	for _, app := range t.pairs {
		if app == a.ID {
			return true
		}
	}
	return t.folded
}

// describe says of an entry whether it also gives codes, and whether its twin is
// not known.
func (t twins) describe(a auth0.Authenticator) (codes, unsure bool) {
	switch {
	case a.Channel == auth0.ChannelPush:
		_, paired := t.pairs[a.ID]
		return paired || t.folded, t.unsure && !paired
	case a.Type == auth0.TypeOTP:
		return false, t.unsure
	default:
		return false, false
	}
}

// pairs reads which apps came with which push entries, where the list alone does
// not tell.
func (s *Service) pairs(ctx context.Context, user User, list []auth0.Authenticator) map[string]string {
	push, apps := countTwins(list)
	if push == 0 || apps <= push {
		return nil
	}
	known, err := s.ledger.Pairs(ctx, user.Key())
	if err != nil {
		s.log.WarnContext(ctx, "codes of push methods not known", "error", err)
	}
	return known
}
