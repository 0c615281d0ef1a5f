package account_test

import (
	"net/http"
	"strings"
	"sync"

	"mysecurity/internal/emulator/emulatortest"
)

// tap stands between the portal and the tenant.
type tap struct {
	mu     sync.Mutex
	calls  int // of the MFA API since it was last told what to do
	refuse func(call int, r *http.Request) (status int, body string)
}

// option puts the tap in front of a tenant.
func (p *tap) option() emulatortest.Option { return emulatortest.WithTap(p.wrap) }

// when makes the tap answer in the tenant's place wherever refuse gives a
// status; nil lets everything pass.
func (p *tap) when(refuse func(call int, r *http.Request) (status int, body string)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls, p.refuse = 0, refuse
}

// shutAfter lets n calls pass and takes no token from then on.
func (p *tap) shutAfter(n int) {
	p.when(func(call int, _ *http.Request) (int, string) {
		if call <= n {
			return 0, ""
		}
		return http.StatusUnauthorized, `{"error":"expired_token","error_description":"mfa_token is expired"}`
	})
}

// open lets everything pass, and returns how many calls there were.
func (p *tap) open() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refuse = nil
	return p.calls
}

func (p *tap) answer(r *http.Request) (status int, body string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.refuse == nil || !strings.HasPrefix(r.URL.Path, "/mfa/") && r.URL.Path != "/oauth/token" {
		return 0, ""
	}
	p.calls++
	return p.refuse(p.calls, r)
}

func (p *tap) wrap(tenant http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status, body := p.answer(r)
		if status == 0 {
			tenant.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	})
}
