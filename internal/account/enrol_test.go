package account_test

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"mysecurity/internal/account"
)

// TestAddEveryKind is the main job, with the tenant's calls counted: a list, the
// start, a list; then the confirmation and the list that shows its outcome.
func TestAddEveryKind(t *testing.T) {
	t.Parallel()
	rows := map[string]string{
		"app": "app", "text": "phone text call", "call": "phone text call", "e-mail": "email", "push": "push codes",
	}
	for _, kind := range kinds() {
		t.Run(kind, func(t *testing.T) {
			b := newBench(t, 1)
			user, access := b.person()
			since := b.clock.Now()
			e, code, err := begin(b, b.Service, kind, user, access)
			if err != nil || e.ID == "" || code.IsZero() {
				t.Fatalf("started with id %q, recovery code %v: %v", e.ID, !code.IsZero(), err)
			}
			if got := b.asked(since); got["POST /mfa/associate"] != 1 || got["GET /mfa/authenticators"] != 2 || len(got) != 2 {
				t.Errorf("start: %v", got)
			}
			if methods := b.methods(user, access); len(methods) != 0 {
				t.Errorf("an unconfirmed method is shown: %+v", methods)
			}
			since = b.clock.Now()
			if _, err = b.finish(user, access, e); err != nil {
				t.Fatal(err)
			}
			if got := b.asked(since); got["POST /oauth/token"] != 1 || got["GET /mfa/authenticators"] != 1 {
				t.Errorf("confirm: %v", got)
			}
			methods := b.methods(user, access)
			if describe(methods) != rows[kind] || methods[0].Handle != account.HandleOf(user, e.ID) {
				t.Errorf("after confirming %s: %+v", e.ID, methods)
			}
			if _, again, err := begin(b, b.Service, kind, user, access); err != nil || !again.IsZero() {
				t.Errorf("second start: recovery code given again: %v, %v", !again.IsZero(), err)
			}
		})
	}
}

// TestOffers: what the company does not offer is refused before any call; what
// the tenant has switched off, at the attempt, in the same words.
func TestOffers(t *testing.T) {
	t.Parallel()
	off := map[string]account.Offers{
		"app":    {Text: true, Call: true, Email: true, Push: true},
		"text":   {App: true, Call: true, Email: true, Push: true},
		"call":   {App: true, Text: true, Email: true, Push: true},
		"e-mail": {App: true, Text: true, Call: true, Push: true},
		"push":   {App: true, Text: true, Call: true, Email: true},
	}
	factors := map[string]string{"app": "otp", "text": "sms", "call": "sms", "e-mail": "email", "push": "push-notification"}
	for _, kind := range kinds() {
		t.Run(kind, func(t *testing.T) {
			b := newBench(t, 1)
			user, access := b.person()
			o := serviceOptions(t, b.tenant, 1)
			o.Offers = off[kind]
			company := account.New(o)
			if company.Offers() != off[kind] || !company.Offers().Phone() {
				t.Error("Offers")
			}
			since := b.clock.Now()
			_, _, err := begin(b, company, kind, user, access)
			wantKind(t, err, account.KindNotOffered)
			if got := b.asked(since); len(got) != 0 {
				t.Errorf("the tenant was asked: %v", got)
			}
			b.control("PATCH", "tenant", `{"factors":{"`+factors[kind]+`":false}}`)
			_, _, err = begin(b, b.Service, kind, user, access)
			wantKind(t, err, account.KindNotOffered)
		})
	}
}

// TestChangesNeedProof (MF-11, MF-12): nothing is asked of the tenant without a
// fresh proof.
func TestChangesNeedProof(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds() {
		t.Run(kind, func(t *testing.T) {
			b := newBench(t, 1)
			user, access := b.person()
			e := b.begin(kind, user, access)
			b.clock.Advance(11 * time.Minute)
			since := b.clock.Now()
			_, _, err := begin(b, b.Service, kind, user, access)
			wantKind(t, err, account.KindNeedProof)
			switch e.Kind {
			case account.MethodApp:
				_, err = b.ConfirmApp(t.Context(), user, access, e, b.code(e))
			case account.MethodPush:
				_, err = b.CheckPush(t.Context(), user, access, e)
				wantKind(t, err, account.KindNeedProof)
				_, _, err = b.RenewScan(t.Context(), user, access, e)
			default:
				_, err = b.ConfirmMessage(t.Context(), user, access, e, b.sent(e))
				wantKind(t, err, account.KindNeedProof)
				_, _, err = b.Resend(t.Context(), user, access, e, e.Message.Channel)
			}
			wantKind(t, err, account.KindNeedProof)
			b.Abandon(t.Context(), user, access, e)
			if got := b.asked(since); len(got) != 0 {
				t.Fatalf("the tenant was asked: %v", got)
			}
		})
	}
}

// TestStartsAreCounted (MF-08): starts of all kinds count together, and the one
// too many does not reach the tenant.
func TestStartsAreCounted(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	user, access := b.person()
	for n := range 30 {
		e := b.begin([]string{"app", "e-mail"}[n%2], user, access)
		b.Abandon(t.Context(), user, access, e)
	}
	since := b.clock.Now()
	for _, kind := range kinds() {
		_, _, err := begin(b, b.Service, kind, user, access)
		wantKind(t, err, account.KindTooManyTries)
		if until := account.UntilOf(err); until.Before(since) || until.After(since.Add(3*time.Minute)) {
			t.Errorf("%s: told to come back at %v, now is %v", kind, until, since)
		}
	}
	if got := b.asked(since); len(got) != 0 {
		t.Fatalf("the tenant was asked: %v", got)
	}
}

