package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"mysecurity/handlers"
	"mysecurity/internal/emulator"
)

// messageKinds are the two kinds of method whose code is sent: everything between
// the sending and the confirmation is one for both.
var messageKinds = map[string]struct {
	start func(b *browser) (to string)
	entry string // how the tenant's ids begin
	field string
}{
	"phone": {(*browser).startPhone, "sms", "number"},
	"email": {(*browser).startEmail, "email", "address"},
}

// eachMessageKind runs a test for both, each with a person of its own.
func eachMessageKind(t *testing.T, test func(p *portal, b *browser, user emulator.SeedUser, kind string)) {
	t.Helper()
	p := startPortal(t, portalOptions{minMethods: 0})
	for kind := range messageKinds {
		t.Run(kind, func(t *testing.T) {
			p := p.in(t)
			user, b := p.person()
			test(p, b, user, kind)
		})
	}
}

// TestMessageCodeForms (MF-09): what cannot be a code costs no attempt.
func TestMessageCodeForms(t *testing.T) {
	t.Parallel()
	eachMessageKind(t, func(p *portal, b *browser, _ emulator.SeedUser, kind string) {
		messageKinds[kind].start(b)
		mark := p.upstream.mark()
		for _, typed := range []string{"", "12345", "1234567", "12345a", "١٢٣٤٥٦"} {
			a := b.enterCode(kind, typed)
			b.wantStatus(a, http.StatusUnprocessableEntity)
			if a.doc.Find("#code").AttrOr("value", "?") != typed || !a.has("#summary") {
				p.t.Errorf("MF-09 %q: the field holds %q", typed, a.doc.Find("#code").AttrOr("value", "?"))
			}
		}
		b.wantError(b.post("add/"+kind+"/confirm", url.Values{"code": {"123456", "123456"}}), http.StatusBadRequest, handlers.KindBadRequest)
		p.wantCalls(mark, map[string]int{})
	})
}

// TestWrongMessageCodes (MF-05): the fifth wrong code ends the attempt, over all
// messages; what was typed before and the recovery code are kept.
func TestWrongMessageCodes(t *testing.T) {
	t.Parallel()
	eachMessageKind(t, func(p *portal, b *browser, user emulator.SeedUser, kind string) {
		token := p.tenant.AccessToken(user)
		to := messageKinds[kind].start(b)
		for range 2 {
			b.wantStatus(b.enterCode(kind, notThe(p.tenant.LatestCode(to))), http.StatusUnprocessableEntity)
		}
		p.later(minute)
		b.wantStatus(b.post("add/"+kind+"/resend", nil), http.StatusOK)
		for range 2 {
			a := b.enterCode(kind, notThe(p.tenant.LatestCode(to)))
			b.wantStatus(a, http.StatusUnprocessableEntity)
			if !a.has("#code") || a.doc.Find("#code").AttrOr("value", "?") != "" {
				p.t.Fatal("the attempt is gone, or a wrong code stays in the field")
			}
		}
		last := b.enterCode(kind, notThe(p.tenant.LatestCode(to)))
		b.wantStatus(last, http.StatusUnprocessableEntity)
		if !last.has("#discarded") || last.doc.Find("#"+messageKinds[kind].field).AttrOr("value", "") != to {
			p.t.Error("MF-05 the attempt goes on, or what was typed is lost")
		}
		if n := p.pending(token, messageKinds[kind].entry); n != 0 {
			p.t.Errorf("MF-05 %d entries are left at the tenant", n)
		}
		mark := p.upstream.mark()
		b.moved(b.enterCode(kind, p.tenant.LatestCode(to)), "")
		p.wantCalls(mark, map[string]int{})
		to = messageKinds[kind].start(b)
		b.moved(b.enterCode(kind, p.tenant.LatestCode(to)), "recovery-code")
		b.saveCode()
	})
}

