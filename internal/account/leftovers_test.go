package account_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"mysecurity/internal/account"
	"mysecurity/internal/auth0"
	"mysecurity/internal/secret"
)

// byHand leaves n unfinished enrolments of all kinds at the tenant, past the
// portal.
func byHand(b *bench, access account.Access, n int) {
	b.t.Helper()
	token := auth0.NewAccessToken(access.Token)
	client := serviceOptions(b.t, b.tenant, 1).Tenant
	for i := range n {
		var err error
		switch kind := i % 10; {
		case kind == 0:
			_, err = client.AssociatePhone(b.t.Context(), token, auth0.ChannelSMS, fmt.Sprintf("+44163296%04d", i))
		case kind == 1:
			_, err = client.AssociateEmail(b.t.Context(), token, fmt.Sprintf("user%d@example.org", i))
		case kind < 6:
			_, err = client.AssociatePush(b.t.Context(), token)
		default:
			_, err = client.AssociateApp(b.t.Context(), token)
		}
		if err != nil {
			b.t.Fatal(err)
		}
	}
}

// TestFiftyLeftovers (MF-20): fifty attempts abandoned elsewhere still let the
// user add each kind.
func TestFiftyLeftovers(t *testing.T) {
	t.Parallel()
	for _, pair := range []string{"at_confirmation", "from_the_start"} {
		for _, kind := range kinds() {
			t.Run(kind+", pairs "+pair, func(t *testing.T) {
				b := newBench(t, 1)
				b.control("PATCH", "tenant", `{"variants":{"phone_pair":"`+pair+`"}}`)
				seeded := b.tenant.NewUser()
				user, access := b.user(seeded), b.signIn(seeded)
				byHand(b, access, 50)
				b.addKind(kind, user, access) // the last that has room

				b.clock.Advance(11 * time.Minute) // the first start has seen the others
				access = b.signIn(seeded)
				since := b.clock.Now()
				e := b.begin(kind, user, access)
				if n := b.asked(since)["DELETE /mfa/"]; n != 10 {
					t.Errorf("%d leftovers deleted, want ten at once", n)
				}
				if _, err := b.finish(user, access, e); err != nil {
					t.Fatal(err)
				}
			})
		}
	}
}

// TestEveryOwnedAttemptIsLeftAlone: a wizard of any kind that lives in another
// session keeps its entries, both of a phone number, however old they are.
func TestEveryOwnedAttemptIsLeftAlone(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	b.control("PATCH", "tenant", `{"variants":{"phone_pair":"from_the_start"}}`)
	seeded := b.tenant.NewUser()
	user, access := b.user(seeded), b.signIn(seeded)
	live := map[string]account.Enrolment{}
	for _, kind := range []string{"app", "text", "e-mail", "push"} {
		live[kind] = b.begin(kind, user, access)
	}
	b.clock.Advance(30 * time.Minute)
	access = b.signIn(seeded)
	since := b.clock.Now()
	for _, e := range live {
		b.Keep(t.Context(), user, e)
	}
	other := b.begin("app", user, access)
	if n := b.asked(since)["DELETE /mfa/"]; n != 0 {
		t.Fatalf("%d entries of live wizards deleted", n)
	}
	for _, e := range live {
		b.Forget(t.Context(), user, e)
	}
	b.Abandon(t.Context(), user, access, other)
	since = b.clock.Now()
	b.begin("call", user, access)
	if n := b.asked(since)["DELETE /mfa/"]; n != 4 {
		t.Fatalf("%d deleted after the wizards ended, want one for each", n)
	}
}

// TestLedgerThatFails: without it nothing is cleaned, nothing is known, and
// everything works.
func TestLedgerThatFails(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds() {
		t.Run(kind, func(t *testing.T) {
			b := newBench(t, 1)
			o := serviceOptions(t, b.tenant, 1)
			o.Ledger = brokenLedger{}
			b.Service = account.New(o)
			seeded := b.tenant.NewUser()
			user, access := b.user(seeded), b.signIn(seeded)
			byHand(b, access, 10)
			b.clock.Advance(time.Hour)
			access = b.signIn(seeded)
			since := b.clock.Now()
			b.addKind(kind, user, access)
			if n := b.asked(since)["DELETE /mfa/"]; n != 0 {
				t.Errorf("%d entries deleted of which nothing is known", n)
			}
		})
	}
}

