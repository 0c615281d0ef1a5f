package session

import (
	"maps"
	"slices"

	"mysecurity/internal/account"
	"mysecurity/internal/secret"
)

// Enrolment returns the method of a kind that is being added, if one is.
func (s *Session) Enrolment(kind account.MethodKind) (account.Enrolment, bool) {
	e, held := s.view().Enrolments[kind]
	return cloned(e), held
}

// Enrolments returns all methods that are being added, in no order.
func (s *Session) Enrolments() []account.Enrolment {
	held := s.view().Enrolments
	all := make([]account.Enrolment, 0, len(held))
	for _, e := range held {
		all = append(all, cloned(e))
	}
	return all
}

// SetEnrolment keeps an enrolment that begins in the place of its kind.
func (s *Session) SetEnrolment(e account.Enrolment) {
	e = cloned(e)
	s.change(vital, func(st *state) { st.hold(e) })
}

// ReplaceEnrolment keeps what has become of an enrolment, unless another request
// has ended it meanwhile, or has begun one after it. The zero old one stands for
// none, or for a draft.
func (s *Session) ReplaceEnrolment(old, e account.Enrolment) {
	e = cloned(e)
	s.change(vital, func(st *state) {
		if st.holds(e.Kind, old) {
			st.hold(e)
		}
	})
}

// DropEnrolment forgets an enrolment and with it its secrets.
func (s *Session) DropEnrolment(e account.Enrolment) {
	s.change(vital, func(st *state) {
		if st.holds(e.Kind, e) {
			st.drop(e.Kind)
		}
	})
}

// FinishEnrolment forgets an enrolment that has become a method, makes the
// recovery code that came with it due, and keeps a message for the next page. Of
// several requests that find out at the same time one does it: which one it was,
// first tells after Commit.
func (s *Session) FinishEnrolment(e account.Enrolment, notice string, args map[string]string) (first func() bool) {
	message, mine := newNotice(notice, args), false
	s.change(vital, func(st *state) {
		_, running := st.Enrolments[e.Kind]
		if mine = running && st.holds(e.Kind, e); !mine {
			return
		}
		st.drop(e.Kind)
		st.Recovery = due(st.Recovery)
		st.Notice = message
	})
	return func() bool { return mine }
}

// due is a recovery code that has to be saved now. Its first view is permitted; what
// is due already is permitted no further one.
func due(held *account.RecoveryCode) *account.RecoveryCode {
	if held == nil || held.Due {
		return held
	}
	c := *held
	c.Due, c.Reveal = true, true
	return &c
}

// cloned is a copy that shares no list with the session.
func cloned(e account.Enrolment) account.Enrolment {
	e.Key.Drift, e.Scan.Apps = slices.Clone(e.Key.Drift), slices.Clone(e.Scan.Apps)
	return e
}

// RecoveryCode returns the code that the user has not stated to have saved.
func (s *Session) RecoveryCode() (account.RecoveryCode, bool) {
	held := s.view().Recovery
	if held == nil {
		return account.RecoveryCode{}, false
	}
	return *held, true
}

// DueRecoveryCode returns the code if the user has to save it now: it is held,
// and the method it came with is active.
func (s *Session) DueRecoveryCode() (account.RecoveryCode, bool) {
	code, held := s.RecoveryCode()
	if !held || !code.Due {
		return account.RecoveryCode{}, false
	}
	return code, true
}

// KeepRecoveryCode seals a code from the moment the tenant hands it out until
// RecoverySaved or the end of the session. An absent code changes nothing.
func (s *Session) KeepRecoveryCode(code secret.Secret) {
	if code.IsZero() {
		return
	}
	received := s.m.store.now()
	s.change(vital, func(st *state) {
		st.Recovery = &account.RecoveryCode{Code: code, Received: received}
	})
}

// MarkRecoveryDue says that the method the code came with is active: the user
// has to save the code now.
func (s *Session) MarkRecoveryDue() {
	s.change(vital, func(st *state) { st.Recovery = due(st.Recovery) })
}

// AllowReveal permits one more view of the code.
func (s *Session) AllowReveal() {
	s.changeRecovery(func(c *account.RecoveryCode) { c.Reveal = true })
}

// TakeReveal reports whether the code may be shown and uses the permission up.
// The page may only be sent after Commit has succeeded.
func (s *Session) TakeReveal() bool {
	held := s.view().Recovery
	if held == nil || !held.Reveal {
		return false
	}
	s.changeRecovery(func(c *account.RecoveryCode) { c.Reveal = false })
	s.single = true
	return true
}

// RecoverySaved forgets the code.
func (s *Session) RecoverySaved() {
	s.change(vital, func(st *state) { st.Recovery = nil })
}

// changeRecovery replaces the code's record, so that values given out stay as
// they were.
func (s *Session) changeRecovery(set func(*account.RecoveryCode)) {
	s.change(vital, func(st *state) {
		if st.Recovery != nil {
			c := *st.Recovery
			set(&c)
			st.Recovery = &c
		}
	})
}

// MarkAccessDead drops the token after the tenant has refused it. What the
// sign-in proved stays known; Access ends now. A newer token, which another request
// has got meanwhile, stays.
func (s *Session) MarkAccessDead() {
	now, refused := s.m.store.now(), s.view().Access.Token
	s.change(vital, func(st *state) {
		if !st.Access.Token.Equal(refused) {
			return
		}
		st.Access.Token = secret.Secret{}
		if now.Before(st.Access.Expires) {
			st.Access.Expires = now
		}
	})
}

// SetNotice keeps a message for the next page. kind comes from the page's own
// list; args are the values of its placeholders and never secrets.
func (s *Session) SetNotice(kind string, args map[string]string) {
	n := newNotice(kind, args)
	s.change(vital, func(st *state) { st.Notice = n })
}

func newNotice(kind string, args map[string]string) *notice {
	return &notice{Kind: kind, Args: maps.Clone(args)}
}

// TakeNotice returns the message, once.
func (s *Session) TakeNotice() (kind string, args map[string]string, ok bool) {
	n := s.view().Notice
	if n == nil {
		return "", nil, false
	}
	s.change(minor, func(st *state) {
		if st.Notice.is(n) { // not one that another request has left since
			st.Notice = nil
		}
	})
	return n.Kind, n.Args, true
}

// NoticeKind tells what message waits without taking it; empty if none does.
func (s *Session) NoticeKind() string {
	if n := s.view().Notice; n != nil {
		return n.Kind
	}
	return ""
}
