package web_test

import (
	"net/http"
	"strings"
	"testing"

	"mysecurity/internal/emulator"
)

// TestTabsOfTwoPeople (RC-12): two tabs ask for a new proof and finish it together,
// one as somebody else. Whoever was first, the browser then has the session of the
// person who was signed in, or none; never a page of the one with the data of the
// other.
func TestTabsOfTwoPeople(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	repeated(t, p, func(p *portal) {
		owner, b := p.person()
		guest := p.tenant.NewUser()
		mine := b.callback(owner, "")
		b.tenant = p.tenant.NewBrowser() // the other tab has signed out there
		others := b.callback(guest, "")
		answers := atOnce(2, func(i int) answer { return b.get([]string{mine, others}[i], fromTenant()...) })
		if code := answers[1].StatusCode; code < http.StatusBadRequest && code != http.StatusSeeOther || namesBoth(answers, owner, guest) {
			p.t.Errorf("RC-12 the other person's tab: %d", code)
		}
		home := b.get("")
		if strings.Contains(home.body, guest.Email) && strings.Contains(home.body, owner.Email) {
			p.t.Error("RC-12 a page of two people")
		}
		if strings.Contains(home.body, guest.Email) && answers[1].StatusCode != http.StatusSeeOther {
			p.t.Error("RC-12 signed in as somebody who was refused")
		}
		if b.signedIn() && !strings.Contains(home.body, owner.Email) && !strings.Contains(home.body, guest.Email) {
			p.t.Error("RC-12 a session of nobody")
		}
	})
}

// namesBoth reports whether an answer names one person on the other's page.
func namesBoth(answers []answer, owner, guest emulator.SeedUser) bool {
	return strings.Contains(answers[0].body, guest.Email) || strings.Contains(answers[1].body, owner.Email)
}
