package web_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"mysecurity/internal/emulator"
)

// given remembers the secrets that the portal gave to browsers: cookies, form
// tokens, and what it sent them to the tenant with.
type given struct {
	mu     sync.Mutex
	values map[string]string // value: what it is
}

func (g *given) remember(a answer) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, c := range a.Cookies() {
		if c.Name != "lang" && c.Value != "" {
			g.values[c.Value] = "cookie " + c.Name
		}
	}
	if token := a.doc.Find("input[name=form_token]").AttrOr("value", ""); token != "" {
		g.values[token] = "form token"
	}
	if to, err := url.Parse(a.location()); err == nil {
		for _, name := range []string{"state", "nonce", "code_challenge"} {
			if value := to.Query().Get(name); value != "" {
				g.values[value] = name
			}
		}
	}
}

// canaries are all secrets that were in play, by value.
func (p *portal) canaries(people ...emulator.SeedUser) map[string]string {
	all := p.upstream.known()
	p.given.mu.Lock()
	defer p.given.mu.Unlock()
	for value, what := range p.given.values {
		all[value] = what
	}
	all[p.tenant.ClientSecret], all[sessionKey], all[panicMarker] = "client_secret", "session key", "panic"
	all[typedNumber], all[typedNumber[:7]] = "typed number", "beginning of a number"
	for _, u := range people {
		all[u.Password], all[u.Email], all[u.Name], all[u.UserID] = "password", "address", "name", "user id"
	}
	return all
}

// leaks finds canaries in a text, also where it was encoded for a URL. Codes of
// six digits count only where they stand alone.
func leaks(text []byte, canaries map[string]string) []string {
	var found []string
	for value, what := range canaries {
		hit := bytes.Contains(text, []byte(value)) || bytes.Contains(text, []byte(url.QueryEscape(value)))
		if len(value) == 6 {
			hit = regexp.MustCompile(`(^|[^0-9.])` + regexp.QuoteMeta(value) + `([^0-9]|$)`).Match(text)
		}
		if hit {
			found = append(found, what)
		}
	}
	return found
}

// TestCanaries (SL-01, SL-11): after a whole journey with every error on the
// way, at debug level, neither the log nor the session file holds a secret.
func TestCanaries(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{minMethods: 0, refresh: true})
	user, b := p.person()
	b.troubledJourney(user)

	canaries := p.canaries(user)
	kinds := map[string]bool{}
	for _, what := range canaries {
		kinds[what] = true
	}
	for _, what := range append([]string{"cookie mss_dev", "form token", "state", "nonce"}, secretMembers...) {
		if !kinds[what] {
			t.Errorf("the journey had no %s", what)
		}
	}
	for _, what := range leaks([]byte(p.log.String()), canaries) {
		t.Errorf("SL-01 the log holds: %s", what)
	}
	file, err := os.ReadFile(p.store)
	must(t, err)
	for _, what := range leaks(file, canaries) {
		t.Errorf("SL-01 the session file holds: %s", what)
	}
	for value, what := range canaries { // a ticket is a name and a key; neither may be there
		if raw, err := base64.RawURLEncoding.DecodeString(value); err == nil && strings.HasPrefix(what, "cookie ") {
			if bytes.Contains(file, raw[:16]) || bytes.Contains(file, raw[16:]) {
				t.Errorf("SL-01 the session file holds a part of: %s", what)
			}
		}
	}
}

