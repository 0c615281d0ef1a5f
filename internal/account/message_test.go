package account_test

import (
	"net/http"
	"testing"
	"time"

	"mysecurity/internal/account"
	"mysecurity/internal/secret"
)

// TestMessageTimes: what a page needs to say about a code on its way.
func TestMessageTimes(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	user, access := b.person()
	for _, kind := range []string{"text", "e-mail"} {
		before := b.clock.Now()
		e := b.begin(kind, user, access)
		if e.Message.Sent.Before(before) || !e.SendAgainAt().Equal(e.Message.Sent.Add(time.Minute)) || !e.Expires().Equal(e.Message.Sent.Add(5*time.Minute)) {
			t.Errorf("%s: sent %v, again %v, until %v", kind, e.Message.Sent, e.SendAgainAt(), e.Expires())
		}
	}
	if e := b.start(user, access); !e.SendAgainAt().IsZero() || !e.Expires().IsZero() {
		t.Errorf("an app: again %v, until %v", e.SendAgainAt(), e.Expires())
	}
}

// TestResend: a minute between two codes; only the new one counts then, what the
// old one left at the tenant is gone, and wrong codes stay counted.
func TestResend(t *testing.T) {
	t.Parallel()
	for kind, channel := range map[string]account.Channel{"text": account.ChannelCall, "call": account.ChannelText, "e-mail": ""} {
		t.Run(kind, func(t *testing.T) {
			b := newBench(t, 1)
			user, access := b.person()
			first := b.begin(kind, user, access)
			old := b.sent(first)
			first, err := b.ConfirmMessage(t.Context(), user, access, first, otherThan(old))
			wantKind(t, err, account.KindWrongCode)

			since := b.clock.Now()
			_, _, err = b.Resend(t.Context(), user, access, first, channel)
			wantKind(t, err, account.KindTooSoon)
			if got := b.asked(since); len(got) != 0 || !account.UntilOf(err).Equal(first.SendAgainAt()) {
				t.Fatalf("asked %v, told to wait until %v", got, account.UntilOf(err))
			}

			b.clock.Advance(time.Minute)
			since = b.clock.Now()
			second, code, err := b.Resend(t.Context(), user, access, first, channel)
			if err != nil || !code.IsZero() || second.Wrong != 1 || second.ID == first.ID || second.Message.To != first.Message.To || second.Message.Channel != channel {
				t.Fatalf("%+v, %v", second, err)
			}
			if got := b.asked(since); got["POST /mfa/associate"] != 1 || got["GET /mfa/authenticators"] != 2 || got["DELETE /mfa/"] != 1 {
				t.Errorf("asked %v", got)
			}
			if messages := b.tenant.Messages(first.Message.To); channel != "" && messages[0].Channel != string(channel) {
				t.Errorf("sent by %s", messages[0].Channel)
			}
			if !old.Equal(b.sent(second)) {
				second, err = b.ConfirmMessage(t.Context(), user, access, second, old)
				wantKind(t, err, account.KindWrongCode)
			}
			if _, err = b.finish(user, access, second); err != nil {
				t.Fatal(err)
			}
			if methods := b.methods(user, access); len(methods) != 1 || methods[0].Handle != account.HandleOf(user, second.ID) {
				t.Errorf("%+v", methods)
			}
		})
	}
}

