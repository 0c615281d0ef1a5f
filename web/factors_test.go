package web_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/skip2/go-qrcode"

	"mysecurity/internal/emulator"
	"mysecurity/internal/emulator/emulatortest"
	"mysecurity/templates/ui"
)

// number is a new number of nobody's, which can be a mobile phone's.
func (p *portal) number() string {
	return fmt.Sprintf("+1506234%04d", p.numbers.Add(1))
}

// sendText starts to add a phone by text message.
func (b *browser) sendText(number string, headers ...string) answer {
	b.p.t.Helper()
	return b.post("add/phone", url.Values{"country": {"CA"}, "number": {number}, "channel": {"sms"}}, headers...)
}

// startPhone has a text message sent to a new number, and insists that it works.
func (b *browser) startPhone() (number string) {
	b.p.t.Helper()
	number = b.p.number()
	b.moved(b.sendText(number), "add/phone")
	return number
}

// startEmail has a code sent to a new address, and insists that it works.
func (b *browser) startEmail() (address string) {
	b.p.t.Helper()
	address = fmt.Sprintf("other%d@elsewhere.example", b.p.numbers.Add(1))
	b.moved(b.post("add/email", url.Values{"address": {address}}), "add/email")
	return address
}

// startPush has a QR code made and returns its text.
func (b *browser) startPush() (uri string) {
	b.p.t.Helper()
	b.moved(b.post("add/push", nil), "add/push")
	return b.scanText()
}

// scanText is the text of the QR code on the page: the last one that the tenant
// handed out, and the picture is compared.
func (b *browser) scanText() string {
	b.p.t.Helper()
	uri := b.p.upstream.lastScan()
	code, err := qrcode.New(uri, qrcode.Medium)
	must(b.p.t, err)
	code.DisableBorder = true
	var picture strings.Builder
	must(b.p.t, ui.QR(code.Bitmap(), "").Render(b.p.t.Context(), &picture))
	want, err := goquery.NewDocumentFromReader(strings.NewReader(picture.String()))
	must(b.p.t, err)
	if got := b.get("add/push").doc.Find(".plate path").AttrOr("d", ""); got == "" || got != want.Find("path").AttrOr("d", "?") {
		b.p.t.Fatal("the page shows no QR code, or another one")
	}
	return uri
}

// enterCode sends a code to an attempt of a kind: "phone" or "email".
func (b *browser) enterCode(kind, code string, headers ...string) answer {
	b.p.t.Helper()
	return b.post("add/"+kind+"/confirm", url.Values{"code": {code}}, headers...)
}

// notThe is a well-formed code that differs from the given one.
func notThe(code string) string {
	if code == "123456" {
		return "654321"
	}
	return "123456"
}

// polled is what htmx sends from the part of the page that waits, and the answer.
func (b *browser) polled(page answer) answer {
	b.p.t.Helper()
	waiting := page.doc.Find("#push-status[hx-post]")
	if waiting.Length() != 1 {
		b.p.t.Fatalf("nothing on the page asks:\n%s", page.body)
	}
	form := url.Values{}
	waiting.Find("input[name]").Each(func(_ int, e *goquery.Selection) {
		form.Add(e.AttrOr("name", ""), e.AttrOr("value", ""))
	})
	return b.do(b.request(http.MethodPost, waiting.AttrOr("hx-post", ""), form, htmx()...))
}

// rows counts the rows of a section of the overview.
func (b *browser) rows(section string) int {
	b.p.t.Helper()
	return b.get("").doc.Find("section[aria-labelledby=" + section + "] li").Length()
}

// saveCode states that the recovery code is saved, which is due.
func (b *browser) saveCode() {
	b.p.t.Helper()
	if b.recoveryCode() == "" {
		b.p.t.Error("the recovery code is lost")
	}
	b.moved(b.post("recovery-code/saved", url.Values{"saved": {"yes"}}), "")
}

// entries reads a user's list at the tenant, past the portal, with a token that
// was got before.
func (p *portal) entries(token string) (list []entry) {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, p.tenant.URL+"/mfa/authenticators", http.NoBody)
	must(p.t, err)
	r.Header.Set("Authorization", "Bearer "+token)
	response, err := p.tenant.Client().Do(r)
	must(p.t, err)
	defer response.Body.Close()
	must(p.t, json.NewDecoder(response.Body).Decode(&list))
	return list
}

// entry is one of the tenant's authenticators.
type entry struct {
	ID     string `json:"id"`
	Active bool   `json:"active"`
}

// pending are the unconfirmed entries of a kind: "sms", "email", "push", "totp".
func (p *portal) pending(token, kind string) int {
	p.t.Helper()
	n := 0
	for _, e := range p.entries(token) {
		if !e.Active && strings.HasPrefix(e.ID, kind+"|") {
			n++
		}
	}
	return n
}

// withMany signs a person in who has a number of everything.
func (p *portal) withMany() (emulator.SeedUser, *browser) {
	p.t.Helper()
	return p.person(emulatortest.WithApp(), emulatortest.WithPhone(p.number()), emulatortest.WithPush(), emulatortest.WithRecoveryCode())
}

// minute is how long people wait for the next message, and a little more.
const minute = time.Minute + time.Second
