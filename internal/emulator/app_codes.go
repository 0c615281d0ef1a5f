package emulator

import (
	"slices"
	"strings"
	"time"
)

// Code returns what an app with this base32 secret shows at the tenant's clock,
// or "" if the secret is none.
func (e *Emulator) Code(secret string) string {
	code, err := totpCode(secret, e.clock.Now())
	if err != nil {
		return ""
	}
	return code
}

// FreshCode is Code for someone who signs in often: a code counts only once, so
// when the present one and the next are spent the clock moves on to the step
// after.
func (e *Emulator) FreshCode(secret string) string {
	step := totpStep(e.clock.Now())
	if last := e.lastStep(secret); last >= step && last <= step+totpDrift {
		step = last + 1
	}
	at := time.Unix(step*totpPeriod, 0)
	if early := at.Sub(e.clock.Now()); early > totpPeriod*time.Second {
		e.clock.Advance(early)
	}
	code, err := totpCode(secret, at)
	if err != nil {
		return ""
	}
	return code
}

func (e *Emulator) lastStep(secret string) int64 {
	e.s.mu.Lock()
	defer e.s.mu.Unlock()
	var last int64
	for _, list := range e.s.authenticators {
		i := slices.IndexFunc(list, func(a *authenticator) bool {
			return a.Kind == kindTOTP && strings.EqualFold(a.Secret, secret)
		})
		if i >= 0 {
			last = max(last, list[i].LastStep)
		}
	}
	return last
}
