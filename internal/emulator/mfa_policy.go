package emulator

import "slices"

// mfaNeed says what a sign-in still asks of the user after the password.
type mfaNeed int

const (
	mfaNone      mfaNeed = iota
	mfaChallenge         // prove an active factor
	mfaEnrol             // the policy wants a factor and there is none
)

// mfaNeed decides by section 4.3 of the protocol reference: the MFA API's own
// audience, a request for the multi-factor policy and the tenant's policy each
// ask for a challenge. Who has no strong factor, or only an e-mail address, gets by
// without one unless the policy is "always". The caller holds the store's lock.
func (e *Emulator) mfaNeed(u *user, audience, acrValues string) mfaNeed {
	always := slices.Contains(e.s.tenant.Policy, "all-applications")
	enrolled := e.hasFactor(u)
	switch {
	case !enrolled && always:
		return mfaEnrol
	case !enrolled:
		return mfaNone
	case always, audience == e.mfaAudience(), hasScope(acrValues, multiFactorACR):
		return mfaChallenge
	}
	return mfaNone
}
