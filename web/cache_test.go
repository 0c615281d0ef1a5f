package web_test

import (
	"net/http"
	"strings"
	"testing"

	"mysecurity/internal/nginxtest"
)

// TestCacheBetween (SL-04): a cache that keeps whatever it may, under its path alone,
// gives nobody the page of anybody else. Static files come out of it, so it works.
func TestCacheBetween(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{minMethods: 0})
	ada, bruno, visitor := p.browser(), p.browser(), p.browser()
	p.proxy = nginxtest.Cache(t, p.addr)
	for _, b := range []*browser{ada, bruno, visitor} {
		transport := &http.Transport{DisableCompression: true}
		t.Cleanup(transport.CloseIdleConnections)
		b.client.Transport = toServer{addr: p.proxy.HTTP, next: transport}
	}
	first, second := p.tenant.NewUser(), p.tenant.NewUser()
	ada.enter(first, "")
	ada.start()
	style := ada.get("").doc.Find("link[rel=stylesheet]").AttrOr("href", "")
	ada.get(style)
	bruno.enter(second, "")
	for _, path := range []string{"", "add", "add/app", "confirm", "recovery-code", "signed-out", "no-such-page"} {
		of := map[*browser]answer{ada: ada.get(path), bruno: bruno.get(path), visitor: visitor.get(path)}
		for b, a := range of {
			if a.Header.Get("X-Cache") == "HIT" {
				t.Errorf("SL-04 /%s comes out of the cache", path)
			}
			if b != ada && strings.Contains(a.body, first.Email) || b != bruno && strings.Contains(a.body, second.Email) {
				t.Errorf("SL-04 /%s is somebody else's", path)
			}
		}
	}
	if a := bruno.get(style); a.Header.Get("X-Cache") != "HIT" {
		t.Errorf("SL-04 the cache keeps nothing: %d %q", a.StatusCode, a.Header.Get("X-Cache"))
	}
}