// TestProofEndsInTheMiddle: whichever call is the first that the token is too old
// for, the answer is the truth, no recovery code is lost, and after a new proof
// the user can go on.
func TestProofEndsInTheMiddle(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds() {
		for passed := range 4 {
			t.Run(fmt.Sprintf("start %s, %d calls pass", kind, passed), func(t *testing.T) {
				gate := &tap{}
				b := newBench(t, 1, gate.option())
				seeded := b.tenant.NewUser()
				user, access := b.user(seeded), b.signIn(seeded)
				gate.shutAfter(passed)
				_, code, err := begin(b, b.Service, kind, user, access)
				gate.open()
				if begun := passed >= 2; begun != (err == nil) || begun == code.IsZero() {
					t.Fatalf("recovery code %v, %v", !code.IsZero(), err)
				}
				if err != nil {
					wantKind(t, err, account.KindNeedProof)
				}
				b.addKind(kind, user, b.signIn(seeded))
			})
		}
		for passed := range 3 {
			t.Run(fmt.Sprintf("confirm %s, %d calls pass", kind, passed), func(t *testing.T) {
				gate := &tap{}
				b := newBench(t, 1, gate.option())
				seeded := b.tenant.NewUser()
				user, access := b.user(seeded), b.signIn(seeded)
				e := b.begin(kind, user, access)
				gate.shutAfter(passed)
				e, err := b.finish(user, access, e)
				gate.open()
				access = b.signIn(seeded)
				if err == nil != (passed > 0) {
					t.Fatalf("%v", err)
				}
				if err != nil {
					wantKind(t, err, account.KindNeedProof)
					if e.Kind == account.MethodPush {
						b.clock.Advance(5 * time.Second)
						_, err = b.CheckPush(t.Context(), user, access, e)
					} else {
						_, err = b.finish(user, access, e)
					}
					wantKind(t, err, "")
				}
				if n := len(b.methods(user, access)); n != 1 {
					t.Fatalf("%d methods", n)
				}
			})
		}
	}
}

// TestProofEndsDuringAReplacement: of a resend or renewal, the attempt that is
// returned can always be finished.
func TestProofEndsDuringAReplacement(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"text", "e-mail", "push"} {
		for passed := range 5 {
			t.Run(fmt.Sprintf("%s, %d calls pass", kind, passed), func(t *testing.T) {
				gate := &tap{}
				b := newBench(t, 1, gate.option())
				seeded := b.tenant.NewUser()
				user, access := b.user(seeded), b.signIn(seeded)
				e := b.begin(kind, user, access)
				b.clock.Advance(time.Minute)
				gate.shutAfter(passed)
				var err error
				if kind == "push" {
					e, _, err = b.RenewScan(t.Context(), user, access, e)
				} else {
					e, _, err = b.Resend(t.Context(), user, access, e, e.Message.Channel)
				}
				calls := gate.open()
				if (err == nil) != (passed >= 2) || calls < min(passed, 4) {
					t.Fatalf("%d calls, %v", calls, err)
				}
				access = b.signIn(seeded)
				if _, err := b.finish(user, access, e); err != nil {
					t.Fatal(err)
				}
				if n := len(b.methods(user, access)); n != 1 {
					t.Fatalf("%d methods", n)
				}
			})
		}
	}
}

// TestNothingIsRepeated: a start, a confirmation and a removal that fail in any
// way reach the tenant once.
func TestNothingIsRepeated(t *testing.T) {
	t.Parallel()
	for _, status := range []int{400, 401, 403, 404, 409, 429, 500, 502, 503} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			gate := &tap{}
			b := newBench(t, 0, gate.option())
			user, access := b.person()
			e := b.begin("text", user, access)
			changes := map[string]int{}
			gate.when(func(_ int, r *http.Request) (int, string) {
				if r.Method == http.MethodGet {
					return 0, ""
				}
				changes[r.Method+" "+r.URL.Path]++
				return status, ""
			})
			_, _, err := begin(b, b.Service, "push", user, access)
			if err == nil {
				t.Error("started")
			}
			if _, err = b.ConfirmMessage(t.Context(), user, access, e, secret.New("123456")); err == nil {
				t.Error("confirmed")
			}
			gate.open()
			for call, n := range changes {
				if n != 1 {
					t.Errorf("%s: %d times", call, n)
				}
			}
		})
	}
}
