package account

import (
	"context"
	"slices"
	"time"

	"mysecurity/internal/auth0"
	"mysecurity/internal/secret"
)

// scanSlack forgives a browser that asks a moment before its time.
const scanSlack = 250 * time.Millisecond

// StartPush begins to add the notification app: a QR code for five minutes. The
// recovery code is as in StartApp.
func (s *Service) StartPush(ctx context.Context, user User, access Access) (Enrolment, secret.Secret, error) {
	return s.startPush(ctx, user, access, Enrolment{})
}

// RenewScan makes a new QR code in the place of one that is over. On an error
// the returned attempt is the old one; KindNoEnrolment says that it was scanned
// in the meantime.
func (s *Service) RenewScan(ctx context.Context, user User, access Access, e Enrolment) (Enrolment, secret.Secret, error) {
	if e.Kind != MethodPush {
		return e, secret.Secret{}, Fail(KindNoEnrolment, nil)
	}
	return s.startPush(ctx, user, access, e)
}

func (s *Service) startPush(ctx context.Context, user User, access Access, old Enrolment) (Enrolment, secret.Secret, error) {
	return s.start(ctx, user, access, plan{
		kind: MethodPush, offered: s.offers.Push, counted: &pushes, old: old,
		begin: func(ctx context.Context, before []auth0.Authenticator) (Enrolment, secret.Secret, error) {
			made, err := s.tenant.AssociatePush(ctx, token(user, access))
			now := s.now()
			return Enrolment{Scan: Scan{
				URI: made.URI, OOB: made.OOB, Expires: now.Add(ScanLife), Next: now, Every: ScanEvery, Apps: apps(before),
			}}, made.RecoveryCode, err
		},
	})
}

// CheckPush looks whether the QR code has been scanned: nil if the method is
// active, KindPending if not yet, KindDenied or KindExpired if a new QR code is
// needed. The returned attempt carries the rhythm and has to be kept: who asks
// before its time, or after the end, is answered without the tenant.
func (s *Service) CheckPush(ctx context.Context, user User, access Access, e Enrolment) (Enrolment, error) {
	now := s.now()
	switch {
	case !s.Rights(access).Add:
		return e, Fail(KindNeedProof, nil)
	case !now.Before(e.Scan.Expires):
		return e, Fail(KindExpired, nil)
	case now.Add(scanSlack).Before(e.Scan.Next), s.mayAsk(user) != nil:
		return e, Fail(KindPending, nil)
	}
	ctx, end := carriedOut(ctx)
	defer end()
	defer s.users.lock(user)()

	e.Scan.Next = now.Add(e.Scan.Every)
	err := s.tenant.CheckPush(ctx, token(user, access), e.Scan.OOB)
	switch auth0.KindOf(err) {
	case auth0.KindPending:
		return e, Fail(KindPending, err)
	case auth0.KindSlowDown, auth0.KindRateLimited:
		return e.slower(now, UntilOf(s.refused(user, err))), Fail(KindPending, err)
	case auth0.KindDenied, auth0.KindExpired:
		e.Scan.Expires = now
	case auth0.KindTokenRejected, auth0.KindProofNeeded, auth0.KindForbidden:
		return e, s.refused(user, err)
	}
	return e, s.reconcileScan(ctx, user, access, e, err)
}

// slower is the attempt after the tenant asked for patience.
func (e Enrolment) slower(now, until time.Time) Enrolment {
	e.Scan.Every += ScanEvery
	e.Scan.Next = now.Add(e.Scan.Every)
	if until.After(e.Scan.Next) {
		e.Scan.Next = until
	}
	return e
}

// reconcileScan asks the list, which knows best: the phone makes the entry
// active, and an answer about the transaction may have been lost or be late.
func (s *Service) reconcileScan(ctx context.Context, user User, access Access, e Enrolment, cause error) error {
	list, err := s.tenant.ListAuthenticators(ctx, token(user, access))
	if err != nil {
		s.log.WarnContext(ctx, "scanned or not: the list is not available", "error", err)
		if cause == nil {
			s.release(ctx, user, e.ID)
			return nil
		}
		return translate(cause)
	}
	active, known := isActive(list, e.ID)
	switch kind := auth0.KindOf(cause); {
	case active, cause == nil && !known:
		s.settle(ctx, user, list, e)
		return nil
	case cause != nil && (!known || kind == auth0.KindDenied || kind == auth0.KindExpired):
		return translate(cause)
	default:
		return Fail(KindPending, cause)
	}
}

// Settle ends an attempt that the overview shows to be active: somebody scanned
// its QR code, or its confirmation was lost, while no page was open.
func (s *Service) Settle(ctx context.Context, user User, o Overview, e Enrolment) {
	s.settle(ctx, user, o.list, e)
}

// settle forgets an attempt that has become a method, and remembers the codes
// that came with a push method: no later list tells which they are.
func (s *Service) settle(ctx context.Context, user User, list []auth0.Authenticator, e Enrolment) {
	s.release(ctx, user, e.ID)
	if e.Kind != MethodPush || e.ID == "" {
		return
	}
	var came []string
	for _, a := range list {
		if a.Active && a.Type == auth0.TypeOTP && !slices.Contains(e.Scan.Apps, a.ID) {
			came = append(came, a.ID)
		}
	}
	if len(came) == 1 { // else an app was added at the same time
		s.notePair(ctx, user, e.ID, came[0])
	}
}

// noteCertainPair remembers what numbers alone tell, while they do: of one push
// entry and one app the list says that they belong together, and no longer once
// the method that is being started has come.
func (s *Service) noteCertainPair(ctx context.Context, user User, list []auth0.Authenticator) {
	if push, apps := countTwins(list); push != 1 || apps != 1 {
		return
	}
	var push, app string
	for _, a := range list {
		switch {
		case !a.Active:
		case a.Channel == auth0.ChannelPush:
			push = a.ID
		case a.Type == auth0.TypeOTP:
			app = a.ID
		}
	}
	if push != "" && app != "" {
		s.notePair(ctx, user, push, app)
	}
}

func (s *Service) notePair(ctx context.Context, user User, push, app string) {
	if err := s.ledger.Pair(ctx, user.Key(), push, app); err != nil {
		s.log.WarnContext(ctx, "codes of a push method not noted", "error", err)
	}
}

// apps returns the ids of all authenticator apps, unconfirmed ones too: they may
// become active while a QR code waits.
func apps(list []auth0.Authenticator) []string {
	var ids []string
	for _, a := range list {
		if a.Type == auth0.TypeOTP {
			ids = append(ids, a.ID)
		}
	}
	return ids
}
