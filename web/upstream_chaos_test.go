package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"
)

// TestUnderChaos (EM-12): the main job does not notice an unsteady tenant, with
// whatever seed; the keys rotate on the way.
func TestUnderChaos(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{minMethods: 0})
	for seed := range 8 {
		t.Run(fmt.Sprintf("EM-12 seed %d", seed), func(t *testing.T) {
			p := p.in(t)
			p.control(http.MethodPost, "chaos", fmt.Sprintf(`{"seed":%d}`, seed))
			user, b := p.tenant.NewUser(), p.browser()
			b.enter(user, "")
			b.moved(b.post("add/app", nil), "add/app")
			key := b.key()
			b.moved(b.confirm(p.tenant.FreshCode(key)), "recovery-code")
			if b.recoveryCode() == "" {
				t.Fatal("no recovery code")
			}
			b.moved(b.post("recovery-code/saved", url.Values{"saved": {"yes"}}), "")
			for range 20 { // enough for a 503
				b.wantStatus(b.get(""), http.StatusOK)
			}
			b.moved(b.post("methods/"+b.handles()[0]+"/remove", url.Values{"understood": {"yes"}}), "")
			p.later(time.Minute)
		})
	}
}
