package web_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"mysecurity/internal/emulator"
	"mysecurity/internal/emulator/emulatortest"
)

// TestFormAddresses: whoever reads an address that only takes forms, by the
// address bar or after a detour, gets to the page of the form; nothing is done.
// Those that belong to no page refuse.
func TestFormAddresses(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	_, b := p.person()
	b.begin("phone")
	routes, mark := p.pages(anyHandle), p.upstream.mark()
	for _, path := range p.changing(anyHandle) {
		words := strings.Split(path, "/")
		to := strings.Join(words[:min(2, len(words))], "/") // add/phone/resend is of add/phone
		if words[0] == "recovery-code" {
			to = words[0]
		}
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			a := b.do(b.request(method, path, nil))
			switch {
			case slices.Contains([]string{"sign-out", "language"}, path):
				if a.StatusCode != http.StatusMethodNotAllowed || a.Header.Get("Allow") == "" {
					t.Errorf("%s %s: %d, Allow %q", method, path, a.StatusCode, a.Header.Get("Allow"))
				}
			case path != to && !strings.HasPrefix(path, "methods/"):
				b.moved(a, to)
			}
			if path != to && !slices.Contains(routes, page{http.MethodGet, path}) != (a.StatusCode == http.StatusMethodNotAllowed) {
				t.Errorf("%s %s is not in the table", method, path)
			}
		}
	}
	if asked := p.upstream.since(mark); asked["POST /mfa/associate"]+asked[tokenCall] != 0 {
		t.Errorf("the tenant was asked %v", asked)
	}
	if !b.get("add/phone").has("#code") {
		t.Error("the attempt is over")
	}
}

// TestResentOnce: without the script, the answer to "send a new code" is a page to
// be read. It says so once, and reading it again sends nothing.
func TestResentOnce(t *testing.T) {
	t.Parallel()
	eachMessageKind(t, func(p *portal, b *browser, _ emulator.SeedUser, kind string) {
		to := messageKinds[kind].start(b)
		p.later(minute)
		b.moved(b.post("add/"+kind+"/resend", nil), "add/"+kind)
		first, second := b.get("add/"+kind), b.get("add/"+kind)
		if told := first.doc.Find("#notice").Text(); !strings.Contains(told, b.sentence("notice.resent")) {
			p.t.Errorf("that a code was sent is told as %q", told)
		}
		if second.has("#notice") {
			p.t.Error("said twice")
		}
		if n := len(p.tenant.Messages(to)); n != 2 {
			p.t.Errorf("%d messages", n)
		}
	})
}

// TestNoticeOfAnother: the page of an attempt leaves a message that is meant for
// the overview to the overview.
func TestNoticeOfAnother(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	_, b := p.person()
	b.startPhone()
	b.startEmail()
	b.moved(b.post("add/email/cancel", nil), "")
	if b.get("add/phone").has("#notice") {
		t.Error("the page of the phone tells what became of the address")
	}
	if !b.get("").has("#notice") {
		t.Error("the message is lost")
	}
}

// TestSameRecipientAgain: the minute between two codes to one number or address
// holds over the way by "change" too, and the wait is told; another one may have a
// code at once. Who cancels, or goes by way of another recipient, meets the user's
// allowance of messages only.
func TestSameRecipientAgain(t *testing.T) {
	t.Parallel()
	eachMessageKind(t, func(p *portal, b *browser, _ emulator.SeedUser, kind string) {
		to := messageKinds[kind].start(b)
		again := url.Values{"country": {""}, "number": {to}, "channel": {"voice"}, "address": {strings.ToUpper(to)}}
		p.later(20 * time.Second)
		b.moved(b.post("add/"+kind+"/change", nil), "add/"+kind)
		b.wantStatus(b.post("add/"+kind, url.Values{"number": {"12"}, "address": {"eve"}}), http.StatusUnprocessableEntity) // a mistake changes nothing
		early := b.post("add/"+kind, again)
		b.wantStatus(early, http.StatusTooManyRequests)
		wait := early.Header.Get("Retry-After")
		if told := early.doc.Find("#summary").Text(); wait < "35" || wait > "40" || !strings.Contains(told, wait) {
			p.t.Errorf("to wait %q s is told as %q", wait, told)
		}
		if n := len(p.tenant.Messages(to)); n != 1 {
			p.t.Fatalf("%d messages", n)
		}

		other := messageKinds[kind].start(b) // at once
		b.moved(b.post("add/"+kind+"/change", nil), "add/"+kind)
		p.later(minute)
		b.moved(b.post("add/"+kind, url.Values{"number": {other}, "channel": {"sms"}, "address": {other}}), "add/"+kind)
		b.moved(b.enterCode(kind, p.tenant.LatestCode(other)), "recovery-code")
	})
}

// TestSameRecipientAfterItsEnd: a code that the tenant has ended itself asks for no
// patience.
func TestSameRecipientAfterItsEnd(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	_, b := p.person()
	number := b.startPhone()
	p.fault(`{"match":"POST /oauth/token","status":401,"body":{"error":"expired_token","error_description":"oob_code is expired"},"times":1}`)
	b.wantStatus(b.enterCode("phone", "123456"), http.StatusUnprocessableEntity)
	b.moved(b.post("add/phone/change", nil), "add/phone")
	b.moved(b.sendText(number), "add/phone")
}

