package emulator

import (
	"crypto/sha256"
	"slices"
	"strings"
)

// strongKinds are the factors that a second step at sign-in may rely on, in the
// tenant's order of preference. E-mail and recovery codes are not among them.
func strongKinds() []string { return []string{kindPush, kindTOTP, kindSMS, kindVoice} }

// factors returns u's active strong factors that the tenant has switched on, the
// preferred kind first and the newest of each kind first. The caller holds the
// store's lock.
func (e *Emulator) factors(u *user) []*authenticator {
	var found []*authenticator
	for _, kind := range strongKinds() {
		for _, a := range e.activeOf(u, kind) {
			if e.usable(a) {
				found = append(found, a)
			}
		}
	}
	return found
}

// emailFactors returns u's active e-mail authenticators: those enrolled, newest
// first, and then the implicit one of a verified address. The caller holds the
// store's lock.
func (e *Emulator) emailFactors(u *user) []*authenticator {
	if !e.s.tenant.Factors["email"] {
		return nil
	}
	found := e.activeOf(u, kindEmail)
	if implicit := e.implicitEmail(u); implicit != nil {
		found = append(found, implicit)
	}
	return found
}

// hasFactor reports whether the user has a confirmed strong factor: an e-mail
// address or a recovery code is none.
func (e *Emulator) hasFactor(u *user) bool { return len(e.factors(u)) > 0 }

// usable reports whether the tenant's settings let a be used. Nobody can use a
// factor that is off; its entries stay in the list.
func (e *Emulator) usable(a *authenticator) bool {
	if a.Kind == kindTOTP && strings.HasPrefix(a.Twin, kindPush) { // codes of the Guardian app
		return e.kindOn(kindTOTP) || e.kindOn(kindPush)
	}
	return e.kindOn(a.Kind)
}

// kindOn reports whether the tenant has the factor of a kind.
func (e *Emulator) kindOn(kind string) bool {
	switch kind {
	case kindTOTP:
		return e.s.tenant.Factors["otp"]
	case kindPush:
		return e.s.tenant.Factors["push-notification"]
	case kindSMS, kindVoice:
		return e.phoneChannelOn(kind)
	}
	return e.s.tenant.Factors[kind]
}

// phoneChannelOn reports whether codes are sent by text, or by call.
func (e *Emulator) phoneChannelOn(kind string) bool {
	return e.s.tenant.Factors["sms"] && slices.Contains(e.s.tenant.MessageTypes, kind)
}

// implicitEmail returns the authenticator that a verified address is without any
// enrolment while the factor is on, or nil. It is not stored, and its id follows
// from the user's.
func (e *Emulator) implicitEmail(u *user) *authenticator {
	if !u.EmailVerified || u.Email == "" || !e.s.tenant.Factors["email"] {
		return nil
	}
	sum := sha256.Sum256([]byte("implicit e-mail of " + u.ID))
	id := make([]byte, 0, 16)
	for _, b := range sum[:16] {
		id = append(id, alphanumeric[int(b)%len(alphanumeric)])
	}
	return &authenticator{ID: kindEmail + "|dev_" + string(id), Kind: kindEmail, Active: true, To: u.Email}
}
