package account_test

import (
	"errors"
	"testing"
	"time"

	"mysecurity/internal/account"
	"mysecurity/internal/emulator/emulatortest"
	"mysecurity/internal/secret"
)

// TestAddApp is the main job, with the tenant's calls counted (budget G3: add
// app 2 + 1 list; listing around the start serves the cleaning).
func TestAddApp(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	user, access := b.person()

	since := b.clock.Now()
	e, code, err := b.StartApp(t.Context(), user, access)
	if err != nil {
		t.Fatal(err)
	}
	if e.ID == "" || e.Key.Secret.IsZero() || e.Key.URI.IsZero() || code.IsZero() {
		t.Fatalf("incomplete start: id %q, recovery code given: %v", e.ID, !code.IsZero())
	}
	if methods := b.methods(user, access); len(methods) != 0 {
		t.Fatalf("an unconfirmed app is shown: %+v", methods)
	}
	if _, err = b.ConfirmApp(t.Context(), user, access, e, b.code(e)); err != nil {
		t.Fatal(err)
	}
	got := b.asked(since)
	if got["POST /mfa/associate"] != 1 || got["POST /oauth/token"] != 1 || got["GET /mfa/authenticators"] != 4 {
		t.Fatalf("calls %v; want 1 associate, 1 token, lists: 2 around the start, 1 overview above, 1 after", got)
	}
	methods := b.methods(user, access)
	if len(methods) != 1 || methods[0].Kind != account.MethodApp || methods[0].Handle != account.HandleOf(user, e.ID) {
		t.Fatalf("after confirming: %+v", methods)
	}

	if _, again, err := b.StartApp(t.Context(), user, access); err != nil || !again.IsZero() {
		t.Fatalf("second start: err %v, recovery code given again: %v", err, !again.IsZero())
	}
}

// TestAddAppNeedsProof: nothing is asked of the tenant without a fresh proof
// (MF-11, MF-12).
func TestAddAppNeedsProof(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	user, access := b.person()
	e := b.start(user, access)
	b.clock.Advance(11 * time.Minute)
	since := b.clock.Now()

	_, _, err := b.StartApp(t.Context(), user, access)
	wantKind(t, err, account.KindNeedProof)
	_, err = b.ConfirmApp(t.Context(), user, access, e, secret.New("123456"))
	wantKind(t, err, account.KindNeedProof)
	if got := b.asked(since); len(got) != 0 {
		t.Fatalf("the tenant was asked: %v", got)
	}
}

// TestWrongCodes (MF-05): an attempt survives four wrong codes, the fifth ends
// it and removes what it left at the tenant.
func TestWrongCodes(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	user, access := b.person()
	e := b.start(user, access)
	var err error
	for n := 1; n <= 4; n++ {
		e, err = b.ConfirmApp(t.Context(), user, access, e, secret.New("000000"))
		wantKind(t, err, account.KindWrongCode)
		if e.Wrong != n || e.AttemptsLeft() != 5-n {
			t.Fatalf("after %d wrong codes: %d counted, %d left", n, e.Wrong, e.AttemptsLeft())
		}
	}
	since := b.clock.Now()
	_, err = b.ConfirmApp(t.Context(), user, access, e, secret.New("000000"))
	wantKind(t, err, account.KindDiscarded)
	if got := b.asked(since); got["DELETE /mfa/"] != 1 {
		t.Fatalf("the discarded attempt was left at the tenant: %v", got)
	}
}

// TestCodeAllowance (MF-06): wrong codes are counted by user, over all attempts
// and sessions, and the next one is refused before it reaches the tenant.
func TestCodeAllowance(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	user, access := b.person()
	for range 2 {
		e := b.start(user, access)
		for range 5 {
			e, _ = b.ConfirmApp(t.Context(), user, access, e, secret.New("000000"))
		}
	}
	e := b.start(user, access)
	since := b.clock.Now()
	_, err := b.ConfirmApp(t.Context(), user, access, e, b.code(e))
	wantKind(t, err, account.KindTooManyCodes)
	if until := account.UntilOf(err); until.Before(since) || until.After(since.Add(7*time.Minute)) {
		t.Fatalf("told to come back at %v, now is %v", until, since)
	}
	if got := b.asked(since); len(got) != 0 {
		t.Fatalf("the eleventh code reached the tenant: %v", got)
	}
}

// TestRightCodesDoNotCount: only wrong codes use the allowance up.
func TestRightCodesDoNotCount(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	user, access := b.person()
	for range 11 {
		b.add(user, access)
	}
}

// TestCodeOfAnotherEntry: the tenant accepts a code of an app that is active
// already; that does not add the new one, and we say so.
func TestCodeOfAnotherEntry(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	user, access := b.person()
	first := b.start(user, access)
	if _, err := b.ConfirmApp(t.Context(), user, access, first, b.code(first)); err != nil {
		t.Fatal(err)
	}
	second := b.start(user, access)
	_, err := b.ConfirmApp(t.Context(), user, access, second, b.code(first))
	wantKind(t, err, account.KindOtherEntry)
	if n := len(b.methods(user, access)); n != 1 {
		t.Fatalf("%d methods, want 1", n)
	}
}

