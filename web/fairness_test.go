package web_test

import (
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"mysecurity/internal/account"
)

const listing = "GET /mfa/authenticators"

// TestOneAccountIsIll (UP-06): if the tenant fails for one person alone, that person is
// told so, again and again and at each sign-in, and everybody else is served.
func TestOneAccountIsIll(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	_, victim := p.protected()
	user, b := p.person()
	var ill atomic.Bool
	p.upstream.answer(t, listing, func(w http.ResponseWriter, _ *http.Request) {
		if ill.Load() {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte("[]"))
	})
	for range 10 {
		ill.Store(true)
		b.wantError(b.get(""), http.StatusServiceUnavailable, account.KindUnavailable)
		again := p.browser()
		again.wantError(again.signIn(user, ""), http.StatusServiceUnavailable, account.KindUnavailable)
		ill.Store(false)
		victim.wantStatus(victim.get(""), http.StatusOK)
	}
	p.browser().enter(p.tenant.NewUser(), "")
	ill.Store(true)
	for range 20 { // nobody's success in between
		b.get("")
	}
	ill.Store(false)
	victim.wantStatus(victim.get(""), http.StatusOK)
}

// TestOneShareOfOnePerson (UP-09): however many sign-ins somebody has, their calls take
// the share of one, and the others have the rest.
func TestOneShareOfOnePerson(t *testing.T) {
	t.Parallel()
	const signIns, each, share = 5, 11, 16 // 55 in all: fewer than the places, and than one may look
	p := startPortal(t, portalOptions{})
	_, victim := p.protected()
	user := p.tenant.NewUser()
	var browsers []*browser
	for range signIns {
		b := p.browser()
		b.enter(user, "")
		browsers = append(browsers, b)
	}
	gate := make(chan struct{})
	release := sync.OnceFunc(func() { close(gate) })
	t.Cleanup(release)
	var quick atomic.Bool
	p.upstream.answer(t, listing, func(w http.ResponseWriter, _ *http.Request) {
		if !quick.Load() {
			<-gate
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte("[]"))
	})
	refused := make(chan answer, signIns*each)
	var all sync.WaitGroup
	for _, b := range browsers {
		for range each {
			all.Go(func() {
				if a := b.get(""); a.StatusCode != http.StatusOK {
					refused <- a
				}
			})
		}
	}
	for range signIns*each - share {
		select {
		case a := <-refused:
			victim.wantError(a, http.StatusServiceUnavailable, account.KindUnavailable)
		case <-time.After(20 * time.Second):
			t.Fatal("UP-09 one person has more than a share")
		}
	}
	quick.Store(true)
	victim.wantStatus(victim.get(""), http.StatusOK)
	release()
	all.Wait()
	if n := len(refused); n != 0 {
		t.Errorf("UP-09 %d more were refused", n)
	}
}
