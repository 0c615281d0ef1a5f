package web_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"mysecurity/internal/account"
)

// TestTenantHangs (UP-02, UP-09): a list that never ends is given up at the
// deadline, one user cannot take all the places, and pages that do not need the
// tenant are as fast as ever meanwhile.
func TestTenantHangs(t *testing.T) {
	t.Parallel()
	const patience = 3 * time.Second // instead of eight
	p := startPortal(t, portalOptions{patience: patience})
	_, b := p.person()
	_, other := p.person()
	const share = 16 // calls of one user at the same time
	arrived := make(chan struct{}, 2*share)
	p.upstream.answer(t, listCall, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusOK)
		w.(http.Flusher).Flush()
		arrived <- struct{}{}
		for r.Context().Err() == nil { // a byte at a time
			fmt.Fprint(w, " ")
			w.(http.Flusher).Flush()
			select {
			case <-r.Context().Done():
			case <-time.After(100 * time.Millisecond):
			}
		}
	})
	began := time.Now()
	answers := make(chan answer, share)
	for range share {
		r := b.request(http.MethodGet, "", nil)
		go func() { answers <- b.do(r) }()
	}
	for range share {
		<-arrived
	}
	busy := b.get("")
	b.wantError(busy, http.StatusServiceUnavailable, account.KindUnavailable)
	if busy.Header.Get("Retry-After") != "2" {
		t.Errorf("UP-09 Retry-After %q", busy.Header.Get("Retry-After"))
	}
	other.wantStatus(other.get("add"), http.StatusOK)
	b.wantStatus(b.get("add"), http.StatusOK)
	if len(answers) > 0 {
		t.Errorf("UP-09 the pages without the tenant took %v, as long as those with it", time.Since(began))
	}
	for range share {
		b.wantError(<-answers, http.StatusServiceUnavailable, account.KindUnavailable)
	}
	if took := time.Since(began); took > 2*patience {
		t.Errorf("UP-02 took %v", took)
	}
}

// TestTenantFloods (UP-04): an endless answer and one that unpacks without end are
// read up to the limit.
func TestTenantFloods(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	_, b := p.person()
	chunk := bytes.Repeat([]byte(" "), 64<<10)
	floods := map[string]http.HandlerFunc{
		"endless": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			for r.Context().Err() == nil {
				if _, err := w.Write(chunk); err != nil {
					return
				}
			}
		},
		"gzip bomb": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(bombed())
		},
	}
	for name, flood := range floods {
		t.Run("UP-04 "+name, func(t *testing.T) {
			b := b.in(t)
			b.p.upstream.answer(t, listCall, flood)
			b.wantError(b.get(""), http.StatusServiceUnavailable, account.KindUnavailable)
			if !strings.Contains(b.p.log.String(), "reason answer_too_large") {
				t.Error("the log does not tell")
			}
		})
	}
	b.wantStatus(b.get(""), http.StatusOK)
}

// bombed is 64 MB of spaces in 64 KB.
func bombed() []byte {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	for range 1 << 10 {
		_, _ = z.Write(bytes.Repeat([]byte(" "), 64<<10))
	}
	_ = z.Close()
	return packed.Bytes()
}

// TestTenantRedirects (UP-15): nothing of ours follows to another host, whatever
// call is redirected.
func TestTenantRedirects(t *testing.T) {
	t.Parallel()
	var followed atomic.Int32
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { followed.Add(1) }))
	defer elsewhere.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		t.Run(fmt.Sprintf("UP-15 %d", status), func(t *testing.T) {
			p := startPortal(t, portalOptions{minMethods: 0})
			away := func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", elsewhere.URL+"/x")
				w.WriteHeader(status)
			}
			_, b := p.protected()
			for _, call := range []string{listCall, tokenCall, associateCall} {
				p.upstream.answer(t, call, away)
			}
			b.wantError(b.get(""), http.StatusServiceUnavailable, account.KindUnavailable)
			b.wantError(b.post("add/app", nil), http.StatusServiceUnavailable, account.KindUnavailable)
			visitor := p.browser()
			visitor.wantError(visitor.signIn(p.tenant.NewUser(), ""), http.StatusServiceUnavailable, account.KindUnavailable)
			fresh := startPortal(t, portalOptions{})
			fresh.upstream.answer(t, discoveryCall, away)
			stranger := fresh.browser()
			stranger.wantError(stranger.get("sign-in"), http.StatusServiceUnavailable, account.KindUnavailable)
		})
	}
	if n := followed.Load(); n != 0 {
		t.Errorf("UP-15 followed %d times", n)
	}
}

