package account

import (
	"context"
	"time"

	"mysecurity/internal/auth0"
	"mysecurity/internal/secret"
)

const (
	// refreshTime bounds a refresh, from the token that was taken to what came of it.
	// It is longer than any call of the tenant, so that nobody who waits gives up
	// before the request that refreshes; what is longer is left to the documents that
	// have to be read first.
	refreshTime = 10 * time.Second
	// clocksApart is how far the clocks of two machines that share sessions may be
	// from each other.
	clocksApart = time.Minute
	// lookAgain is how often a waiting request looks for the result.
	lookAgain = 200 * time.Millisecond
	// revokeTime is what ending a refresh token may cost whose page it is.
	revokeTime = 3 * time.Second
)

// Renewable is a session as a refresh needs it: one record that many requests of
// many processes share. Its writes are compare-and-set and done when they return.
type Renewable interface {
	User() User
	Access() Access // as this request knows it
	Reload() error  // what other requests have made of it
	// TakeRefresh takes the refresh token out of the record and notes when, for one
	// request of all; the others get none.
	TakeRefresh() (secret.Secret, error)
	// EndRefresh stores what came of it, zero values for what there is not.
	EndRefresh(token secret.Secret, expires time.Time, next secret.Secret) error
}

// NeedsRenewal reports that the access token has ended and may be replaced: there
// is a refresh token, or a request that uses it just now. A sign-in that does not
// permit reading is not prolonged.
func (s *Service) NeedsRenewal(access Access) bool {
	r := access.Renewal
	return s.tenant.Refreshes() && access.Proof.secondStep() && !s.now().Before(access.Expires) &&
		(!r.Token.IsZero() || !r.Taken.IsZero())
}

// Renew gives the session a living access token if it needs one and has the means,
// by its own refresh or by waiting for that of another request. A refresh token is
// never used twice, whatever happens: who has one took it out of the record first,
// and if that request comes to no end, the token is lost and KindNeedProof asks for
// a confirmation. KindRefreshRefused says that the answer names another person or
// breaks another rule: the caller has to end the session. Errors of the session's
// store are returned as they are.
func (s *Service) Renew(ctx context.Context, held Renewable) error {
	for began := s.now(); s.NeedsRenewal(held.Access()); {
		if held.Access().Renewal.Token.IsZero() {
			if err := s.awaitRefresh(ctx, held, began); err != nil {
				return err
			}
			continue
		}
		if err := s.mayAsk(held.User()); err != nil {
			return err
		}
		counted, err := s.take(reads, held.User()) // or tokens that end at once would cost the tenant a call each
		if err != nil {
			return err
		}
		token, err := held.TakeRefresh()
		if err != nil {
			return err
		}
		if !token.IsZero() {
			return s.refresh(ctx, held, token)
		}
		counted.GiveBack() // another request was first
	}
	return nil
}

// awaitRefresh waits a little for the request that took the token. When that was may
// be by another machine's clock, so each request waits as long as a refresh may take
// by its own, from when it came. The other clock counts only where no difference of
// clocks explains what it says: what was taken long ago keeps nobody waiting.
func (s *Service) awaitRefresh(ctx context.Context, held Renewable, began time.Time) error {
	now := s.now()
	longAgo := held.Access().Renewal.Taken.Add(refreshTime + clocksApart)
	if !now.Before(began.Add(refreshTime)) || !now.Before(longAgo) {
		return Fail(KindNeedProof, Reason("a refresh came to no end"))
	}
	next := time.NewTimer(lookAgain)
	defer next.Stop()
	select {
	case <-ctx.Done():
		return Fail(KindUnavailable, ctx.Err())
	case <-next.C:
		return held.Reload()
	}
}

// refresh uses a token that was taken, once, and stores what came of it before
// anything uses that. It goes on if the browser leaves, because others wait.
func (s *Service) refresh(ctx context.Context, held Renewable, token secret.Secret) error {
	ctx, end := context.WithTimeout(context.WithoutCancel(ctx), refreshTime)
	defer end()
	user, r := held.User(), held.Access().Renewal
	tokens, err := s.tenant.Refresh(ctx, auth0.NewRefreshToken(token),
		auth0.Original{Subject: user.Subject, Nonce: r.Nonce, AuthTime: r.AuthTime})
	if err == nil {
		return s.endRefresh(ctx, held, tokens.Access.Secret(), tokens.Expires, tokens.Refresh.Secret())
	}
	received := tokens.Refresh.Secret() // of an answer that does not count
	switch auth0.KindOf(err) {
	case auth0.KindUnavailable, auth0.KindNotReady, auth0.KindRateLimited: // the token has not been used
		if err := s.endRefresh(ctx, held, secret.Secret{}, time.Time{}, token); err != nil {
			return err
		}
		return s.refused(user, err)
	case auth0.KindLoginRefused:
		s.log.ErrorContext(ctx, "a refresh was answered with a token that is not the user's, or breaks another rule", "error", err)
		s.revokeAll(ctx, user, token, received)
		return Fail(KindRefreshRefused, err)
	default:
		ended := s.endRefresh(ctx, held, secret.Secret{}, time.Time{}, secret.Secret{})
		s.revokeAll(ctx, user, token, received)
		if ended != nil {
			return ended
		}
		return Fail(KindNeedProof, err)
	}
}

// revokeAll ends what nobody holds after a refresh that failed: the token that was
// shown, which may not be used up, and one that came.
func (s *Service) revokeAll(ctx context.Context, user User, shown, received secret.Secret) {
	s.Revoke(ctx, user, shown)
	if !received.Equal(shown) {
		s.Revoke(ctx, user, received)
	}
}

// endRefresh stores a result. If there is no place for it any more, as after a
// sign-out in the meantime, nobody may be left with a token that works.
func (s *Service) endRefresh(ctx context.Context, held Renewable, token secret.Secret, expires time.Time, next secret.Secret) error {
	err := held.EndRefresh(token, expires, next)
	if err != nil {
		s.Revoke(ctx, held.User(), next)
	}
	return err
}

// Revoke ends a user's refresh token that nobody will use any more; an absent one is
// no work, and the zero user stands for one that nobody knows. A failure is logged
// and holds up nobody: what was to end has ended here.
func (s *Service) Revoke(ctx context.Context, user User, token secret.Secret) {
	if token.IsZero() {
		return
	}
	ctx, end := context.WithTimeout(context.WithoutCancel(ctx), revokeTime)
	defer end()
	if err := s.tenant.Revoke(ctx, auth0.NewRefreshToken(token), user.Subject); err != nil {
		s.log.WarnContext(ctx, "refresh token not revoked", "error", err)
	}
}
