package emulator

import (
	"net/http"
	"slices"
	"strings"
)

// challengeJSON is the answer of POST /mfa/challenge. binding_method says that the
// user types a code; an out-of-band challenge without it is polled.
type challengeJSON struct {
	ChallengeType string `json:"challenge_type"`
	OOBCode       string `json:"oob_code,omitempty"`
	BindingMethod string `json:"binding_method,omitempty"`
}

// challenge chooses the factor that the user is to prove, and sends the code or
// the push notification. For an authenticator app it has no effect, and clients
// may skip it. Only the opaque mfa_token is taken: with an access token a user
// steps up at /authorize.
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
	a, failure := e.chosenFactor(b.user, p)
	if failure != nil {
		return nil, failure
	}
	browser, system := parseUserAgent(r.UserAgent())
	o, failure := e.challengeFactor(b.user, a, client{
		MFAToken: b.mfaToken, ClientID: app.ClientID, Browser: browser, OS: system, Lang: e.languageOf(r, ""),
	})
	switch {
	case failure != nil:
		return nil, failure
	case o == nil:
		return challengeJSON{ChallengeType: wireType(a.Kind)}, nil
	case o.Binding == "":
		return challengeJSON{ChallengeType: "oob", OOBCode: o.Code}, nil
	}
	return challengeJSON{ChallengeType: "oob", OOBCode: o.Code, BindingMethod: "prompt"}, nil
}

// chosenFactor finds the authenticator that p asks to challenge: the one that is
// named, else the first that fits, by the client's preference of types and then by
// the tenant's of kinds.
func (e *Emulator) chosenFactor(u *user, p parameters) (*authenticator, *oauthFailure) {
	candidates := append(e.factors(u), e.emailFactors(u)...)
	if len(candidates) == 0 {
		return nil, e.notEnrolled()
	}
	unsupported := fail(http.StatusUnauthorized, "unsupported_challenge_type",
		"User does not support any of the requested challenge types. He has: "+strings.Join(challengeTypes(candidates), " "))
	if id := p.get("authenticator_id"); id != "" {
		var failure *oauthFailure
		if candidates, failure = e.named(u, id, candidates, unsupported); failure != nil {
			return nil, failure
		}
	}
	if channel := p.get("oob_channel"); channel != "" {
		if kindOfChannel(channel) == "" {
			return nil, invalidRequest("Unsupported oob_channel")
		}
		candidates = slices.DeleteFunc(candidates, func(a *authenticator) bool { return oobChannel(a.Kind) != channel })
	}
	wanted := strings.Fields(strings.Join(p["challenge_type"], " "))
	if len(wanted) == 0 {
		wanted = challengeTypes(candidates)
	}
	for _, kind := range wanted {
		if i := slices.IndexFunc(candidates, func(a *authenticator) bool { return wireType(a.Kind) == kind }); i >= 0 {
			return candidates[i], nil
		}
	}
	return nil, unsupported
}

// named narrows the candidates down to the authenticator of that id. A recovery
// code has no challenge.
func (e *Emulator) named(u *user, id string, candidates []*authenticator, unsupported *oauthFailure) ([]*authenticator, *oauthFailure) {
	i := slices.IndexFunc(candidates, func(a *authenticator) bool { return a.ID == id })
	if i >= 0 {
		return candidates[i : i+1], nil
	}
	if a := e.authenticatorByID(u, id); a != nil && a.Active && a.Kind == kindRecovery {
		return nil, unsupported
	}
	return nil, invalidRequest("Invalid authenticator_id")
}

// challengeTypes lists the types of the authenticators, each once.
func challengeTypes(list []*authenticator) []string {
	types := make([]string, 0, len(list))
	for _, a := range list {
		types = append(types, wireType(a.Kind))
	}
	return merge(nil, types)
}

// notEnrolled is the answer for a user who has nothing to be challenged with.
func (e *Emulator) notEnrolled() *oauthFailure {
	if e.variant(variantNotEnrolled) == "unsupported_challenge_type" {
		return fail(http.StatusUnauthorized, "unsupported_challenge_type", "User is not enrolled with guardian")
	}
	return fail(http.StatusForbidden, "association_required", "User has no active authenticator; associate one first.")
}