// TestTenantWithForeignCertificate (UP-13): a tenant whose certificate nobody
// vouches for gets no visitor and no secret, and the operator is told.
func TestTenantWithForeignCertificate(t *testing.T) {
	t.Parallel()
	asked := atomic.Int32{}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server.StartTLS()
	t.Cleanup(server.Close)
	p := startPortal(t, portalOptions{issuer: server.URL + "/"})
	b := p.browser()
	b.wantError(b.get("sign-in"), http.StatusServiceUnavailable, account.KindUnavailable)
	if p.client.Ready(t.Context()) == nil || asked.Load() != 0 {
		t.Errorf("UP-13 ready, or %d requests", asked.Load())
	}
	if !strings.Contains(p.log.String(), `"msg":"tenant's discovery document not accepted"`) || !strings.Contains(p.log.String(), `"reason":"tls"`) {
		t.Error("UP-13 the operator is not told")
	}
}

// TestMaintenancePage (UP-18): a tenant that turns into a page that calls itself
// JSON is unavailable for as long as that lasts; nothing of it is kept.
func TestMaintenancePage(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	user, b := p.person()
	page := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, "<!doctype html><h1>Maintenance</h1>")
	}
	t.Run("UP-18 meanwhile", func(t *testing.T) {
		b := b.in(t)
		for _, call := range []string{listCall, tokenCall, discoveryCall, keysCall} {
			p.upstream.answer(t, call, page)
		}
		for range 5 {
			a := b.get("")
			b.wantError(a, http.StatusServiceUnavailable, account.KindUnavailable)
			if strings.Contains(a.body, "Maintenance") {
				t.Error("the tenant's page is shown")
			}
		}
		p.later(2 * time.Hour) // documents are due again
		visitor := p.in(t).browser()
		if a := visitor.signIn(user, ""); a.StatusCode == http.StatusSeeOther {
			t.Error("signed in by a page")
		}
	})
	b.enter(user, "") // no restart, no new documents needed
	b.wantStatus(b.get(""), http.StatusOK)
}

// TestProvidersClock (UP-20): a minute of difference is borne in the one
// direction that can be, 90 seconds are refused in words for the operator.
func TestProvidersClock(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		skew   time.Duration // of the portal: the provider differs by its opposite
		status int
	}{
		{"as ours", 0, http.StatusSeeOther},
		{"20 s ahead", -20 * time.Second, http.StatusSeeOther},
		{"20 s behind", 20 * time.Second, http.StatusSeeOther},
		{"90 s ahead", -90 * time.Second, http.StatusForbidden},
		{"90 s behind", 90 * time.Second, http.StatusForbidden},
	} {
		t.Run("UP-20 "+tt.name, func(t *testing.T) {
			p := startPortal(t, portalOptions{skew: tt.skew})
			b := p.browser()
			b.wantStatus(b.signIn(p.tenant.NewUser(), ""), tt.status)
			told := strings.Contains(p.log.String(), "reason id_token_iat") || strings.Contains(p.log.String(), "reason id_token_auth_time")
			if told != (tt.status == http.StatusForbidden) || b.signedIn() == told {
				t.Errorf("the operator is told: %v", told)
			}
		})
	}
}
