package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"mysecurity/handlers"
	"mysecurity/internal/account"
	"mysecurity/internal/emulator"
)

// markup is what hostile people call themselves.
const markup = `"><img src=x onerror=alert(1)><script>alert(2)</script>'${{7*7}}<!--`

// TestHostileProfile (XS-01): names and addresses are text on every page. That
// nothing of theirs becomes an element or an attribute is a rule for every
// answer.
func TestHostileProfile(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{minMethods: 1})
	user, err := p.tenant.AddUser(emulator.SeedUser{
		Email: `"` + strings.ReplaceAll(markup, `"`, "'") + `"@example.com`, EmailVerified: true, Name: markup, Locale: markup,
	})
	must(t, err)
	b := p.browser()
	b.enter(user, "")
	key := b.start()
	pages := []answer{b.get(""), b.get("add/app"), b.confirm("x"), b.confirm("x", htmx()...), b.get("no-such-page"), b.get("signed-out")}
	b.moved(b.confirm(p.tenant.FreshCode(key)), "recovery-code")
	pages = append(pages, b.get("recovery-code"), b.get("recovery-code"), b.post("sign-out", nil))
	file := b.post("recovery-code/download", nil)
	if name := file.Header.Get("Content-Disposition"); strings.ContainsAny(name, "<>/\\\r\n") {
		t.Errorf("XS-01 file name %s", name)
	}
	b.moved(b.post("recovery-code/saved", url.Values{"saved": {"yes"}}), "")
	pages = append(pages, b.get(""), b.get("methods/"+b.handles()[0]+"/remove"), b.post("sign-out", nil))
	for _, a := range pages {
		if strings.Contains(a.body, "<img") || strings.Contains(a.body, "<script>") || strings.Contains(a.body, "<!--") {
			t.Errorf("XS-01 %s holds markup", a.Request.URL.Path)
		}
	}
	if got := pages[0].doc.Find(".whose-name").Text(); got != markup {
		t.Errorf("XS-01 the name is shown as %q", got)
	}
}

// TestReflection (XS-03): nothing of a request's parameters is in the answer.
func TestReflection(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	_, b := p.person()
	b.start()
	q := url.QueryEscape(markup)
	answers := []answer{
		b.get("sign-in?page=" + q + "&method=" + q), b.get("confirm?page=remove&method=" + q), b.get("callback?state=" + q + "&error=" + q),
		b.get("no-such-page/" + url.PathEscape(markup) + "?x=" + q), b.get("methods/" + url.PathEscape(markup) + "/remove"),
		b.get("?lang="+q, "Accept-Language", markup, "Cookie", "lang="+q), b.get("signed-out?error="+q, "Referer", "https://evil.example/"+q),
		b.post("language", url.Values{"lang": {markup}, "page": {markup}}), b.post("language", url.Values{"lang": {"en"}, "page": {markup}, "method": {markup}}),
		b.post("add/app/confirm?code="+q, url.Values{"code": {"1"}, "error": {markup}}),
		p.browser().get("", "User-Agent", markup, "X-Request-Id", markup),
	}
	for _, a := range answers {
		if strings.Contains(a.body, "onerror") || strings.Contains(a.location(), "onerror") {
			t.Errorf("XS-03 %s %s reflects", a.Request.Method, a.Request.URL.Path)
		}
	}
	// What a person typed comes back into its own field, as text.
	if typed := b.confirm(markup); typed.doc.Find("#code").AttrOr("value", "") != markup {
		t.Errorf("the field holds %q", typed.doc.Find("#code").AttrOr("value", ""))
	}
}

// TestNonces (XS-06): every answer has a nonce of its own.
func TestNonces(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	b, seen := p.browser(), map[string]bool{}
	for range 50 {
		policy, err := parsePolicy(b.get("").Header.Get("Content-Security-Policy"))
		must(t, err)
		if seen[policy.nonce()] {
			t.Fatal("XS-06 a nonce twice")
		}
		seen[policy.nonce()] = true
	}
}