// TestConfirmWhoseAnswerIsLost: an unknown outcome is settled by listing, the
// call is never repeated (security decision 18).
func TestConfirmWhoseAnswerIsLost(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, fault, second string
		want                account.Kind
		methods             int
	}{
		{"done, answer cut", `{"match":"POST /oauth/token","drop":true,"after":true,"times":1}`, "", "", 1},
		{"done, answer 502", `{"match":"POST /oauth/token","status":502,"after":true,"times":1}`, "", "", 1},
		{"not done, cut", `{"match":"POST /oauth/token","drop":true,"times":1}`, "", account.KindNotDone, 0},
		{"not done, 503", `{"match":"POST /oauth/token","status":503,"times":1}`, "", account.KindNotDone, 0},
		{"nobody knows", `{"match":"POST /oauth/token","drop":true,"times":1}`, `{"match":"GET /mfa/authenticators","status":503}`, account.KindUnknown, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, 1)
			user, access := b.person()
			e := b.start(user, access)
			since := b.clock.Now()
			b.fault(tt.fault)
			if tt.second != "" {
				b.fault(tt.second)
			}
			_, err := b.ConfirmApp(t.Context(), user, access, e, b.code(e))
			wantKind(t, err, tt.want)
			b.control("DELETE", "faults", "")
			if n := b.asked(since)["POST /oauth/token"]; n != 1 {
				t.Fatalf("the code was sent %d times", n)
			}
			if n := len(b.methods(user, access)); n != tt.methods {
				t.Fatalf("%d methods, want %d", n, tt.methods)
			}
		})
	}
}

// TestStartWhoseAnswerIsLost: an entry that nobody can use protects nothing; it
// is told as not done and noted for cleaning.
func TestStartWhoseAnswerIsLost(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	user, access := b.person(emulatortest.WithApp())
	b.fault(`{"match":"POST /mfa/associate","drop":true,"after":true,"times":1}`)
	_, _, err := b.StartApp(t.Context(), user, access)
	wantKind(t, err, account.KindNotDone)

	e := b.start(user, access)
	if _, err := b.ConfirmApp(t.Context(), user, access, e, b.code(e)); err != nil {
		t.Fatalf("the next attempt: %v", err)
	}
}

// TestSecondEnrolmentRefused: a tenant that wants a challenged token for a
// second method leads to a confirmation, not to an error page.
func TestSecondEnrolmentRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	user, access := b.person(emulatortest.WithApp())
	b.fault(`{"match":"POST /mfa/associate","status":403,"body":{"error":"access_denied","error_description":"User is already enrolled."},"times":1}`)
	_, _, err := b.StartApp(t.Context(), user, access)
	wantKind(t, err, account.KindNeedProof)
}

// TestLeftovers (MF-20): fifty abandoned attempts made elsewhere still let the
// user enrol, and are cleaned once they are known to be old.
func TestLeftovers(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	seeded := b.tenant.NewUser()
	user, access := b.user(seeded), b.signIn(seeded)
	for range 15 {
		b.start(user, access)
	}
	// Another instance's ledger knows nothing: only first sight counts.
	other := newInstance(b)
	b.clock.Advance(11 * time.Minute)
	access = b.signIn(seeded)
	since := b.clock.Now()
	if _, _, err := other.StartApp(t.Context(), user, access); err != nil {
		t.Fatal(err)
	}
	if n := b.asked(since)["DELETE /mfa/"]; n != 0 {
		t.Fatalf("%d entries deleted at first sight: somebody may be typing their first code", n)
	}
	b.clock.Advance(11 * time.Minute)
	access = b.signIn(seeded)
	since = b.clock.Now()
	if _, _, err := other.StartApp(t.Context(), user, access); err != nil {
		t.Fatal(err)
	}
	if n := b.asked(since)["DELETE /mfa/"]; n != 10 {
		t.Fatalf("%d entries deleted, want the ten that are cleaned at once", n)
	}
}

// TestOwnedAttemptsAreLeftAlone: a wizard that lives in another session keeps
// its entry however old it is.
func TestOwnedAttemptsAreLeftAlone(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	seeded := b.tenant.NewUser()
	user, access := b.user(seeded), b.signIn(seeded)
	live := b.start(user, access)
	b.clock.Advance(30 * time.Minute)
	access = b.signIn(seeded)
	b.start(user, access)
	if _, err := b.ConfirmApp(t.Context(), user, access, live, b.code(live)); err != nil {
		t.Fatalf("the older wizard lost its entry: %v", err)
	}
}

// TestAbandon removes the attempt at the tenant at once.
func TestAbandon(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	user, access := b.person()
	e := b.start(user, access)
	since := b.clock.Now()
	b.Abandon(t.Context(), user, access, e)
	if got := b.asked(since); got["DELETE /mfa/"] != 1 {
		t.Fatalf("asked: %v", got)
	}
}

// TestErrorsSayNothing: no error text of the package holds what it is about.
func TestErrorsSayNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	user, access := b.person()
	e := b.start(user, access)
	code := secret.New("000000")
	_, err := b.ConfirmApp(t.Context(), user, access, e, code)
	for _, hidden := range []string{code.Reveal(), e.Key.Secret.Reveal(), access.Token.Reveal(), user.Subject} {
		for cause := err; cause != nil; cause = errors.Unwrap(cause) {
			if containsText(cause.Error(), hidden) {
				t.Fatalf("an error says what it must not: %v", cause)
			}
		}
	}
}
