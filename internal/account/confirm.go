package account

import (
	"context"

	"mysecurity/internal/auth0"
	"mysecurity/internal/secret"
)

// ConfirmApp checks the first code of an app and makes it active. The returned
// enrolment carries the count of wrong codes and has to be kept on every error
// except KindDiscarded, after which the attempt is over.
func (s *Service) ConfirmApp(ctx context.Context, user User, access Access, e Enrolment, code secret.Secret) (Enrolment, error) {
	e, err := s.confirm(ctx, user, access, e, func(ctx context.Context) error {
		return s.tenant.ConfirmApp(ctx, token(user, access), code)
	})
	if KindOf(err) == KindWrongCode {
		e.Key = e.Key.withDrift(code, s.now())
	}
	return e, err
}

// ConfirmMessage checks the code of a message and makes the phone number or
// e-mail address active; as ConfirmApp. KindExpired says that the code is over,
// which the tenant is not asked for once it is known.
func (s *Service) ConfirmMessage(ctx context.Context, user User, access Access, e Enrolment, code secret.Secret) (Enrolment, error) {
	if s.Rights(access).Add && !s.now().Before(e.Expires()) {
		return e, Fail(KindExpired, nil)
	}
	e, err := s.confirm(ctx, user, access, e, func(ctx context.Context) error {
		return s.tenant.ConfirmMessage(ctx, token(user, access), e.Message.OOB, code)
	})
	if KindOf(err) == KindExpired {
		e.Message.OOB = secret.Secret{}
	}
	return e, err
}

// confirm sends a code, once, and says what it did.
func (s *Service) confirm(ctx context.Context, user User, access Access, e Enrolment, send func(context.Context) error) (Enrolment, error) {
	if !s.Rights(access).Add {
		return e, Fail(KindNeedProof, nil)
	}
	if err := s.mayAsk(user); err != nil {
		return e, err
	}
	guess, err := s.take(codeGuesses, user)
	if err != nil {
		return e, err
	}
	ctx, end := carriedOut(ctx)
	defer end()
	defer s.users.lock(user)()

	err = send(ctx)
	switch {
	case err == nil:
		guess.GiveBack()
		return e, s.confirmed(ctx, user, access, e)
	case auth0.KindOf(err) == auth0.KindWrongCode:
		return s.wrongCode(ctx, user, access, e, err)
	case outcomeUnknown(err):
		return e, s.reconcileConfirm(ctx, user, access, e, err)
	case auth0.KindOf(err) == auth0.KindNotFound:
		return e, Fail(KindNoEnrolment, err)
	default:
		guess.GiveBack()
		return e, s.refused(user, err)
	}
}

// confirmed looks whether the code made this entry active: of an app, the tenant
// also accepts the code of another one that the user already has.
func (s *Service) confirmed(ctx context.Context, user User, access Access, e Enrolment) error {
	s.release(ctx, user, e.ID)
	list, err := s.tenant.ListAuthenticators(ctx, token(user, access))
	if err != nil {
		s.log.WarnContext(ctx, "confirmed, but the list is not available", "error", err)
		return nil
	}
	active, known := isActive(list, e.ID)
	if active || !known {
		return nil
	}
	s.own(ctx, user, e.ID)
	if e.Kind == MethodApp {
		return Fail(KindOtherEntry, nil)
	}
	return Fail(KindNotDone, nil)
}

// wrongCode counts; too many end the attempt.
func (s *Service) wrongCode(ctx context.Context, user User, access Access, e Enrolment, cause error) (Enrolment, error) {
	e.Wrong++
	if e.Wrong >= wrongCodesAllowed {
		s.drop(ctx, user, access, e.ID)
		return e, Fail(KindDiscarded, cause)
	}
	return e, Fail(KindWrongCode, cause)
}

// reconcileConfirm looks at what is true after a confirmation whose answer was
// lost. The call is never repeated.
func (s *Service) reconcileConfirm(ctx context.Context, user User, access Access, e Enrolment, cause error) error {
	list, err := s.tenant.ListAuthenticators(ctx, token(user, access))
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

// isActive finds the entry of an id, or for a phone number either of its two;
// known is false if the list does not have it or its id was never learned.
func isActive(list []auth0.Authenticator, id string) (active, known bool) {
	for _, a := range list {
		if sameMethod(a.ID, id) {
			active, known = active || a.Active, true
		}
	}
	return active, known
}
