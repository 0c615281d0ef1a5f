package account_test

import (
	"net/http"
	"testing"
	"time"

	"mysecurity/internal/account"
	"mysecurity/internal/emulator"
	"mysecurity/internal/emulator/emulatortest"
)

// TestScanRhythm: who asks before its time is answered here, the tenant's wish
// for patience is heeded, and after five minutes nothing is asked.
func TestScanRhythm(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	user, access := b.person()
	e := b.begin("push", user, access)
	check := func(want account.Kind, calls int) {
		t.Helper()
		since := b.clock.Now()
		var err error
		e, err = b.CheckPush(t.Context(), user, access, e)
		wantKind(t, err, want)
		if got := b.asked(since); got["POST /oauth/token"] != calls {
			t.Fatalf("asked %v, want %d calls", got, calls)
		}
	}
	if life := e.Expires().Sub(b.clock.Now()); life > 5*time.Minute || life < 5*time.Minute-10*time.Second {
		t.Fatalf("the QR code lives %v", life)
	}
	check(account.KindPending, 1)
	check(account.KindPending, 0)
	b.clock.Advance(4900 * time.Millisecond) // a browser's timer is not exact
	check(account.KindPending, 1)
	b.clock.Advance(4 * time.Second)
	check(account.KindPending, 0)

	b.clock.Advance(time.Second)
	b.fault(`{"match":"POST /oauth/token","status":400,"body":{"error":"slow_down"},"times":1}`)
	check(account.KindPending, 1)
	if e.Scan.Every != 10*time.Second {
		t.Fatalf("after slow_down every %v", e.Scan.Every)
	}
	b.clock.Advance(5 * time.Second)
	check(account.KindPending, 0)
	b.clock.Advance(5 * time.Second)
	b.fault(`{"match":"POST /oauth/token","status":429,"headers":{"Retry-After":"60"},"times":1}`)
	check(account.KindPending, 1)
	b.clock.Advance(50 * time.Second)
	check(account.KindPending, 0)
	b.clock.Advance(10 * time.Second)
	check(account.KindPending, 1)

	b.clock.Advance(5 * time.Minute)
	check(account.KindExpired, 0)
}

// TestScanOutcomes: the list decides where the answer does not, and nothing is
// repeated.
func TestScanOutcomes(t *testing.T) {
	t.Parallel()
	const lost = `{"match":"POST /oauth/token","drop":true,"after":true,"times":1}`
	answer := func(status, body string) string {
		return `{"match":"POST /oauth/token","status":` + status + `,"body":` + body + `,"times":1}`
	}
	const denied, over, noList = `{"error":"access_denied","error_description":"MFA Authorization rejected."}`,
		`{"error":"expired_token","error_description":"oob_code is expired"}`,
		`{"match":"GET /mfa/authenticators","status":503}`
	tests := []struct {
		name    string
		scanned bool
		faults  []string
		want    account.Kind
		ended   bool // nothing more is asked
	}{
		{"not yet", false, nil, account.KindPending, false},
		{"scanned", true, nil, "", false},
		{"scanned, no list", true, []string{noList}, "", false},
		{"scanned, answer lost", true, []string{lost}, "", false},
		{"scanned, the tenant is ill", true, []string{answer("503", `""`)}, "", false},
		{"scanned, answer HTML", true, []string{answer("200", `"<html>"`)}, "", false},
		{"scanned, and the transaction is over already", true, []string{answer("401", over)}, "", false},
		{"scanned, and denied is said", true, []string{answer("400", denied)}, "", false},
		{"scanned, and codes are used up", true, []string{answer("429", `{"error":"invalid_request","error_description":"Too many failed codes. Wait for some minutes before retrying."}`)}, "", false},
		{"not scanned, answer lost", false, []string{lost}, account.KindPending, false},
		{"not scanned, the tenant is ill", false, []string{answer("503", `""`)}, account.KindPending, false},
		{"not scanned, and codes are used up", false, []string{answer("429", `{"error":"invalid_request","error_description":"Too many failed codes. Wait for some minutes before retrying."}`)}, account.KindPending, false},
		{"not scanned, tokens all the same", false, []string{answer("200", `{"access_token":"x"}`)}, account.KindPending, false},
		{"nobody knows", false, []string{lost, noList}, account.KindUnknown, false},
		{"nobody knows either", true, []string{answer("503", `""`), noList}, account.KindUnknown, false},
		{"denied", false, []string{answer("400", denied)}, account.KindDenied, true},
		{"denied, 403", false, []string{answer("403", `{"error":"invalid_grant","error_description":"MFA Authorization rejected."}`)}, account.KindDenied, true},
		{"denied, 200", false, []string{answer("200", `{"error":"invalid_grant","error_description":"MFA Authorization rejected."}`)}, account.KindDenied, true},
		{"over", false, []string{answer("401", over)}, account.KindExpired, true},
		{"UP-07 token", false, []string{answer("401", `{"error":"expired_token","error_description":"mfa_token is expired"}`)}, account.KindNeedProof, false},
		{"UP-08 scope", false, []string{answer("403", `{"error":"unauthorized_client"}`)}, account.KindMisconfigured, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, 1)
			user, access := b.person()
			e := b.begin("push", user, access)
			if tt.scanned {
				b.scan(user, e)
			}
			for _, fault := range tt.faults {
				b.fault(fault)
			}
			since := b.clock.Now()
			e, err := b.CheckPush(t.Context(), user, access, e)
			wantKind(t, err, tt.want)
			if n := b.asked(since)["POST /oauth/token"]; n != 1 {
				t.Fatalf("asked %d times", n)
			}
			b.control("DELETE", "faults", "")
			if ended := !b.clock.Now().Before(e.Expires()); tt.want != "" && ended != tt.ended {
				t.Errorf("ended: %v", ended)
			}
			want := map[bool]string{true: "push codes"}[tt.scanned]
			if got := describe(b.methods(user, access)); got != want {
				t.Errorf("%q, want %q", got, want)
			}
		})
	}
}

