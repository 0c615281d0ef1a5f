package emulator

import (
	"net/http"
	"time"
)

// grantMFAOOB answers the mfa-oob grant: with the code of a message, or as the
// poll for a phone's answer to a push. With an access token for the MFA API in the
// field mfa_token it confirms enrolments and nothing else.
//
// https://auth0.com/docs/secure/multi-factor-authentication/authenticate-using-ropg-flow-with-mfa/enroll-and-challenge-push-authenticators
func grantMFAOOB(e *Emulator, app *Application, p parameters) (*tokenSet, *oauthFailure) {
	if failure := p.require("mfa_token", "oob_code"); failure != nil {
		return nil, failure
	}
	b, failure := e.verifier(app, p.get("mfa_token"))
	if failure != nil {
		return nil, failure
	}
	set, failure := e.exchangeOOB(b, p)
	return e.exchanged("oobft", b, set, failure)
}

func (e *Emulator) exchangeOOB(b *bearerUser, p parameters) (*tokenSet, *oauthFailure) {
	o, failure := e.transaction(b, p.get("oob_code"))
	if failure != nil {
		return nil, failure
	}
	if o.Binding != "" {
		failure = p.require("binding_code")
	} else {
		failure = e.pollRhythm(o)
	}
	if failure != nil {
		return nil, failure
	}
	if result := e.answerOOB(o, p.get("binding_code")); result != codeOK {
		return nil, e.oobFailure(result)
	}
	if !o.Enrol {
		e.logEvent("gd_auth_succeed", b.user.ID, "Out-of-band challenge passed")
	} else if a := e.pendingOf(b.user, o); a != nil {
		e.confirm(b.user, a)
	}
	return e.tokensFor(b)
}

// pendingOf returns the entry that o is to make active, or nil: a push enrolment is
// active since the scan.
func (e *Emulator) pendingOf(u *user, o *oob) *authenticator {
	a := e.authenticatorByID(u, o.AuthenticatorID)
	if !o.Enrol || a == nil || a.Active {
		return nil
	}
	return a
}

// transaction finds the transaction that b may end. One that was made with an
// mfa_token belongs to that token; an enrolment that was started with an access
// token belongs to the user and the application.
func (e *Emulator) transaction(b *bearerUser, code string) (*oob, *oauthFailure) {
	o, known := e.s.oobs[code]
	switch {
	case !known:
		return nil, fail(e.variantStatus(variantTokenError), "invalid_grant", "Malformed oob_code")
	case o.UserID != b.user.ID || o.ClientID != b.app.ClientID || o.MFAToken != b.mfaToken:
		return nil, invalidRequest("The oob_code doesn't match the mfa_token")
	case !e.clock.Now().Before(o.Expires):
		return nil, e.oobFailure(codeExpired)
	case b.opaque && e.pendingOf(b.user, o) != nil && e.hasFactor(b.user):
		return nil, alreadyEnrolled() // by another enrolment meanwhile
	}
	return o, nil
}

// pollRhythm refuses a poll that comes too soon after the one before.
func (e *Emulator) pollRhythm(o *oob) *oauthFailure {
	now := e.clock.Now()
	since := now.Sub(o.LastPoll)
	o.LastPoll = now
	if since >= 0 && since < time.Duration(e.variantStatus(variantPollInterval))*time.Second {
		return fail(http.StatusBadRequest, "slow_down", "You are polling faster than the specified interval.")
	}
	return nil
}

// oobFailure is the answer to a transaction that brings no tokens yet, or never.
func (e *Emulator) oobFailure(result codeResult) *oauthFailure {
	switch result {
	case codePending:
		return fail(e.variantStatus(variantPending), "authorization_pending", "Authorization pending: please repeat the request in a few seconds.")
	case codeDenied:
		return e.pushDenied()
	case codeExpired:
		return fail(e.variantStatus(variantTokenError), "expired_token", "oob_code is expired")
	}
	return e.codeFailure(result, "Invalid binding_code.")
}

// pushDenied is recorded as 400 access_denied and documented as invalid_grant.
func (e *Emulator) pushDenied() *oauthFailure {
	status, code := http.StatusBadRequest, "access_denied"
	switch e.variant(variantPushDenied) {
	case "403_invalid_grant":
		status, code = http.StatusForbidden, "invalid_grant"
	case "200_invalid_grant":
		status, code = http.StatusOK, "invalid_grant"
	}
	return fail(status, code, "MFA Authorization rejected.")
}
