package emulator

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// passwordRealm is the tenant's only user directory.
const passwordRealm = "Username-Password-Authentication"

func invalidCode() *oauthFailure {
	return fail(http.StatusForbidden, "invalid_grant", "Invalid authorization code")
}

// exchangeCode answers the authorization_code grant. A code is spent by the
// first attempt of its own application, right or wrong; a second one also revokes
// the access token that it brought (RFC 6749 section 4.1.2).
func exchangeCode(e *Emulator, app *application, p parameters) (any, *oauthFailure) {
	if failure := p.require("code"); failure != nil {
		return nil, failure
	}
	code, known := e.s.codes[p.get("code")]
	if !known || code.Request.ClientID != app.ClientID {
		e.logEvent("feacft", "", "Unknown authorization code, or one of another application")
		return nil, invalidCode()
	}
	if code.Used {
		e.revokeAccess(code.AccessToken)
		e.logEvent("feacft", code.UserID, "Authorization code used again")
		return nil, invalidCode()
	}
	code.Used = true
	if failure := e.checkExchange(code, p); failure != nil {
		e.logEvent("feacft", code.UserID, failure.Description)
		return nil, failure
	}
	set, failure := e.mint(grantOf(app, e.s.users[code.UserID], code))
	if failure != nil {
		return nil, failure
	}
	code.AccessToken = set.AccessToken
	if code.MFA {
		e.markChallenged(set.AccessToken)
	}
	e.logEvent("seacft", code.UserID, "Authorization code exchanged")
	return set, nil
}

func (e *Emulator) checkExchange(code *authCode, p parameters) *oauthFailure {
	u, known := e.s.users[code.UserID]
	switch {
	case !known || !e.clock.Now().Before(code.Expires):
		return invalidCode()
	case p.get("redirect_uri") != code.Request.RedirectURI:
		return fail(http.StatusForbidden, "invalid_grant", "The redirect URI is wrong.")
	case !verifierFits(code.Request.Challenge, p.get("code_verifier")):
		return fail(http.StatusForbidden, "invalid_grant", "Failed to verify code verifier")
	case u.Blocked:
		return userBlocked()
	}
	return nil
}

// verifierFits compares by S256. A verifier without a challenge is refused as
// well: the challenge may have been stripped on the way (RFC 9700 section 4.8.2).
func verifierFits(challenge, verifier string) bool {
	if challenge == "" || verifier == "" {
		return challenge == verifier
	}
	if len(verifier) < 43 || len(verifier) > 128 { // RFC 7636 section 4.1
		return false
	}
	sum := sha256.Sum256([]byte(verifier))
	return subtle.ConstantTimeCompare([]byte(base64.RawURLEncoding.EncodeToString(sum[:])), []byte(challenge)) == 1
}

func grantOf(app *application, u *user, code *authCode) grant {
	g := grant{
		App: app, User: u, Audience: code.Request.Audience, Scope: code.Request.Scope,
		Nonce: code.Request.Nonce, SID: code.SID, MFA: code.MFA,
	}
	if code.Request.RequestedAuth {
		g.AuthTime = code.AuthTime
	}
	return g
}

// mint is mintTokens for grants.
func (e *Emulator) mint(g grant) (*tokenSet, *oauthFailure) {
	set, err := e.mintTokens(g)
	if err != nil {
		return nil, e.internalFailure(err)
	}
	return set, nil
}

// revokeAccess makes an access token worthless before its time.
func (e *Emulator) revokeAccess(raw string) {
	delete(e.s.accessTokens, raw)
	if claims, err := e.verifyAccessToken(raw); err == nil {
		e.s.revoked[claims.ID] = claims.Expiry.Time()
	}
}

// managementScopes are those of the Management API that the client grant of
// every application with client_credentials holds.
const managementScopes = "read:users update:users read:authentication_methods create:authentication_methods " +
	"update:authentication_methods delete:authentication_methods read:guardian_factors create:guardian_enrollment_tickets"