// troubledJourney adds, removes and signs out, and meets every kind of error.
func (b *browser) troubledJourney(user emulator.SeedUser) {
	b.p.t.Helper()
	p := b.p
	replayed := b.callback(user, "")
	b.get(replayed, fromTenant()...)
	b.get(replayed, fromTenant()...)
	b.get(replayed+"&state=twice", fromTenant()...)
	denied := b.authorize("")
	b.get("callback?error=access_denied&error_description="+url.QueryEscape(p.tenant.ClientSecret)+"&state="+denied.Query().Get("state"), fromTenant()...)

	key := b.start()
	b.confirm(b.wrong(key))
	b.confirm(b.wrong(key), htmx()...)
	b.get("add/app?code="+p.tenant.Code(key), "Sec-Fetch-Site", "cross-site")
	b.post("add/app/confirm", everything("not the token", p.tenant.Code(key)))
	b.post("add/app/confirm", everything(b.formToken(), key), "Sec-Fetch-Site", "cross-site")
	p.echoSecrets()
	for _, fault := range []string{`"drop":true`, `"status":500`, `"status":200,"body":"x"`} {
		p.fault(`{"match":"POST /oauth/token","times":1,` + fault + `}`)
		b.confirm(p.tenant.FreshCode(key))
	}
	p.heal()
	p.panics.Store(true)
	b.get("add/app")
	p.later(11 * time.Minute)
	b.confirm(p.tenant.FreshCode(key))
	b.enter(user, "?page=add-app")
	b.moved(b.confirm(p.tenant.FreshCode(key)), "recovery-code")
	b.recoveryCode()
	b.post("recovery-code/download", nil)
	b.moved(b.post("recovery-code/saved", url.Values{"saved": {"yes"}}), "")
	b.troubledMessages()
	b.troubledScan(user)
	b.troubledRefresh(user)
	handle := b.handles()[0]
	p.fault(`{"match":"DELETE /*","drop":true,"times":1}`)
	b.post("methods/"+handle+"/remove", url.Values{"understood": {"yes"}})
	b.moved(b.post("methods/"+handle+"/remove", url.Values{"understood": {"yes"}}), "")
	foreign := b.request(http.MethodGet, "", nil)
	foreign.Host = "evil.example"
	b.do(foreign)
	b.get("sign-in") // a transaction that stays open
	b.post("sign-out", nil)
	b.plant("mss_dev", strings.Repeat("A", 64))
	b.get("")
}

// typedNumber is how somebody writes their number.
const typedNumber = "506-234-7788"

// troubledMessages adds a phone and an address, and meets the errors on the way.
func (b *browser) troubledMessages() {
	b.p.t.Helper()
	p := b.p
	forms := map[string]url.Values{
		"phone": {"country": {"CA"}, "number": {typedNumber}, "channel": {"sms"}}, "email": {"address": {"canary@elsewhere.example"}},
	}
	for kind, to := range map[string]string{"phone": "+15062347788", "email": "canary@elsewhere.example"} {
		form := forms[kind]
		form.Set("form_token", b.formToken())
		echo := fmt.Sprintf(`"body":{"error":"invalid_request","error_description":%q}`, "not "+to)
		for _, fault := range []string{`"drop":true`, `"status":500`, `"status":400,` + echo, `"status":401,` + echo, `"status":429,` + echo} {
			p.fault(`{"match":"POST /mfa/associate","times":1,` + fault + `}`)
			b.post("add/"+kind, form)
			if b.get("").StatusCode == http.StatusForbidden { // the tenant refused the token
				b.enter(b.user, "")
				form.Set("form_token", b.formToken())
			}
			p.later(16 * time.Minute / 5)
		}
		p.heal()
		b.enter(b.user, "")
		form.Set("form_token", b.formToken())
		b.post("add/"+kind+"?number="+url.QueryEscape(typedNumber), form)
		b.get("add/" + kind)
		p.panics.Store(true)
		b.get("add/" + kind)
		for _, fault := range []string{`"drop":true`, `"status":500`, `"status":200,"body":"x"`} {
			p.fault(`{"match":"POST /oauth/token","times":1,` + fault + `}`)
			b.enterCode(kind, p.tenant.LatestCode(to))
		}
		p.heal()
		b.moved(b.enterCode(kind, p.tenant.LatestCode(to)), "")
	}
}

// troubledScan adds the notification app, and meets the errors on the way.
func (b *browser) troubledScan(user emulator.SeedUser) {
	b.p.t.Helper()
	p := b.p
	uri := b.startPush()
	for _, fault := range []string{`"drop":true`, `"status":500`, `"status":200,"body":"x"`, `"status":400,"body":{"error":"slow_down"}`} {
		p.fault(`{"match":"POST /oauth/token","times":1,` + fault + `}`)
		b.post("add/push/check", nil, htmx()...)
		p.later(5 * time.Second)
	}
	p.heal()
	p.later(10 * time.Second)
	p.tenant.Scan(user, uri)
	b.led(b.post("add/push/check", nil, htmx()...), "")
}

