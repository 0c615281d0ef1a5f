package web_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"mysecurity/internal/emulator/emulatortest"
)

// TestAddPush is the whole way with the notification app, with htmx asking and
// with the button alone, up to the next sign-in with it.
func TestAddPush(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{minMethods: 0})
	for name, asks := range map[string]func(b *browser) answer{
		"htmx":       func(b *browser) answer { return b.polled(b.get("add/push")) },
		"forms only": func(b *browser) answer { return b.post("add/push/check", nil) },
	} {
		t.Run(name, func(t *testing.T) {
			p := p.in(t)
			user, b := p.person()
			if !b.get("add").has(`a[href="`+p.url+`add/push"]`) || !b.get("add/push").has(`a[href^="https://apps.apple.com/"]`) {
				t.Fatal("no way to the page, or from it to the app")
			}
			uri := b.startPush()
			first := asks(b)
			if name == "htmx" {
				b.wantStatus(first, http.StatusNoContent)
			} else if b.wantStatus(first, http.StatusOK); !first.has("#asked") || !first.has(".plate") {
				t.Error("nobody says that it is too early")
			}
			p.later(5 * time.Second)
			p.tenant.Scan(user, uri)
			b.led(asks(b), "recovery-code")
			b.saveCode()
			overview := b.get("")
			row := overview.doc.Find("section[aria-labelledby=pushes] li")
			if row.Length() != 1 || !row.HasClass("changed") || !overview.has("#notice") || overview.has("section[aria-labelledby=apps] li") {
				t.Error("MF-18 not one row for the app and its codes")
			}
			if !strings.Contains(row.Text(), b.sentence("method.push.fact.codes")) {
				t.Error("MF-18 the row does not say that it gives codes")
			}
			p.browser().enter(user, "") // approved on the phone
			asked := b.get("methods/" + b.handles()[0] + "/remove")
			if !strings.Contains(asked.doc.Find("#main").Text(), b.sentence("remove.along.codes")) {
				t.Error("MF-18 the removal does not say what goes along")
			}
			b.removeOnly()
		})
	}
}

// TestScanRhythm: the server keeps the rhythm, whoever asks how often; the
// tenant can slow it down, which the page then heeds.
func TestScanRhythm(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	user, b := p.person()
	uri := b.startPush()
	page := b.get("add/push")
	mark := p.upstream.mark()
	for range 5 {
		b.wantStatus(b.polled(page), http.StatusNoContent)
	}
	p.wantCalls(mark, map[string]int{tokenCall: 1})
	p.later(5 * time.Second)
	p.fault(`{"match":"POST /oauth/token","status":400,"body":{"error":"slow_down"},"times":1}`)
	slower := b.polled(page)
	b.wantStatus(slower, http.StatusOK)
	if got := slower.doc.Find("#push-status").AttrOr("hx-trigger", ""); got != "every 10s" || slower.has("#main") {
		t.Errorf("after slow_down the page asks %q", got)
	}
	p.later(5 * time.Second)
	mark = p.upstream.mark()
	b.wantStatus(b.polled(slower), http.StatusNoContent)
	p.wantCalls(mark, map[string]int{})
	p.later(5 * time.Second)
	p.tenant.Scan(user, uri)
	b.led(b.polled(slower), "recovery-code")
}

// TestScanRunsOut: after five minutes the page stops asking, of the tenant only
// the list is read (a phone may have scanned after the last question), and a new
// QR code is one click away.
func TestScanRunsOut(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	user, b := p.person()
	token := p.tenant.AccessToken(user)
	first := b.startPush()
	page := b.get("add/push")
	p.later(5*time.Minute + time.Second)
	mark := p.upstream.mark()
	over := b.polled(page)
	b.wantStatus(over, http.StatusOK)
	if !over.has("#push-over") || over.has("[hx-trigger], .plate") {
		t.Error("the page goes on asking, or shows a QR code that is over")
	}
	if whole := b.get("add/push"); !whole.has("#push-over") || whole.has("[hx-trigger]") || whole.has(".plate") {
		t.Error("a page that comes back does not say that the QR code is over")
	}
	if plain := b.post("add/push/check", nil); !plain.has("#push-over") {
		t.Error("the button does not say that the QR code is over")
	}
	p.wantCalls(mark, map[string]int{"GET /mfa/authenticators": 3})
	b.moved(b.post("add/push/renew", nil), "add/push")
	second := b.scanText()
	if second == first || p.pending(token, "push") != 1 {
		t.Errorf("the same QR code again, or %d entries", p.pending(token, "push"))
	}
	p.tenant.Scan(user, second)
	b.led(b.polled(b.get("add/push")), "recovery-code")
	b.saveCode()
}

