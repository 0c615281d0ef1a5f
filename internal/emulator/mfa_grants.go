package emulator

import (
	"net/http"
)

// grantMFAOTP answers the mfa-otp grant. With an access token for the MFA API in
// the field mfa_token it confirms a pending enrolment; with an mfa_token it
// proves an active factor, or confirms the user's first one.
//
// https://auth0.com/docs/secure/multi-factor-authentication/authenticate-using-ropg-flow-with-mfa/enroll-and-challenge-otp-authenticators
func grantMFAOTP(e *Emulator, app *Application, p parameters) (*tokenSet, *oauthFailure) {
	if failure := p.require("mfa_token", "otp"); failure != nil {
		return nil, failure
	}
	b, failure := e.verifier(app, p.get("mfa_token"))
	if failure != nil {
		return nil, failure
	}
	set, failure := e.exchangeOTP(b, p)
	return e.exchanged("otpft", b, set, failure)
}

func (e *Emulator) exchangeOTP(b *bearerUser, p parameters) (*tokenSet, *oauthFailure) {
	used, result := e.spendTOTP(b.user, p.get("otp"), e.provable(b))
	if result != codeOK {
		return nil, e.codeFailure(result, "Invalid otp_code.")
	}
	if used.Active {
		e.logEvent("gd_auth_succeed", b.user.ID, "One-time code accepted")
	} else {
		e.confirm(b.user, used)
	}
	return e.tokensFor(b)
}

// grantMFARecoveryCode answers the mfa-recovery-code grant: the code is void at
// once, and its replacement is part of the answer.
func grantMFARecoveryCode(e *Emulator, app *Application, p parameters) (*tokenSet, *oauthFailure) {
	if failure := p.require("mfa_token", "recovery_code"); failure != nil {
		return nil, failure
	}
	b, failure := e.verifier(app, p.get("mfa_token"))
	if failure != nil {
		return nil, failure
	}
	set, failure := e.exchangeRecoveryCode(b, p)
	return e.exchanged("rcft", b, set, failure)
}

func (e *Emulator) exchangeRecoveryCode(b *bearerUser, p parameters) (*tokenSet, *oauthFailure) {
	next, result := e.useRecoveryCode(b.user, p.get("recovery_code"))
	if result != codeOK {
		return nil, e.codeFailure(result, "MFA Authorization rejected.")
	}
	set, failure := e.tokensFor(b)
	if failure != nil {
		return nil, failure
	}
	set.RecoveryCode = next
	return set, nil
}

// exchanged logs how an exchange of the grant with that code ended and passes its
// outcome on: seotpft or feotpft, and so on.
func (e *Emulator) exchanged(code string, b *bearerUser, set *tokenSet, failure *oauthFailure) (*tokenSet, *oauthFailure) {
	if failure != nil {
		e.logEvent("fe"+code, b.user.ID, failure.Description)
		return nil, failure
	}
	e.logEvent("se"+code, b.user.ID, "Exchanged for tokens")
	return set, nil
}

// verifier identifies who answers a challenge or confirms an enrolment.
func (e *Emulator) verifier(app *Application, raw string) (*bearerUser, *oauthFailure) {
	find := e.holder
	if isOpaque(raw) {
		find = func(raw string) (*bearerUser, *oauthFailure) { return e.opaqueHolder(raw, e.malformedToken()) }
	}
	b, failure := find(raw)
	switch {
	case failure != nil:
		return nil, failure
	case b.app != app:
		return nil, notIssuedToClient()
	case b.user.Blocked:
		return nil, userBlocked()
	}
	return b, nil
}

// provable returns the authenticators whose code the caller may present, in the
// order in which they are tried. A pending one is confirmed by its code, the
// newest first. But as the second factor of a sign-in, pending ones prove
// nothing once the user has an active one: whoever saw the QR code of an
// abandoned attempt could use it.
func (e *Emulator) provable(b *bearerUser) []*authenticator {
	active := e.appsOf(b.user)
	if b.opaque && e.hasFactor(b.user) {
		return active
	}
	return append(e.authenticatorsOf(b.user, kindTOTP, false), active...)
}

// codeFailure is the answer to a code that was not accepted.
func (e *Emulator) codeFailure(result codeResult, wrong string) *oauthFailure {
	if result == codeTooMany {
		return fail(http.StatusTooManyRequests, e.variant(variantTooManyCodes), "Too many failed codes. Wait for some minutes before retrying.")
	}
	return fail(e.variantStatus(variantWrongCode), "invalid_grant", wrong)
}

// tokensFor makes the tokens that answer the original request: same audience,
// same scopes. One that was answered with mfa_required may have asked for a refresh
// token. Who confirms an enrolment with an access token has one, if it was to be,
// since that token was granted.
func (e *Emulator) tokensFor(b *bearerUser) (*tokenSet, *oauthFailure) {
	g := grant{App: b.app, User: b.user, Audience: b.audience, Scope: b.scope, Challenged: true}
	if b.opaque {
		return e.mintOffline(g)
	}
	g.Scope = withoutScope(g.Scope, scopeOffline)
	return e.mint(g)
}
