package web_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"mysecurity/handlers"
)

// page is one route of the site as a browser asks for it.
type page struct{ method, path string }

// pages lists every route, by asking the router. handle fills the one parameter.
func (p *portal) pages(handle string) []page {
	p.t.Helper()
	router, ok := p.handler.(*echo.Echo)
	if !ok {
		p.t.Fatal("the site is no longer an echo router")
	}
	var all []page
	for _, r := range router.Routes() {
		path := strings.TrimPrefix(r.Path, p.site.Prefix())
		path = strings.NewReplacer(":handle", handle, "*", "app.css").Replace(path)
		if r.Method != http.MethodHead { // TestHead
			all = append(all, page{r.Method, path})
		}
	}
	slices.SortFunc(all, func(a, b page) int { return strings.Compare(a.path+a.method, b.path+b.method) })
	return all
}

// changing are the routes that act, but for the reports of browsers, which
// anybody may send.
func (p *portal) changing(handle string) []string {
	var paths []string
	for _, r := range p.pages(handle) {
		if r.method == http.MethodPost && r.path != "csp-report" {
			paths = append(paths, r.path)
		}
	}
	return paths
}

// anyHandle has the shape of a handle and names nothing.
const anyHandle = "abcdefghijklmn23"

// TestInventory (ASVS 6.1.3): a route that is not on the public list is guarded,
// one that is not on the first two lists wants a fresh proof as well. A new
// route has to be put on a list or it fails here.
func TestInventory(t *testing.T) {
	t.Parallel()
	public := []page{
		{"GET", ""},
		{"GET", "assets/app.css"},
		{"GET", "callback"},
		{"POST", "csp-report"},
		{"POST", "language"},
		{"GET", "sign-in"},
		{"POST", "sign-out"},
		{"GET", "signed-out"},
	}
	withoutProof := []page{{"GET", "confirm"}, {"GET", "recovery-code"}}
	for _, path := range []string{"recovery-code/saved", "add/app/cancel", "add/phone/cancel", "add/email/cancel", "add/push/cancel"} {
		withoutProof = append(withoutProof, page{"POST", path}, page{"GET", path})
	}
	p := startPortal(t, portalOptions{})
	_, stale := p.person()
	p.later(11 * time.Minute)
	for _, r := range p.pages(anyHandle) {
		if slices.Contains(public, r) {
			continue
		}
		t.Run(r.method+" "+r.path, func(t *testing.T) {
			p, stale := p.in(t), stale.in(t)
			mark := p.upstream.mark()
			p.visitor(r)
			if !slices.Contains(withoutProof, r) {
				stale.unproven(r)
			}
			p.wantCalls(mark, map[string]int{})
		})
	}
}

// visitor asks for a guarded route without a session.
func (p *portal) visitor(r page) {
	p.t.Helper()
	b := p.browser()
	plain := b.do(b.request(r.method, r.path, nil))
	if r.method == http.MethodGet {
		b.wantStatus(plain, http.StatusUnauthorized)
		b.wantHeading(plain, "landing.sign-in-first.title")
	} else if plain.StatusCode != http.StatusSeeOther {
		p.t.Errorf("%s: %d", r.path, plain.StatusCode)
	}
	boxed := b.do(b.request(r.method, r.path, nil, htmx()...))
	if boxed.StatusCode != http.StatusUnauthorized || boxed.Header.Get("HX-Redirect") == "" || boxed.body != "" {
		p.t.Errorf("XS-11 htmx: %d, HX-Redirect %q", boxed.StatusCode, boxed.Header.Get("HX-Redirect"))
	}
}

// unproven asks for a route with a proof that has ended.
func (b *browser) unproven(r page) {
	b.p.t.Helper()
	if r.method == http.MethodGet {
		a := b.get(r.path)
		b.wantStatus(a, http.StatusForbidden)
		b.wantHeading(a, "confirm.title")
		return
	}
	moved := b.post(r.path, nil)
	if moved.StatusCode != http.StatusSeeOther || !strings.HasPrefix(moved.location(), b.p.url+"confirm?") {
		b.p.t.Errorf("%s: %d %q", r.path, moved.StatusCode, moved.location())
	}
	boxed := b.post(r.path, nil, htmx()...)
	if boxed.StatusCode != http.StatusForbidden || boxed.Header.Get("HX-Redirect") != moved.location() || boxed.body != "" {
		b.p.t.Errorf("htmx %s: %d, HX-Redirect %q", r.path, boxed.StatusCode, boxed.Header.Get("HX-Redirect"))
	}
}

// TestUnknownPaths (RD-16): nothing lies around on the public listener, and
// unknown paths are unknown to everybody.
func TestUnknownPaths(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	_, inside := p.person()
	for _, b := range []*browser{p.browser(), inside} {
		for _, path := range []string{
			"robots.txt", "favicon.ico", ".git/config", ".env", "debug/pprof/", "metrics", "healthz", "readyz", "admin", "console",
			"assets/", "assets/..%2f..%2fgo.mod", "assets/manifest.json", "assets/app.css", "static/src/app.js",
			"add/", "add/other", "add/app/", "add/app/xyz", "add/phone/confirm/x", "add/sms", "recovery-code/", "methods/", "methods/" + anyHandle, "sign-in/", "index.html",
		} {
			a := b.get(path)
			b.wantError(a, http.StatusNotFound, handlers.KindPageNotFound)
		}
	}
}
