package session

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"

	"github.com/gorilla/sessions"

	"mysecurity/internal/account"
	"mysecurity/internal/secret"
)

// Session is one request's view of who is signed in. It belongs to one request
// and is not safe for concurrent use. Setters change the view; Commit writes
// them. Without a signed-in user they do nothing: visitors have no record.
type Session struct {
	m         *Manager
	r         *http.Request
	gs        *sessions.Session
	release   func()
	hadCookie bool
	pending   urgency
	changes   []func(*state) // since the last write, to be made again if another request was first
	single    bool           // one of them uses something up and must not be made again
	successor *Key           // what has replaced the record that the cookie names; nil if nothing has
	ended     ticket         // of the session that this request has ended, for its name in the audit stream
	orphan    secret.Secret  // its refresh token, or that of the one it has replaced
}

// urgency says what has to be written, and how bad it is if that fails.
type urgency int

const (
	nothing urgency = iota
	minor           // losing it repeats a message
	vital           // losing it loses the user's work or shows a secret twice
)

// Close lets the next request that waits for the session go on. Further calls
// do nothing.
func (s *Session) Close() { s.release() }

// SignedIn reports whether somebody is signed in.
func (s *Session) SignedIn() bool { return entryOf(s.gs) != nil }

// HadCookie reports that the browser presented a cookie that is no session: a
// session that has ended, as a rule.
func (s *Session) HadCookie() bool { return s.hadCookie }

// User returns who is signed in; the zero User if nobody is.
func (s *Session) User() account.User { return s.view().User }

// Access returns the user's credential for the tenant and what the sign-in
// proved; the zero Access if nobody is signed in.
func (s *Session) Access() account.Access { return s.view().Access }

// view returns a copy of what the session remembers.
func (s *Session) view() state {
	if e := entryOf(s.gs); e != nil {
		return e.state
	}
	return state{}
}

// change applies a setter to a signed-in session.
func (s *Session) change(u urgency, set func(*state)) {
	if e := entryOf(s.gs); e != nil {
		set(&e.state)
		s.pending, s.changes = max(s.pending, u), append(s.changes, set)
	}
}

// Commit writes what was changed, before the answer is sent. What other requests
// have changed meanwhile stays. It answers ErrGone if the session ended, which
// makes the request a visitor's, and ErrConflict if something was to be used up
// that another request has changed; nothing is written then. Without changes it
// notes the use of the session, at most once a minute.
func (s *Session) Commit(w http.ResponseWriter) error {
	e := entryOf(s.gs)
	if e == nil {
		return nil
	}
	ctx := context.WithoutCancel(s.r.Context())
	var err error
	switch {
	case s.pending != nothing || e.stale:
		err = s.save(ctx, w)
	case s.m.store.now().Sub(e.seen) >= touchEvery:
		err = s.m.store.touch(ctx, e)
	}
	switch was := s.pending; {
	case err == nil:
		s.written()
		return nil
	case was == vital && errors.Is(err, ErrNotFound):
		_, late := s.m.replaced.lately(e.ticket.recordKey(), s.m.store.now())
		s.forget()
		if s.hadCookie = !late; !late { // else the cookie is the successor's by now
			s.m.store.jar.clear(w, s.m.store.jar.session)
		}
		return ErrGone
	case was == vital:
		return err
	case !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrConflict):
		s.m.log.WarnContext(ctx, "use of a session not noted", "error", err)
	}
	return nil
}

// save writes the changes. If another request was first, they are made again on
// what it left: a setter says what to change, not what all the rest has to be,
// so a page that was read meanwhile cannot undo what a form has done. A record that
// is only to be sealed with a newer key has been by then.
func (s *Session) save(ctx context.Context, w http.ResponseWriter) error {
	for range 3 {
		err := s.gs.Save(s.r, w)
		if s.single || s.pending == nothing || !errors.Is(err, ErrConflict) {
			return err
		}
		now, err := s.m.store.reload(ctx, entryOf(s.gs))
		switch {
		case err != nil:
			return err
		case now == nil:
			return ErrNotFound
		}
		for _, set := range s.changes {
			set(&now.state)
		}
		s.gs.Values[entryKey{}] = now
	}
	return ErrConflict
}

func (s *Session) written() { s.pending, s.changes, s.single = nothing, nil, false }

// forget makes this request a visitor's.
func (s *Session) forget() {
	if e := entryOf(s.gs); e != nil {
		s.ended = e.ticket
	}
	s.gs, s.hadCookie = s.m.store.fresh(), false
	s.written()
}

// SignIn makes user the owner of a new session with a new ticket, at once. The
// old record of this browser is deleted in the same write. If it belonged to
// the same person, a running wizard, an unsaved recovery code and a notice move
// along; another person gets nothing of it. ErrGone means that the browser has
// signed out meanwhile: nobody becomes signed in again by a sign-in that began
// before.
func (s *Session) SignIn(w http.ResponseWriter, user account.User, access account.Access) error {
	if user.Issuer != s.m.store.ring.issuer || user.Subject == "" {
		return errors.New("session: the user is not of the configured issuer")
	}
	old := entryOf(s.gs)
	for range 3 {
		gs := s.m.store.fresh()
		gs.Values[entryKey{}] = s.m.store.successor(old, user, access)
		err := gs.Save(s.r, w)
		if err == nil {
			s.gs, s.hadCookie = gs, false
			s.written()
			if old != nil {
				s.m.replaced.note(old.ticket.recordKey(), entryOf(gs).ticket.recordKey(), s.m.store.now())
				s.orphan = old.state.Access.Renewal.Token
			}
			return nil
		}
		if old == nil || !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrConflict) {
			return fmt.Errorf("session: sign-in: %w", err)
		}
		// Changed or ended by another request meanwhile: what counts is what the
		// store has now.
		if old, err = s.m.store.reload(s.r.Context(), old); err != nil {
			return fmt.Errorf("session: sign-in: %w", err)
		}
		if old == nil {
			s.forget()
			return ErrGone
		}
	}
	return ErrConflict
}

// SignOut deletes the record and clears the cookie, at once; of a ticket that a
// new proof has just replaced, the record that the browser has now. If the record
// cannot be deleted, the session goes on and the error says so: nobody is told
// to be signed out who is not.
func (s *Session) SignOut(w http.ResponseWriter) error {
	if s.successor != nil {
		if err := s.m.store.backend.Delete(context.WithoutCancel(s.r.Context()), Sessions, *s.successor); err != nil {
			return fmt.Errorf("session: sign-out: %w", err)
		}
	}
	if s.SignedIn() {
		s.gs.Options.MaxAge = -1
		if err := s.gs.Save(s.r, w); err != nil {
			s.gs.Options.MaxAge = 0
			return fmt.Errorf("session: sign-out: %w", err)
		}
		s.orphan = s.Access().Renewal.Token
	} else {
		s.m.store.jar.clear(w, s.m.store.jar.session)
	}
	s.forget()
	return nil
}

// FormToken is the hidden value of each form, bound to this session; empty if
// nobody is signed in.
func (s *Session) FormToken() string {
	if e := entryOf(s.gs); e != nil {
		return e.ticket.formToken()
	}
	return ""
}

// ValidFormToken compares in constant time. It is never true for a visitor.
func (s *Session) ValidFormToken(token string) bool {
	want := s.FormToken()
	return want != "" && subtle.ConstantTimeCompare([]byte(want), []byte(token)) == 1
}
