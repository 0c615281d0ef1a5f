package emulator_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"mysecurity/internal/emulator"
	"mysecurity/internal/emulator/emulatortest"
)

// phonePage opens the console's page of a user's phone in a browser of its own.
func phonePage(tenant *emulatortest.Tenant, user emulator.SeedUser, query string) (*emulatortest.Browser, emulatortest.Page) {
	b := tenant.NewBrowser()
	return b, b.Get(tenant.URL + "/console/phones/" + tenant.Phone(user).ID + query)
}

// wantNotice checks the confirmation of a form.
func wantNotice(t *testing.T, p emulatortest.Page, text string) {
	t.Helper()
	if got := p.Doc.Find("[role=status]").Text(); got != text {
		t.Errorf("notice %q, want %q; problem %q", got, text, p.Doc.Find("[role=alert]").Text())
	}
}

// TestConsoleScan: a QR code that the tenant has shown is one click away.
func TestConsoleScan(t *testing.T) {
	for name, query := range map[string]string{"still": "", "live": "?live=1"} {
		t.Run(name, func(t *testing.T) {
			tenant := start(t)
			user, other := tenant.NewUser(), tenant.NewUser()
			associatePush(t, tenant, tenant.AccessToken(user))
			if _, p := phonePage(tenant, other, query); strings.Contains(p.Doc.Text(), "Scan it") {
				t.Error("another user's phone offers it")
			}
			b, p := phonePage(tenant, user, query)
			p = b.Press(p, "Scan it")
			wantNotice(t, p, "The account is on the phone.")
			if got := len(tenant.Phone(user).Guardian); got != 1 {
				t.Errorf("%d accounts", got)
			}
			if strings.Contains(p.Doc.Text(), "Scan it") {
				t.Error("a scanned code is still offered")
			}
			if live := p.URL.Query().Has("live"); live != (name == "live") {
				t.Errorf("led to %s", p.URL)
			}
			code := p.Doc.Find("output[aria-label='Code of Guardian']").Text()
			if code == "" || code != tenant.Phone(user).Guardian[0].Code {
				t.Errorf("code %q", code)
			}
			p = b.Press(p, "Remove from this phone")
			wantNotice(t, p, "The Guardian account is gone, here and at the tenant.")
		})
	}
}

// TestConsoleNotifications: approve, deny with a reason, offline.
func TestConsoleNotifications(t *testing.T) {
	for name, query := range map[string]string{"still": "", "live": "?live=1"} {
		t.Run(name, func(t *testing.T) {
			tenant := start(t)
			user := tenant.NewUser(emulatortest.WithPush())
			waiting, challenge := atChallenge(t, tenant, user, nil)
			b, p := phonePage(tenant, user, query)
			wantConsolePage(t, p)
			p = b.Press(p, "Switch the connection off")
			wantNotice(t, p, "The phone is offline.")
			if p.Doc.Find("button[value=approve]").Length() != 0 {
				t.Error("an offline phone shows a notification")
			}
			p = b.Press(p, "Switch the connection on")
			wantNotice(t, p, "The phone is online again.")
			if !strings.Contains(p.Doc.Find("section[aria-label^='Sign-in from']").Text(), "2030-06-01T12:00:00Z") {
				t.Error("no time of the notification")
			}
			denied := b.Press(p, "Deny")
			wantNotice(t, denied, "The notification is denied.")
			if got := waiting.Get(challenge.URL.String()); !strings.Contains(got.Doc.Find("[role=alert]").Text(), "denied") {
				t.Errorf("the sign-in says %s", got.Doc.Find("main").Text())
			}
			again := b.Press(p, "Approve")
			if again.Status != http.StatusConflict || !strings.Contains(again.Doc.Find("[role=alert]").Text(), "Nothing was changed") {
				t.Errorf("a second answer: %d", again.Status)
			}
			challenge = waiting.Press(waiting.Get(challenge.URL.String()), "Send another notification")
			_, p = phonePage(tenant, user, query)
			wantNotice(t, b.Press(p, "Approve"), "The notification is approved.")
			if done := waiting.Get(challenge.URL.String()); done.Left == nil {
				t.Error("not signed in")
			}
		})
	}
}

