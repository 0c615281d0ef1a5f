package auth0

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"mysecurity/internal/secret"
)

// RefreshToken gets new tokens without the user. A tenant that rotates takes it
// once: to show it twice ends the whole family, the newest token included.
//
// https://auth0.com/docs/secure/tokens/refresh-tokens/refresh-token-rotation
type RefreshToken struct{ value secret.Secret }

// NewRefreshToken wraps a token that was kept in a session.
func NewRefreshToken(value secret.Secret) RefreshToken { return RefreshToken{value: value} }

// Secret returns the token for keeping.
func (t RefreshToken) Secret() secret.Secret { return t.value }

// Format keeps every verb from the value; of a field that is not exported fmt would
// not ask the field itself.
func (t RefreshToken) Format(f fmt.State, verb rune) { t.value.Format(f, verb) }

const grantRefresh = "refresh_token"

// maxRefreshToken bounds what a session has to keep.
const maxRefreshToken = 4 << 10

// Original is the sign-in that a refresh token came from, as far as the ID token
// of a refresh has to agree with it.
type Original struct {
	Subject  string
	Nonce    string
	AuthTime time.Time
}

// Refreshes reports whether sign-ins ask for a refresh token.
func (c *Client) Refreshes() bool { return c.cfg.OfflineAccess }

// Refresh uses a refresh token up for new tokens. Tokens.Refresh is the one for the
// next time: the tenant's new one, or the same of a tenant that does not rotate.
//
// The kind of an error says what has become of the token. KindUnavailable,
// KindNotReady and KindRateLimited: it was not used and may be shown again.
// KindLoginRefused: the ID token breaks a rule; nothing of the answer counts. Any
// other: it is used up or refused, or nobody knows. A refresh token that came with
// such an answer is in Tokens.Refresh, for revoking and nothing else.
//
// https://auth0.com/docs/api/authentication#refresh-token
func (c *Client) Refresh(ctx context.Context, token RefreshToken, of Original) (Tokens, error) {
	if token.value.IsZero() || of.Subject == "" {
		return Tokens{}, &Error{Op: opRefresh, Kind: KindInternal, Reason: reasonBadParameter}
	}
	// What can fail without the token does so before it is used.
	endpoint, err := c.readyToRefresh(ctx)
	if err != nil {
		return Tokens{}, err
	}
	asked := c.now()
	a, err := c.present(ctx, endpoint, token, of)
	if err != nil {
		return Tokens{}, err
	}
	set, err := c.readRefreshed(ctx, a, asked, of)
	if err != nil {
		return Tokens{Refresh: set.refresh}, usedUp(err)
	}
	if !set.rotated {
		set.refresh = token
	}
	return Tokens{Access: NewAccessToken(secret.New(set.access)), Expires: set.expires, Refresh: set.refresh}, nil
}

// readyToRefresh reads the documents, in a time of their own, and returns the token
// endpoint. If they have left less of the caller's time than a call may take, the
// refresh does not begin: one that is cut costs the token, and the next one finds
// the documents read.
func (c *Client) readyToRefresh(ctx context.Context) (endpoint string, err error) {
	reading, cancel := c.bounded(ctx)
	defer cancel()
	p, err := c.provider.get(reading)
	if err != nil {
		return "", err
	}
	if _, err := c.keys.get(reading); err != nil {
		return "", err
	}
	if end, ends := ctx.Deadline(); ends && time.Until(end) < c.limits.total {
		return "", &Error{Op: opRefresh, Kind: KindUnavailable, Reason: reasonTimeout}
	}
	return p.value.token, nil
}

// present shows the token to the tenant.
func (c *Client) present(ctx context.Context, endpoint string, token RefreshToken, of Original) (answer, error) {
	ctx, cancel := c.bounded(ctx)
	defer cancel()
	k := c.grant(opRefresh, endpoint, url.Values{
		"grant_type":    {grantRefresh},
		"refresh_token": {token.value.Reveal()},
	})
	k.user, k.patient = user{c.cfg.Issuer, of.Subject}, true
	return c.ask(ctx, k)
}

// readRefreshed reads and judges the answer to a refresh, for which newer keys may
// be needed. Whatever is wrong, the set has the refresh token that came.
func (c *Client) readRefreshed(ctx context.Context, a answer, asked time.Time, of Original) (tokenSet, error) {
	ctx, cancel := c.bounded(ctx)
	defer cancel()
	set, reason := readTokenSet(a, asked)
	switch reason {
	case "":
	case reasonIDToken:
		return set, refused(reason)
	default:
		return set, malformed(opRefresh, a)
	}
	_, err := c.verify(ctx, set.id, loginToken{access: set.access, login: Login{Started: asked}, original: of}, refreshRules())
	return set, err
}

// usedUp is a failure after the tenant has taken the token: a rule that is broken,
// or an outcome that is good for nothing.
func usedUp(err error) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	after := *e
	after.Op = opRefresh
	if after.Kind != KindLoginRefused {
		after.Kind = KindUnknownOutcome
	}
	return &after
}

// refreshRules are the conditions on the ID token of a refresh. It is not the
// token of a sign-in: nobody was asked for a nonce or a max_age just now, and an amr
// in it proves nothing and is not read.
//
// https://openid.net/specs/openid-connect-core-1_0.html#RefreshTokenResponse
func refreshRules() []rule {
	return []rule{
		{reasonIssuer, issuerIsTheTenant},
		{reasonAudience, audienceIsUsAlone},
		{reasonParty, authorizedPartyIsUs},
		{reasonSubject, subjectIsTheSame},
		{reasonIssuedAt, issuedForThisTransaction},
		{reasonExpiry, notExpired},
		{reasonLifetime, lifetimeIsSane},
		{reasonNotBefore, alreadyValid},
		{reasonNonce, nonceIsAbsentOrTheSame},
		{reasonTokenHash, accessTokenBelongs},
		{reasonAuthTime, authTimeIsAbsentOrTheSame},
	}
}

func subjectIsTheSame(t loginToken) bool {
	sub, ok := t.claims.text("sub")
	return ok && sub == t.original.Subject
}

// nonceIsAbsentOrTheSame: a refreshed ID token should have none, and must not have
// another.
func nonceIsAbsentOrTheSame(t loginToken) bool {
	if !t.claims.has("nonce") {
		return true
	}
	nonce, ok := t.claims.text("nonce")
	return ok && nonce != "" && nonce == t.original.Nonce
}

// authTimeIsAbsentOrTheSame: the claim names the authentication of the sign-in, not
// the moment of the refresh.
func authTimeIsAbsentOrTheSame(t loginToken) bool {
	if !t.claims.has("auth_time") {
		return true
	}
	at, ok := t.claims.time("auth_time")
	return ok && at.Unix() == t.original.AuthTime.Unix()
}
