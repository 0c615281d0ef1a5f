package web_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"mysecurity/handlers"
	"mysecurity/internal/account"
)

// everything is a form that every changing route would act on.
func everything(token, code string) url.Values {
	return url.Values{
		"form_token": {token}, "code": {code}, "saved": {"yes"}, "understood": {"yes"}, "lose_code": {"yes"}, "lang": {"fr-CA"},
	}
}

// inTheMiddle is a person with a method to remove, a running wizard and all
// that a forged request could destroy.
func (p *portal) inTheMiddle() (b *browser, handle, key string) {
	p.t.Helper()
	_, b = p.protected()
	handle = b.handles()[0]
	return b, handle, b.start()
}

// TestForgedForms: no page of another origin makes a signed-in browser change
// anything, not even with the right form token.
func TestForgedForms(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{minMethods: 0})
	b, handle, key := p.inTheMiddle()
	tests := []struct {
		name    string
		headers []string
	}{
		{"CS-01 foreign site", []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}},
		{"CS-02 sibling subdomain", []string{"Sec-Fetch-Site", "same-site", "Origin", "https://app.example"}},
		{"CS-01 foreign site says it is ours", []string{"Sec-Fetch-Site", "cross-site", "Origin", p.site.Origin()}},
		{"CS-04 other port", []string{"Sec-Fetch-Site", "", "Origin", p.site.Origin() + "0"}},
		{"CS-04 other scheme", []string{"Sec-Fetch-Site", "", "Origin", strings.Replace(p.site.Origin(), "http:", "https:", 1)}},
		{"CS-04 null origin", []string{"Sec-Fetch-Site", "", "Origin", "null"}},
		{"CS-04 neither header", []string{"Sec-Fetch-Site", "", "Sec-Fetch-Mode", "", "Sec-Fetch-Dest", ""}},
		{"CS-05 address bar", []string{"Sec-Fetch-Site", "none"}},
	}
	form := everything(b.formToken(), p.tenant.FreshCode(key))
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, b := p.in(t), b.in(t)
			mark := p.upstream.mark()
			for _, path := range p.changing(handle) {
				b.wantError(b.post(path, form, tt.headers...), http.StatusForbidden, handlers.KindForged)
				b.wantStatus(b.post(path, form, append(htmx(), tt.headers...)...), http.StatusForbidden)
			}
			p.wantCalls(mark, map[string]int{})
		})
	}
	if b.key() != key {
		t.Error("the wizard is gone")
	}
}

// TestFormToken (CS-03): the second layer, should the first ever fail.
func TestFormToken(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{minMethods: 0})
	user, elsewhere := p.protected()
	b := p.browser()
	b.enter(user, "")
	handle := b.handles()[0]
	key := b.start()
	_, stranger := p.person()
	for name, token := range map[string]string{
		"CS-03 none":                             "",
		"CS-03 of a stranger":                    stranger.formToken(),
		"CS-03 of the user's other session":      elsewhere.formToken(),
		"CS-03 cut":                              b.formToken()[1:],
		"CS-03 the session's own, with an extra": b.formToken() + "A",
	} {
		t.Run(name, func(t *testing.T) {
			p, b := p.in(t), b.in(t)
			mark := p.upstream.mark()
			for _, path := range p.changing(handle) {
				a := b.post(path, everything(token, p.tenant.Code(key)))
				b.wantError(a, http.StatusForbidden, handlers.KindFormExpired)
			}
			p.wantCalls(mark, map[string]int{})
		})
	}
	t.Run("CS-03 two tokens, one right", func(t *testing.T) {
		b := b.in(t)
		form := everything(b.formToken(), "")
		form.Add("form_token", "x")
		b.wantError(b.post("add/app/cancel", form), http.StatusBadRequest, handlers.KindBadRequest)
	})
	t.Run("CS-03 the right token in the address", func(t *testing.T) {
		b := b.in(t)
		b.wantStatus(b.post("add/app/cancel?form_token="+b.formToken(), url.Values{"form_token": {""}}), http.StatusForbidden)
	})
	if b.key() != key {
		t.Error("the wizard is gone")
	}
}

// TestOldBrowsers (CS-04): without fetch metadata the right origin is enough.
func TestOldBrowsers(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	_, b := p.person()
	old := []string{"Sec-Fetch-Site", "", "Sec-Fetch-Mode", "", "Sec-Fetch-Dest", "", "Origin", p.site.Origin()}
	b.moved(b.post("add/app", nil, old...), "add/app")
}

