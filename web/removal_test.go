package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"mysecurity/internal/account"
	"mysecurity/internal/emulator/emulatortest"
)

// TestRemovalOfOthers (MF-03): only handles of the user's own fresh list name
// anything; everything else is 404 before the tenant is asked to delete.
func TestRemovalOfOthers(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{minMethods: 0})
	_, other := p.protected()
	others := other.handles()[0]
	user, b := p.protected()
	b.start() // leaves an inactive entry in the list
	recovery := account.HandleOf(account.User{Issuer: p.tenant.Issuer(), Subject: user.UserID}, "recovery-code|dev_AAAAAAAAAAAAAAAA")
	mark := p.upstream.mark()
	for name, handle := range map[string]string{
		"another user's": others, "unknown": anyHandle, "recovery code": recovery, "raw id": "totp%7Cdev_AAAAAAAAAAAAAAAA",
		"dots": "..%2f..", "encoded dots": "%2e%2e", "slash": "%2f..", "NUL": "%00", "long": strings.Repeat("a", 10_000), "upper case": strings.ToUpper(others),
	} {
		t.Run("MF-03 "+name, func(t *testing.T) {
			b := b.in(t)
			path := "methods/" + handle + "/remove"
			if a := b.get(path); a.StatusCode != http.StatusNotFound {
				t.Errorf("page: %d", a.StatusCode)
			}
			if a := b.post(path, url.Values{"understood": {"yes"}}); a.StatusCode != http.StatusNotFound {
				t.Errorf("removal: %d %q", a.StatusCode, a.location())
			}
		})
	}
	if n := p.upstream.since(mark)[deleteCall]; n != 0 {
		t.Errorf("MF-03 %d deletions reached the tenant", n)
	}
	if len(other.handles()) != 1 || len(b.handles()) != 1 {
		t.Error("MF-03 something was removed")
	}
}

// TestRemovedAlready (MF-03, RC-02): only what was offered for removal or removed here
// is said to be removed already, to its owner in each window; after a while, and for
// anybody else, there is no such method.
func TestRemovedAlready(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{minMethods: 0})
	user, b := p.protected()
	window := p.browser()
	window.enter(user, "")
	_, stranger := p.protected()
	path := "methods/" + b.handles()[0] + "/remove"
	form := func() url.Values { return url.Values{"understood": {"yes"}} }
	b.moved(b.post(path, form()), "")
	for _, again := range []*browser{b, window} {
		again.get("") // shows what was to be said before
		again.moved(again.post(path, form()), "")
		if a := again.get(""); !strings.Contains(a.doc.Find("#main").Text(), again.sentence("notice.already-removed")) {
			t.Error("the second click is not told that it is done")
		}
	}
	b.wantError(stranger.post(path, form()), http.StatusNotFound, account.KindNotFound)
	p.later(61 * time.Minute)
	late := p.browser()
	late.enter(user, "")
	late.wantError(late.post(path, form()), http.StatusNotFound, account.KindNotFound)
}

// TestRemovedElsewhere: what the tenant has lost while its page was open is gone, and
// that is said.
func TestRemovedElsewhere(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	user := p.tenant.NewUser(emulatortest.WithPhone("+15145550147"), emulatortest.WithPush())
	b := p.browser()
	b.enter(user, "")
	path := ""
	for _, handle := range b.handles() {
		page := b.get("methods/" + handle + "/remove")
		if strings.Contains(page.doc.Find("#main").Text(), b.sentence("method.push.name")) {
			path = "methods/" + handle + "/remove"
			break
		}
	}
	p.tenant.Unenrol(user)
	b.moved(b.post(path, url.Values{"understood": {"yes"}}), "")
	if a := b.get(""); !strings.Contains(a.doc.Find("#main").Text(), b.sentence("notice.already-removed")) {
		t.Error("it is not told that it is gone")
	}
}

