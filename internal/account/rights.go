package account

import "time"

// ProofLifetime is how long a proof permits changes, the same ten minutes that
// the tenant gives an MFA API token.
const ProofLifetime = 10 * time.Minute

// SignInMaxAge is the age of the tenant's own browser session that an ordinary
// sign-in accepts.
const SignInMaxAge = time.Hour

// Rights is what a session may do at one moment.
type Rights struct {
	See    bool      // read the list of methods
	Add    bool      // start and confirm a method
	Change bool      // remove a method, show a recovery code again
	Until  time.Time // end of Add and Change; zero if there is none
}

// RightsAt decides what a sign-in permits at the moment now. It is the only
// place that does (security decision 7, the truth table of the design).
//
// The list needs a living token and, once a strong method protects the account,
// the second step too: a password alone must not even show what guards it. A token
// that was refreshed lives on, and the proof grows old: a refresh prolongs reading,
// never changing.
func RightsAt(access Access, now time.Time) Rights {
	if !access.Proof.secondStep() || !now.Before(access.Expires) {
		return Rights{}
	}
	until := access.Proof.At.Add(ProofLifetime)
	if access.Expires.Before(until) {
		until = access.Expires
	}
	if !now.Before(until) {
		return Rights{See: true}
	}
	return Rights{See: true, Add: true, Change: true, Until: until}
}

// secondStep reports that all was proven that protected the account.
func (p Proof) secondStep() bool { return !p.Strong || p.MFA }

// StepUpMaxAge is the max_age that a confirmation asks for. With a strong
// method the tenant challenges for it on every request and that is the proof;
// without one only a password typed just now is.
func StepUpMaxAge(access Access) time.Duration {
	if access.Proof.Strong {
		return SignInMaxAge
	}
	return 0
}