// troubledRefresh lets the access token end again and again, and meets the errors
// of a refresh and of a revocation, which repeat what was sent.
func (b *browser) troubledRefresh(user emulator.SeedUser) {
	b.p.t.Helper()
	p := b.p
	for _, fault := range []string{`"drop":true`, `"status":500`, `"status":200,"body":"x"`, `"status":403,ECHO`, `"status":429,ECHO`, `"status":200,ECHO`} {
		token := p.upstream.lastRefresh()
		fault = strings.Replace(fault, "ECHO", fmt.Sprintf(`"body":{"error":%q,"error_description":%q}`, token, token), 1)
		p.later(11 * time.Minute)
		p.fault(`{"match":"POST /oauth/token","times":1,` + fault + `}`)
		b.get("")
		p.heal()
		p.fault(`{"match":"POST /oauth/revoke","times":1,` + fault + `}`)
		b.enter(user, "")
		p.heal()
	}
	p.later(11 * time.Minute)
	b.wantStatus(b.get(""), http.StatusOK)
	b.enter(user, "")
}

// echoSecrets lets the tenant answer with our own secrets in its errors, where
// a careless log would keep them (SL-11).
func (p *portal) echoSecrets() {
	p.t.Helper()
	for value, what := range p.upstream.known() {
		if what != "access_token" && what != "client_secret" && what != "id_token" && what != "refresh_token" {
			continue
		}
		p.fault(fmt.Sprintf(`{"match":"GET /mfa/authenticators","times":1,"status":400,"body":{"error":%q,"error_description":%q}}`, value, value))
		b := p.browser()
		user := p.tenant.NewUser()
		b.signIn(user, "")
	}
}

// TestCacheDeception (SL-05): no address that looks like a file shows a page.
func TestCacheDeception(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	user, b := p.person()
	for _, path := range []string{"", "add/app", "recovery-code", "signed-out"} {
		for _, suffix := range []string{"/x.css", ";x.css", "%2fx.css", "%3fx.css", "%23x.css", ".css", "%00.css", "/../assets/x.css"} {
			a := b.get(path + suffix)
			if a.StatusCode == http.StatusOK || strings.Contains(a.doc.Find("#main").Text(), user.Email) {
				t.Errorf("SL-05 /%s%s: %d", path, suffix, a.StatusCode)
			}
		}
	}
}

// TestKeyOnPage (SL-06): the key is drawn from the wizard's state and is gone
// with it. That it is no picture by address and no link is a rule.
func TestKeyOnPage(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	_, b := p.person()
	key := b.start()
	if page := b.get("add/app"); !page.has(".plate svg path, .plate svg rect") || !page.has(`#main a[href^="otpauth://totp/"]`) {
		t.Error("SL-06 no QR code or link")
	}
	b.post("add/app/cancel", nil)
	for _, path := range []string{"add/app", "", "recovery-code"} {
		if a := b.get(path); a.has(".plate") || strings.Contains(a.body, key) || strings.Contains(a.body, "otpauth") {
			t.Errorf("SL-06 the key is still on /%s", path)
		}
	}
}

// TestNoCompression (SL-08, SL-03): pages are sent as they are and never as
// "not modified"; static files are compressed.
func TestNoCompression(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	_, b := p.person()
	b.start()
	for _, path := range []string{"", "add/app", "recovery-code", "no-such-page"} {
		a := b.get(path, "Accept-Encoding", "gzip, br, deflate", "If-None-Match", "*", "If-Modified-Since", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat))
		if a.StatusCode == http.StatusNotModified || a.body == "" || a.Header.Get("Content-Encoding") != "" {
			t.Errorf("SL-08 /%s: %d %q", path, a.StatusCode, a.Header.Get("Content-Encoding"))
		}
	}
	style := b.get("").doc.Find("link[rel=stylesheet]").AttrOr("href", "")
	if a := b.get(style, "Accept-Encoding", "gzip, br"); a.Header.Get("Content-Encoding") != "br" {
		t.Errorf("SL-08 %s is not compressed", style)
	}
}
