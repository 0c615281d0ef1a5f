package account_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"mysecurity/internal/account"
	"mysecurity/internal/emulator/emulatortest"
)

func containsText(text, part string) bool { return part != "" && strings.Contains(text, part) }

// TestRemove with the tenant's calls counted (G3: list, delete; the overview
// that follows lists again).
func TestRemove(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	user, access := b.person(emulatortest.WithApp(), emulatortest.WithApp())
	methods := b.methods(user, access)

	r, err := b.Removal(t.Context(), user, access, methods[0].Handle)
	if err != nil || r.Last || r.Refused || len(r.Remain) != 1 {
		t.Fatalf("Removal = %+v, %v", r, err)
	}
	since := b.clock.Now()
	if _, err := b.Remove(t.Context(), user, access, methods[0].Handle, false); err != nil {
		t.Fatal(err)
	}
	if got := b.asked(since); got["GET /mfa/authenticators"] != 1 || got["DELETE /mfa/"] != 1 {
		t.Fatalf("asked: %v", got)
	}
	left := b.methods(user, access)
	if len(left) != 1 || left[0].Handle != methods[1].Handle {
		t.Fatalf("left: %+v", left)
	}
	again, err := b.Remove(t.Context(), user, access, methods[0].Handle, false)
	if err != nil || !again.Gone {
		t.Errorf("the second click: %+v, %v", again, err)
	}
	_, err = b.Remove(t.Context(), user, access, account.HandleOf(user, "totp|dev_AAAAAAAAAAAAAAAA"), false)
	wantKind(t, err, account.KindNotFound)
}

// TestLastMethod (MF-19): the company's rule keeps the last strong method;
// where it does not, removing it takes a tick of its own.
func TestLastMethod(t *testing.T) {
	t.Parallel()
	t.Run("MIN_METHODS=1", func(t *testing.T) {
		b := newBench(t, 1)
		user, access := b.person(emulatortest.WithApp())
		handle := b.methods(user, access)[0].Handle
		since := b.clock.Now()
		r, err := b.Remove(t.Context(), user, access, handle, true)
		wantKind(t, err, account.KindLastMethod)
		if !r.Refused || b.asked(since)["DELETE /mfa/"] != 0 {
			t.Fatalf("refused %v, asked %v", r.Refused, b.asked(since))
		}
	})
	t.Run("MIN_METHODS=0", func(t *testing.T) {
		b := newBench(t, 0)
		user, access := b.person(emulatortest.WithApp())
		handle := b.methods(user, access)[0].Handle
		_, err := b.Remove(t.Context(), user, access, handle, false)
		wantKind(t, err, account.KindUnderstand)
		if _, err = b.Remove(t.Context(), user, access, handle, true); err != nil {
			t.Fatal(err)
		}
		if n := len(b.methods(user, access)); n != 0 {
			t.Fatalf("%d methods left", n)
		}
	})
}

// TestRemoveWhoseAnswerIsLost: settled by listing, never repeated; a 404 means
// that it is gone (UP-14).
func TestRemoveWhoseAnswerIsLost(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, fault string
		want        account.Kind
		left        int
	}{
		{"done, answer cut", `{"match":"DELETE /mfa/authenticators/*","drop":true,"after":true,"times":1}`, "", 1},
		{"done, answer 500", `{"match":"DELETE /mfa/authenticators/*","status":500,"after":true,"times":1}`, "", 1},
		{"not done, cut", `{"match":"DELETE /mfa/authenticators/*","drop":true,"times":1}`, account.KindNotDone, 2},
		{"not done, 503", `{"match":"DELETE /mfa/authenticators/*","status":503,"times":1}`, account.KindNotDone, 2},
		{"UP-14 already gone", `{"match":"DELETE /mfa/authenticators/*","status":404,"body":{"error":"not_found"},"after":true,"times":1}`, "", 1},
		{"UP-05 asked to wait", `{"match":"DELETE /mfa/authenticators/*","status":429,"headers":{"Retry-After":"60"},"times":1}`, account.KindRateLimited, 2},
		{"UP-07 token refused", `{"match":"DELETE /mfa/authenticators/*","status":401,"times":1}`, account.KindNeedProof, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, 1)
			user, access := b.person(emulatortest.WithApp(), emulatortest.WithApp())
			handle, since := b.methods(user, access)[0].Handle, b.clock.Now()
			b.fault(tt.fault)
			_, err := b.Remove(t.Context(), user, access, handle, false)
			wantKind(t, err, tt.want)
			if n := b.asked(since)["DELETE /mfa/"]; n != 1 {
				t.Fatalf("deleted %d times", n)
			}
			b.clock.Advance(time.Minute) // the wait of UP-05 is over
			if n := len(b.methods(user, access)); n != tt.left {
				t.Fatalf("%d methods left, want %d", n, tt.left)
			}
		})
	}
}

// TestRemoveAtOnce (RC-02): twenty clicks are one removal, and of two methods
// removed at once the rule keeps one.
func TestRemoveAtOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	user, access := b.person(emulatortest.WithApp(), emulatortest.WithApp())
	methods, since := b.methods(user, access), b.clock.Now()
	var clicks sync.WaitGroup
	for n := range 20 {
		clicks.Go(func() {
			_, err := b.Remove(t.Context(), user, access, methods[n%2].Handle, true)
			switch account.KindOf(err) {
			case "", account.KindNotFound, account.KindLastMethod:
			default:
				t.Errorf("click %d: %v", n, err)
			}
		})
	}
	clicks.Wait()
	if n := b.asked(since)["DELETE /mfa/"]; n != 1 {
		t.Fatalf("deleted %d times", n)
	}
	if n := len(b.methods(user, access)); n != 1 {
		t.Fatalf("%d methods left, want the one that has to stay", n)
	}
}

// TestForeignHandles (MF-03): only methods of the user's own fresh list can be
// named; nothing else reaches the tenant.
func TestForeignHandles(t *testing.T) {
	t.Parallel()
	b := newBench(t, 0)
	user, access := b.person(emulatortest.WithApp(), emulatortest.WithRecoveryCode())
	other, otherAccess := b.person(emulatortest.WithApp())
	since := b.clock.Now()
	for _, handle := range []string{
		b.methods(other, otherAccess)[0].Handle, account.HandleOf(user, "recovery-code|dev_x"),
		"", "../authenticators", "%2f..", strings.Repeat("a", 10<<10),
	} {
		_, err := b.Remove(t.Context(), user, access, handle, true)
		wantKind(t, err, account.KindNotFound)
	}
	if n := b.asked(since)["DELETE /mfa/"]; n != 0 {
		t.Fatalf("the tenant was asked to delete %d times", n)
	}
}

// TestBrowserThatLeaves: a change that has begun is carried out and its answer
// read, even if nobody waits for the page any more.
func TestBrowserThatLeaves(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	user, access := b.person(emulatortest.WithApp(), emulatortest.WithApp())
	handle := b.methods(user, access)[0].Handle
	ctx, leave := context.WithCancel(t.Context())
	leave()
	if _, err := b.Remove(ctx, user, access, handle, false); err != nil {
		t.Fatalf("the removal was given up in the middle: %v", err)
	}
	if n := len(b.methods(user, access)); n != 1 {
		t.Fatalf("%d methods left", n)
	}
}
