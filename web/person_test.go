package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"mysecurity/internal/account"
	"mysecurity/internal/emulator"
	"mysecurity/internal/emulator/emulatortest"
	"mysecurity/internal/i18n"
)

// person is a new user of the tenant who has just signed in.
func (p *portal) person(authenticators ...emulator.SeedAuthenticator) (emulator.SeedUser, *browser) {
	p.t.Helper()
	user, b := p.tenant.NewUser(authenticators...), p.browser()
	b.enter(user, "")
	return user, b
}

// protected is a person with an authenticator app and a recovery code.
func (p *portal) protected() (emulator.SeedUser, *browser) {
	p.t.Helper()
	return p.person(emulatortest.WithApp(), emulatortest.WithRecoveryCode())
}

// enter signs the user in, or proves them anew, and insists that it works.
func (b *browser) enter(user emulator.SeedUser, query string) answer {
	b.p.t.Helper()
	a := b.signIn(user, query)
	if a.StatusCode != http.StatusSeeOther {
		b.p.t.Fatalf("sign-in of %s: %d %q", user.Email, a.StatusCode, a.heading())
	}
	return a
}

// start begins to add an app and returns its key.
func (b *browser) start() string {
	b.p.t.Helper()
	b.moved(b.post("add/app", nil), "add/app")
	return b.key()
}

// key is the key on the wizard's page.
func (b *browser) key() string {
	b.p.t.Helper()
	key := strings.Join(strings.Fields(b.get("add/app").doc.Find("#key").Text()), "")
	if key == "" {
		b.p.t.Fatal("no wizard")
	}
	return key
}

// confirm sends a code to the wizard.
func (b *browser) confirm(code string, headers ...string) answer {
	b.p.t.Helper()
	return b.post("add/app/confirm", url.Values{"code": {code}}, headers...)
}

// wrong is a code that is not right for the key, now or around now.
func (b *browser) wrong(key string) string {
	right := map[string]bool{}
	now := b.p.tenant.Clock().Now()
	for range 3 {
		right[b.p.tenant.Code(key)] = true
		b.p.tenant.Clock().Advance(30 * time.Second)
	}
	b.p.tenant.Clock().Set(now)
	for _, code := range []string{"000000", "111111", "222222", "333333"} {
		if !right[code] {
			return code
		}
	}
	return "444444"
}

// addApp adds an app, saves the recovery code if there is one, and returns the
// key and the recovery code.
func (b *browser) addApp() (key, recovery string) {
	b.p.t.Helper()
	key = b.start()
	done := b.confirm(b.p.tenant.FreshCode(key))
	if done.location() == b.p.url {
		return key, ""
	}
	b.moved(done, "recovery-code")
	recovery = b.recoveryCode()
	b.moved(b.post("recovery-code/saved", url.Values{"saved": {"yes"}}), "")
	return key, recovery
}

// recoveryCode is the code on its page, empty if it is not shown.
func (b *browser) recoveryCode() string {
	b.p.t.Helper()
	return strings.Join(strings.Fields(b.get("recovery-code").doc.Find("#recovery-code").Text()), "")
}

// handles are the methods that the overview offers to remove.
func (b *browser) handles() []string {
	b.p.t.Helper()
	var found []string
	for _, m := range removal.FindAllStringSubmatch(b.get("").body, -1) {
		found = append(found, m[1])
	}
	return found
}

var removal = regexp.MustCompile(`/methods/([a-z2-7]{16})/remove"`)

// moved insists on a redirect to a page of ours.
func (b *browser) moved(a answer, page string) {
	b.p.t.Helper()
	if a.StatusCode != http.StatusSeeOther || a.location() != b.p.url+page {
		b.p.t.Fatalf("%s %s: %d %q %q, want 303 to %q", a.Request.Method, a.Request.URL.Path, a.StatusCode, a.location(), a.heading(), page)
	}
}

// wantStatus compares an answer's status.
func (b *browser) wantStatus(a answer, want int) {
	b.p.t.Helper()
	if a.StatusCode != want {
		b.p.t.Fatalf("%s %s: %d %q, want %d", a.Request.Method, a.Request.URL.Path, a.StatusCode, a.heading(), want)
	}
}

// wantError insists on the error page of a kind.
func (b *browser) wantError(a answer, status int, kind account.Kind) {
	b.p.t.Helper()
	b.wantStatus(a, status)
	b.wantHeading(a, "error."+string(kind)+".title")
}

// wantHeading compares a page's title with a text of the English catalogue.
func (b *browser) wantHeading(a answer, key string) {
	b.p.t.Helper()
	if want := b.sentence(key); a.heading() != want {
		b.p.t.Fatalf("%s %s: page %q, want %q", a.Request.Method, a.Request.URL.Path, a.heading(), want)
	}
}

// sentences reads the catalogues once for all tests.
var sentences = sync.OnceValues(i18n.New)

// sentence is a text of the English catalogue.
func (b *browser) sentence(key string) string {
	b.p.t.Helper()
	bundle, err := sentences()
	must(b.p.t, err)
	return i18n.T(bundle.With(b.p.t.Context(), i18n.English), key)
}

// later moves the clock of portal and tenant.
func (p *portal) later(d time.Duration) { p.tenant.Clock().Advance(d) }