// TestResend: not before its time, which the page says; then only the newest
// code counts, which it says too, and the older entry is gone from the tenant.
func TestResend(t *testing.T) {
	t.Parallel()
	eachMessageKind(t, func(p *portal, b *browser, user emulator.SeedUser, kind string) {
		token := p.tenant.AccessToken(user)
		to := messageKinds[kind].start(b)
		old := p.tenant.LatestCode(to)
		if page := b.get("add/" + kind); page.doc.Find("#wait").AttrOr("data-wait", "") != "60" || page.has("#resent") {
			p.t.Error("the wait is not told, or a message that nobody asked for")
		}
		p.later(20 * time.Second)
		mark := p.upstream.mark()
		early := b.post("add/"+kind+"/resend", nil)
		b.tooEarly(early, "#again time", 40*time.Second)
		p.wantCalls(mark, map[string]int{})

		p.later(41 * time.Second)
		again := b.post("add/"+kind+"/resend", nil, htmx()...)
		b.wantStatus(again, http.StatusOK)
		if !again.has("#main #resent") || strings.Contains(again.body, "<html") {
			p.t.Error("nothing says that only the newest code counts, or not in the right part of the page")
		}
		if sent := p.tenant.Messages(to); len(sent) != 2 {
			p.t.Fatalf("%d messages", len(sent))
		}
		if n := p.pending(token, messageKinds[kind].entry); n != 1 {
			p.t.Errorf("%d entries of one attempt", n)
		}
		fresh := p.tenant.LatestCode(to)
		if old != fresh {
			b.wantStatus(b.enterCode(kind, old), http.StatusUnprocessableEntity)
		}
		b.moved(b.enterCode(kind, fresh), "recovery-code")
		b.saveCode()
	})
}

// TestCallInstead: the other channel is offered, and the code comes by it.
func TestCallInstead(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	_, b := p.person()
	number := b.startPhone()
	p.later(minute)
	b.wantStatus(b.post("add/phone/resend", url.Values{"channel": {"voice"}}), http.StatusOK)
	sent := p.tenant.Messages(number)
	if len(sent) != 2 || sent[0].Channel != "voice" {
		t.Fatalf("%+v", sent)
	}
	if page := b.get("add/phone"); page.doc.Find("form[action$=resend] input[name=channel][value=sms]").Length() != 1 {
		t.Error("no way back to text messages")
	}
	p.later(minute)
	b.wantStatus(b.post("add/phone/resend", nil), http.StatusOK)
	if sent := p.tenant.Messages(number); sent[0].Channel != "voice" || len(sent) != 3 {
		t.Error("again is not by the same way")
	}
	b.moved(b.enterCode("phone", p.tenant.LatestCode(number)), "recovery-code")
}

// TestExpiredCode: after five minutes the page has nothing to type any more, no
// code is sent to the tenant, and a new one is one click away.
func TestExpiredCode(t *testing.T) {
	t.Parallel()
	eachMessageKind(t, func(p *portal, b *browser, _ emulator.SeedUser, kind string) {
		to := messageKinds[kind].start(b)
		code := p.tenant.LatestCode(to)
		p.later(5*time.Minute + time.Second)
		mark := p.upstream.mark()
		page := b.get("add/" + kind)
		if !page.has("#expired") || page.has("#code") {
			p.t.Error("the page asks for a code that has expired")
		}
		late := b.enterCode(kind, code) // from a page that was open
		b.wantStatus(late, http.StatusUnprocessableEntity)
		if !late.has("#expired") || late.has("#code") {
			p.t.Error("not said to have expired")
		}
		p.wantCalls(mark, map[string]int{})
		b.wantStatus(b.post("add/"+kind+"/resend", nil), http.StatusOK)
		b.moved(b.enterCode(kind, p.tenant.LatestCode(to)), "recovery-code")
	})
}

// TestExpiredAtTenant: the tenant may end a code before its time.
func TestExpiredAtTenant(t *testing.T) {
	t.Parallel()
	eachMessageKind(t, func(p *portal, b *browser, _ emulator.SeedUser, kind string) {
		to := messageKinds[kind].start(b)
		p.fault(`{"match":"POST /oauth/token","status":401,"body":{"error":"expired_token","error_description":"oob_code is expired"},"times":1}`)
		a := b.enterCode(kind, p.tenant.LatestCode(to))
		b.wantStatus(a, http.StatusUnprocessableEntity)
		if !a.has("#expired") || !b.get("add/"+kind).has("#expired") {
			p.t.Error("not said to have expired")
		}
		b.wantStatus(b.post("add/"+kind+"/resend", nil), http.StatusOK)
		b.moved(b.enterCode(kind, p.tenant.LatestCode(to)), "recovery-code")
	})
}

