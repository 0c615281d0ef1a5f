package account

import (
	"time"

	"github.com/pquerna/otp/totp"

	"mysecurity/internal/secret"
)

// step is the life of one code of an authenticator app (RFC 6238).
const step = 30 * time.Second

// driftWindow bounds the search for a clock that is off: a day covers wrong
// time zones. Two codes have to agree before anything is said, which makes a
// chance hit one in a million or so.
const driftWindow = 24 * time.Hour

// driftsOf returns the offsets, in steps, at which code is right for key. A
// positive offset is a clock that runs ahead.
func driftsOf(key, code secret.Secret, now time.Time) []int {
	var found []int
	for n := -int(driftWindow / step); n <= int(driftWindow/step); n++ {
		at := now.Add(time.Duration(n) * step)
		if right, err := totp.GenerateCode(key.Reveal(), at); err == nil && secret.New(right).Equal(code) {
			found = append(found, n)
		}
	}
	return found
}

// withDrift notes the offsets that explain the wrong code just typed, and
// whether some of them agree with those of the code before (one step of
// tolerance for the time between the two).
func (k Key) withDrift(code secret.Secret, now time.Time) Key {
	drifts := driftsOf(k.Secret, code, now)
	var agreed []int
	for _, d := range drifts {
		for _, earlier := range k.Drift {
			if d-earlier <= 1 && earlier-d <= 1 {
				agreed = append(agreed, d)
				break
			}
		}
	}
	k.Drift, k.DriftAgreed = drifts, len(agreed) > 0
	if k.DriftAgreed {
		k.Drift = agreed
	}
	return k
}

// ClockOff tells by how much the clock of the user's app is ahead (positive) or
// behind, once two wrong codes in a row agree on it.
func (k Key) ClockOff() (off time.Duration, known bool) {
	if !k.DriftAgreed || len(k.Drift) == 0 {
		return 0, false
	}
	off = time.Duration(k.Drift[0]) * step
	for _, d := range k.Drift {
		if candidate := time.Duration(d) * step; candidate.Abs() < off.Abs() {
			off = candidate
		}
	}
	return off, true
}
