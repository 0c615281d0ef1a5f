package web_test

import (
	"net/http"
	"testing"
)

// TestCatchUp: what happened at the tenant without this session seeing it is
// taken note of as soon as the list shows it, and no recovery code is lost.
func TestCatchUp(t *testing.T) {
	p := startPortal(t, portalOptions{})
	t.Run("the confirmation was done, its answer lost, and nobody could look", func(t *testing.T) {
		p := p.in(t)
		_, b := p.person()
		key := b.start()
		p.fault(`{"match":"POST /oauth/token","drop":true,"after":true,"times":1}`)
		p.fault(`{"match":"GET /mfa/authenticators","status":503}`)
		b.wantStatus(b.confirm(p.tenant.FreshCode(key)), http.StatusBadGateway)
		p.heal()
		b.moved(b.get(""), "recovery-code")
		if b.recoveryCode() == "" {
			t.Fatal("the recovery code is not shown")
		}
	})
	t.Run("the wizard of another browser made the first method active", func(t *testing.T) {
		p := p.in(t)
		user, first := p.person()
		first.start() // is handed the recovery code, and is left open
		second := p.browser()
		second.enter(user, "")
		second.moved(second.confirmFresh(), "")
		first.moved(first.get(""), "recovery-code")
		if first.recoveryCode() == "" {
			t.Fatal("the code in force is in this session only, and it is not shown")
		}
	})
}

// confirmFresh adds an app and returns the answer to its first code.
func (b *browser) confirmFresh() answer { return b.confirm(b.p.tenant.FreshCode(b.start())) }
