package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"mysecurity/internal/account"
	"mysecurity/internal/emulator/emulatortest"
)

// TestAddPhone is the whole way with a phone: with forms only and with htmx, by
// text message and by call, up to the next sign-in with it.
func TestAddPhone(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{minMethods: 0})
	for name, way := range map[string]struct {
		channel string
		headers []string
	}{
		"text, forms only": {"sms", nil}, "call, forms only": {"voice", nil}, "text, htmx": {"sms", htmx()}, "call, htmx": {"voice", htmx()},
	} {
		t.Run(name, func(t *testing.T) {
			p := p.in(t)
			user, b := p.person()
			number := p.number()
			if !b.get("add").has(`a[href="`+p.url+`add/phone"]`) || !b.get("add/phone").has("#number") {
				t.Fatal("no way to the form")
			}
			b.led(b.post("add/phone", url.Values{"country": {"CA"}, "number": {number[2:]}, "channel": {way.channel}}, way.headers...), "add/phone")
			page := b.get("add/phone")
			if text := page.doc.Find("#main").Text(); !strings.Contains(text, number[len(number)-4:]) || strings.Contains(page.body, number) {
				t.Error("the page does not say where the code went, or says too much")
			}
			if sent := p.tenant.Messages(number); len(sent) != 1 || sent[0].Channel != way.channel {
				t.Fatalf("sent: %+v", sent)
			}
			code := p.tenant.LatestCode(number)
			wrong := b.enterCode("phone", notThe(code), way.headers...)
			b.wantStatus(wrong, http.StatusUnprocessableEntity)
			if whole := strings.Contains(wrong.body, "<html"); !wrong.has("#main #summary") || whole == (way.headers != nil) {
				t.Error("not said, or not in the right part of the page")
			}
			b.led(b.enterCode("phone", " "+code[:3]+" "+code[3:], way.headers...), "recovery-code")
			b.saveCode()
			overview := b.get("")
			if !overview.has("#notice") || overview.doc.Find("section[aria-labelledby=phones] li.changed").Length() != 1 {
				t.Error("nothing says that it worked")
			}
			if n := b.rows("phones"); n != 1 {
				t.Errorf("MF-18 %d rows for one number", n)
			}
			p.browser().enter(user, "") // the tenant asks for a code sent to that number
			b.removeOnly()
		})
	}
}

// removeOnly removes the only method of a user.
func (b *browser) removeOnly() {
	b.p.t.Helper()
	handles := b.handles()
	if len(handles) != 1 {
		b.p.t.Fatalf("%d methods", len(handles))
	}
	b.wantStatus(b.get("methods/"+handles[0]+"/remove"), http.StatusOK)
	b.moved(b.post("methods/"+handles[0]+"/remove", url.Values{"understood": {"yes"}}), "")
	if n := len(b.handles()); n != 0 {
		b.p.t.Errorf("%d methods are left", n)
	}
}

// TestNumbers (MF-04): what cannot be somebody's phone is told in its own words
// and never reaches the tenant; a text to a landline is asked about.
func TestNumbers(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	_, b := p.person()
	mark := p.upstream.mark()
	for _, tt := range []struct{ country, number, channel, problem string }{
		{"CA", "", "sms", "empty"},
		{"CA", "1-800-FLOWERS", "sms", "not-a-number"},
		{"CA", "506 23", "sms", "too-short"},
		{"CA", "506 234 5678 90123", "sms", "too-long"},
		{"", "506 234 5678", "sms", "no-country"},
		{"ZZ", "506 234 5678", "sms", "no-country"},
		{"CA", "900 234 5678", "sms", "invalid"},
		{"FR", "0899 12 34 56", "voice", "invalid"},
		{"CA", "506 234 5678", "", "channel"},
		{"CA", "506 234 5678", "fax", "channel"},
	} {
		for _, headers := range [][]string{nil, htmx()} {
			a := b.post("add/phone", url.Values{"country": {tt.country}, "number": {tt.number}, "channel": {tt.channel}}, headers...)
			b.wantStatus(a, http.StatusUnprocessableEntity)
			if !strings.Contains(a.doc.Find("#summary").Text(), b.sentence("add-phone.problem."+tt.problem)) {
				t.Errorf("MF-04 %s %q: not %s", tt.country, tt.number, tt.problem)
			}
			if a.doc.Find("#number").AttrOr("value", "?") != tt.number || a.has("#country option[selected]") != (len(tt.country) > 0 && tt.country != "ZZ") {
				t.Errorf("MF-04 %s %q: what was typed is lost", tt.country, tt.number)
			}
		}
	}
	landline := url.Values{"country": {"FR"}, "number": {"01 23 45 67 89"}, "channel": {"sms"}}
	asked := b.post("add/phone", landline)
	b.wantStatus(asked, http.StatusUnprocessableEntity)
	if !asked.has("#landline form input[name=landline]") || asked.has("#summary") {
		t.Error("nobody asks about the landline")
	}
	p.wantCalls(mark, map[string]int{})
	landline.Set("landline", "yes")
	b.moved(b.post("add/phone", landline), "add/phone")
	if len(p.tenant.Messages("+33123456789")) != 1 {
		t.Error("the answer was not heeded")
	}
}