// TestPolicyChecker proves the checker of XS-07, which every page has to pass.
func TestPolicyChecker(t *testing.T) {
	for header, weak := range map[string]bool{
		"default-src 'none'; script-src 'nonce-abc'; require-trusted-types-for 'script'": false,
		"script-src 'nonce-abc' 'unsafe-inline'":                                         true,
		"script-src 'unsafe-eval'":                                                       true,
		"script-src 'self'":                                                              true,
		"script-src 'strict-dynamic' 'nonce-abc'":                                        true,
		"img-src *":                 true,
		"img-src https://*.example": true,
		"img-src data:":             true,
		"connect-src https:":        true,
		"style-src 'unsafe-hashes'": true,
	} {
		parsed, err := parsePolicy(header)
		must(t, err)
		if (parsed.weak() != "") != weak {
			t.Errorf("XS-07 %s: %q", header, parsed.weak())
		}
	}
	for _, malformed := range []string{"", "script-src 'none'; script-src 'self'", ";;"} {
		if _, err := parsePolicy(malformed); err == nil {
			t.Errorf("XS-07 %q was read", malformed)
		}
	}
}

// TestSessionEndsUnderFragment (XS-11): no sign-in page lands in a box.
func TestSessionEndsUnderFragment(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{minMethods: 0})
	_, b := p.protected()
	handle := b.handles()[0]
	b.start()
	token := b.formToken()
	b.post("sign-out", nil)
	for path, page := range map[string]string{
		"add/app/confirm": "add/app", "add/app/cancel": "add/app", "methods/" + handle + "/remove": "methods/" + handle + "/remove", "recovery-code/saved": "recovery-code",
	} {
		a := b.do(b.request(http.MethodPost, path, everything(token, "123456"), htmx()...))
		if a.StatusCode != http.StatusUnauthorized || a.Header.Get("HX-Redirect") != p.url+page || a.body != "" {
			t.Errorf("XS-11 %s: %d, HX-Redirect %q, body %q", path, a.StatusCode, a.Header.Get("HX-Redirect"), a.body)
		}
	}
}

// TestViolationReports (XS-12): anybody may send anything, and it costs little.
func TestViolationReports(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	b := p.browser()
	for _, body := range []string{
		`{"csp-report":{"effective-directive":"script-src","blocked-uri":"https://evil.example/` + markup[:1] + `"}}`,
		markup, strings.Repeat("A", 1<<20), `[` + strings.Repeat(`[`, 10_000), "\x00\x01\n{\"level\":\"ERROR\"}",
	} {
		for range 20 {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.url+"csp-report", strings.NewReader(body))
			must(t, err)
			r.Header = http.Header{"Content-Type": {"application/csp-report"}, "Sec-Fetch-Site": {"same-origin"}}
			if a := b.do(r); a.StatusCode != http.StatusNoContent && a.StatusCode != http.StatusRequestEntityTooLarge {
				t.Fatalf("XS-12 %d", a.StatusCode)
			}
		}
	}
	log := p.log.String()
	if n := strings.Count(log, "policy violation reported"); n == 0 || n > 30 {
		t.Errorf("XS-12 %d reports in the log", n)
	}
	if strings.Contains(log, "evil.example") || strings.Contains(log, "onerror") || strings.Contains(log, "AAAAAAAA") {
		t.Error("XS-12 the log holds what was sent")
	}
	b.wantError(b.get("csp-report"), http.StatusMethodNotAllowed, handlers.KindMethodNotAllowed)
}

// TestPanic (XS-13): a page that falls over half-way is an error page and one
// event; neither says what the panic did.
func TestPanic(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	_, b := p.person()
	key := b.start()
	p.panics.Store(true)
	a := b.get("")
	b.wantError(a, http.StatusInternalServerError, account.KindInternal)
	p.panics.Store(true)
	a = b.get("add/app")
	b.wantStatus(a, http.StatusInternalServerError)
	if strings.Contains(a.body, panicMarker) || strings.Contains(a.body, "goroutine") || strings.Contains(a.body, key[:4]) {
		t.Error("XS-13 the page tells too much")
	}
	log := p.log.String()
	if strings.Count(log, `"msg":"panic"`) != 2 || strings.Contains(log, panicMarker) {
		t.Error("XS-13 two events without the panic's text")
	}
	if b.key() != key {
		t.Error("XS-13 the session was harmed")
	}
}
