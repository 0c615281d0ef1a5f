package auth0

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"
)

// counted is a Meter that remembers.
type counted struct {
	mu      sync.Mutex
	calls   []string
	took    []time.Duration
	givenUp []string
}

func (m *counted) GivenUp(reason string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.givenUp = append(m.givenUp, reason)
}

func (m *counted) Called(endpoint, outcome string, took time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls, m.took = append(m.calls, endpoint+": "+outcome), append(m.took, took)
}

// TestMeter: each call that went out is counted once, by how it ended, and for
// as long as it took.
func TestMeter(t *testing.T) {
	type handler = http.HandlerFunc
	cut := handler(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	says := func(status int, body string) handler {
		return func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, status, body) }
	}
	page := handler(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("Log in to the network"))
	})
	for name, tt := range map[string]struct {
		answer handler
		list   []string // a list is asked for twice, after trouble of network or server
		delete string
	}{
		"done":       {says(http.StatusOK, "[]"), []string{"ok"}, "ok"},
		"refused":    {says(http.StatusUnauthorized, `{"error":"invalid_token"}`), []string{"token rejected"}, "token rejected"},
		"limited":    {says(http.StatusTooManyRequests, `{"error":"canary"}`), []string{"rate limited"}, "rate limited"},
		"ill":        {says(http.StatusBadGateway, "canary"), []string{"unavailable", "unavailable"}, "unknown outcome"},
		"cut":        {cut, []string{"unavailable", "unavailable"}, "unknown outcome"},
		"other page": {page, []string{"unavailable"}, "unknown outcome"},
	} {
		t.Run(name, func(t *testing.T) {
			tn := newTenant(t)
			silent(tn.server)
			m := &counted{}
			cfg := tn.config()
			cfg.Meter = m
			c := newTestClient(t, cfg, standardLimits())
			tn.on("GET /mfa/authenticators", func(w http.ResponseWriter, r *http.Request) {
				if n := c.InFlight(); n != 1 {
					t.Errorf("%d calls in flight", n)
				}
				tn.clock.Advance(time.Second)
				tt.answer(w, r)
			})
			tn.on("DELETE /mfa/authenticators/totp%7Cdev_1", tt.answer)
			_, _ = c.ListAuthenticators(t.Context(), accessToken())
			_ = c.DeleteAuthenticator(t.Context(), accessToken(), "totp|dev_1")
			_ = c.DeleteAuthenticator(t.Context(), accessToken(), "..") // never sent
			var want []string
			for _, outcome := range tt.list {
				want = append(want, "list authenticators: "+outcome)
			}
			if want = append(want, "delete authenticator: "+tt.delete); !slices.Equal(m.calls, want) {
				t.Errorf("counted %q, want %q", m.calls, want)
			}
			if m.took[0] != time.Second || c.InFlight() != 0 {
				t.Errorf("took %v; %d calls in flight", m.took, c.InFlight())
			}
		})
	}
	t.Run("sign-in", func(t *testing.T) {
		tn := newTenant(t)
		m := &counted{}
		cfg := tn.config()
		cfg.Meter = m
		if _, _, err := tn.signIn(newTestClient(t, cfg, standardLimits()), nil); err != nil {
			t.Fatal(err)
		}
		if want := []string{"discovery: ok", "sign in: ok", "keys: ok"}; !slices.Equal(m.calls, want) {
			t.Errorf("counted %q, want %q", m.calls, want)
		}
	})
	t.Run("documents", func(t *testing.T) {
		tn := newTenant(t)
		m := &counted{}
		cfg := tn.config()
		cfg.Meter = m
		c := newTestClient(t, cfg, standardLimits())
		tn.says("GET /.well-known/jwks.json", http.StatusOK, `{"keys":[]}`)
		_, _ = c.keys.get(t.Context())
		tn.says("GET /.well-known/openid-configuration", http.StatusOK, `{"issuer":"https://canary.example/"}`)
		_ = newTestClient(t, cfg, standardLimits()).Ready(t.Context())
		if want := []string{"discovery: ok", "keys: unavailable", "discovery: not ready"}; !slices.Equal(m.calls, want) {
			t.Errorf("counted %q, want %q", m.calls, want)
		}
	})
}

// TestGivenUp: a call that was not made, or not waited for, has no duration and no
// outcome of the tenant's. It is counted apart, by why. A changing call whose
// caller left keeps its open outcome.
func TestGivenUp(t *testing.T) {
	tn := newTenant(t)
	m := &counted{}
	cfg := tn.config()
	cfg.Meter = m
	l := brittle(time.Hour)
	l.perUser = 1
	c := newTestClient(t, cfg, l)
	expect := func(what string, calls, givenUp []string) {
		t.Helper()
		if !slices.Equal(m.calls, calls) || !slices.Equal(m.givenUp, givenUp) {
			t.Errorf("%s: counted %q, given up %q; want %q and %q", what, m.calls, m.givenUp, calls, givenUp)
		}
		m.calls, m.givenUp = nil, nil
	}

	arrived := make(chan struct{})
	wait := func(_ http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		<-r.Context().Done()
	}
	tn.on(listRoute, wait)
	tn.on(deleteRoute, wait)
	ctx, leave := context.WithCancel(t.Context())
	left := make(chan error)
	go func() { left <- list(ctx, c) }()
	<-arrived
	_ = list(t.Context(), c)
	expect("no place", nil, []string{"busy"})
	leave()
	<-left
	expect("left while reading", nil, []string{"canceled"})

	ctx, leave = context.WithCancel(t.Context())
	go func() { left <- c.DeleteAuthenticator(ctx, accessToken(), "totp|dev_1") }()
	<-arrived
	leave()
	<-left
	expect("left while changing", []string{"delete authenticator: unknown outcome"}, nil)

	tn.says(listRoute, http.StatusServiceUnavailable, "")
	for n := 0; len(m.givenUp) == 0 && n < 10; n++ {
		_ = list(t.Context(), c)
	}
	expect("circuit", slices.Repeat([]string{"list authenticators: unavailable"}, 3), []string{"circuit open"})
}

// TestCircuitOnTrial: a circuit that lets a probe through is not shown as open any
// more: where nobody calls, nothing would close it.
func TestCircuitOnTrial(t *testing.T) {
	tn := newTenant(t)
	tn.says(listRoute, http.StatusBadGateway, "")
	c := tn.clientWith(brittle(time.Nanosecond))
	for range 3 {
		_ = list(t.Context(), c)
	}
	if c.OpenCircuits()[groupMFA] {
		t.Error("open, although the next call will be tried")
	}
}
