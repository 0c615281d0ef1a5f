package account_test

import (
	"context"
	"testing"
	"time"

	"mysecurity/internal/account"
)

// TestReads (LD-05): pages that read the list are counted by user, whatever the
// session and the page; somebody who clicks fast, with the notification app being
// added in other windows, stays below.
func TestReads(t *testing.T) {
	b := newBench(t, 0)
	user, access := b.person()
	again := access // another sign-in of theirs
	ctx := context.Background()

	t.Run("LD-05 a script that reloads", func(t *testing.T) {
		start := b.clock.Now()
		for i := range 200 {
			_, err := b.Overview(ctx, user, access)
			if i < 30 && err != nil {
				t.Fatalf("view %d: %v", i+1, err)
			}
			_, err = b.Removal(ctx, user, again, "aaaaaaaaaaaaaaaa")
			if i >= 30 {
				wantKind(t, err, account.KindRateLimited)
				if wait := account.UntilOf(err).Sub(start); wait <= 0 || wait > 2*time.Second {
					t.Fatalf("to come back in %v", wait)
				}
			}
		}
		if n := b.asked(start)["GET /mfa/authenticators"]; n != 60 {
			t.Errorf("the tenant was asked %d times", n)
		}
	})
	t.Run("LD-05 somebody else", func(t *testing.T) {
		other, access := b.person()
		if _, err := b.Overview(ctx, other, access); err != nil {
			t.Error(err)
		}
	})
	t.Run("LD-05 a change is not a view", func(t *testing.T) {
		if _, err := b.Remove(ctx, user, access, "aaaaaaaaaaaaaaaa", true); account.KindOf(err) != account.KindNotFound {
			t.Error(err)
		}
		b.begin("app", user, access)
	})
	t.Run("LD-05 a page each second", func(t *testing.T) {
		b.clock.Advance(time.Second)
		for range 300 {
			b.clock.Advance(time.Second)
			if _, err := b.Overview(ctx, user, access); err != nil {
				t.Fatal(err)
			}
		}
	})
}