// TestListOfMethods (MF-18, XS-01): rows are what a person recognises: nothing
// inactive, no ids, one row for the two entries of a phone, whatever the tenant
// calls them.
func TestListOfMethods(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	user, b := p.protected()
	const evil = `\"><img src=x onerror=alert(1)>`
	p.fault(`{"match":"GET /mfa/authenticators","status":200,"body":[
		{"id":"totp|dev_AAAAAAAAAAAAAAAA","authenticator_type":"otp","active":true},
		{"id":"totp|dev_INACTIVEINACTIVE","authenticator_type":"otp","active":false},
		{"id":"sms|dev_BBBBBBBBBBBBBBBB","authenticator_type":"oob","oob_channel":"sms","name":"XXXXXXXX5555","active":true},
		{"id":"voice|dev_BBBBBBBBBBBBBBBB","authenticator_type":"oob","oob_channel":"voice","name":"XXXXXXXX5555","active":true},
		{"id":"email|dev_CCCCCCCCCCCCCCCC","authenticator_type":"oob","oob_channel":"email","name":"` + masked(user.Email) + `","active":true},
		{"id":"email|dev_FFFFFFFFFFFFFFFF","authenticator_type":"oob","oob_channel":"email","name":"ada.****@other.******","active":true},
		{"id":"hologram|dev_DDDDDDDDDDDDDDDD","authenticator_type":"hologram","name":"` + evil + `","active":true,"oob_channel":"` + evil + `"},
		{"id":"recovery-code|dev_EEEEEEEEEEEEEEEE","authenticator_type":"recovery-code","active":true}]}`)
	page := b.get("")
	b.wantStatus(page, http.StatusOK)
	for list, want := range map[string]int{"apps": 1, "phones": 1, "others": 1, "emails": 2} {
		if n := page.doc.Find("section[aria-labelledby=" + list + "] li").Length(); n != want {
			t.Errorf("MF-18 %d rows of %s, want %d", n, list, want)
		}
	}
	if strings.Contains(page.body, "dev_") || strings.Contains(page.body, "INACTIVE") || !strings.Contains(page.body, "5555") {
		t.Error("MF-18 an id is on the page, or the end of a number is not")
	}
	if emails := page.doc.Find("section[aria-labelledby=emails] li"); emails.Eq(0).Find("a").Length() != 0 || emails.Eq(1).Find("a").Length() != 1 {
		t.Error("MF-18 the address that comes with the account can be removed, or another one cannot")
	}
	if page.has("img") || !strings.Contains(page.doc.Find("section[aria-labelledby=others]").Text(), `"><img src=x onerror=alert(1)>`) {
		t.Error("XS-01 the tenant's text is not text")
	}
}

// masked is an address as the tenant's list has it.
func masked(address string) string {
	name, domain, _ := strings.Cut(address, "@")
	hide := func(s string) string { return s[:4] + strings.Repeat("*", len(s)-4) }
	return hide(name) + "@" + hide(domain)
}

// TestLastMethod (MF-19).
func TestLastMethod(t *testing.T) {
	t.Parallel()
	for _, minimum := range []int{1, 0} {
		t.Run(fmt.Sprintf("MF-19 MIN_METHODS=%d", minimum), func(t *testing.T) {
			p := startPortal(t, portalOptions{minMethods: minimum})
			_, b := p.protected()
			path := "methods/" + b.handles()[0] + "/remove"
			mark := p.upstream.mark()
			asked := b.get(path)
			b.wantStatus(asked, http.StatusOK)
			if minimum == 1 {
				if asked.has("form#remove, .danger") || !asked.has(`a[href="`+p.url+`add"]`) {
					t.Error("MF-19 a dead button, or no way out")
				}
				refused := b.post(path, url.Values{"understood": {"yes"}})
				b.wantStatus(refused, http.StatusConflict)
				if !refused.has(`a[href="` + p.url + `add"]`) {
					t.Error("MF-19 no way out after the refusal")
				}
			} else {
				b.wantStatus(b.post(path, nil), http.StatusUnprocessableEntity)
				b.wantStatus(b.post(path, url.Values{"understood": {"no"}}), http.StatusUnprocessableEntity)
			}
			if n := p.upstream.since(mark)[deleteCall]; n != 0 {
				t.Fatalf("MF-19 removed")
			}
			if minimum == 1 { // with a second one the first may go
				b.addApp()
				b.moved(b.post(path, nil), "")
			} else {
				b.moved(b.post(path, url.Values{"understood": {"yes"}}), "")
			}
			if n := p.upstream.since(mark)[deleteCall]; n != 1 {
				t.Errorf("%d deletions", n)
			}
		})
	}
}

// TestReadingChangesNothing (MF-24): links to pages that act, shared or
// bookmarked, open a page and no more.
func TestReadingChangesNothing(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{minMethods: 0})
	_, b := p.protected()
	handle := b.handles()[0]
	mark := p.upstream.mark()
	b.wantStatus(b.get("methods/"+handle+"/remove?understood=yes"), http.StatusOK)
	b.wantStatus(b.get("methods/"+handle+"/remove", "Sec-Fetch-Site", "cross-site"), http.StatusOK)
	b.wantStatus(b.get("add/app"), http.StatusOK)
	p.wantCalls(mark, map[string]int{listCall: 2})
	if len(b.handles()) != 1 || b.get("add/app").has("#key") {
		t.Error("MF-24 something was done")
	}
}

// TestAddressThatComesWithTheAccount: an e-mail address is not removable here,
// whatever is sent.
func TestAddressThatComesWithTheAccount(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{minMethods: 0})
	user, b := p.person(emulatortest.WithApp())
	handle := account.HandleOf(account.User{Issuer: p.tenant.Issuer(), Subject: user.UserID}, "email|dev_CCCCCCCCCCCCCCCC")
	p.fault(`{"match":"GET /mfa/authenticators","status":200,"body":[
		{"id":"email|dev_CCCCCCCCCCCCCCCC","authenticator_type":"oob","oob_channel":"email","name":"` + masked(user.Email) + `","active":true}]}`)
	mark := p.upstream.mark()
	b.wantStatus(b.get("methods/"+handle+"/remove"), http.StatusOK)
	b.wantStatus(b.post("methods/"+handle+"/remove", url.Values{"understood": {"yes"}}), http.StatusConflict)
	if n := p.upstream.since(mark)[deleteCall]; n != 0 {
		t.Error("a deletion reached the tenant")
	}
}
