package session

import (
	"context"
	"errors"
	"time"

	"mysecurity/internal/account"
	"mysecurity/internal/secret"
)

// A refresh token counts once, so that what a refresh does to a session cannot wait
// for Commit and cannot be made again on what another request has left: these verbs
// write at once, in a compare-and-set that looks at the stored session and not at
// this request's view of it. Each of them leaves the view as the store has it, with
// what the request has still to write. ErrGone says that the session ended; the
// request is a visitor's from then on.

var _ account.Renewable = (*Session)(nil)

// Reload reads what other requests have made of the session.
func (s *Session) Reload() error {
	return s.atOnce(func(*state) bool { return false })
}

// TakeRefresh takes the refresh token out of the stored session and notes when. Of
// all requests with this session, in all processes, one gets it. The others, and
// all if there is no token or a living access token has arrived, get none.
func (s *Session) TakeRefresh() (secret.Secret, error) {
	now := s.m.store.now()
	var token secret.Secret
	err := s.atOnce(func(st *state) bool {
		token = secret.Secret{} // of an attempt that another request has overtaken
		a := &st.Access
		if a.Renewal.Token.IsZero() || now.Before(a.Expires) {
			return false
		}
		token = a.Renewal.Token
		a.Token, a.Renewal.Token = secret.Secret{}, secret.Secret{}
		a.Renewal.Taken = now.Truncate(time.Millisecond) // what every store keeps
		return true
	})
	if err != nil {
		return secret.Secret{}, err
	}
	return token, nil
}

// EndRefresh stores what came of the refresh that this request has begun by
// TakeRefresh: a new access token and when it ends, and the refresh token for the
// next time; zero values for what there is not. ErrConflict says that the refresh
// is not this request's any more.
func (s *Session) EndRefresh(token secret.Secret, expires time.Time, next secret.Secret) error {
	begun, stored := s.view().Access.Renewal.Taken, false
	err := s.atOnce(func(st *state) bool {
		a := &st.Access
		if stored = !begun.IsZero() && a.Renewal.Taken.Equal(begun); !stored {
			return false
		}
		a.Renewal.Token, a.Renewal.Taken = next, time.Time{}
		if !token.IsZero() {
			a.Token, a.Expires = token, expires
		}
		return true
	})
	if err == nil && !stored {
		return ErrConflict
	}
	return err
}

// DropRefresh forgets the refresh token and returns it, for revoking.
func (s *Session) DropRefresh() secret.Secret {
	dropped := s.view().Access.Renewal.Token
	s.change(vital, func(st *state) {
		if st.Access.Renewal.Token.Equal(dropped) { // not a newer one
			st.Access.Renewal.Token = secret.Secret{}
		}
	})
	return dropped
}

// Orphan returns the refresh token of the session that this request has ended or
// replaced. The store has it no longer, so that nobody else can use it: revoke it.
func (s *Session) Orphan() secret.Secret { return s.orphan }

// atOnce shows decide the session as it is stored, with what this request has
// changed and not yet written, and writes it if decide wants so; again if another
// request was first. A page calls it before it uses anything up.
func (s *Session) atOnce(decide func(*state) bool) error {
	ctx := context.WithoutCancel(s.r.Context())
	for range 3 {
		e := entryOf(s.gs)
		if e == nil {
			return ErrGone
		}
		now, err := s.m.store.reload(ctx, e)
		if err != nil {
			return err
		}
		if now == nil {
			return s.gone()
		}
		for _, set := range s.changes {
			set(&now.state)
		}
		if !decide(&now.state) {
			s.gs.Values[entryKey{}] = now
			return nil
		}
		err = s.m.store.replace(ctx, now)
		switch {
		case err == nil:
			s.gs.Values[entryKey{}] = now
			s.written()
			return nil
		case errors.Is(err, ErrNotFound):
			return s.gone()
		case !errors.Is(err, ErrConflict):
			return err
		}
	}
	return ErrConflict
}

// gone makes this request that of a visitor whose session has ended. The cookie is
// left to the next request: it may be that of a successor by now.
func (s *Session) gone() error {
	_, late := s.m.replaced.lately(entryOf(s.gs).ticket.recordKey(), s.m.store.now())
	s.forget()
	s.hadCookie = !late // else it has not ended: this request was sent before a new proof
	return ErrGone
}
