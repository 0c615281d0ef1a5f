package account

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"mysecurity/internal/auth0"
	"mysecurity/internal/limit"
	"mysecurity/internal/secret"
)

// SignInRequest is what a sign-in sends to the tenant and remembers until the
// answer: all of it belongs to one transaction of one browser.
type SignInRequest struct {
	State     string
	Nonce     string
	Verifier  secret.Secret
	MaxAge    time.Duration
	Started   time.Time
	UILocales string
}

// SignInAnswer is what came back to the callback.
type SignInAnswer struct {
	Code      secret.Secret
	Issuer    string // RFC 9207
	HasIssuer bool
}

// SignInURL returns the address of the tenant's sign-in page. client is the
// network address that asks: nobody is known yet, and yet one client must not
// keep all others out.
func (s *Service) SignInURL(ctx context.Context, client string, r SignInRequest) (string, error) {
	if err := s.takeSignIn(client); err != nil {
		return "", translate(err)
	}
	to, err := s.tenant.AuthorizeURL(ctx, auth0.Authorization{
		State: r.State, Nonce: r.Nonce, Verifier: r.Verifier, MaxAge: r.MaxAge, UILocales: r.UILocales,
	})
	if err != nil {
		return "", translate(err)
	}
	return to, nil
}

// takeSignIn counts a start for the address that asks: an IPv4 address by itself,
// one of IPv6 for its network and for its site. The site comes first, so that who
// has many networks does not fill the limiter with them either.
func (s *Service) takeSignIn(client string) error {
	network, site := networks(client)
	var whole limit.Attempt
	if site != "" {
		var err error
		if whole, err = s.visitors.Take(signInsOfSite, site); err != nil {
			return err
		}
	}
	if _, err := s.visitors.Take(signIns, network); err != nil {
		whole.GiveBack()
		return err
	}
	return nil
}

// networks are what one subscriber may have: an IPv4 address; of IPv6 at least 64
// bits, which are one network, and at most 48, which are a site of many (RFC 6177).
func networks(client string) (network, site string) {
	address, err := netip.ParseAddr(client)
	if err != nil {
		return client, ""
	}
	if address = address.Unmap(); address.Is4() {
		return address.String(), ""
	}
	address = address.WithZone("")
	return netip.PrefixFrom(address, 64).Masked().String(), netip.PrefixFrom(address, 48).Masked().String()
}

// SignOutURL returns the address that ends the tenant's own browser session.
func (s *Service) SignOutURL(access Access) string { return s.tenant.SignOutURL(access.SID) }

// SignIn ends a sign-in: it redeems the code, checks the ID token by every
// rule, and reads the list once to learn whether a strong method exists, which
// decides what the session may do.
func (s *Service) SignIn(ctx context.Context, r SignInRequest, answer SignInAnswer) (User, Access, error) {
	identity, tokens, err := s.tenant.SignIn(ctx,
		auth0.Callback{Code: answer.Code, Issuer: answer.Issuer, HasIssuer: answer.HasIssuer},
		auth0.Login{Nonce: r.Nonce, Verifier: r.Verifier, Started: r.Started, MaxAge: r.MaxAge})
	if err != nil {
		s.Revoke(ctx, User{}, tokens.Refresh.Secret())
		return User{}, Access{}, signInError(err)
	}
	user := User{
		Issuer: identity.Issuer, Subject: identity.Subject,
		Name: identity.Name, Email: identity.Email, Locale: identity.Locale,
		EmailVerified: identity.EmailVerified,
	}
	list, err := s.tenant.ListAuthenticators(ctx, tokens.Access.Of(identity.Issuer, identity.Subject))
	if err != nil {
		s.Revoke(ctx, user, tokens.Refresh.Secret())
		return User{}, Access{}, signInError(err)
	}
	s.sight(ctx, user, list)

	proof := Proof{At: identity.AuthTime, MFA: identity.MFA, Strong: anyStrong(list)}
	if identity.MFA {
		proof.At = s.now()
	}
	access := Access{Token: tokens.Access.Secret(), Expires: tokens.Expires, Proof: proof, SID: identity.SID}
	if refresh := tokens.Refresh.Secret(); !refresh.IsZero() {
		access.Renewal = Renewal{Token: refresh, Nonce: r.Nonce, AuthTime: identity.AuthTime}
	}
	return user, access, nil
}

// signInError keeps the kinds that make sense on the way in.
func signInError(err error) error {
	var upstream *auth0.Error
	if errors.As(err, &upstream) && upstream.Reason == auth0.ReasonStaleLogin {
		return Fail(KindSignInStale, err)
	}
	failed := translate(err)
	switch failed.Kind {
	case KindNeedProof, KindNotFound, KindWrongCode:
		failed.Kind = KindSignInRefused
	case KindUnknown, KindInternal:
		failed.Kind = KindUnavailable
	}
	return failed
}
