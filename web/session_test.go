package web_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"mysecurity/internal/account"
	"mysecurity/internal/emulator"
)

// TestCookiesOfEachMode (SE-01): the cookie's name and path follow from the
// public address alone. The other attributes are a rule for every answer.
func TestCookiesOfEachMode(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, url, prefix, session, transaction string }{
		{"SE-01 own host", "https://security.example", "", "__Host-mss", "__Host-msst_"},
		{"SE-01 shared host", "https://intranet.example/security", "", "__Secure-mss", "__Secure-msst_"},
		{"SE-01 development", "", "", "mss_dev", "msst_dev_"},
		{"SE-01 development with prefix", "", "security", "mss_dev", "msst_dev_"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := startPortal(t, portalOptions{url: tt.url, prefix: tt.prefix})
			user, b := p.tenant.NewUser(), p.browser()
			started := b.get("sign-in")
			if set := started.Cookies(); len(set) != 1 || !strings.HasPrefix(set[0].Name, tt.transaction) {
				t.Fatalf("sign-in sets %v", set)
			}
			for _, c := range b.signIn(user, "").Cookies() {
				if c.MaxAge >= 0 && c.Name != tt.session {
					t.Errorf("callback sets %s", c)
				}
			}
			b.addApp()
			out := b.post("sign-out", nil)
			if set := out.Cookies(); len(set) != 1 || set[0].Name != tt.session || set[0].MaxAge != -1 {
				t.Errorf("sign-out sets %v", set)
			}
			cleared := out.Header.Get("Clear-Site-Data")
			if ownHost := p.site.Prefix() == "/"; ownHost != (cleared == `"cache", "storage"`) || !ownHost && cleared != "" {
				t.Errorf("Clear-Site-Data: %q", cleared)
			}
		})
	}
}

// TestCookieSize (SE-02): whatever the profile holds, the cookies stay small.
func TestCookieSize(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	user, err := p.tenant.AddUser(emulator.SeedUser{Email: "long@example.com", EmailVerified: true, Name: strings.Repeat("Ödegård ", 1000)})
	must(t, err)
	b := p.browser()
	b.enter(user, "")
	b.start()
	if n := len(b.cookies()); n == 0 || n > 6 {
		t.Errorf("%d cookies", n)
	}
}

// TestDamagedCookie (SE-04): a cookie that is no ticket is cleared and gets the
// very answer that an unknown ticket gets.
func TestDamagedCookie(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	_, b := p.person()
	good := b.session()
	unknown := neutral(damaged(p, strings.Repeat("A", 64)))
	for name, value := range map[string]string{
		"SE-04 truncated":      good[:63],
		"SE-04 extended":       good + "A",
		"SE-04 bit flipped":    flip(good, 0),
		"SE-04 key flipped":    flip(good, 40),
		"SE-04 other alphabet": strings.Repeat("+", 64),
		"SE-04 upper case":     strings.ToUpper(good),
		"SE-04 empty":          "",
	} {
		t.Run(name, func(t *testing.T) {
			a := damaged(p.in(t), value)
			if got := neutral(a); got != unknown {
				t.Errorf("another answer than for an unknown ticket:\n%s", got)
			}
			if set := a.Cookies(); len(set) != 1 || set[0].MaxAge != -1 {
				t.Errorf("not cleared: %v", set)
			}
		})
	}
	if !b.signedIn() {
		t.Error("the real session ended")
	}
}

// damaged asks for a guarded page with a session cookie of that value.
func damaged(p *portal, value string) answer {
	b := p.browser()
	a := b.do(func() *http.Request {
		r := b.request(http.MethodGet, "add/app", nil)
		r.Header.Set("Cookie", "mss_dev="+value)
		return r
	}())
	b.wantStatus(a, http.StatusUnauthorized)
	return a
}

func flip(ticket string, at int) string {
	other := "A"
	if ticket[at] == 'A' {
		other = "B"
	}
	return ticket[:at] + other + ticket[at+1:]
}

// neutral is a page without what differs in every answer.
func neutral(a answer) string { return varying.ReplaceAllString(a.body, "X") }

var varying = regexp.MustCompile(`nonce="[^"]*"|<code dir="ltr">[0-9a-f]{8}</code>|name="form_token" value="[^"]*"`)

// TestSessionFixation (SE-05): a ticket that somebody planted in the browser is
// worth nothing after the sign-in.
func TestSessionFixation(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	_, attacker := p.person()
	attacker.start()
	for name, planted := range map[string]string{
		"SE-05 made up":                     strings.Repeat("Q", 64),
		"SE-05 the attacker's live session": attacker.session(),
	} {
		t.Run(name, func(t *testing.T) {
			p := p.in(t)
			victim, user := p.browser(), p.tenant.NewUser()
			victim.plant("mss_dev", planted)
			if planted == attacker.session() { // whose confirmation this seems to be
				victim.wantError(victim.signIn(user, ""), http.StatusForbidden, account.KindOtherPerson)
			}
			victim.enter(user, "")
			if victim.session() == planted || !victim.signedIn() {
				t.Fatal("the planted ticket lives on")
			}
			if strings.Contains(victim.get("add/app").body, `id="key"`) {
				t.Error("the victim continues the attacker's wizard")
			}
			thief := p.browser()
			thief.plant("mss_dev", planted)
			if thief.signedIn() {
				t.Error("the planted ticket still opens a session")
			}
		})
	}
}

