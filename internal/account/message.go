package account

import (
	"context"

	"mysecurity/internal/auth0"
	"mysecurity/internal/secret"
)

// StartPhone sends a code to a phone number (E.164) by text message or call. The
// recovery code is as in StartApp.
func (s *Service) StartPhone(ctx context.Context, user User, access Access, number string, channel Channel) (Enrolment, secret.Secret, error) {
	return s.sendPhone(ctx, user, access, Enrolment{}, number, channel)
}

// StartEmail sends a code to an e-mail address. The recovery code is as in
// StartApp.
func (s *Service) StartEmail(ctx context.Context, user User, access Access, address string) (Enrolment, secret.Secret, error) {
	return s.sendEmail(ctx, user, access, Enrolment{}, address)
}

// Resend sends another code for a running attempt, by the given channel if it is
// a phone. Only the new code counts from then on; wrong codes stay counted. On an
// error the returned attempt is the old one, whose code is as good as before.
// KindTooSoon says from when on it is possible; KindNoEnrolment that the method
// has become active in the meantime.
func (s *Service) Resend(ctx context.Context, user User, access Access, e Enrolment, channel Channel) (Enrolment, secret.Secret, error) {
	if at := e.SendAgainAt(); s.now().Before(at) {
		return e, secret.Secret{}, &Error{Kind: KindTooSoon, Until: at}
	}
	switch e.Kind {
	case MethodPhone:
		return s.sendPhone(ctx, user, access, e, e.Message.To, channel)
	case MethodEmail:
		return s.sendEmail(ctx, user, access, e, e.Message.To)
	default:
		return e, secret.Secret{}, Fail(KindNoEnrolment, nil)
	}
}

func (s *Service) sendPhone(ctx context.Context, user User, access Access, old Enrolment, number string, channel Channel) (Enrolment, secret.Secret, error) {
	return s.start(ctx, user, access, plan{
		kind: MethodPhone, offered: s.offers.channel(channel), counted: &phoneCodes, old: old,
		begin: func(ctx context.Context, _ []auth0.Authenticator) (Enrolment, secret.Secret, error) {
			sent, err := s.tenant.AssociatePhone(ctx, token(user, access), string(channel), number)
			return Enrolment{Message: Message{To: number, Channel: channel, OOB: sent.OOB, Sent: s.now()}}, sent.RecoveryCode, err
		},
	})
}

func (s *Service) sendEmail(ctx context.Context, user User, access Access, old Enrolment, address string) (Enrolment, secret.Secret, error) {
	return s.start(ctx, user, access, plan{
		kind: MethodEmail, offered: s.offers.Email, counted: &emailCodes, old: old,
		begin: func(ctx context.Context, _ []auth0.Authenticator) (Enrolment, secret.Secret, error) {
			sent, err := s.tenant.AssociateEmail(ctx, token(user, access), address)
			return Enrolment{Message: Message{To: address, OOB: sent.OOB, Sent: s.now()}}, sent.RecoveryCode, err
		},
	})
}
