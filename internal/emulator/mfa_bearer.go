package emulator

import (
	"net/http"
	"slices"
	"strings"
)

// bearerUser is who calls the MFA API. There are two kinds of token, and they may
// do different things: the opaque mfa_token of an mfa_required error, and the
// JWT access token for the /mfa/ audience.
type bearerUser struct {
	user     *user
	app      *Application // that the token was issued to
	audience string
	scope    string
	opaque   bool   // an mfa_token
	mfaToken string // that one, else ""

	// challenged says of an access token that a second factor was proven for it.
	challenged bool
}

// bearer identifies the caller of a request to the MFA API and checks that the
// token may do what scope names. The caller holds the store's lock.
func (e *Emulator) bearer(r *http.Request, scope string) (*bearerUser, *oauthFailure) {
	// The scheme's case does not matter (RFC 9110 section 11.1).
	scheme, raw, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || raw == "" {
		return nil, e.invalidToken()
	}
	b, failure := e.holder(raw)
	if failure != nil {
		return nil, failure
	}
	if failure := mayUseMFA(b.app); failure != nil {
		return nil, failure
	}
	// An mfa_token lists and enrols; it never deletes.
	allowed := scope != scopeRemove
	if !b.opaque {
		allowed = hasScope(b.scope, scope)
	}
	if !allowed {
		return nil, fail(e.variantStatus(variantScopeError), "insufficient_scope", "Insufficient scope, expected: "+scope)
	}
	return b, nil
}

// holder finds out whose token it is: either kind, for the MFA API.
func (e *Emulator) holder(raw string) (*bearerUser, *oauthFailure) {
	if isOpaque(raw) {
		return e.opaqueHolder(raw, e.invalidToken())
	}
	claims, ok := e.verifyAccessToken(raw)
	if !ok || !claims.hasAudience(e.mfaAudience()) {
		return nil, e.invalidToken()
	}
	b := &bearerUser{
		user: e.s.users[claims.Subject], app: e.s.apps[claims.Client],
		audience: e.mfaAudience(), scope: claims.Scope,
	}
	_, b.challenged = e.s.challenged[claims.ID]
	if b.user == nil || b.app == nil {
		return nil, e.invalidToken()
	}
	return b, nil
}

// opaqueHolder finds out whose mfa_token it is; unknown is the answer if it is
// nobody's.
func (e *Emulator) opaqueHolder(raw string, unknown *oauthFailure) (*bearerUser, *oauthFailure) {
	t, ok := e.s.mfaTokens[raw]
	if !ok {
		return nil, unknown
	}
	if !e.clock.Now().Before(t.Expires) {
		return nil, fail(e.variantStatus(variantTokenError), "expired_token", "mfa_token is expired")
	}
	b := &bearerUser{
		user: e.s.users[t.UserID], app: e.s.apps[t.ClientID],
		audience: t.Audience, scope: t.Scope, opaque: true, mfaToken: raw,
	}
	if b.user == nil || b.app == nil {
		return nil, unknown
	}
	return b, nil
}

// markChallenged remembers that a second factor was proven for an access token.
// The token itself does not say so. The caller holds the store's lock.
func (e *Emulator) markChallenged(raw string) {
	if claims, ok := e.verifyAccessToken(raw); ok {
		e.s.challenged[claims.ID] = claims.Expiry.Time()
	}
}

// isOpaque tells an mfa_token from everything else by its form.
func isOpaque(raw string) bool { return strings.HasPrefix(raw, "Fe26.2*") }

// mayUseMFA refuses applications without any of the grant types that the vendor's
// dashboard shows as the single check box "MFA".
func mayUseMFA(app *Application) *oauthFailure {
	isMFA := func(kind string) bool { return strings.HasPrefix(kind, "http://auth0.com/oauth/grant-type/mfa-") }
	if !slices.ContainsFunc(app.GrantTypes, isMFA) {
		return grantNotAllowed(grantTypeMFAOTP)
	}
	return nil
}

func (e *Emulator) invalidToken() *oauthFailure {
	return fail(e.variantStatus(variantTokenError), "invalid_grant", "The mfa_token provided is invalid. Try getting a new token.")
}

func (e *Emulator) malformedToken() *oauthFailure {
	return fail(e.variantStatus(variantTokenError), "invalid_grant", "Malformed mfa_token")
}

func notIssuedToClient() *oauthFailure {
	return fail(http.StatusBadRequest, "invalid_request", "mfa_token not issued to this client")
}

func alreadyEnrolled() *oauthFailure {
	return fail(http.StatusForbidden, "access_denied", "User is already enrolled.")
}