// TestStartsThatFail: what is said, and that a failed start leaves room for the
// next one.
func TestStartsThatFail(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, kind, fault string
		want              account.Kind
	}{
		{"lost", "text", `{"match":"POST /mfa/associate","drop":true,"after":true,"times":1}`, account.KindNotDone},
		{"lost before", "e-mail", `{"match":"POST /mfa/associate","drop":true,"times":1}`, account.KindNotDone},
		{"HTML", "push", `{"match":"POST /mfa/associate","status":200,"body":"<html>","times":1}`, account.KindNotDone},
		{"second method wants a new proof", "text", `{"match":"POST /mfa/associate","status":403,"body":{"error":"access_denied","error_description":"User is already enrolled."},"times":1}`, account.KindNeedProof},
		{"MF-04 number refused", "text", `{"match":"POST /mfa/associate","status":400,"body":{"error":"invalid_request","error_description":"The phone number is invalid."},"times":1}`, account.KindBadNumber},
		{"MF-04 address refused", "e-mail", `{"match":"POST /mfa/associate","status":400,"body":{"error":"invalid_request","error_description":"The email is invalid."},"times":1}`, account.KindBadAddress},
		{"MF-08 messages of the tenant", "call", `{"match":"POST /mfa/associate","status":429,"body":{"error":"invalid_request","error_description":"Too many SMS sent by the user. Wait for some minutes before retrying."},"times":1}`, account.KindTooManyMessages},
		{"51 entries", "push", `{"match":"POST /mfa/associate","status":400,"body":{"error":"invalid_request","error_description":"The user has reached the maximum number of enrollments."},"times":1}`, account.KindLimitReached},
		{"UP-05 asked to wait", "text", `{"match":"POST /mfa/associate","status":429,"headers":{"Retry-After":"60"},"times":1}`, account.KindRateLimited},
		{"UP-08 scope", "push", `{"match":"POST /mfa/associate","status":403,"body":{"error":"insufficient_scope"},"times":1}`, account.KindMisconfigured},
		{"UP-07 token", "e-mail", `{"match":"POST /mfa/associate","status":401,"times":1}`, account.KindNeedProof},
		{"UP-06 no list", "text", `{"match":"GET /mfa/authenticators","status":503,"times":2}`, account.KindUnavailable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, 1)
			user, access := b.person()
			since := b.clock.Now()
			b.fault(tt.fault)
			_, _, err := begin(b, b.Service, tt.kind, user, access)
			wantKind(t, err, tt.want)
			if n := b.asked(since)["POST /mfa/associate"]; n > 1 {
				t.Fatalf("sent %d times", n)
			}
			b.clock.Advance(time.Minute) // the wait of UP-05 is over
			b.addKind(tt.kind, user, access)
		})
	}
}

// TestRecoveryCodeIsNeverLost (MF-22): the tenant gives it once, so a start hands
// it back whatever else goes wrong.
func TestRecoveryCodeIsNeverLost(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds() {
		t.Run(kind+", the new entry cannot be found", func(t *testing.T) {
			gate := &tap{}
			b := newBench(t, 1, gate.option())
			user, access := b.person()
			gate.when(func(call int, r *http.Request) (int, string) {
				if call > 1 && r.Method == http.MethodGet {
					return http.StatusServiceUnavailable, ""
				}
				return 0, ""
			})
			e, code, err := begin(b, b.Service, kind, user, access)
			if err != nil || code.IsZero() || e.ID != "" {
				t.Fatalf("id %q, recovery code %v, %v", e.ID, !code.IsZero(), err)
			}
			gate.open()
			if _, err := b.finish(user, access, e); err != nil {
				t.Fatalf("an attempt without an id: %v", err)
			}
		})
		t.Run(kind+", the rest of the answer is of no use", func(t *testing.T) {
			b := newBench(t, 1)
			user, access := b.person()
			b.fault(`{"match":"POST /mfa/associate","status":200,"body":{"recovery_codes":["A1B2C3D4E5F6G7H8J9K0L1M2"]},"times":1}`)
			_, code, err := begin(b, b.Service, kind, user, access)
			wantKind(t, err, account.KindNotDone)
			if code.IsZero() {
				t.Fatal("the recovery code is lost")
			}
		})
	}
}

// TestTwoTabs: two tabs and another browser add different kinds at once, and each
// attempt finds its own entry.
func TestTwoTabs(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	user, access := b.person()
	other := newInstance(b)
	started := map[string]account.Enrolment{}
	var mu sync.Mutex
	var tabs sync.WaitGroup
	for n, kind := range []string{"app", "text", "e-mail", "push"} {
		tabs.Go(func() {
			service := b.Service
			if n%2 == 1 {
				service = other
			}
			e, _, err := begin(b, service, kind, user, access)
			if err != nil || e.ID == "" {
				t.Errorf("%s: id %q, %v", kind, e.ID, err)
			}
			mu.Lock()
			defer mu.Unlock()
			started[kind] = e
		})
	}
	tabs.Wait()
	for _, kind := range []string{"push", "app", "text", "e-mail"} {
		if _, err := b.finish(user, access, started[kind]); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
	if got := describe(b.methods(user, access)); got != "app, email, phone text call, push codes" {
		t.Error(got)
	}
}