// TestCancelUnseen (MF-19, MF-22): who cancels when nobody can look whether the
// phone has scanned is told so, and what is true as soon as somebody can.
func TestCancelUnseen(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{minMethods: 0})
	unknown := func(b *browser, a answer) {
		b.p.t.Helper()
		if told := a.doc.Find("#notice").Text(); !strings.Contains(told, b.sentence("notice.cancel-unknown")) {
			b.p.t.Errorf("told: %q", told)
		}
	}
	for name, scanned := range map[string]bool{"scanned": true, "not scanned": false} {
		t.Run(name+", the proof had ended", func(t *testing.T) {
			p := p.in(t)
			user, b := p.person(emulatortest.WithApp())
			uri := b.startPush()
			if scanned {
				p.tenant.Scan(user, uri)
			}
			p.later(11 * time.Minute)
			b.moved(b.post("add/push/cancel", nil), "")
			asked := b.get("")
			b.wantHeading(asked, "confirm.title")
			unknown(b, asked)
			if strings.Contains(asked.body, b.sentence("confirm.kept")) {
				t.Error("what was cancelled is said to be kept")
			}
			b.moved(b.signIn(user, "?page=overview"), "")
			b.settled(scanned)
		})
		t.Run(name+", the list failed", func(t *testing.T) {
			p := p.in(t)
			user, b := p.person(emulatortest.WithApp())
			uri := b.startPush()
			if scanned {
				p.tenant.Scan(user, uri)
			}
			p.fault(`{"match":"GET /mfa/authenticators","status":503,"times":2}`)
			b.moved(b.post("add/push/cancel", nil), "")
			if !scanned {
				unknown(b, b.get(""))
			}
			b.settled(scanned)
		})
	}
	t.Run("the list can be read", func(t *testing.T) {
		p := p.in(t)
		_, b := p.person()
		b.startPush()
		b.moved(b.post("add/push/cancel", nil), "")
		if told := b.get("").doc.Find("#notice").Text(); !strings.Contains(told, b.sentence("notice.scan-cancelled")) {
			t.Errorf("told: %q", told)
		}
	})
}

// settled insists that the overview shows what became of an attempt with push beside
// an app, and that the attempt does not go on.
func (b *browser) settled(added bool) {
	b.p.t.Helper()
	page := b.get("")
	if added {
		b.moved(page, "")
		page = b.get("")
		if !strings.Contains(page.doc.Find("#notice").Text(), b.sentence("notice.push-added")) {
			b.p.t.Error("nobody says that it was added")
		}
	}
	if n := page.doc.Find("section[aria-labelledby=pushes] li").Length(); (n == 1) != added {
		b.p.t.Errorf("%d rows", n)
	}
	if n := page.doc.Find("section[aria-labelledby=apps] li").Length(); n != 1 {
		b.p.t.Errorf("MF-18 %d apps beside it: the codes of the new one are taken for another", n)
	}
	if b.get("add/push").has(".plate, #push-over") {
		b.p.t.Error("the attempt goes on")
	}
}

// TestOverElsewhere: a form of an attempt that was cancelled or finished in another
// window does nothing, and says so; what a first click has left to say comes first.
func TestOverElsewhere(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	for kind, attempt := range attempts {
		t.Run(kind, func(t *testing.T) {
			p := p.in(t)
			_, b := p.person()
			b.begin(kind)
			b.moved(b.post(attempt.path+"/cancel", nil), "")
			b.get("") // the other window
			mark := p.upstream.mark()
			b.moved(b.post(attempt.end, url.Values{"code": {"123456"}}), "")
			p.wantCalls(mark, map[string]int{})
			if told := b.get("").doc.Find("#notice").Text(); !strings.Contains(told, b.sentence("notice.attempt-over")) {
				t.Errorf("told: %q", told)
			}

			b.begin(kind)
			b.finishes(kind, kind)
			b.begin(kind)
			end := attempt.finish(b, b.formToken())
			b.moved(b.post(attempt.end, end), "")
			b.moved(b.post(attempt.end, end), "")
			if told := b.get("").doc.Find("#notice").Text(); !strings.Contains(told, b.sentence("notice."+kind+"-added")) {
				t.Errorf("after a second click: %q", told)
			}
		})
	}
}

// TestLanguageKeepsTyped: the language can be changed on a form that has a mistake
// in it, and on the one after too many wrong codes; what was typed stays.
func TestLanguageKeepsTyped(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	_, b := p.person()
	shown := func(when string, want map[string]string) {
		t.Helper()
		for path, selectors := range map[string][]string{"add/phone": {"#country option[selected]", "#number", "[name=channel][checked]"}, "add/email": {"#address"}} {
			b.moved(b.post("language", url.Values{"lang": {"fr-CA"}, "page": {strings.ReplaceAll(path, "/", "-")}}), path)
			page := b.get(path)
			for _, selector := range selectors {
				if got := page.doc.Find(selector).AttrOr("value", ""); want[selector] != "" && got != want[selector] {
					t.Errorf("%s: %s holds %q, want %q", when, selector, got, want[selector])
				}
			}
		}
	}
	b.wantStatus(b.post("add/phone", url.Values{"country": {"FR"}, "number": {"06 12"}, "channel": {"voice"}}), http.StatusUnprocessableEntity)
	b.wantStatus(b.post("add/email", url.Values{"address": {"eve@"}}), http.StatusUnprocessableEntity)
	shown("after a mistake", map[string]string{
		"#country option[selected]": "FR", "#number": "06 12", "[name=channel][checked]": "voice", "#address": "eve@",
	})

	number := b.startPhone()
	for range 5 {
		b.enterCode("phone", notThe(p.tenant.LatestCode(number)))
	}
	shown("after five wrong codes", map[string]string{"#number": number, "[name=channel][checked]": "sms"})
}
