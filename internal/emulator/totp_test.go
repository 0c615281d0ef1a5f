package emulator

import (
	"encoding/base32"
	"testing"
	"time"
)

// TestTOTPVectors checks the last six digits of the eight of RFC 6238 appendix B
// (SHA-1).
func TestTOTPVectors(t *testing.T) {
	secret := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString([]byte("12345678901234567890"))
	for at, want := range map[int64]string{
		59: "287082", 1111111109: "081804", 1111111111: "050471",
		1234567890: "005924", 2000000000: "279037", 20000000000: "353130",
	} {
		if got, err := totpCode(secret, time.Unix(at, 0)); err != nil || got != want {
			t.Errorf("at %d: %s %v, want %s", at, got, err, want)
		}
	}
}

func TestSecondsLeft(t *testing.T) {
	for at, want := range map[int64]int{0: 30, 1: 29, 29: 1, 30: 30} {
		if got := totpSecondsLeft(time.Unix(at, 0)); got != want {
			t.Errorf("at %d: %d, want %d", at, got, want)
		}
	}
}

// TestSpentStep: steps up to the last accepted one are spent, unless the clock
// was moved back behind them.
func TestSpentStep(t *testing.T) {
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	a := &authenticator{Secret: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"}
	code := func(steps int) string {
		code, err := totpCode(a.Secret, now.Add(time.Duration(steps)*totpPeriod*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		return code
	}
	a.LastStep = totpStep(now)
	for steps, want := range map[int]bool{-1: false, 0: false, 1: true, 2: false} {
		if _, ok := matchTOTP(a, code(steps), now); ok != want {
			t.Errorf("step %d: %v, want %v", steps, ok, want)
		}
	}
	a.LastStep = totpStep(now.Add(24 * time.Hour))
	if _, ok := matchTOTP(a, code(0), now); !ok {
		t.Error("a clock moved back kills the authenticator")
	}
}

func TestMatchTOTPRefusesBrokenSecret(t *testing.T) {
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	if _, ok := matchTOTP(&authenticator{Secret: "not base32!"}, "000000", now); ok {
		t.Error("accepted")
	}
}