// grantForClient answers the client_credentials grant, for the Management API.
func grantForClient(e *Emulator, app *application, p parameters) (any, *oauthFailure) {
	if failure := p.require("audience"); failure != nil {
		return nil, failure
	}
	audience := p.get("audience")
	switch {
	case !e.isService(audience):
		return nil, serviceNotFound(audience)
	case audience != e.managementAudience():
		return nil, fail(http.StatusForbidden, "access_denied",
			`Client is not authorized to access "`+audience+`". You need to create a "client-grant" associated to this API.`)
	}
	granted := managementScopes
	if wanted := p.get("scope"); wanted != "" {
		granted = strings.Join(slices.DeleteFunc(strings.Fields(wanted), func(s string) bool { return !hasScope(managementScopes, s) }), " ")
	}
	return mintAny(e.mint(grant{App: app, Audience: audience, Scope: granted, Type: "client-credentials"}))
}

// mintAny keeps a nil *tokenSet from becoming a non-nil answer.
func mintAny(set *tokenSet, failure *oauthFailure) (any, *oauthFailure) {
	if failure != nil {
		return nil, failure
	}
	return set, nil
}

// grantForPasswordRealm answers the password-realm grant: the password grant
// with the directory named.
func grantForPasswordRealm(e *Emulator, app *application, p parameters) (any, *oauthFailure) {
	if failure := p.require("realm"); failure != nil {
		return nil, failure
	}
	if p.get("realm") != passwordRealm {
		return nil, invalidRequest("Connection not found: " + p.get("realm"))
	}
	return grantForPassword(e, app, p)
}

// grantForPassword answers the password grant: tokens, or mfa_required with the
// opaque token that starts the MFA API's flow.
func grantForPassword(e *Emulator, app *application, p parameters) (any, *oauthFailure) {
	e.s.sweep(e.clock.Now())
	if failure := p.require("username", "password"); failure != nil {
		return nil, failure
	}
	audience := p.get("audience")
	if !e.isService(audience) {
		return nil, invalidRequest("invalid audience specified for password grant exchange")
	}
	u, result := e.checkPassword(p.get("username"), p.get("password"))
	switch {
	case result == passwordBlocked:
		return nil, tooManyAttempts()
	case result == passwordWrong:
		return nil, fail(http.StatusForbidden, "invalid_grant", "Wrong email or password.")
	case u.Blocked:
		return nil, userBlocked()
	}
	scope := e.grantedScope(p.get("scope"), audience)
	if e.mfaNeed(u, audience, "") != mfaNone {
		return nil, e.mfaRequired(app, u, audience, scope)
	}
	e.logEvent("s", u.ID, "Signed in by password grant")
	return mintAny(e.mint(grant{App: app, User: u, Audience: audience, Scope: scope, Type: "password"}))
}

func tooManyAttempts() *oauthFailure {
	return fail(http.StatusTooManyRequests, "too_many_attempts",
		"Your account has been blocked after multiple consecutive login attempts. We've sent you a notification via your preferred contact method with instructions on how to unblock it.")
}

func (e *Emulator) mfaRequired(app *application, u *user, audience, scope string) *oauthFailure {
	e.logEvent("mfar", u.ID, "Second factor required")
	status, _ := strconv.Atoi(e.variant("mfa_required_status"))
	failure := fail(status, "mfa_required", "Multifactor authentication required")
	failure.Extra = map[string]any{"mfa_token": e.newMFAToken(app, u, audience, scope)}
	return failure
}

// handleRevoke is the revocation endpoint for refresh tokens. This tenant issues
// none, so that every token it is asked about is unknown (200) or an access token
// (refused). Its wrong credentials are invalid_client, unlike at /oauth/token.
func (e *Emulator) handleRevoke(w http.ResponseWriter, r *http.Request) {
	p, failure := params(r)
	if failure == nil {
		e.s.mu.Lock()
		failure = e.revoke(r, p)
		e.s.mu.Unlock()
	}
	if failure != nil {
		failure.write(w)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
}

func (e *Emulator) revoke(r *http.Request, p parameters) *oauthFailure {
	if _, failure := e.authenticateClient(r, p); failure != nil {
		if failure.Status == http.StatusUnauthorized {
			failure.Code = "invalid_client"
		}
		return failure
	}
	if failure := p.require("token"); failure != nil {
		return failure
	}
	raw := p.get("token")
	if _, opaque := e.s.accessTokens[raw]; opaque || strings.Count(raw, ".") == 2 {
		return fail(http.StatusBadRequest, "unsupported_token_type", "Access tokens cannot be revoked")
	}
	return nil
}
