package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"mysecurity/internal/emulator"
)

// TestTypedOutlivesProof (MF-11): a form that comes with a dead proof sends
// nothing; after the way through the sign-in it is there as it was typed.
func TestTypedOutlivesProof(t *testing.T) {
	t.Parallel()
	eachMessageKind(t, func(p *portal, b *browser, user emulator.SeedUser, kind string) {
		form := url.Values{"country": {"CA"}, "number": {"506 234 0000"}, "channel": {"voice"}, "address": {"other@elsewhere.example"}}
		typed := map[string]string{"phone": "506 234 0000", "email": "other@elsewhere.example"}[kind]
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
		to := strings.ReplaceAll(strings.Replace(typed, "506 ", "+1506", 1), " ", "")
		b.moved(b.enterCode(kind, p.tenant.LatestCode(to)), "recovery-code")
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

		to = messageKinds[kind].start(b)
		p.fault(`{"match":"POST /oauth/token","drop":true,"after":true,"times":1}`)
		p.fault(`{"match":"GET /mfa/authenticators","status":503}`)
		b.wantStatus(b.enterCode(kind, p.tenant.LatestCode(to)), http.StatusBadGateway)
		p.heal()
		p.later(minute)
		b.moved(b.post("add/"+kind+"/resend", nil), "") // there is nothing to send any more
		b.moved(b.get(""), "")
		if len(p.tenant.Messages(to)) != 1 || len(b.handles()) != 3 {
			p.t.Error("another code was sent, or a method is missing")
		}
	})
}
