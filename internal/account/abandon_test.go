package account_test

import (
	"testing"
	"time"

	"mysecurity/internal/account"
)

// TestAbandonTells: what became of an attempt is told from the list, and only from
// it; without the right to change, nothing is deleted.
func TestAbandonTells(t *testing.T) {
	t.Parallel()
	at := func(_ *bench, a account.Access) account.Access { return a }
	over := func(b *bench, a account.Access) account.Access { b.clock.Advance(11 * time.Minute); return a }
	old := func(b *bench, a account.Access) account.Access {
		a.Proof.At = b.clock.Now().Add(-20 * time.Minute)
		return a
	}
	tests := []struct {
		name    string
		scanned bool
		then    func(*bench, account.Access) account.Access
		fault   string
		want    account.Ending
		deletes int
	}{
		{"nothing happened", false, at, "", account.EndedUnused, 1},
		{"scanned", true, at, "", account.EndedActive, 0},
		{"the proof has ended", true, over, "", account.EndedUnknown, 0},
		{"the proof is old, the list can be read", false, old, "", account.EndedUnused, 0},
		{"the proof is old, and it was scanned", true, old, "", account.EndedActive, 0},
		{"no list", true, at, `{"match":"GET /mfa/authenticators","status":503}`, account.EndedUnknown, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, 1)
			user, access := b.person()
			e := b.begin("push", user, access)
			if tt.scanned {
				b.scan(user, e)
			}
			access = tt.then(b, access)
			if tt.fault != "" {
				b.fault(tt.fault)
			}
			since := b.clock.Now()
			if got := b.Abandon(t.Context(), user, access, e); got != tt.want {
				t.Errorf("ended %s, want %s", got, tt.want)
			}
			if n := b.asked(since)["DELETE /mfa/"]; n != tt.deletes {
				t.Errorf("%d deletions", n)
			}
		})
	}
	t.Run("nobody knows which entry it was", func(t *testing.T) {
		b := newBench(t, 1)
		user, access := b.person()
		e := b.begin("push", user, access)
		e.ID = ""
		if got := b.Abandon(t.Context(), user, access, e); got != account.EndedUnknown {
			t.Errorf("ended %s", got)
		}
	})
}
