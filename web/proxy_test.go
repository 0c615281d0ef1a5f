package web_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"mysecurity/internal/nginxtest"
)

// bothSetUps runs a test behind nginx with docs/nginx.conf, paths kept and paths
// stripped (RD-13).
func bothSetUps(t *testing.T, test func(p *portal)) {
	t.Helper()
	for _, paths := range []string{nginxtest.Kept, nginxtest.Stripped} {
		t.Run("RD-13 "+paths, func(t *testing.T) {
			t.Parallel()
			test(startPortal(t, portalOptions{paths: paths, minMethods: 1}))
		})
	}
}

// TestBehindNginx (RD-12, RD-13): the journey below a path through a real proxy
// that ends TLS. Each answer, as the browser gets it, is held to the same rules as
// without a proxy.
func TestBehindNginx(t *testing.T) {
	t.Parallel()
	bothSetUps(t, func(p *portal) {
		p.journey()
		b := p.browser()
		for _, outside := range outsidePrefix {
			r := b.request(http.MethodGet, "https://"+nginxtest.Host+outside, nil)
			response, err := b.client.Do(r) // nginx's own answer, to which the rules do not apply
			must(p.t, err)
			must(p.t, response.Body.Close())
			if response.StatusCode != http.StatusNotFound || response.Header.Get("Location") != "" {
				p.t.Errorf("%s: %d", outside, response.StatusCode)
			}
		}
		p.later(11 * time.Minute)
		_, b = p.protected()
		b.wantStatus(b.get("add/app"), http.StatusOK)
		p.later(11 * time.Minute)
		b.wantStatus(b.get("add/app"), http.StatusForbidden)
		b.moved(b.enter(b.user, "?page=add-app"), "add/app")
		if log := p.proxy.Log(p.t); !strings.Contains(log, "/security/callback\" 303") || strings.Contains(log, "?") || strings.Contains(log, "code=") {
			p.t.Error("SL-09 the proxy's log lacks the callback, or holds a query")
		}
	})
}

// TestHeaderMatrixBehindNginx (SL-03, SL-08, e.1, e.2): every route by everybody
// in every way, through the proxy.
func TestHeaderMatrixBehindNginx(t *testing.T) {
	t.Parallel()
	bothSetUps(t, func(p *portal) {
		seen := map[int]bool{}
		for _, a := range append(p.everyWay(), p.everyError()...) {
			seen[a.StatusCode] = true
		}
		for _, status := range []int{200, 204, 303, 400, 401, 403, 404, 405, 409, 413, 421, 422, 429, 500, 502, 503} {
			if !seen[status] {
				p.t.Errorf("no answer %d among %v", status, slices.Sorted(maps.Keys(seen)))
			}
		}
	})
}

// TestPlainHTTP (ASVS 4.1.2): pages are led to https, to one address; a form that
// came in the clear is refused and goes nowhere.
func TestPlainHTTP(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{paths: nginxtest.Kept})
	direct := &http.Transport{DisableKeepAlives: true}
	for _, c := range []struct {
		method, path string
		status       int
	}{
		{http.MethodGet, "/security", http.StatusMovedPermanently},
		{http.MethodGet, "/security/", http.StatusMovedPermanently},
		{http.MethodGet, "/security/callback?code=secret", http.StatusMovedPermanently},
		{http.MethodPost, "/security/language", http.StatusForbidden},
		{http.MethodGet, "/elsewhere", http.StatusNotFound},
	} {
		r, err := http.NewRequestWithContext(t.Context(), c.method, "http://"+p.proxy.HTTP+c.path, http.NoBody)
		must(t, err)
		r.Host = nginxtest.Host
		response, err := direct.RoundTrip(r)
		must(t, err)
		must(t, response.Body.Close())
		location := response.Header.Get("Location")
		if response.StatusCode != c.status || location != "" && location != p.url {
			t.Errorf("%s %s: %d %q", c.method, c.path, response.StatusCode, location)
		}
	}
	if p.record(`"path"`) != "" {
		t.Error("a request in the clear reached the portal")
	}
}

// TestPathsThroughNginx (RD-03): odd paths lead nowhere but to us, whoever reads
// them first. nginx folds dot segments as browsers do.
func TestPathsThroughNginx(t *testing.T) {
	t.Parallel()
	bothSetUps(t, func(p *portal) {
		for path, want := range map[string]int{
			"//evil.example": 404, "//evil.example/": 404, "/%5cevil.example": 404, `/\evil.example`: 404, "/%2f%2fevil.example": 404,
			"/security//evil.example/..": 404, "/security//evil.example": 404, "/security//": 404, "/security/%2f": 404, "/security/sign-in/": 404,
			"/security/sign-in;x": 404, "/security/sign-in%00": 400, "/security/assets//app.css": 404, "/security/../sign-in": 404,
			"/security/%2e%2e/sign-in": 404, "/security/..": 404, "/security/../../etc/passwd": 400, "/securit%79": 303, "/security": 303,
		} {
			answers := p.through("GET " + path + " HTTP/1.1\r\nHost: intranet.example\r\nConnection: close\r\n\r\n")
			if got := statuses(answers); len(got) != 1 || got[0] != want {
				p.t.Errorf("RD-03 %s: %v, want %d", path, got, want)
				continue
			}
			if location := answers[0].Header.Get("Location"); location != "" && location != p.url {
				p.t.Errorf("RD-03 %s leads to %s", path, location)
			}
		}
	})
}
