package emulator

import (
	"crypto/subtle"
	"slices"
)

// codeResult is the outcome of checking a code that a user typed.
type codeResult int

const (
	codeOK      codeResult = iota
	codeWrong              // counted
	codeTooMany            // refused unseen, the allowance is used up
	codePending            // push: no answer yet
	codeDenied             // push: denied on the phone
	codeExpired            // the transaction is too old, spent, or its authenticator is gone
)

// checkTOTP checks code against u's active authenticators and spends it. The
// caller holds the store's lock. A pending authenticator proves nothing here:
// only its confirmation (grantMFAOTP) looks at those.
func (e *Emulator) checkTOTP(u *user, code string) codeResult {
	_, result := e.spendTOTP(u, code, e.appsOf(u))
	return result
}

// appsOf returns u's active authenticator apps that can be used, newest first.
func (e *Emulator) appsOf(u *user) []*authenticator {
	return slices.DeleteFunc(e.activeOf(u, kindTOTP), func(a *authenticator) bool { return !e.usable(a) })
}

// spendTOTP looks for the one of candidates that code belongs to, in order, and
// spends the code for it.
func (e *Emulator) spendTOTP(u *user, code string, candidates []*authenticator) (*authenticator, codeResult) {
	now := e.clock.Now()
	allowance := bucketOf(e.s.codeBuckets, u.ID)
	if allowance.left(now) == 0 {
		e.logEvent("gd_otp_rate_limit_exceed", u.ID, "Too many failed codes")
		return nil, codeTooMany
	}
	for _, a := range candidates {
		if step, ok := matchTOTP(a, code, now); ok {
			a.LastStep = step
			return a, codeOK
		}
	}
	allowance.take(now)
	e.logEvent("gd_auth_failed", u.ID, "Wrong one-time code")
	return nil, codeWrong
}

// useRecoveryCode checks code against u's active recovery code and replaces it:
// the old one is void at once and next is to be shown to the user, once. The
// caller holds the store's lock.
func (e *Emulator) useRecoveryCode(u *user, code string) (next string, result codeResult) {
	now := e.clock.Now()
	allowance := bucketOf(e.s.recoveryBuckets, u.ID)
	if allowance.left(now) == 0 {
		e.logEvent("gd_recovery_rate_limit_exceed", u.ID, "Too many failed recovery codes")
		return "", codeTooMany
	}
	for _, a := range e.usableRecoveryCodes(u) {
		if subtle.ConstantTimeCompare([]byte(a.Secret), []byte(code)) == 1 {
			a.Secret = e.newRecoveryCode()
			e.logEvent("gd_recovery_succeed", u.ID, "Recovery code used and replaced")
			return a.Secret, codeOK
		}
	}
	allowance.take(now)
	e.logEvent("gd_recovery_failed", u.ID, "Wrong recovery code")
	return "", codeWrong
}

// usableRecoveryCodes returns u's active recovery code. With the factor off nobody
// can use one.
func (e *Emulator) usableRecoveryCodes(u *user) []*authenticator {
	if !e.s.tenant.Factors["recovery-code"] {
		return nil
	}
	return e.activeOf(u, kindRecovery)
}

// activeOf returns u's confirmed authenticators of one kind, newest first.
func (e *Emulator) activeOf(u *user, kind string) []*authenticator {
	return e.authenticatorsOf(u, kind, true)
}

// authenticatorsOf returns u's authenticators of one kind that are confirmed or
// not, newest first.
func (e *Emulator) authenticatorsOf(u *user, kind string, active bool) []*authenticator {
	var found []*authenticator
	all := e.s.authenticators[u.ID]
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].Kind == kind && all[i].Active == active {
			found = append(found, all[i])
		}
	}
	return found
}
