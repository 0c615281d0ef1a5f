package web_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"mysecurity/internal/account"
)

// TestReloads (LD-05): who reloads without end is told so, in their language and with
// the time to come back; the tenant is not asked meanwhile, and nobody else notices.
func TestReloads(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	_, b := p.person()
	_, other := p.person()
	mark := p.upstream.mark()
	var late answer
	for range 200 {
		if late = b.get(""); late.StatusCode != http.StatusOK {
			break
		}
	}
	b.wantError(late, http.StatusTooManyRequests, account.KindRateLimited)
	seconds, err := strconv.Atoi(late.Header.Get("Retry-After"))
	if err != nil || seconds < 1 || seconds > 2 {
		t.Errorf("LD-05 Retry-After %q", late.Header.Get("Retry-After"))
	}
	if asked := p.upstream.since(mark)["GET /mfa/authenticators"]; asked != 60 {
		t.Errorf("LD-05 %d calls of the tenant", asked)
	}
	if a := b.get("", "Accept-Language", "fr-CA"); a.StatusCode != http.StatusTooManyRequests || !strings.Contains(a.body, "Un instant") {
		t.Errorf("LD-05 in French: %d %s", a.StatusCode, a.heading())
	}
	if a := b.get("", htmx()...); a.StatusCode != http.StatusTooManyRequests {
		t.Errorf("LD-05 a part of the page: %d", a.StatusCode)
	}
	b.wantStatus(b.get("add/app"), http.StatusOK) // what needs no list goes on
	other.wantStatus(other.get(""), http.StatusOK)
	p.later(time.Duration(seconds) * time.Second)
	b.wantStatus(b.get(""), http.StatusOK)
}
