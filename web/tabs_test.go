package web_test

import (
	"net/http"
	"net/url"
	"testing"

	"mysecurity/internal/emulator"
)

// attempt is how one kind of method is added: finish makes the form that ends it
// well.
type attempt struct {
	path   string
	end    string
	form   url.Values
	finish func(b *browser, token string) url.Values
}

var attempts = map[string]attempt{
	"app": {"add/app", "add/app/confirm", nil, func(b *browser, token string) url.Values {
		return everything(token, b.p.tenant.FreshCode(b.key()))
	}},
	"phone": {"add/phone", "add/phone/confirm", url.Values{"country": {"CA"}, "number": {"506 234 9999"}, "channel": {"sms"}}, func(b *browser, token string) url.Values {
		return everything(token, b.p.tenant.LatestCode("+15062349999"))
	}},
	"email": {"add/email", "add/email/confirm", url.Values{"address": {"tab@elsewhere.example"}}, func(b *browser, token string) url.Values {
		return everything(token, b.p.tenant.LatestCode("tab@elsewhere.example"))
	}},
	"push": {"add/push", "add/push/check", nil, func(b *browser, token string) url.Values {
		b.p.tenant.Scan(b.user, b.scanText())
		return everything(token, "")
	}},
}

// begin starts an attempt of a kind.
func (b *browser) begin(kind string) answer {
	b.p.t.Helper()
	return b.begun(attempts[kind], "")
}

// TestTwoTabs: two kinds run at once and end in any order; the same kind again
// leads to the attempt that runs, and sends nothing.
func TestTwoTabs(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	for first := range attempts {
		for second := range attempts {
			t.Run(first+" and "+second, func(t *testing.T) {
				p := p.in(t)
				_, b := p.person()
				b.moved(b.begin(first), "add/"+first)
				mark := p.upstream.mark()
				b.moved(b.begin(second), "add/"+second)
				if started := p.upstream.since(mark)[associateCall]; (started == 1) != (first != second) {
					t.Fatalf("RC-03 %d attempts", started)
				}
				b.finishes(first, second)
			})
		}
	}
}

// finishes ends attempts, the first of which brings the recovery code.
func (b *browser) finishes(kinds ...string) {
	b.p.t.Helper()
	b.moved(b.post(attempts[kinds[0]].end, attempts[kinds[0]].finish(b, b.formToken())), "recovery-code")
	b.saveCode()
	if kinds[0] == kinds[1] {
		return
	}
	b.moved(b.post(attempts[kinds[1]].end, attempts[kinds[1]].finish(b, b.formToken())), "")
	page := b.get("")
	if !page.has("#notice") || page.doc.Find("li.changed").Length() != 1 {
		b.p.t.Error("nothing says that the second one worked")
	}
}

// TestStartAtOnceOfEachKind (RC-03): one attempt, one message, and everybody is
// led to it.
func TestStartAtOnceOfEachKind(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	for kind, attempt := range attempts {
		t.Run(kind, func(t *testing.T) {
			p := p.in(t)
			_, b := p.person()
			form := everything(b.formToken(), "")
			for name, values := range attempt.form {
				form[name] = values
			}
			mark := p.upstream.mark()
			for _, a := range atOnce(clicks, func(int) answer { return b.post(attempt.path, form) }) {
				b.moved(a, "add/"+kind)
			}
			if n := p.upstream.since(mark)[associateCall]; n != 1 {
				t.Errorf("RC-03 %d attempts", n)
			}
		})
	}
}

// TestEndAtOnceOfEachKind (RC-01): one call, and twenty answers that tell the
// same.
func TestEndAtOnceOfEachKind(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	for kind, attempt := range attempts {
		t.Run(kind, func(t *testing.T) {
			p := p.in(t)
			_, b := p.person()
			b.moved(b.begin(kind), "add/"+kind)
			end := attempt.finish(b, b.formToken())
			mark := p.upstream.mark()
			for _, a := range atOnce(clicks, func(int) answer { return b.post(attempt.end, end) }) {
				b.moved(a, "recovery-code")
			}
			p.wantCalls(mark, map[string]int{tokenCall: 1, listCall: 1})
			b.saveCode()
		})
	}
}