// TestLoginForgery (CS-06): nobody else starts a sign-in in this browser, or
// finishes one with an answer of their own.
func TestLoginForgery(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	attacker, victim := p.browser(), p.browser()
	for name, headers := range map[string][]string{
		"link":   {"Sec-Fetch-Site", "cross-site"},
		"image":  {"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "image"},
		"frame":  {"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Dest", "iframe"},
		"beside": {"Sec-Fetch-Site", "same-site"},
	} {
		t.Run("CS-06 start by "+name, func(t *testing.T) {
			b := victim.in(t)
			a := b.get("sign-in", headers...)
			if len(a.Cookies()) > 0 || strings.HasPrefix(a.location(), p.tenant.Issuer()) {
				t.Errorf("a sign-in was started: %d %s", a.StatusCode, a.location())
			}
		})
	}
	t.Run("CS-06 finish with the attacker's answer", func(t *testing.T) {
		b := victim.in(t)
		b.wantError(b.get(attacker.callback(p.tenant.NewUser(), ""), fromTenant()...), http.StatusBadRequest, account.KindSignInExpired)
		if b.signedIn() {
			t.Error("the victim is signed in as the attacker")
		}
	})
}

// TestLogoutForgery (CS-07).
func TestLogoutForgery(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	_, b := p.person()
	for name, a := range map[string]answer{
		"image": b.get("sign-out", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "image"),
		"link":  b.get("sign-out", "Sec-Fetch-Site", "cross-site"),
		"form":  b.do(b.request(http.MethodPost, "sign-out", url.Values{}, "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example")),
		"frame": b.do(b.request(http.MethodPost, "sign-out", url.Values{}, "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Dest", "iframe")),
	} {
		if a.StatusCode < http.StatusBadRequest {
			t.Errorf("CS-07 %s: %d", name, a.StatusCode)
		}
	}
	if !b.signedIn() {
		t.Error("CS-07 the user was signed out")
	}
}

// TestMethods (CS-08): routes answer the methods they were made for.
func TestMethods(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{minMethods: 0})
	b, handle, key := p.inTheMiddle()
	form := everything(b.formToken(), p.tenant.FreshCode(key))
	routes := p.pages(handle)
	mark := p.upstream.mark()
	for _, path := range slices.Compact(pathsOf(routes)) {
		for _, method := range []string{"PUT", "PATCH", "DELETE", "TRACE"} {
			a := b.do(b.request(method, path, form))
			noToken := method == "DELETE" || method == "TRACE" // whose bodies nobody reads
			switch {
			case a.StatusCode == http.StatusMethodNotAllowed && a.Header.Get("Allow") != "":
			case noToken && a.StatusCode == http.StatusForbidden:
			default:
				t.Errorf("CS-08 %s /%s: %d", method, path, a.StatusCode)
			}
			if len(a.Cookies()) > 0 {
				t.Errorf("CS-08 %s /%s sets a cookie", method, path)
			}
		}
	}
	for _, path := range []string{"sign-in", "callback", "callback?code=a&state=b", "recovery-code", "language"} {
		if a := b.do(b.request("HEAD", path, nil)); a.StatusCode != http.StatusMethodNotAllowed || strings.Contains(a.Header.Get("Allow"), "HEAD") {
			t.Errorf("CS-08 HEAD /%s: %d, Allow %q", path, a.StatusCode, a.Header.Get("Allow"))
		}
	}
	override := []string{"X-HTTP-Method-Override", "POST", "X-HTTP-Method", "POST", "X-Method-Override", "POST"}
	for _, r := range routes {
		if r.method != "POST" {
			continue
		}
		a := b.get(r.path+"?_method=POST&"+form.Encode(), override...)
		if !slices.Contains(routes, page{"GET", r.path}) {
			b.wantStatus(a, http.StatusMethodNotAllowed)
		}
	}
	asked := p.upstream.since(mark)
	if delete(asked, listCall); len(asked) > 0 { // which the page before the removal reads
		t.Errorf("CS-08 the tenant was asked %v", asked)
	}
	if b.key() != key {
		t.Error("CS-08 the wizard is gone")
	}
}

func pathsOf(routes []page) []string {
	paths := make([]string, 0, len(routes))
	for _, r := range routes {
		paths = append(paths, r.path)
	}
	return paths
}

// TestNoCORS (CS-09): no answer ever permits another origin; that no
// Access-Control header exists is a rule for every answer.
func TestNoCORS(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	_, b := p.person()
	for _, r := range p.pages(anyHandle) {
		for _, origin := range []string{"https://evil.example", "null", p.site.Origin()} {
			for _, from := range []string{"cross-site", "same-origin", ""} {
				b.do(b.request(http.MethodOptions, r.path, nil, "Origin", origin, "Sec-Fetch-Site", from, "Sec-Fetch-Mode", "cors",
					"Access-Control-Request-Method", r.method, "Access-Control-Request-Headers", "hx-request"))
			}
			b.get(r.path, "Origin", origin)
		}
	}
}

// TestForeignInclusion (CS-10): no page of ours can be loaded as a part of
// another one.
func TestForeignInclusion(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	user, b := p.person()
	for _, r := range p.pages(anyHandle) {
		if r.method != http.MethodGet {
			continue
		}
		for _, dest := range []string{"script", "image", "style", "object", "embed", "iframe", "frame", "empty", "audio"} {
			for _, from := range []string{"cross-site", "same-site"} {
				mode := "no-cors"
				if dest == "iframe" || dest == "frame" || dest == "object" {
					mode = "navigate"
				}
				a := b.get(r.path, "Sec-Fetch-Site", from, "Sec-Fetch-Mode", mode, "Sec-Fetch-Dest", dest)
				if a.StatusCode != http.StatusForbidden || strings.Contains(a.body, user.Email) {
					t.Errorf("CS-10 /%s as %s: %d", r.path, dest, a.StatusCode)
				}
			}
		}
	}
}