// TestScannedLate: what the phone did after the page's last question counts, by
// whichever way the person comes back; it is not said that nothing was added.
func TestScannedLate(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	for name, back := range map[string]func(b *browser, page answer) answer{
		"the page asks": func(b *browser, page answer) answer { return b.polled(page) },
		"the button":    func(b *browser, _ answer) answer { return b.post("add/push/check", nil) },
		"a reload":      func(b *browser, _ answer) answer { return b.get("add/push") },
	} {
		t.Run(name, func(t *testing.T) {
			p := p.in(t)
			user, b := p.person()
			b.startPush()
			page := b.get("add/push")
			p.tenant.Scan(user, b.scanText())
			p.later(5*time.Minute + time.Second)
			b.led(back(b, page), "recovery-code")
		})
	}
}

// TestScanDenied: both answers of the tenant that mean "no".
func TestScanDenied(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	for name, denial := range map[string]string{
		"recorded":   `"status":400,"body":{"error":"access_denied","error_description":"MFA Authorization rejected."}`,
		"documented": `"status":403,"body":{"error":"invalid_grant","error_description":"MFA Authorization rejected."}`,
	} {
		t.Run(name, func(t *testing.T) {
			p := p.in(t)
			user, b := p.person()
			b.startPush()
			page := b.get("add/push")
			p.fault(`{"match":"POST /oauth/token",` + denial + `,"times":1}`)
			denied := b.polled(page)
			b.wantStatus(denied, http.StatusOK)
			if denied.has("[hx-trigger]") || !strings.Contains(denied.doc.Text(), b.sentence("add-push.state.denied.title")) {
				t.Error("not told, or the page goes on asking")
			}
			mark := p.upstream.mark()
			b.get("add/push")
			b.post("add/push/check", nil)
			p.wantCalls(mark, map[string]int{"GET /mfa/authenticators": 2})
			b.moved(b.post("add/push/renew", nil), "add/push")
			p.tenant.Scan(user, b.scanText())
			b.led(b.polled(b.get("add/push")), "recovery-code")
		})
	}
}

// TestPageClosedEarly: the phone's scan makes the method active, whether or not
// anybody asks; the next look at the overview says so.
func TestPageClosedEarly(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	user, b := p.person()
	p.tenant.Scan(user, b.startPush())
	b.moved(b.get(""), "recovery-code")
	b.saveCode()
	if page := b.get(""); page.doc.Find("section[aria-labelledby=pushes] li.changed").Length() != 1 || b.get("add/push").has(".plate") {
		t.Error("nothing says that it worked, or the attempt goes on")
	}
	// A new QR code asked for after all makes no second method of it.
	uri := b.startPush()
	p.tenant.Scan(user, uri)
	p.later(6 * time.Minute)
	b.moved(b.post("add/push/renew", nil), "")
	b.moved(b.get(""), "")
	if n := b.rows("pushes"); n != 2 {
		t.Errorf("%d rows", n)
	}
}

// TestPushBesideApp (MF-18): where nobody can tell which codes go with which
// push method, both rows are shown and the removal says that one may take the
// other along; where the portal saw the pair come, it is one row.
func TestPushBesideApp(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{minMethods: 0})
	t.Run("not known", func(t *testing.T) {
		p := p.in(t)
		_, b := p.person(emulatortest.WithApp(), emulatortest.WithPush())
		if apps, pushes := b.rows("apps"), b.rows("pushes"); apps != 2 || pushes != 1 {
			t.Fatalf("MF-18 %d apps, %d push methods", apps, pushes)
		}
		for _, handle := range b.handles() {
			asked := b.get("methods/" + handle + "/remove").doc.Find("#main").Text()
			if !strings.Contains(asked, b.sentence("remove.along.maybe-app")) && !strings.Contains(asked, b.sentence("remove.along.maybe-push")) {
				t.Error("MF-18 the removal does not say what may go along")
			}
		}
	})
	t.Run("enrolled here", func(t *testing.T) {
		p := p.in(t)
		user, b := p.person(emulatortest.WithApp())
		p.tenant.Scan(user, b.startPush())
		b.led(b.polled(b.get("add/push")), "")
		if apps, pushes := b.rows("apps"), b.rows("pushes"); apps != 1 || pushes != 1 {
			t.Fatalf("MF-18 %d apps, %d push methods", apps, pushes)
		}
	})
	t.Run("enrolled here, and the page was closed", func(t *testing.T) {
		p := p.in(t)
		user, b := p.person(emulatortest.WithApp())
		p.tenant.Scan(user, b.startPush())
		b.moved(b.get(""), "")
		if apps, pushes := b.rows("apps"), b.rows("pushes"); apps != 1 || pushes != 1 {
			t.Fatalf("MF-18 %d apps, %d push methods", apps, pushes)
		}
	})
}
