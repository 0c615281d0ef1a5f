package emulator

import (
	"net/http"
)

// passwordRealm is the tenant's only user directory.
const passwordRealm = "Username-Password-Authentication"

// grantForPasswordRealm answers the password-realm grant: the password grant
// with the directory named.
func grantForPasswordRealm(e *Emulator, app *Application, p parameters) (*tokenSet, *oauthFailure) {
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
func grantForPassword(e *Emulator, app *Application, p parameters) (*tokenSet, *oauthFailure) {
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
	scope := e.grantedScope(app, p.get("scope"), audience)
	if e.mfaNeed(u, audience, "") != mfaNone {
		return nil, e.mfaRequired(app, u, audience, scope)
	}
	e.logEvent("s", u.ID, "Signed in by password grant")
	return e.mintOffline(grant{App: app, User: u, Audience: audience, Scope: scope, Type: "password"})
}

func tooManyAttempts() *oauthFailure {
	return fail(http.StatusTooManyRequests, "too_many_attempts",
		"Your account has been blocked after multiple consecutive login attempts. We've sent you a notification via your preferred contact method with instructions on how to unblock it.")
}

func (e *Emulator) mfaRequired(app *Application, u *user, audience, scope string) *oauthFailure {
	e.logEvent("mfar", u.ID, "Second factor required")
	failure := fail(e.variantStatus(variantMFARequired), "mfa_required", "Multifactor authentication required")
	failure.Extra = map[string]any{"mfa_token": e.newMFAToken(app, u, audience, scope)}
	return failure
}
