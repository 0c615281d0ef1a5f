package account

import (
	"context"

	"mysecurity/internal/auth0"
	"mysecurity/internal/secret"
)

// StartApp begins to add an authenticator app and returns what the user's app
// needs, with the recovery code if the tenant handed one out: it does so on a
// user's first attempt of any kind only, so the caller must keep it at once,
// beside an error too.
func (s *Service) StartApp(ctx context.Context, user User, access Access) (Enrolment, secret.Secret, error) {
	return s.start(ctx, user, access, plan{
		kind: MethodApp, offered: s.offers.App,
		begin: func(ctx context.Context, _ []auth0.Authenticator) (Enrolment, secret.Secret, error) {
			made, err := s.tenant.AssociateApp(ctx, token(user, access))
			return Enrolment{Key: Key{Secret: made.Secret, URI: made.URI}}, made.RecoveryCode, err
		},
	})
}