// TestMessageWithoutEnrolment (MF-01, MF-02): nothing is asked of the tenant for
// an attempt that this session does not have, or no longer has.
func TestMessageWithoutEnrolment(t *testing.T) {
	t.Parallel()
	eachMessageKind(t, func(p *portal, owner *browser, user emulator.SeedUser, kind string) {
		to := messageKinds[kind].start(owner)
		code := p.tenant.LatestCode(to)
		sameUser := p.browser()
		sameUser.enter(user, "")
		_, stranger := p.person()
		mark := p.upstream.mark()
		for _, b := range []*browser{sameUser, stranger} {
			b.moved(b.enterCode(kind, code), "")
			b.moved(b.post("add/"+kind+"/resend", nil), "add/"+kind)
			b.moved(b.post("add/"+kind+"/change", nil), "add/"+kind)
			b.moved(b.post("add/"+kind+"/cancel", nil), "")
		}
		p.wantCalls(mark, map[string]int{})

		owner.moved(owner.post("add/"+kind+"/cancel", nil), "")
		if !owner.get("").has("#notice") {
			p.t.Error("nothing says that it was cancelled")
		}
		mark = p.upstream.mark()
		owner.moved(owner.enterCode(kind, code), "")
		p.wantCalls(mark, map[string]int{})

		to = messageKinds[kind].start(owner)
		owner.moved(owner.enterCode(kind, p.tenant.LatestCode(to)), "recovery-code")
		mark = p.upstream.mark()
		owner.moved(owner.enterCode(kind, p.tenant.LatestCode(to)), "recovery-code")
		p.wantCalls(mark, map[string]int{})
	})
}

// TestTypedOutlivesProof (MF-11): a form that comes with a dead proof sends
// nothing; after the way through the sign-in it is there as it was typed.
func TestTypedOutlivesProof(t *testing.T) {
	t.Parallel()
	eachMessageKind(t, func(p *portal, b *browser, user emulator.SeedUser, kind string) {
		form := url.Values{"country": {"CA"}, "number": {"506 234 0000"}, "channel": {"voice"}, "address": {"other@elsewhere.example"}}
		typed := map[string]string{"phone": "+15062340000", "email": "other@elsewhere.example"}[kind]
		p.later(11 * time.Minute)
		mark := p.upstream.mark()
		b.moved(b.post("add/"+kind, form), "confirm?page=add-"+kind)
		b.moved(b.enterCode(kind, "123456"), "confirm?page=add-"+kind) // a draft is no attempt
		p.wantCalls(mark, map[string]int{})
		b.moved(b.signIn(user, "?page=add-"+kind), "add/"+kind)
		page := b.get("add/" + kind)
		if got := page.doc.Find("#"+messageKinds[kind].field).AttrOr("value", ""); got != typed {
			p.t.Errorf("MF-11 the field holds %q", got)
		}
		if kind == "phone" && !page.has("input[name=channel][value=voice][checked]") {
			p.t.Error("MF-11 the choice is lost")
		}
		if p.upstream.since(mark)[associateCall] != 0 {
			p.t.Error("MF-11 something was sent")
		}
		form.Del("form_token") // was the old session's
		b.moved(b.post("add/"+kind, form), "add/"+kind)
		b.moved(b.enterCode(kind, p.tenant.LatestCode(typed)), "recovery-code")
	})
}

// TestTokenDiesAtStart (UP-07): the tenant may refuse the token before its time;
// the form is kept then too.
func TestTokenDiesAtStart(t *testing.T) {
	t.Parallel()
	eachMessageKind(t, func(p *portal, b *browser, user emulator.SeedUser, kind string) {
		p.fault(`{"match":"POST /mfa/associate","status":401,"body":{"error":"expired_token"},"times":1}`)
		form := url.Values{"country": {"CA"}, "number": {"506 234 0001"}, "channel": {"sms"}, "address": {"another@elsewhere.example"}}
		b.moved(b.post("add/"+kind, form), "confirm?page=add-"+kind)
		b.moved(b.signIn(user, "?page=add-"+kind), "add/"+kind)
		if b.get("add/"+kind).doc.Find("#"+messageKinds[kind].field).AttrOr("value", "") == "" {
			p.t.Error("MF-11 what was typed is lost")
		}
	})
}

// TestAttemptOutlivesProof (MF-11): between the message and its code the proof
// dies; the attempt does not, and nothing happens on the way.
func TestAttemptOutlivesProof(t *testing.T) {
	t.Parallel()
	eachMessageKind(t, func(p *portal, b *browser, user emulator.SeedUser, kind string) {
		p.later(8 * time.Minute)
		to := messageKinds[kind].start(b)
		p.later(3 * time.Minute)
		mark := p.upstream.mark()
		for _, act := range []string{"confirm", "resend", "change", ""} {
			path := strings.TrimSuffix("add/"+kind+"/"+act, "/")
			b.moved(b.post(path, url.Values{"code": {p.tenant.LatestCode(to)}}), "confirm?page=add-"+kind)
			boxed := b.post(path, url.Values{"code": {p.tenant.LatestCode(to)}}, htmx()...)
			b.wantStatus(boxed, http.StatusForbidden)
			if boxed.Header.Get("HX-Redirect") != p.url+"confirm?page=add-"+kind {
				p.t.Errorf("htmx goes to %q", boxed.Header.Get("HX-Redirect"))
			}
		}
		p.wantCalls(mark, map[string]int{})
		b.moved(b.signIn(user, "?page=add-"+kind), "add/"+kind)
		if !b.get("add/" + kind).has("#code") {
			p.t.Error("MF-11 the attempt is lost")
		}
		if n := len(p.tenant.Messages(to)); n != 1 {
			p.t.Errorf("MF-11 %d messages", n)
		}
		b.moved(b.enterCode(kind, p.tenant.LatestCode(to)), "recovery-code")
	})
}