// TestResendThatFails: the code sent before is as good as it was.
func TestResendThatFails(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, fault string
		want        account.Kind
	}{
		{"lost", `{"match":"POST /mfa/associate","drop":true,"after":true,"times":1}`, account.KindNotDone},
		{"ill", `{"match":"POST /mfa/associate","status":503,"times":1}`, account.KindNotDone},
		{"messages used up", `{"match":"POST /mfa/associate","status":429,"body":{"error":"invalid_request","error_description":"Too many SMS sent by the user. Wait for some minutes before retrying."},"times":1}`, account.KindTooManyMessages},
		{"no list", `{"match":"GET /mfa/authenticators","status":503,"times":2}`, account.KindUnavailable},
		{"a new proof is wanted", `{"match":"POST /mfa/associate","status":403,"body":{"error":"access_denied","error_description":"User is already enrolled."},"times":1}`, account.KindNeedProof},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, 1)
			user, access := b.person()
			first := b.begin("text", user, access)
			code := b.sent(first)
			b.clock.Advance(time.Minute)
			b.fault(tt.fault)
			kept, _, err := b.Resend(t.Context(), user, access, first, account.ChannelText)
			wantKind(t, err, tt.want)
			b.control("DELETE", "faults", "")
			if _, err := b.ConfirmMessage(t.Context(), user, access, kept, code); err != nil {
				t.Fatalf("the earlier code: %v", err)
			}
		})
	}
	t.Run("the new entry cannot be found", func(t *testing.T) {
		gate := &tap{}
		b := newBench(t, 1, gate.option())
		user, access := b.person()
		first := b.begin("text", user, access)
		b.clock.Advance(time.Minute)
		gate.when(func(call int, r *http.Request) (int, string) {
			if call > 1 && r.Method == http.MethodGet {
				return http.StatusServiceUnavailable, ""
			}
			return 0, ""
		})
		second, _, err := b.Resend(t.Context(), user, access, first, account.ChannelText)
		if err != nil || second.ID != "" {
			t.Fatalf("id %q, %v", second.ID, err)
		}
		gate.open()
		if _, err := b.finish(user, access, second); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("a channel that is not offered", func(t *testing.T) {
		b := newBench(t, 1)
		user, access := b.person()
		first := b.begin("text", user, access)
		b.clock.Advance(time.Minute)
		for _, channel := range []account.Channel{"", "fax"} {
			_, _, err := b.Resend(t.Context(), user, access, first, channel)
			wantKind(t, err, account.KindNotOffered)
		}
		_, _, err := b.Resend(t.Context(), user, access, b.start(user, access), account.ChannelText)
		wantKind(t, err, account.KindNoEnrolment)
	})
}

// TestResendAfterAll: a confirmation whose answer was lost has made the method
// active; sending again must neither send nor delete it.
func TestResendAfterAll(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	user, access := b.person()
	e := b.begin("call", user, access)
	if _, err := b.finish(user, access, e); err != nil {
		t.Fatal(err)
	}
	b.clock.Advance(time.Minute)
	_, _, err := b.Resend(t.Context(), user, access, e, account.ChannelCall)
	wantKind(t, err, account.KindNoEnrolment)
	if n := len(b.tenant.Messages(number)); n != 1 {
		t.Errorf("%d messages", n)
	}
	if got := describe(b.methods(user, access)); got != "phone text call" {
		t.Errorf("after it: %s", got)
	}
}

// TestCodeThatIsOver: after five minutes the tenant is not asked, no guess is
// used up, and a new code can be had.
func TestCodeThatIsOver(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	user, access := b.person()
	e := b.begin("text", user, access)
	code := b.sent(e)
	b.clock.Advance(5 * time.Minute)
	since := b.clock.Now()
	for range 11 {
		_, err := b.ConfirmMessage(t.Context(), user, access, e, code)
		wantKind(t, err, account.KindExpired)
	}
	if got := b.asked(since); len(got) != 0 {
		t.Fatalf("asked: %v", got)
	}
	e, _, err := b.Resend(t.Context(), user, access, e, account.ChannelText)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.finish(user, access, e); err != nil {
		t.Fatal(err)
	}
}

// TestCodeThatTheTenantEnded: a transaction that is lost at the tenant is over at
// once, and a new code can be sent without the wait.
func TestCodeThatTheTenantEnded(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"error":"expired_token","error_description":"oob_code is expired"}`,
		`{"error":"invalid_request","error_description":"The oob_code doesn't match the mfa_token"}`,
		`{"error":"invalid_grant","error_description":"Malformed oob_code"}`,
	} {
		t.Run(body, func(t *testing.T) {
			b := newBench(t, 1)
			user, access := b.person()
			e := b.begin("e-mail", user, access)
			b.fault(`{"match":"POST /oauth/token","status":400,"body":` + body + `,"times":1}`)
			e, err := b.ConfirmMessage(t.Context(), user, access, e, b.sent(e))
			wantKind(t, err, account.KindExpired)
			if b.clock.Now().Before(e.Expires()) || e.Wrong != 0 {
				t.Fatalf("%+v", e)
			}
			if e, _, err = b.Resend(t.Context(), user, access, e, ""); err != nil {
				t.Fatal(err)
			}
			if _, err := b.finish(user, access, e); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestWrongMessageCodes (MF-05): the fifth wrong code ends the attempt, counted
// over resends, and removes what it left.
func TestWrongMessageCodes(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"text", "call", "e-mail"} {
		t.Run(kind, func(t *testing.T) {
			b := newBench(t, 1)
			user, access := b.person()
			e := b.begin(kind, user, access)
			var err error
			for n := 1; n <= 4; n++ {
				e, err = b.ConfirmMessage(t.Context(), user, access, e, otherThan(b.sent(e)))
				wantKind(t, err, account.KindWrongCode)
				if e.Wrong != n || e.AttemptsLeft() != 5-n {
					t.Fatalf("after %d wrong codes: %d counted", n, e.Wrong)
				}
				if n == 2 {
					b.clock.Advance(time.Minute)
					if e, _, err = b.Resend(t.Context(), user, access, e, e.Message.Channel); err != nil {
						t.Fatal(err)
					}
				}
			}
			since := b.clock.Now()
			_, err = b.ConfirmMessage(t.Context(), user, access, e, otherThan(b.sent(e)))
			wantKind(t, err, account.KindDiscarded)
			if got := b.asked(since); got["DELETE /mfa/"] != 1 {
				t.Fatalf("left at the tenant: %v", got)
			}
		})
	}
}

// TestGuessesCountTogether (MF-06): codes of apps and of messages share one
// allowance, whatever the number of attempts.
func TestGuessesCountTogether(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	user, access := b.person()
	app, phone := b.start(user, access), b.begin("text", user, access)
	for range 4 {
		app, _ = b.ConfirmApp(t.Context(), user, access, app, secret.New("000000"))
		phone, _ = b.ConfirmMessage(t.Context(), user, access, phone, otherThan(b.sent(phone)))
	}
	mail := b.begin("e-mail", user, access)
	for range 2 {
		mail, _ = b.ConfirmMessage(t.Context(), user, access, mail, otherThan(b.sent(mail)))
	}
	since := b.clock.Now()
	_, err := b.ConfirmMessage(t.Context(), user, access, phone, b.sent(phone))
	wantKind(t, err, account.KindTooManyCodes)
	if got := b.asked(since); len(got) != 0 {
		t.Fatalf("the eleventh code reached the tenant: %v", got)
	}
}

// TestMessagesAreCounted (MF-08): ten texts and calls together and then one an
// hour, twenty e-mails and then one a minute; the one too many is not sent.
func TestMessagesAreCounted(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		kinds []string
		sends int
		wait  time.Duration
	}{
		{"texts and calls", []string{"text", "call"}, 10, time.Hour},
		{"e-mails", []string{"e-mail"}, 20, time.Minute},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, 1)
			user, access := b.person()
			since := b.clock.Now()
			for n := range tt.sends {
				b.Abandon(t.Context(), user, access, b.begin(tt.kinds[n%len(tt.kinds)], user, access))
			}
			for _, kind := range tt.kinds {
				_, _, err := begin(b, b.Service, kind, user, access)
				wantKind(t, err, account.KindTooManyMessages)
				if until := account.UntilOf(err); until.Before(since.Add(tt.wait-2*time.Second)) || until.After(b.clock.Now().Add(tt.wait+2*time.Second)) {
					t.Errorf("told to come back at %v, began at %v", until, since)
				}
			}
			if n := b.asked(since)["POST /mfa/associate"]; n != tt.sends {
				t.Errorf("%d sends reached the tenant", n)
			}
			if tt.wait > time.Minute {
				return
			}
			b.clock.Advance(tt.wait + time.Second)
			b.begin(tt.kinds[0], user, access)
		})
	}
	t.Run("what the tenant refused is not counted", func(t *testing.T) {
		b := newBench(t, 1)
		user, access := b.person()
		for range 11 {
			_, _, err := b.StartPhone(t.Context(), user, access, "+0", account.ChannelText)
			wantKind(t, err, account.KindBadNumber)
		}
		b.begin("text", user, access)
	})
}

// TestLostMessageConfirm: an unknown outcome is settled by listing, the call is
// never repeated.
func TestLostMessageConfirm(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, fault, second string
		want                account.Kind
		methods             string
	}{
		{"done, answer cut", `{"match":"POST /oauth/token","drop":true,"after":true,"times":1}`, "", "", "phone text call"},
		{"done, answer 502", `{"match":"POST /oauth/token","status":502,"after":true,"times":1}`, "", "", "phone text call"},
		{"UP-03 done, answer HTML", `{"match":"POST /oauth/token","status":200,"body":"<html>","after":true,"times":1}`, "", "", "phone text call"},
		{"not done, cut", `{"match":"POST /oauth/token","drop":true,"times":1}`, "", account.KindNotDone, ""},
		{"not done, 503", `{"match":"POST /oauth/token","status":503,"times":1}`, "", account.KindNotDone, ""},
		{"a success that activates nothing", `{"match":"POST /oauth/token","status":200,"body":{"access_token":"x"},"times":1}`, "", account.KindNotDone, ""},
		{"nobody knows", `{"match":"POST /oauth/token","drop":true,"times":1}`, `{"match":"GET /mfa/authenticators","status":503}`, account.KindUnknown, ""},
		{"done, and no list", `{"match":"GET /mfa/authenticators","status":503}`, "", "", "phone text call"},
		{"attempt unknown", `{"match":"POST /oauth/token","status":404,"times":1}`, "", account.KindNoEnrolment, ""},
		{"UP-07 token", `{"match":"POST /oauth/token","status":401,"body":{"error":"expired_token","error_description":"mfa_token is expired"},"times":1}`, "", account.KindNeedProof, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, 1)
			user, access := b.person()
			e := b.begin("text", user, access)
			code, since := b.sent(e), b.clock.Now()
			b.fault(tt.fault)
			if tt.second != "" {
				b.fault(tt.second)
			}
			_, err := b.ConfirmMessage(t.Context(), user, access, e, code)
			wantKind(t, err, tt.want)
			b.control("DELETE", "faults", "")
			if n := b.asked(since)["POST /oauth/token"]; n != 1 {
				t.Fatalf("the code was sent %d times", n)
			}
			if got := describe(b.methods(user, access)); got != tt.methods {
				t.Fatalf("%q, want %q", got, tt.methods)
			}
		})
	}
}

// TestPhonePairs: whenever the second entry of a number appears, it is one phone,
// found by the attempt that made it.
func TestPhonePairs(t *testing.T) {
	t.Parallel()
	for _, pair := range []string{"at_confirmation", "from_the_start"} {
		for _, kind := range []string{"text", "call"} {
			t.Run(pair+", "+kind, func(t *testing.T) {
				b := newBench(t, 1)
				b.control("PATCH", "tenant", `{"variants":{"phone_pair":"`+pair+`"}}`)
				user, access := b.person()
				b.Abandon(t.Context(), user, access, b.begin(kind, user, access))
				e := b.addKind(kind, user, access)
				methods := b.methods(user, access)
				if describe(methods) != "phone text call" || methods[0].Handle != account.HandleOf(user, e.ID) {
					t.Errorf("%s: %+v", e.ID, methods)
				}
			})
		}
	}
	t.Run("texts only", func(t *testing.T) {
		b := newBench(t, 1)
		b.control("PATCH", "tenant", `{"message_types":["sms"]}`)
		user, access := b.person()
		b.addKind("text", user, access)
		if got := describe(b.methods(user, access)); got != "phone text" {
			t.Error(got)
		}
		_, _, err := begin(b, b.Service, "call", user, access)
		wantKind(t, err, account.KindNotOffered)
	})
}
