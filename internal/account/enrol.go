package account

import (
	"context"

	"mysecurity/internal/auth0"
	"mysecurity/internal/limit"
	"mysecurity/internal/secret"
)

// plan is what one kind of method brings to a start.
type plan struct {
	kind    MethodKind
	offered bool
	counted *allowance // beside the starts; nil if nothing else is
	// old is the attempt that the new one replaces; zero at a first start.
	old Enrolment
	// begin makes the one call at the tenant that starts the method. It may
	// return a recovery code beside an error.
	begin func(ctx context.Context, before []auth0.Authenticator) (Enrolment, secret.Secret, error)
}

// start begins an attempt under the user's lock: list, clean leftovers,
// associate, list, find the newcomer, own it. On an error it returns the attempt
// that was to be replaced, which is as good as before. The recovery code is the
// caller's to keep at once, beside an error too.
func (s *Service) start(ctx context.Context, user User, access Access, p plan) (Enrolment, secret.Secret, error) {
	none := secret.Secret{}
	if err := s.mayStart(user, access, p); err != nil {
		return p.old, none, err
	}
	attempt, err := s.takeStart(user, p)
	if err != nil {
		return p.old, none, err
	}
	ctx, end := carriedOut(ctx)
	defer end()
	defer s.users.lock(user)()

	before, err := s.tenant.ListAuthenticators(ctx, token(user, access))
	if err != nil {
		attempt.GiveBack()
		return p.old, none, s.refused(user, err)
	}
	if active, _ := isActive(before, p.old.ID); active {
		attempt.GiveBack()
		return p.old, none, Fail(KindNoEnrolment, nil)
	}
	s.clean(ctx, user, access, before)

	e, code, err := p.begin(ctx, before)
	if err != nil {
		return p.old, code, s.startFailed(ctx, user, access, p, attempt, err)
	}
	e.Kind, e.Started, e.Wrong = p.kind, s.now(), p.old.Wrong
	e.ID = s.adopt(ctx, user, access, p, before)
	s.noteCertainPair(ctx, user, before)
	return e, code, nil
}

func (s *Service) mayStart(user User, access Access, p plan) error {
	switch {
	case !p.offered:
		return Fail(KindNotOffered, nil)
	case !s.Rights(access).Add:
		return Fail(KindNeedProof, nil)
	}
	if err := s.mayAsk(user); err != nil {
		return err
	}
	return s.maySend(p.counted, user)
}

// takeStart counts a start, and what it sends. What is given back later is the
// sending alone: starts count whatever becomes of them.
func (s *Service) takeStart(user User, p plan) (limit.Attempt, error) {
	start, err := s.take(starts, user)
	if err != nil || p.counted == nil {
		return limit.Attempt{}, err
	}
	sending, err := s.take(*p.counted, user)
	if err != nil {
		start.GiveBack()
	}
	return sending, err
}

// startFailed explains a failed start. If nobody knows whether the tenant made
// an entry, it is noted for cleaning; an unconfirmed entry protects nothing, so
// for the user nothing was changed.
func (s *Service) startFailed(ctx context.Context, user User, access Access, p plan, attempt limit.Attempt, cause error) error {
	if !outcomeUnknown(cause) {
		attempt.GiveBack()
		failed := s.refused(user, cause)
		if p.counted != nil && KindOf(failed) == p.counted.exceeded {
			s.hold(p.counted.heldKey(user), UntilOf(failed))
		}
		return failed
	}
	if list, err := s.tenant.ListAuthenticators(ctx, token(user, access)); err == nil {
		s.sight(ctx, user, list)
	}
	return Fail(KindNotDone, cause)
}

// adopt finds the entry that an associate call has just made, because the call
// itself returns no id, and owns it; the entry that it replaces is deleted.
// Without an id the attempt works, only cleaning is slower.
func (s *Service) adopt(ctx context.Context, user User, access Access, p plan, before []auth0.Authenticator) string {
	after, err := s.tenant.ListAuthenticators(ctx, token(user, access))
	if err != nil {
		s.log.WarnContext(ctx, "new entry not identified", "error", err)
		s.release(ctx, user, p.old.ID)
		return ""
	}
	s.sight(ctx, user, after)
	fresh := newcomers(p.kind, before, after)
	if len(fresh) == 0 {
		s.own(ctx, user, p.old.ID)
		return p.old.ID // the tenant took the same entry again
	}
	if active, _ := isActive(after, p.old.ID); !active {
		s.drop(ctx, user, access, p.old.ID)
	}
	if len(fresh) > 1 {
		return "" // another browser starts the same kind
	}
	s.own(ctx, user, fresh[0][0])
	return fresh[0][0]
}

// Ending is what became of an attempt that was given up.
type Ending string

// The endings of an attempt.
const (
	EndedUnused  Ending = "unused"  // it protects nothing
	EndedActive  Ending = "active"  // it has become a method before, which stays
	EndedUnknown Ending = "unknown" // only the list could tell, which was not to be had, or does not tell which entry it was
)

// Abandon gives up an attempt and removes what it left at the tenant, as far
// as the access still permits; the rest is cleaned later. An attempt that has
// become a method in the meantime, by a scan or a confirmation whose answer was
// lost, stays, because it may be all that protects the account, and only Remove
// knows the rule for the last one.
func (s *Service) Abandon(ctx context.Context, user User, access Access, e Enrolment) Ending {
	rights := s.Rights(access)
	if !rights.See || s.mayAsk(user) != nil {
		s.release(ctx, user, e.ID)
		return EndedUnknown
	}
	ctx, end := carriedOut(ctx)
	defer end()
	defer s.users.lock(user)()

	list, err := s.tenant.ListAuthenticators(ctx, token(user, access))
	if err != nil {
		s.log.WarnContext(ctx, "abandoned entry not deleted: the list is not available", "error", err)
		s.release(ctx, user, e.ID)
		return EndedUnknown
	}
	active, _ := isActive(list, e.ID)
	switch {
	case active:
		s.settle(ctx, user, list, e)
		return EndedActive
	case e.ID == "":
		return EndedUnknown
	case rights.Add:
		s.drop(ctx, user, access, e.ID)
	default:
		s.release(ctx, user, e.ID)
	}
	return EndedUnused
}

// Keep prolongs the ownership of a running attempt after a new proof, which
// gives its session more time.
func (s *Service) Keep(ctx context.Context, user User, e Enrolment) {
	s.own(ctx, user, e.ID)
}

// Forget leaves an attempt as it is at the tenant, for a sign-out that must
// not wait for anybody; what it left is cleaned at a later start.
func (s *Service) Forget(ctx context.Context, user User, e Enrolment) {
	s.release(ctx, user, e.ID)
}