// TestLikelyCountry: the list begins where the visitor is, by their profile or
// their browser.
func TestLikelyCountry(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	_, b := p.person()
	for accept, want := range map[string]string{"fr-CA,fr;q=0.9": "CA", "de-CH,en;q=0.5": "CH", "en": ""} {
		page := b.get("add/phone", "Accept-Language", accept)
		if got := page.doc.Find("#country option[selected]").AttrOr("value", ""); got != want {
			t.Errorf("%s: %q", accept, got)
		}
		if n := page.doc.Find("#country option").Length(); n < 240 {
			t.Errorf("%d countries", n)
		}
	}
	if first := b.get("add/phone", "Accept-Language", "fr").doc.Find("#country option").Eq(2).Text(); !strings.HasPrefix(strings.TrimSpace(first), "Afrique du Sud") {
		t.Errorf("in French the second country is %q", first)
	}
}

// TestTenantRefusesNumber: what only the tenant knows is said beside the field.
func TestTenantRefusesNumber(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	_, b := p.person()
	p.fault(`{"match":"POST /mfa/associate","status":400,"body":{"error":"invalid_request","error_description":"The phone number is invalid."}}`)
	a := b.sendText("506 234 5678")
	b.wantStatus(a, http.StatusUnprocessableEntity)
	if !strings.Contains(a.doc.Find("#summary").Text(), b.sentence("add-phone.problem.refused")) || a.doc.Find("#number").AttrOr("value", "") != "506 234 5678" {
		t.Error("not said, or the number is lost")
	}
	p.heal()
	b.startPhone()
}

// TestChangeNumber: another number is one click away, with the old one in the
// field, and nothing is left at the tenant.
func TestChangeNumber(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	user, b := p.person()
	token := p.tenant.AccessToken(user)
	number := b.startPhone()
	code := p.tenant.LatestCode(number)
	b.moved(b.post("add/phone/change", nil), "add/phone")
	form := b.get("add/phone")
	if form.doc.Find("#number").AttrOr("value", "") != number || !form.has("#channel[checked]") {
		t.Error("what was typed is lost")
	}
	if n := p.pending(token, "sms"); n != 0 {
		t.Errorf("%d entries are left", n)
	}
	mark := p.upstream.mark()
	b.moved(b.enterCode("phone", code), "")
	b.moved(b.post("add/phone/resend", nil), "add/phone")
	b.moved(b.post("add/phone/change", nil), "add/phone")
	p.wantCalls(mark, map[string]int{})
	other := b.startPhone()
	b.moved(b.enterCode("phone", p.tenant.LatestCode(other)), "recovery-code")
}

// TestPhoneOfOthers: the row of a phone names both abilities, and so does the
// page that removes it: the two entries go together.
func TestPhoneOfOthers(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{minMethods: 0})
	number := p.number()
	user, b := p.person(emulatortest.WithPhone(number))
	token := p.tenant.AccessToken(user)
	row := b.get("").doc.Find("section[aria-labelledby=phones] li")
	if row.Length() != 1 || !strings.Contains(row.Text(), number[len(number)-4:]) || strings.Contains(row.Text(), number) {
		t.Errorf("MF-18 %d rows: %s", row.Length(), row.Text())
	}
	if asked := b.get("methods/" + b.handles()[0] + "/remove"); !strings.Contains(asked.doc.Find("#main").Text(), b.sentence("remove.along.both")) {
		t.Error("MF-18 the removal does not say what goes along")
	}
	b.removeOnly()
	for _, e := range p.entries(token) {
		if strings.HasPrefix(e.ID, "sms|") || strings.HasPrefix(e.ID, "voice|") {
			t.Errorf("%s is left", e.ID)
		}
	}
}

// TestMessagesOfOneUser (MF-08): ten messages, then one an hour; the tenant sees
// no more of them, and the page says when the next one is possible.
func TestMessagesOfOneUser(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	_, b := p.person()
	mark := p.upstream.mark()
	for range 9 {
		b.startPhone()
		b.moved(b.post("add/phone/cancel", nil), "")
	}
	number := b.startPhone()
	p.later(minute)
	again := b.post("add/phone/resend", nil)
	b.tooEarly(again, "#again time", 55*time.Minute)
	if len(p.tenant.Messages(number)) != 1 {
		t.Error("MF-08 another one was sent")
	}
	b.moved(b.post("add/phone/cancel", nil), "")
	refused := b.sendText(p.number())
	b.tooEarly(refused, "#summary time", 55*time.Minute)
	if n := p.upstream.since(mark)[associateCall]; n != 10 {
		t.Errorf("MF-08 the tenant saw %d messages", n)
	}
	if !strings.Contains(p.log.String(), `"reason":"`+string(account.KindTooManyMessages)+`"`) {
		t.Error("SL-10 the audit stream does not say so")
	}
}

// tooEarly insists on an answer that names the time of the next try, in the page
// and in its header.
func (b *browser) tooEarly(a answer, clock string, least time.Duration) {
	b.p.t.Helper()
	b.wantStatus(a, http.StatusTooManyRequests)
	wait, err := time.ParseDuration(a.Header.Get("Retry-After") + "s")
	if err != nil || wait < least {
		b.p.t.Errorf("Retry-After %q, want at least %s", a.Header.Get("Retry-After"), least)
	}
	if !a.has(clock) {
		b.p.t.Errorf("no time on the page:\n%s", a.doc.Find("#main").Text())
	}
}

// led insists on a move to a page of ours, by a redirect or by htmx.
func (b *browser) led(a answer, page string) {
	b.p.t.Helper()
	to := a.location()
	if a.Request.Header.Get("HX-Request") == "true" {
		to = a.Header.Get("HX-Redirect")
	}
	if to != b.p.url+page || a.StatusCode >= http.StatusBadRequest {
		b.p.t.Fatalf("%s %s: %d to %q, want %q\n%s", a.Request.Method, a.Request.URL.Path, a.StatusCode, to, page, a.doc.Find("#main").Text())
	}
}
