package web_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestLeftovers (MF-20): attempts that were abandoned, made past the portal, do
// not keep anybody from adding a method of any kind; attempts in progress, active
// methods and the recovery code stay.
func TestLeftovers(t *testing.T) {
	t.Parallel()
	for kind, entry := range map[string]string{"app": "totp", "phone": "sms", "email": "email", "push": "push"} {
		t.Run("MF-20 "+kind, func(t *testing.T) {
			t.Parallel()
			p := startPortal(t, portalOptions{})
			user, b := p.person()
			token := p.tenant.AccessToken(user)
			p.abandon(token)
			if n := len(p.entries(token)); n != 50 {
				t.Fatalf("%d entries", n)
			}
			b.get("") // the portal sees them for the first time
			p.later(time.Minute)
			other := p.browser()
			other.enter(user, "")
			other.moved(other.begin("app"), "add/app") // somebody is at work
			p.later(10 * time.Minute)
			token = p.tenant.AccessToken(user)
			b.enter(user, "")
			b.moved(b.begin(kind), "add/"+kind)
			if n := len(p.entries(token)); n > 45 {
				t.Errorf("MF-20 %d entries are left", n)
			}
			if n := p.pending(token, entry); n == 0 {
				t.Error("MF-20 the attempt in progress is gone too")
			}
			other.enter(user, "")
			other.moved(other.confirm(p.tenant.FreshCode(other.key())), "")
			kept := false
			for _, e := range p.entries(token) {
				kept = kept || strings.HasPrefix(e.ID, "recovery-code|")
			}
			if !kept {
				t.Error("MF-20 the recovery code that waits for the first method is gone")
			}
		})
	}
}

// abandon starts 48 attempts at the tenant, past the portal, and leaves them. The
// first brings a recovery code.
func (p *portal) abandon(token string) {
	p.t.Helper()
	for range 44 {
		p.associate(token, `{"authenticator_types":["otp"]}`)
	}
	for range 4 {
		p.associate(token, `{"authenticator_types":["oob"],"oob_channels":["sms"],"phone_number":"+15062340123"}`)
	}
}

func (p *portal) associate(token, body string) {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.tenant.URL+"/mfa/associate", strings.NewReader(body))
	must(p.t, err)
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	response, err := p.tenant.Client().Do(r)
	must(p.t, err)
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		p.t.Fatalf("associate: %d", response.StatusCode)
	}
}
