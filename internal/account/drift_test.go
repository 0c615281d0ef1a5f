package account

import (
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"mysecurity/internal/secret"
)

const driftKey = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"

// codeAt is what an app shows whose clock is off.
func codeAt(t *testing.T, now time.Time, off time.Duration) secret.Secret {
	t.Helper()
	code, err := totp.GenerateCode(driftKey, now.Add(off))
	if err != nil {
		t.Fatal(err)
	}
	return secret.New(code)
}

// TestClockOff: after two wrong codes in a row the clock that explains both is
// named with its amount; one code alone says nothing.
func TestClockOff(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 12, 0, 7, 0, time.UTC)
	for _, off := range []time.Duration{-4 * time.Minute, 4 * time.Minute, -90 * time.Second, 5 * time.Hour, -23 * time.Hour} {
		t.Run(off.String(), func(t *testing.T) {
			k := Key{Secret: secret.New(driftKey)}.withDrift(codeAt(t, now, off), now)
			if _, known := k.ClockOff(); known {
				t.Fatal("one code alone must not be a diagnosis")
			}
			later := now.Add(40 * time.Second)
			k = k.withDrift(codeAt(t, later, off), later)
			got, known := k.ClockOff()
			if !known || (got-off).Abs() > step {
				t.Fatalf("ClockOff = %v, %v; the clock is off by %v", got, known, off)
			}
		})
	}
}

// TestClockOffNeedsAgreement: two wrong codes that no single clock explains are
// just wrong.
func TestClockOffNeedsAgreement(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 12, 0, 7, 0, time.UTC)
	k := Key{Secret: secret.New(driftKey)}.withDrift(codeAt(t, now, 4*time.Minute), now)
	k = k.withDrift(codeAt(t, now, -9*time.Minute), now)
	if off, known := k.ClockOff(); known {
		t.Fatalf("named a clock error of %v from codes that disagree", off)
	}
	k = Key{Secret: secret.New(driftKey)}.withDrift(secret.New("000000"), now)
	if k = k.withDrift(secret.New("000001"), now); k.DriftAgreed {
		t.Fatal("made up codes must not agree")
	}
}
