package account

import (
	"context"

	"mysecurity/internal/auth0"
	"mysecurity/internal/secret"
)

// wrongCodesAllowed is how many wrong codes one attempt survives (MF-05).
const wrongCodesAllowed = 5

// StartApp begins to add an authenticator app and returns what the user's app
// needs, with the recovery code if the tenant handed one out: it does so on a
// user's first attempt only, so the caller must keep it at once.
func (s *Service) StartApp(ctx context.Context, user User, access Access) (Enrolment, secret.Secret, error) {
	none := secret.Secret{}
	if !s.Rights(access).Add {
		return Enrolment{}, none, Fail(KindNeedProof, nil)
	}
	if err := s.mayAsk(user); err != nil {
		return Enrolment{}, none, err
	}
	if _, err := s.take(starts, user, KindTooManyTries); err != nil {
		return Enrolment{}, none, err
	}
	ctx, end := carriedOut(ctx)
	defer end()
	defer s.users.lock(user)()

	before, err := s.tenant.ListAuthenticators(ctx, token(access))
	if err != nil {
		return Enrolment{}, none, s.refused(user, err)
	}
	s.clean(ctx, user, access, before)

	started, err := s.tenant.AssociateApp(ctx, token(access))
	if err != nil {
		return Enrolment{}, none, s.startFailed(ctx, user, access, err)
	}
	enrolment := Enrolment{
		Kind: MethodApp, ID: s.identify(ctx, user, access, before), Started: s.now(),
		Key: Key{Secret: started.Secret, URI: started.URI},
	}
	s.own(ctx, user, enrolment.ID)
	return enrolment, started.RecoveryCode, nil
}

// identify finds the entry that an associate call has just made: the call
// itself returns no id. Without it the attempt works, only cleaning is slower.
func (s *Service) identify(ctx context.Context, user User, access Access, before []auth0.Authenticator) string {
	after, err := s.tenant.ListAuthenticators(ctx, token(access))
	if err != nil {
		s.log.WarnContext(ctx, "new entry not identified", "error", err)
		return ""
	}
	s.sight(ctx, user, after)
	return newcomer(before, after)
}

// startFailed explains a failed start. If nobody knows whether the tenant made
// an entry, it is noted for cleaning; an unconfirmed entry protects nothing, so
// for the user nothing was changed.
func (s *Service) startFailed(ctx context.Context, user User, access Access, cause error) error {
	if !outcomeUnknown(cause) {
		return s.refused(user, cause)
	}
	if list, err := s.tenant.ListAuthenticators(ctx, token(access)); err == nil {
		s.sight(ctx, user, list)
	}
	return Fail(KindNotDone, cause)
}

// ConfirmApp checks the first code of an app and makes it active. The returned
// enrolment carries the count of wrong codes and has to be kept on every error
// except KindDiscarded, after which the attempt is over.
func (s *Service) ConfirmApp(ctx context.Context, user User, access Access, e Enrolment, code secret.Secret) (Enrolment, error) {
	if !s.Rights(access).Add {
		return e, Fail(KindNeedProof, nil)
	}
	if err := s.mayAsk(user); err != nil {
		return e, err
	}
	attempt, err := s.take(codeGuesses, user, KindTooManyCodes)
	if err != nil {
		return e, err
	}
	ctx, end := carriedOut(ctx)
	defer end()
	defer s.users.lock(user)()

	err = s.tenant.ConfirmApp(ctx, token(access), code)
	switch {
	case err == nil:
		attempt.GiveBack()
		return s.confirmed(ctx, user, access, e)
	case auth0.KindOf(err) == auth0.KindWrongCode:
		return s.wrongCode(ctx, user, access, e, code, err)
	case outcomeUnknown(err):
		return e, s.reconcileConfirm(ctx, user, access, e, err)
	case auth0.KindOf(err) == auth0.KindNotFound:
		return e, Fail(KindNoEnrolment, err)
	default:
		attempt.GiveBack()
		return e, s.refused(user, err)
	}
}

// confirmed looks whether the code made this entry active: the tenant also
// accepts a code of another app that the user already has.
func (s *Service) confirmed(ctx context.Context, user User, access Access, e Enrolment) (Enrolment, error) {
	s.release(ctx, user, e.ID)
	list, err := s.tenant.ListAuthenticators(ctx, token(access))
	if err != nil {
		s.log.WarnContext(ctx, "confirmed, but the list is not available", "error", err)
		return e, nil
	}
	if active, known := isActive(list, e.ID); known && !active {
		s.own(ctx, user, e.ID)
		return e, Fail(KindOtherEntry, nil)
	}
	return e, nil
}

// wrongCode counts, and remembers by how much the code was off.
func (s *Service) wrongCode(ctx context.Context, user User, access Access, e Enrolment, code secret.Secret, cause error) (Enrolment, error) {
	e.Wrong++
	if e.Wrong >= wrongCodesAllowed {
		s.drop(ctx, user, access, e.ID)
		return e, Fail(KindDiscarded, cause)
	}
	e.Key = e.Key.withDrift(code, s.now())
	return e, Fail(KindWrongCode, cause)
}

// reconcileConfirm looks at what is true after a confirmation whose answer was
// lost. The call is never repeated.
func (s *Service) reconcileConfirm(ctx context.Context, user User, access Access, e Enrolment, cause error) error {
	list, err := s.tenant.ListAuthenticators(ctx, token(access))
	if err != nil {
		return Fail(KindUnknown, cause)
	}
	active, known := isActive(list, e.ID)
	switch {
	case active:
		s.release(ctx, user, e.ID)
		return nil
	case known:
		return Fail(KindNotDone, cause)
	default:
		return Fail(KindUnknown, cause)
	}
}

// Abandon gives up an attempt and removes what it left at the tenant, as far
// as the access still permits; the rest is cleaned later.
func (s *Service) Abandon(ctx context.Context, user User, access Access, e Enrolment) {
	if !s.Rights(access).Add {
		s.release(ctx, user, e.ID)
		return
	}
	ctx, end := carriedOut(ctx)
	defer end()
	defer s.users.lock(user)()
	s.drop(ctx, user, access, e.ID)
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

// isActive finds an entry; known is false if the list does not have it or its
// id was never learned.
func isActive(list []auth0.Authenticator, id string) (active, known bool) {
	for _, a := range list {
		if a.ID == id && id != "" {
			return a.Active, true
		}
	}
	return false, false
}