// TestMessageInTrouble (UP-05, UP-06): a change is never repeated; the page says
// what is known, and the attempt goes on.
func TestMessageInTrouble(t *testing.T) {
	t.Parallel()
	eachMessageKind(t, func(p *portal, b *browser, _ emulator.SeedUser, kind string) {
		for _, trouble := range []string{`"status":503`, `"status":500`, `"drop":true`, `"status":200,"body":"x"`} {
			_, b := p.person()
			p.fault(`{"match":"POST /mfa/associate",` + trouble + `}`)
			mark := p.upstream.mark()
			form := url.Values{"country": {"CA"}, "number": {p.number()}, "channel": {"sms"}, "address": {"x@elsewhere.example"}}
			b.wantStatus(b.post("add/"+kind, form), http.StatusBadGateway)
			p.wantCalls(mark, map[string]int{listCall: 2, associateCall: 1})
			p.heal()

			to := messageKinds[kind].start(b)
			p.later(minute)
			p.fault(`{"match":"POST /mfa/associate",` + trouble + `}`)
			a := b.post("add/"+kind+"/resend", nil)
			b.wantStatus(a, http.StatusUnprocessableEntity)
			if !strings.Contains(a.doc.Find("#again").Text(), b.sentence("add-message.code.not-sent")) {
				p.t.Errorf("UP-06 %s: not said that nothing was sent", trouble)
			}
			p.heal()
			p.fault(`{"match":"POST /oauth/token",` + trouble + `}`)
			mark = p.upstream.mark()
			a = b.enterCode(kind, p.tenant.LatestCode(to))
			b.wantStatus(a, http.StatusUnprocessableEntity)
			if !a.has("#code") || !a.has("#summary") {
				p.t.Errorf("UP-06 %s: the attempt is lost", trouble)
			}
			p.wantCalls(mark, map[string]int{listCall: 1, tokenCall: 1})
			p.heal()
		}
		to := messageKinds[kind].start(b)
		p.fault(`{"match":"POST /oauth/token","status":429,"headers":{"Retry-After":"120"},"body":{"error":"too_many_requests"},"times":1}`)
		b.tooEarly(b.enterCode(kind, p.tenant.LatestCode(to)), "#summary time", 2*time.Minute)
		mark := p.upstream.mark()
		b.tooEarly(b.enterCode(kind, p.tenant.LatestCode(to)), "#summary time", 2*time.Minute)
		p.wantCalls(mark, map[string]int{}) // UP-05: the next call is held until then
		p.later(2 * time.Minute)
		b.moved(b.enterCode(kind, p.tenant.LatestCode(to)), "recovery-code")
	})
}

// TestLostMessageAnswers (decision 18): a code that was taken while its answer
// was lost is found out by the list, at once or on the overview.
func TestLostMessageAnswers(t *testing.T) {
	t.Parallel()
	eachMessageKind(t, func(p *portal, b *browser, _ emulator.SeedUser, kind string) {
		to := messageKinds[kind].start(b)
		p.fault(`{"match":"POST /oauth/token","drop":true,"after":true,"times":1}`)
		b.moved(b.enterCode(kind, p.tenant.LatestCode(to)), "recovery-code")
		b.saveCode()

		to = messageKinds[kind].start(b)
		p.fault(`{"match":"POST /oauth/token","drop":true,"after":true,"times":1}`)
		p.fault(`{"match":"GET /mfa/authenticators","status":503}`)
		b.wantStatus(b.enterCode(kind, p.tenant.LatestCode(to)), http.StatusBadGateway)
		p.heal()
		b.moved(b.get(""), "") // catches up, and shows the overview with the notice
		if page := b.get(""); !page.has("#notice") || page.doc.Find("li.changed").Length() != 1 {
			p.t.Error("nothing says that it worked")
		}
		if b.get("add/" + kind).has("#code") {
			p.t.Error("the attempt goes on")
		}
	})
}