// TestConsoleMessages: everything that was sent, newest first, and on the phone
// what went to its owner.
func TestConsoleMessages(t *testing.T) {
	tenant := start(t)
	user, other := tenant.NewUser(emulatortest.WithPhone(someNumber)), tenant.NewUser(emulatortest.WithPhone("+15550100999"))
	b, p := atChallenge(t, tenant, user, nil)
	choose(b, p, "Email to "+maskedOwn(user.Email))
	atChallenge(t, tenant, other, nil)
	browser := tenant.NewBrowser()
	inbox := browser.Get(tenant.URL + "/console/messages")
	wantConsolePage(t, inbox)
	headings := func(p emulatortest.Page) []string {
		return p.Doc.Find("section h3").Map(func(_ int, s *goquery.Selection) string { return s.Text() })
	}
	want := []string{"Text message to +15550100999", "E-mail to " + user.Email, "Text message to " + someNumber}
	if got := strings.Join(headings(inbox), "\n"); got != strings.Join(want, "\n") {
		t.Errorf("inbox:\n%s", got)
	}
	if got := inbox.Doc.Find("output.code").First().Text(); got != tenant.LatestCode("+15550100999") {
		t.Errorf("code %q", got)
	}
	if inbox.Header.Get("Refresh") != "" {
		t.Error("the inbox loads itself anew unasked")
	}
	if live := browser.Get(tenant.URL + "/console/messages?live=1"); live.Header.Get("Refresh") != "5; url=/console/messages?live=1" {
		t.Errorf("Refresh: %q", live.Header.Get("Refresh"))
	}
	_, own := phonePage(tenant, user, "")
	if got := headings(own); len(got) != 2 || got[0] != want[1] || got[1] != want[2] {
		t.Errorf("on the phone: %q", got)
	}
}

// wantConsolePage checks what the pages of the console owe to their reader, beside
// what TestConsolePages looks at.
func wantConsolePage(t *testing.T, p emulatortest.Page) {
	t.Helper()
	if p.Header.Get("Mysecurity-Emulator") != "1" || p.Doc.Find(".banner").Length() != 1 {
		t.Error("EM-07: marker header or banner missing")
	}
	if p.Doc.Find("script, [style], form:not([method=post])").Length() != 0 {
		t.Error("a script, a style or a form by GET")
	}
	p.Doc.Find("input:not([type=hidden])").Each(func(_ int, field *goquery.Selection) {
		if p.Doc.Find("label[for='"+field.AttrOr("id", "?")+"']").Length() != 1 {
			t.Errorf("field %s has no label", field.AttrOr("name", "?"))
		}
	})
}

// TestLookingChangesNothing: no GET of console, control API or challenge pages
// sends, answers or removes anything.
func TestLookingChangesNothing(t *testing.T) {
	tenant := start(t)
	user := tenant.NewUser(everything()...)
	b, p := atChallenge(t, tenant, user, nil)
	state := func() string {
		text := string(tenant.Control(http.MethodGet, "phones", "")) + string(tenant.Control(http.MethodGet, "messages", ""))
		return text + strings.Join(types(tenant, user), " ")
	}
	before, phone := state(), tenant.Phone(user).ID
	for _, path := range []string{
		"/console", "/console/messages", "/console/phones", "/console/tenant", "/console/users",
		"/console/phones/" + phone + "?action=approve&done=approved", "/console/phones/" + phone + "?live=1",
		"/u/mfa-push-challenge-push?action=resend&state=" + p.URL.Query().Get("state"),
		"/u/mfa-login-options?method=x&state=" + p.URL.Query().Get("state"),
		"/u/mfa-sms-challenge?action=resend&state=" + p.URL.Query().Get("state"),
	} {
		if got := b.Get(tenant.URL + path); got.Status != http.StatusOK {
			t.Errorf("%s: status %d", path, got.Status)
		}
	}
	if after := state(); after != before {
		t.Errorf("changed:\n%s\n%s", before, after)
	}
}
