package emulator

import (
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
)

// The parameters of every authenticator app enrolment, as recorded from real
// tenants: SHA-1, six digits, steps of thirty seconds (RFC 6238).
const (
	totpPeriod = 30 // seconds
	totpDrift  = 1  // steps to each side of the present one
	totpDigits = 6
)

// totpStep returns the number of the thirty-second step that t lies in.
func totpStep(t time.Time) int64 { return t.Unix() / totpPeriod }

// totpSecondsLeft returns how long the code shown at t stays the current one.
func totpSecondsLeft(t time.Time) int { return int(totpPeriod - t.Unix()%totpPeriod) }

// totpCode returns the code that an app with this secret shows at t.
func totpCode(secret string, t time.Time) (string, error) {
	return hotp.GenerateCodeCustom(secret, uint64(totpStep(t)), totpOptions()) // the clock never stands before 1970
}

// matchTOTP looks for the step within the drift window at which a's secret
// yields code. Steps up to the last accepted one are spent: a code counts once
// for each authenticator (RFC 6238 section 5.2).
func matchTOTP(a *authenticator, code string, now time.Time) (step int64, ok bool) {
	if !isSixDigits(code) {
		return 0, false
	}
	present := totpStep(now)
	for step = present - totpDrift; step <= present+totpDrift; step++ {
		if stepSpent(a, step, present) {
			continue
		}
		match, err := hotp.ValidateCustom(code, uint64(step), a.Secret, totpOptions())
		if err == nil && match {
			return step, true
		}
	}
	return 0, false
}

// stepSpent reports whether step was used up. A last step beyond the window can
// only mean that the tester has moved the clock back; it is ignored then, or the
// authenticator would be dead until the clock comes round again.
func stepSpent(a *authenticator, step, present int64) bool {
	return step <= a.LastStep && a.LastStep <= present+totpDrift
}

func totpOptions() hotp.ValidateOpts {
	return hotp.ValidateOpts{Digits: totpDigits, Algorithm: otp.AlgorithmSHA1}
}

// isSixDigits is stricter than the library, which trims spaces: the tenant sees
// what the application sent.
func isSixDigits(code string) bool {
	if len(code) != totpDigits {
		return false
	}
	for _, c := range []byte(code) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}
