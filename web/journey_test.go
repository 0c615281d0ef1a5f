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
// off.
func TestJourney(t *testing.T) {
	p := startPortal(t, portalOptions{minMethods: 1})
	user, b := p.tenant.NewUser(), p.browser()

	if back := b.signIn(user, ""); back.StatusCode != http.StatusSeeOther || back.location() != p.url {
		t.Fatalf("callback: %d to %q\n%s", back.StatusCode, back.location(), back.body)
	}
	if started := b.post("add/app", nil); started.location() != p.url+"add/app" {
		t.Fatalf("start: %d\n%s", started.StatusCode, started.body)
	}
	key := strings.ReplaceAll(b.get("add/app").doc.Find("#key").Text(), " ", "")
	confirmed := b.post("add/app/confirm", url.Values{"code": {p.tenant.FreshCode(key)}})
	if confirmed.location() != p.url+"recovery-code" {
		t.Fatalf("confirm: %d\n%s", confirmed.StatusCode, confirmed.body)
	}
	shown := b.get("recovery-code")
	code := shown.doc.Find("#recovery-code").Text()
	if code == "" || b.get("recovery-code").doc.Find("#recovery-code").Length() != 0 {
		t.Fatal("the recovery code is to be shown on the first visit only")
	}
	if saved := b.post("recovery-code/saved", url.Values{"saved": {"yes"}}); saved.location() != p.url {
		t.Fatalf("saved: %d\n%s", saved.StatusCode, saved.body)
	}
	overview := b.get("")
	if overview.StatusCode != http.StatusOK || overview.doc.Find("#notice").Length() != 1 {
		t.Fatalf("overview: %d\n%s", overview.StatusCode, overview.body)
	}
	if out := b.post("sign-out", nil); out.StatusCode != http.StatusOK || !strings.Contains(out.Header.Get("Refresh"), "/oidc/logout?") {
		t.Fatalf("sign-out: %d %v", out.StatusCode, out.Header)
	}
	if after := b.get("add/app"); after.StatusCode != http.StatusUnauthorized {
		t.Fatalf("after sign-out: %d", after.StatusCode)
	}
}