// TestEndAndCancelAtOnceOfEachKind (RC-04): one of them wins; never "active, but
// shown as cancelled".
func TestEndAndCancelAtOnceOfEachKind(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	for kind, attempt := range attempts {
		repeated(t, p, func(p *portal) {
			_, b := p.person()
			b.moved(b.begin(kind), "add/"+kind)
			end := attempt.finish(b, b.formToken())
			paths := []string{attempt.end, attempt.path + "/cancel"}
			answers := atOnce(2, func(i int) answer { return b.post(paths[i], end) })
			confirmed := answers[0].location() == p.url+"recovery-code"
			if confirmed {
				b.moved(b.get(""), "recovery-code")
				b.saveCode()
			} else {
				b.moved(answers[1], "")
			}
			if n := len(b.handles()); (n == 1) != confirmed {
				p.t.Errorf("RC-04 %s: %d methods, confirmed: %v", kind, n, confirmed)
			}
		})
	}
}

// TestResendAtOnce (RC-01): one more message, however often the button is
// clicked.
func TestResendAtOnce(t *testing.T) {
	t.Parallel()
	eachMessageKind(t, func(p *portal, b *browser, _ emulator.SeedUser, kind string) {
		to := messageKinds[kind].start(b)
		p.later(minute)
		form := everything(b.formToken(), "")
		mark := p.upstream.mark()
		sent := 0
		for _, a := range atOnce(clicks, func(int) answer { return b.post("add/"+kind+"/resend", form) }) {
			if a.location() == p.url+"add/"+kind {
				sent++
			} else {
				b.wantStatus(a, http.StatusTooManyRequests)
			}
		}
		if n := p.upstream.since(mark)[associateCall]; n != 1 || sent != 1 {
			p.t.Errorf("RC-01 %d messages, %d answers that say so", n, sent)
		}
		b.moved(b.enterCode(kind, p.tenant.LatestCode(to)), "recovery-code")
	})
}

// TestCodeBesideAnError: the tenant hands the recovery code out once. One that
// comes with an answer that is of no use otherwise is kept, and shown at the end.
func TestCodeBesideAnError(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	const code = "ABCDEFGHJKLMNPQRSTUVWX23"
	for kind := range attempts {
		t.Run(kind, func(t *testing.T) {
			p := p.in(t)
			user, b := p.person()
			p.associate(p.tenant.AccessToken(user), `{"authenticator_types":["otp"]}`) // takes the tenant's own
			p.fault(`{"match":"POST /mfa/associate","status":200,"times":1,"body":{"authenticator_type":"oob","recovery_codes":["` + code + `"]}}`)
			b.wantStatus(b.begin(kind), http.StatusBadGateway)
			b.moved(b.begin(kind), "add/"+kind)
			b.moved(b.post(attempts[kind].end, attempts[kind].finish(b, b.formToken())), "recovery-code")
			if got := b.recoveryCode(); got != code {
				t.Errorf("the code is %q", got)
			}
		})
	}
}

// TestSignOutDuringStart (RC-05): what begins while somebody signs out brings no
// session back.
func TestSignOutDuringStart(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	for kind, attempt := range attempts {
		t.Run("RC-05 "+kind, func(t *testing.T) {
			p := p.in(t)
			_, b := p.person()
			form := everything(b.formToken(), "")
			for name, values := range attempt.form {
				form[name] = values
			}
			held := p.upstream.hold(t, associateCall)
			answered := make(chan answer, 1)
			go func() { answered <- b.post(attempt.path, form) }()
			<-held.arrived
			b.wantStatus(b.post("sign-out", form), http.StatusOK)
			held.release()
			if late := <-answered; late.location() == p.url+attempt.path && b.signedIn() {
				t.Error("the start says it was done")
			}
			if b.signedIn() {
				t.Error("the session is back")
			}
		})
	}
}
