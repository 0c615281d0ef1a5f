package emulator

import (
	"net/http"
	"slices"
	"strings"
)

// challengeJSON is the answer of POST /mfa/challenge for an authenticator app.
type challengeJSON struct {
	ChallengeType string `json:"challenge_type"`
}

// challenge chooses the factor that the user is to prove. For an authenticator
// app it has no effect, and clients may skip it. Only the opaque mfa_token is
// taken: with an access token a user steps up at /authorize.
//
// https://auth0.com/docs/secure/multi-factor-authentication/authenticate-using-ropg-flow-with-mfa/enroll-and-challenge-otp-authenticators
func (e *Emulator) challenge(r *http.Request, p parameters) (any, *oauthFailure) {
	app, failure := e.authenticateClient(r, p)
	if failure != nil {
		return nil, failure
	}
	if failure := mayUseMFA(app); failure != nil {
		return nil, failure
	}
	if failure := p.require("mfa_token"); failure != nil {
		return nil, failure
	}
	b, failure := e.opaqueHolder(p.get("mfa_token"), e.malformedToken())
	if failure != nil {
		return nil, failure
	}
	if b.app != app {
		return nil, notIssuedToClient()
	}
	if failure := e.mayChallenge(b.user, p); failure != nil {
		return nil, failure
	}
	e.logEvent("gd_start_auth", b.user.ID, "Challenged for a code of the authenticator app")
	return challengeJSON{ChallengeType: "otp"}, nil
}

// mayChallenge decides whether the user can answer the challenge that p asks for.
func (e *Emulator) mayChallenge(u *user, p parameters) *oauthFailure {
	if !e.hasFactor(u) {
		return e.notEnrolled()
	}
	unsupported := fail(http.StatusUnauthorized, "unsupported_challenge_type",
		"User does not support any of the requested challenge types. He has: otp")
	if wanted := strings.Fields(strings.Join(p["challenge_type"], " ")); len(wanted) > 0 && !slices.Contains(wanted, "otp") {
		return unsupported
	}
	id := p.get("authenticator_id")
	if id == "" || slices.ContainsFunc(e.activeOf(u, kindTOTP), func(a *authenticator) bool { return a.ID == id }) {
		return nil
	}
	if slices.ContainsFunc(e.activeOf(u, kindRecovery), func(a *authenticator) bool { return a.ID == id }) {
		return unsupported // a recovery code has no challenge
	}
	return fail(http.StatusBadRequest, "invalid_request", "Invalid authenticator_id")
}

// notEnrolled is the answer for a user who has nothing to be challenged with.
func (e *Emulator) notEnrolled() *oauthFailure {
	if e.variant(variantNotEnrolled) == "unsupported_challenge_type" {
		return fail(http.StatusUnauthorized, "unsupported_challenge_type", "User is not enrolled with guardian")
	}
	return fail(http.StatusForbidden, "association_required", "User has no active authenticator; associate one first.")
}
