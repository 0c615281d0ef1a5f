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
		b.moved(b.post("add/"+kind+"/resend", nil), "add/"+kind)
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
		if page := b.get("add/" + kind); page.doc.Find("#wait").AttrOr("data-wait", "") != "60" || page.has("#notice") {
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
		if !again.has("#main #notice") || strings.Contains(again.body, "<html") {
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
	b.moved(b.post("add/phone/resend", url.Values{"channel": {"voice"}}), "add/phone")
	sent := p.tenant.Messages(number)
	if len(sent) != 2 || sent[0].Channel != "voice" {
		t.Fatalf("%+v", sent)
	}
	if page := b.get("add/phone"); page.doc.Find("form[action$=resend] input[name=channel][value=sms]").Length() != 1 {
		t.Error("no way back to text messages")
	}
	p.later(minute)
	b.moved(b.post("add/phone/resend", nil), "add/phone")
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
		b.moved(b.post("add/"+kind+"/resend", nil), "add/"+kind)
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
		b.moved(b.post("add/"+kind+"/resend", nil), "add/"+kind)
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
		if told := owner.get("").doc.Find("#notice").Text(); !strings.Contains(told, owner.sentence("notice.add-cancelled")) || strings.Contains(told, "QR") {
			p.t.Errorf("that it was cancelled is told as %q", told)
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
