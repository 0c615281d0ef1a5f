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
	now := time.Date(2026, 11, 22, 12, 0, 7, 0, time.UTC)
	for _, off := range []time.Duration{-4 * time.Minute, 4 * time.Minute, -90 * time.Second, 5 * time.Hour, -23 * time.Hour} {
		t.Run(off.String(), func(t *testing.T) {
			e := AppEnrolment{Secret: secret.New(driftKey), Wrong: 1}.withDrift(codeAt(t, now, off), now)
			if _, known := e.ClockOff(); known {
				t.Fatal("one code alone must not be a diagnosis")
			}
			later := now.Add(40 * time.Second)
			e = e.withDrift(codeAt(t, later, off), later)
			got, known := e.ClockOff()
			if !known || (got-off).Abs() > step {
				t.Fatalf("ClockOff = %v, %v; the clock is off by %v", got, known, off)
			}
		})
	}
}

// TestClockOffNeedsAgreement: two wrong codes that no single clock explains are
// just wrong.
func TestClockOffNeedsAgreement(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 7, 0, time.UTC)
	e := AppEnrolment{Secret: secret.New(driftKey)}.withDrift(codeAt(t, now, 4*time.Minute), now)
	e = e.withDrift(codeAt(t, now, -9*time.Minute), now)
	if off, known := e.ClockOff(); known {
		t.Fatalf("named a clock error of %v from codes that disagree", off)
	}
	e = AppEnrolment{Secret: secret.New(driftKey)}.withDrift(secret.New("000000"), now)
	if e = e.withDrift(secret.New("000001"), now); e.DriftAgreed {
		t.Fatal("made up codes must not agree")
	}
}
