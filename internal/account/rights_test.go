package account_test

import (
	"testing"
	"time"

	"mysecurity/internal/account"
)

// TestRightsAt is the truth table of the design (section 7): what a sign-in
// permits, by what protected the account at the callback, what was proven, and
// how long ago.
func TestRightsAt(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	const minute = time.Minute
	type may struct{ see, add, change bool }
	tests := []struct {
		name        string
		strong, mfa bool
		proven      time.Duration // ago
		tokenLeft   time.Duration
		want        may
	}{
		{"MF-13 nothing to protect, proof just now", false, false, 0, 10 * minute, may{true, true, true}},
		{"MF-13 nothing to protect, proof 9:59 old", false, false, 10*minute - time.Second, minute, may{true, true, true}},
		{"nothing to protect, proof 10:00 old", false, false, 10 * minute, minute, may{true, false, false}},
		{"nothing to protect, signed in at the tenant an hour ago", false, false, 60 * minute, 10 * minute, may{true, false, false}},
		{"nothing to protect, token has ended", false, false, 0, 0, may{}},
		{"strong, second step passed just now", true, true, 0, 10 * minute, may{true, true, true}},
		{"MF-11 strong, second step 10:00 ago, token refreshed", true, true, 10 * minute, minute, may{true, false, false}},
		{"strong, second step an hour ago, token just refreshed", true, true, 60 * minute, 10 * minute, may{true, false, false}},
		{"strong, second step 10:00 ago, token has ended", true, true, 10 * minute, 0, may{}},
		{"strong, no second step, token refreshed", true, false, 10 * minute, 10 * minute, may{}},
		{"strong, second step passed, token has ended early", true, true, minute, 0, may{}},
		{"MF-12 strong, no second step in this sign-in", true, false, 0, 10 * minute, may{}},
		{"strong, no second step, old", true, false, 30 * minute, minute, may{}},
		{"no proof at all (zero values)", false, false, 500 * time.Hour, -time.Hour, may{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			access := account.Access{
				Expires: now.Add(tt.tokenLeft),
				Proof:   account.Proof{At: now.Add(-tt.proven), MFA: tt.mfa, Strong: tt.strong},
			}
			got := account.RightsAt(access, now)
			if (may{got.See, got.Add, got.Change}) != tt.want {
				t.Fatalf("got %+v, want %+v", got, tt.want)
			}
			if got.Change != !got.Until.IsZero() || got.Change && !now.Before(got.Until) {
				t.Fatalf("Until = %v does not fit %+v", got.Until, got)
			}
		})
	}
}

// TestUntilIsTheEarlierEnd: changes end with the proof or with the token,
// whichever comes first.
func TestUntilIsTheEarlierEnd(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	access := account.Access{Expires: now.Add(8 * time.Minute), Proof: account.Proof{At: now.Add(-5 * time.Minute)}}
	if got := account.RightsAt(access, now).Until; !got.Equal(now.Add(5 * time.Minute)) {
		t.Fatalf("proof ends first: Until = %v", got)
	}
	access.Expires = now.Add(2 * time.Minute)
	if got := account.RightsAt(access, now).Until; !got.Equal(access.Expires) {
		t.Fatalf("token ends first: Until = %v", got)
	}
}

// TestStepUpMaxAge: without a strong method only a password typed just now
// proves anything (security decision 7).
func TestStepUpMaxAge(t *testing.T) {
	t.Parallel()
	weak := account.Access{}
	strong := account.Access{Proof: account.Proof{Strong: true}}
	if account.StepUpMaxAge(weak) != 0 || account.StepUpMaxAge(strong) != account.SignInMaxAge {
		t.Fatal("a user without a strong method must be asked for max_age=0, others need not")
	}
}
