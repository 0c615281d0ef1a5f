package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestJourney is the main job without a browser: forms only, as with JavaScript
// off. Every answer on the way is held against the rules of the site.
func TestJourney(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{minMethods: 1})
	user, b := p.tenant.NewUser(), p.browser()

	b.moved(b.signIn(user, ""), "")
	b.moved(b.post("add/app", nil), "add/app")
	b.moved(b.confirm(p.tenant.FreshCode(b.key())), "recovery-code")
	if b.recoveryCode() == "" || b.recoveryCode() != "" {
		t.Fatal("the recovery code is to be shown on the first visit only")
	}
	b.moved(b.post("recovery-code/saved", url.Values{"saved": {"yes"}}), "")
	if overview := b.get(""); overview.StatusCode != http.StatusOK || !overview.has("#notice") {
		t.Fatalf("overview: %d\n%s", overview.StatusCode, overview.body)
	}
	out := b.post("sign-out", nil)
	b.wantStatus(out, http.StatusOK)
	if !strings.Contains(out.Header.Get("Refresh"), "/oidc/logout?") {
		t.Fatalf("sign-out: %v", out.Header)
	}
	b.wantStatus(b.get("add/app"), http.StatusUnauthorized)
}