// TestRenewScan: a new QR code in the place of the old one, which is gone.
func TestRenewScan(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	user, access := b.person()
	first := b.begin("push", user, access)
	b.clock.Advance(5 * time.Minute)
	since := b.clock.Now()
	second, code, err := b.RenewScan(t.Context(), user, access, first)
	if err != nil || !code.IsZero() || second.ID == first.ID || second.Scan.URI.Equal(first.Scan.URI) || !b.clock.Now().Before(second.Expires()) {
		t.Fatalf("%+v, %v", second, err)
	}
	if got := b.asked(since); got["POST /mfa/associate"] != 1 || got["DELETE /mfa/"] != 1 {
		t.Errorf("asked %v", got)
	}
	if _, err := b.finish(user, access, second); err != nil {
		t.Fatal(err)
	}
	_, _, err = b.RenewScan(t.Context(), user, access, b.start(user, access))
	wantKind(t, err, account.KindNoEnrolment)
}

// TestRenewScanTooLate: the QR code was scanned in its last second; a new one
// would be another method, and deleting the old one a disaster.
func TestRenewScanTooLate(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	user, access := b.person()
	e := b.begin("push", user, access)
	b.scan(user, e)
	b.clock.Advance(5 * time.Minute)
	_, _, err := b.RenewScan(t.Context(), user, access, e)
	wantKind(t, err, account.KindNoEnrolment)
	if got := describe(b.methods(user, access)); got != "push codes" {
		t.Error(got)
	}
}

// TestRenewalsAreCounted (MF-08): five QR codes within a minute.
func TestRenewalsAreCounted(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	user, access := b.person()
	e := b.begin("push", user, access)
	var err error
	for range 4 {
		if e, _, err = b.RenewScan(t.Context(), user, access, e); err != nil {
			t.Fatal(err)
		}
	}
	since := b.clock.Now()
	e, _, err = b.RenewScan(t.Context(), user, access, e)
	wantKind(t, err, account.KindTooManyTries)
	if got := b.asked(since); len(got) != 0 || account.UntilOf(err).After(since.Add(14*time.Second)) {
		t.Fatalf("asked %v, until %v", got, account.UntilOf(err))
	}
	if _, err := b.finish(user, access, e); err != nil {
		t.Fatalf("the last one that was made: %v", err)
	}
}

// TestPairs (MF-18): which app came with a push method is known where the
// enrolment was seen to end, and nowhere else.
func TestPairs(t *testing.T) {
	t.Parallel()
	t.Run("by the wizard", func(t *testing.T) {
		b := newBench(t, 1)
		user, access := b.person(emulatortest.WithApp())
		b.addKind("push", user, access)
		if got := describe(b.methods(user, access)); got != "app, push codes" {
			t.Error(got)
		}
		b.addKind("app", user, access)
		b.addKind("push", user, access)
		if got := describe(b.methods(user, access)); got != "app, app, push codes, push codes" {
			t.Error(got)
		}
	})
	t.Run("by the overview", func(t *testing.T) {
		b := newBench(t, 1)
		user, access := b.person(emulatortest.WithApp())
		e := b.begin("push", user, access)
		b.scan(user, e)
		o, err := b.Overview(t.Context(), user, access)
		if err != nil {
			t.Fatal(err)
		}
		b.Settle(t.Context(), user, o, e)
		if got := describe(b.methods(user, access)); got != "app, push codes" {
			t.Error(got)
		}
	})
	t.Run("told by numbers before another app came", func(t *testing.T) {
		b := newBench(t, 1)
		user, access := b.person(emulatortest.WithPush())
		b.addKind("app", user, access)
		if got := describe(b.methods(user, access)); got != "app, push codes" {
			t.Error(got)
		}
	})
	t.Run("made elsewhere", func(t *testing.T) {
		b := newBench(t, 1)
		user, access := b.person(emulatortest.WithApp(), emulatortest.WithPush())
		if got := describe(b.methods(user, access)); got != "app unsure, app unsure, push unsure" {
			t.Error(got)
		}
	})
	t.Run("left in the phone's app", func(t *testing.T) {
		b := newBench(t, 1)
		user, access := b.person(emulatortest.WithApp())
		b.addKind("push", user, access)
		b.tenant.Unenrol(emulator.SeedUser{Email: user.Email})
		if got := describe(b.methods(user, access)); got != "app" {
			t.Error(got)
		}
		b.addKind("push", user, access)
		if got := describe(b.methods(user, access)); got != "app, push codes" {
			t.Error(got)
		}
	})
}

// TestOverviewIsOneCall, whatever the user has: the rest comes from here.
func TestOverviewIsOneCall(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	user, access := b.person(emulatortest.WithApp(), emulatortest.WithPush(), emulatortest.WithPhone(""), emulatortest.WithEmail("a@example.com"), emulatortest.WithRecoveryCode())
	since := b.clock.Now()
	if got := describe(b.methods(user, access)); got != "app unsure, app unsure, email, phone text call, push unsure" {
		t.Error(got)
	}
	if got := b.asked(since); got[http.MethodGet+" /mfa/authenticators"] != 1 || len(got) != 1 {
		t.Errorf("asked %v", got)
	}
}
