package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"mysecurity/internal/account"
	"mysecurity/internal/emulator"
)

// TestAddEmail is the whole way with another address, and its removal; the
// address of the account is beside it and stays.
func TestAddEmail(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{minMethods: 0})
	for name, headers := range map[string][]string{"forms only": nil, "htmx": htmx()} {
		t.Run(name, func(t *testing.T) {
			p := p.in(t)
			user, b := p.person()
			if rows := b.get("").doc.Find("section[aria-labelledby=emails] li"); rows.Length() != 1 || rows.Find("a").Length() != 0 {
				t.Error("MF-18 the address of the account is not shown, or can be removed")
			}
			form := b.get("add/email")
			if !strings.Contains(form.doc.Find("#main").Text(), user.Email) || form.doc.Find("#address").AttrOr("value", "?") != "" {
				t.Error("nothing says that the account's own address gets codes anyway")
			}
			b.led(b.post("add/email", url.Values{"address": {" second@elsewhere.example "}}, headers...), "add/email")
			if page := b.get("add/email"); !strings.Contains(page.doc.Find("#main").Text(), "second@elsewhere.example") || page.has("input[name=channel]") {
				t.Error("the page does not say where the code went, or offers a call")
			}
			b.led(b.enterCode("email", p.tenant.LatestCode("second@elsewhere.example"), headers...), "recovery-code")
			b.saveCode()
			page := b.get("")
			if page.doc.Find("section[aria-labelledby=emails] li").Length() != 2 || page.doc.Find("section[aria-labelledby=emails] li.changed a").Length() != 1 {
				t.Errorf("MF-18 not two addresses, of which the new one can be removed:\n%s", page.doc.Find("section[aria-labelledby=emails]").Text())
			}
			b.removeOnly()
		})
	}
}

// TestAddresses (MF-04): what is no address never reaches the tenant.
func TestAddresses(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	user, b := p.person()
	mark := p.upstream.mark()
	for typed, problem := range map[string]string{
		strings.ToUpper(user.Email): "own",
		"":                          "empty", " ": "empty", "ada": "invalid", "ada@": "invalid", "@example.com": "invalid", "ada@localhost": "invalid",
		"Ada <ada@example.com>": "invalid", "ada@example.com, bob@example.com": "invalid", "ada@exam ple.com": "invalid",
		"ada@example.com\r\nBcc: x@example.com": "invalid", strings.Repeat("a", 250) + "@example.com": "invalid", "ada@.com": "invalid",
	} {
		a := b.post("add/email", url.Values{"address": {typed}})
		b.wantStatus(a, http.StatusUnprocessableEntity)
		if !strings.Contains(a.doc.Find("#summary").Text(), b.sentence("add-email.problem."+problem)) {
			t.Errorf("MF-04 %q is not %s", typed, problem)
		}
	}
	p.wantCalls(mark, map[string]int{})
	p.fault(`{"match":"POST /mfa/associate","status":400,"body":{"error":"invalid_request","error_description":"The email is invalid."}}`)
	a := b.post("add/email", url.Values{"address": {"ada@elsewhere.example"}})
	b.wantStatus(a, http.StatusUnprocessableEntity)
	if !strings.Contains(a.doc.Find("#summary").Text(), b.sentence("add-email.problem.refused")) || a.doc.Find("#address").AttrOr("value", "") != "ada@elsewhere.example" {
		t.Error("the tenant's refusal is not said, or the address is lost")
	}
}

// TestMailsOfOneUser (MF-08): twenty, then one a minute.
func TestMailsOfOneUser(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	_, b := p.person()
	mark := p.upstream.mark()
	for range 20 {
		b.startEmail()
		b.moved(b.post("add/email/cancel", nil), "")
	}
	b.tooEarly(b.post("add/email", url.Values{"address": {"one-more@elsewhere.example"}}), "#summary time", 30*time.Second)
	if n := p.upstream.since(mark)[associateCall]; n != 20 {
		t.Errorf("MF-08 the tenant saw %d mails", n)
	}
	p.later(minute)
	b.startEmail()
}

// TestUnverifiedAddress: an address that the tenant does not vouch for does not
// come with the account.
func TestUnverifiedAddress(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	user, err := p.tenant.AddUser(emulator.SeedUser{Email: "unverified@example.com", Name: "Una"})
	must(t, err)
	b := p.browser()
	b.enter(user, "")
	if b.rows("emails") != 0 || strings.Contains(b.get("add/email").doc.Find("#main form").Parent().Text(), "unverified@example.com") {
		t.Error("shown as coming with the account")
	}
	b.moved(b.post("add/email", url.Values{"address": {user.Email}}), "add/email")
	b.moved(b.enterCode("email", p.tenant.LatestCode(user.Email)), "recovery-code")
	b.saveCode()
	if len(b.handles()) != 1 {
		t.Error("an address that was added here cannot be removed here")
	}
}

// TestRemovalRefusedByTenant: what the tenant keeps is told as such.
func TestRemovalRefusedByTenant(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{minMethods: 0})
	_, b := p.person()
	to := b.startEmail()
	b.enterCode("email", p.tenant.LatestCode(to))
	b.saveCode()
	remove := "methods/" + b.handles()[0] + "/remove"
	p.fault(`{"match":"DELETE /*","status":403,"body":{"error":"access_denied","error_description":"This authenticator cannot be removed."}}`)
	refused := b.post(remove, nil)
	b.wantStatus(refused, http.StatusConflict)
	if strings.Contains(p.log.String(), string(account.KindMisconfigured)) {
		t.Error("told to the operator as a mistake of the set-up")
	}
}