// TestTicketChanges (SE-06): each proof gives a new ticket and ends the old one.
func TestTicketChanges(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	user, b := p.person()
	first, token := b.session(), b.formToken()
	key := b.start()
	b.enter(user, "?page=add-app")
	if b.session() == first || b.formToken() == token {
		t.Fatal("ticket or form token stayed the same")
	}
	if b.key() != key {
		t.Error("the wizard was lost on the way")
	}
	thief := p.browser()
	thief.plant("mss_dev", first)
	thief.wantStatus(thief.get("add/app"), http.StatusUnauthorized)
}

// TestSessionEnds: after fifteen minutes without a request, and after an hour
// in any case.
func TestSessionEnds(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	t.Run("SE-07 idle", func(t *testing.T) {
		_, b := p.in(t).person()
		p.later(13 * time.Minute) // the last use is written once a minute at most
		b.wantStatus(b.get("recovery-code"), http.StatusOK)
		p.later(15 * time.Minute)
		a := b.get("recovery-code")
		b.wantStatus(a, http.StatusUnauthorized)
		b.wantHeading(a, "landing.ended.title")
		if b.session() != "" {
			t.Error("the cookie stays")
		}
	})
	t.Run("SE-08 active", func(t *testing.T) {
		_, b := p.in(t).person()
		for range 59 {
			p.later(time.Minute)
			b.wantStatus(b.get("recovery-code"), http.StatusOK)
		}
		p.later(time.Minute)
		b.wantStatus(b.get("recovery-code"), http.StatusUnauthorized)
	})
}

// TestSignOut (SE-10): the record is gone, with or without the tenant.
func TestSignOut(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	_, b := p.person()
	b.start()
	old := b.session()
	b.wantStatus(b.get("sign-out"), http.StatusMethodNotAllowed)
	if !b.signedIn() {
		t.Fatal("signed out by GET")
	}
	p.fault(`{"match":"GET /*","drop":true}`)
	p.fault(`{"match":"POST /*","drop":true}`)
	b.wantStatus(b.post("sign-out", nil), http.StatusOK)
	thief := p.browser()
	thief.plant("mss_dev", old)
	thief.wantStatus(thief.get("add/app"), http.StatusUnauthorized)

	// Once more, or after the session has ended by itself: the tenant's own
	// session may live on, and "you are signed out" must not be said before.
	again := b.post("sign-out", nil)
	b.wantStatus(again, http.StatusOK)
	if !strings.Contains(again.Header.Get("Refresh"), "/v2/logout?") {
		t.Errorf("the tenant's session is left alone: %q", again.Header.Get("Refresh"))
	}
}

// TestManyTabs (SE-16): of five sign-ins started in one browser three are kept,
// and each of these works alone, in any order.
func TestManyTabs(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	user, b := p.tenant.NewUser(), p.browser()
	var tabs []string
	for range 5 {
		tabs = append(tabs, b.callback(user, "?page=add-app"))
		p.later(time.Second)
	}
	size := 0
	for _, c := range b.cookies() {
		size += len(c.String()) + len("; ")
	}
	if n := len(b.cookies()); n != 3 || size > 1000 {
		t.Errorf("%d cookies of %d bytes", n, size)
	}
	for _, i := range []int{3, 4, 2} {
		b.moved(b.get(tabs[i], fromTenant()...), "add/app")
	}
	for _, i := range []int{0, 1} {
		b.wantError(b.get(tabs[i], fromTenant()...), http.StatusBadRequest, account.KindSignInExpired)
	}
	if !b.signedIn() {
		t.Error("the late answers ended the session")
	}
}

// TestCallbackIntoAnotherSession (SE-18): whoever signs in last gets a clean
// session; nothing of the person before is left in it or behind it.
func TestCallbackIntoAnotherSession(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	ada, bruno, b := p.tenant.NewUser(), p.tenant.NewUser(), p.browser()
	callback := b.callback(ada, "?page=add-app")
	b.tenant = p.tenant.NewBrowser()
	b.enter(bruno, "")
	b.start()
	brunos := b.session()

	b.moved(b.get(callback, fromTenant()...), "add/app")
	page := b.get("add/app")
	if page.has("#key") || strings.Contains(page.body, bruno.Email) || !strings.Contains(page.body, ada.Email) {
		t.Errorf("the page of %s:\n%s", ada.Email, page.body)
	}
	thief := p.browser()
	thief.plant("mss_dev", brunos)
	if thief.signedIn() {
		t.Error("the old session lives on")
	}
}
