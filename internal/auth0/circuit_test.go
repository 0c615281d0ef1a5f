package auth0

import (
	"context"
	"crypto/rand"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"mysecurity/internal/secret"
)

// brittle are limits whose circuits open at the third failure, of whomever, and
// rest so long.
func brittle(rest time.Duration) limits {
	l := standardLimits()
	l.circuitFailures, l.circuitPerUser, l.circuitRest = 3, 3, rest
	return l
}

func list(ctx context.Context, c *Client) error { return listAs(ctx, c, "") }

// listAs reads the list of a user, with a token of another sign-in each time.
func listAs(ctx context.Context, c *Client, user string) error {
	token := accessToken()
	if user != "" {
		token = NewAccessToken(secret.New("canary-"+rand.Text())).Of("https://tenant.example/", user)
	}
	_, err := c.ListAuthenticators(ctx, token)
	return err
}

// TestCircuitOpens: a group of endpoints that is ill is not asked any more, and
// everybody is told at once when to come back; the other groups go on.
func TestCircuitOpens(t *testing.T) {
	tn := newTenant(t)
	tn.says(listRoute, http.StatusServiceUnavailable, "")
	c := tn.clientWith(brittle(time.Hour))
	for range 2 {
		if err := list(t.Context(), c); KindOf(err) != KindUnavailable {
			t.Fatal(err)
		}
	}
	if n := tn.count(listRoute); n != 3 { // the fourth would have been a repetition
		t.Errorf("asked %d times", n)
	}
	for name, call := range calls() {
		op := map[string]bool{"list": true, "associate": true, "phone": true, "email": true, "push": true, "delete": true}
		if !op[name] {
			continue
		}
		err := call.run(t.Context(), c, tn.login())
		wantError(t, err, KindUnavailable, reasonOpen)                            // certain, for a changing call as well
		if at := err.(*Error).RetryAt; !at.Equal(tn.clock.Now().Add(time.Hour)) { //nolint:errorlint // checked above
			t.Errorf("%s: retry at %v", name, at)
		}
	}
	if n := tn.count(associateRoute) + tn.count(deleteRoute) + tn.count(listRoute); n != 3 {
		t.Errorf("%d requests have left", n)
	}
	if _, _, err := tn.signIn(c, nil); err != nil {
		t.Errorf("signing in: %v", err)
	}
	if open := c.OpenCircuits(); !open[groupMFA] || open[groupSignIn] || open[groupDocuments] || len(open) != 3 {
		t.Errorf("open circuits: %v", open)
	}
	if n := strings.Count(tn.log.String(), `level=WARN msg="circuit to the tenant is open" group=mfa`); n != 1 {
		t.Errorf("%d records of it in\n%s", n, tn.log)
	}
}

// TestWhatOpensACircuit: failures of network and server, and nothing else. A
// changing call that may have left keeps its open outcome.
func TestWhatOpensACircuit(t *testing.T) {
	status := func(code int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, code, body) }
	}
	cut := func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
	tests := []struct {
		name   string
		answer http.HandlerFunc
		opens  bool
		kind   Kind // of the call
	}{
		{"500", status(500, ""), true, KindUnknownOutcome},
		{"503", status(503, `{"error":"temporarily_unavailable"}`), true, KindUnknownOutcome},
		{"408", status(408, ""), true, KindUnknownOutcome},
		{"cut", cut, true, KindUnknownOutcome},
		{"refusal", status(403, `{"error":"access_denied"}`), false, KindNotRemovable},
		{"429", status(429, `{"error":"too_many_requests"}`), false, KindRateLimited},
		{"token", status(401, `{"error":"invalid_token"}`), false, KindTokenRejected},
		{"gone", status(404, ""), false, KindNotFound},
		{"page of some box", status(200, "<h1>Maintenance</h1>"), false, KindUnknownOutcome},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tn := newTenant(t)
			tn.on(deleteRoute, tt.answer)
			c := tn.clientWith(brittle(time.Hour))
			for range 3 {
				if err := c.DeleteAuthenticator(t.Context(), accessToken(), "totp|dev_1"); KindOf(err) != tt.kind {
					t.Fatalf("%v, want %v", err, tt.kind)
				}
			}
			if c.OpenCircuits()[groupMFA] != tt.opens {
				t.Errorf("open: %v", !tt.opens)
			}
		})
	}
	t.Run("wrong codes", func(t *testing.T) {
		tn := newTenant(t)
		tn.says(confirmRoute, http.StatusForbidden, `{"error":"invalid_grant","error_description":"Invalid otp_code."}`)
		c := tn.clientWith(brittle(time.Hour))
		for range 5 {
			wantError(t, calls()["confirm"].run(t.Context(), c, tn.login()), KindWrongCode, "")
		}
		if c.OpenCircuits()[groupSignIn] {
			t.Error("people who mistype close the door to everybody")
		}
	})
	t.Run("callers who leave", func(t *testing.T) {
		tn := newTenant(t)
		var leave context.CancelFunc
		tn.on(listRoute, func(_ http.ResponseWriter, r *http.Request) { leave(); <-r.Context().Done() })
		c := tn.clientWith(brittle(time.Hour))
		for range 5 {
			ctx, cancel := context.WithCancel(t.Context())
			leave = cancel
			wantError(t, list(ctx, c), KindUnavailable, reasonCanceled)
			cancel()
		}
		if c.OpenCircuits()[groupMFA] {
			t.Error("people who leave close the door to everybody")
		}
	})
	t.Run("few among many", func(t *testing.T) {
		tn := newTenant(t)
		var asked atomic.Int32
		tn.on(listRoute, func(w http.ResponseWriter, _ *http.Request) {
			if asked.Add(1)%3 == 0 {
				w.WriteHeader(http.StatusBadGateway)
				return
			}
			writeJSON(w, http.StatusOK, "[]")
		})
		c := tn.clientWith(brittle(time.Hour))
		for range 30 {
			if err := list(t.Context(), c); err != nil {
				t.Fatal(err)
			}
		}
		if c.OpenCircuits()[groupMFA] {
			t.Error("a third of failures closes the door, although asking again helps")
		}
	})
}

// TestCircuitProbes: after its rest one call finds out; the others wait for that.
func TestCircuitProbes(t *testing.T) {
	tn := newTenant(t)
	ill := func() { tn.says(listRoute, http.StatusBadGateway, "") }
	ill()
	c := tn.clientWith(brittle(time.Nanosecond))
	for range 3 { // the third is a probe that fails
		if err := list(t.Context(), c); KindOf(err) != KindUnavailable {
			t.Fatal(err)
		}
	}
	arrived, release := make(chan struct{}), make(chan struct{})
	tn.on(listRoute, func(w http.ResponseWriter, _ *http.Request) {
		close(arrived)
		<-release
		writeJSON(w, http.StatusOK, "[]")
	})
	probe := make(chan error)
	go func() { probe <- listAs(context.Background(), c, "somebody else") }()
	<-arrived
	err := listAs(t.Context(), c, "a third")
	wantError(t, err, KindUnavailable, reasonOpen)
	if at := err.(*Error).RetryAt; !at.Equal(tn.clock.Now().Add(busyFor)) { //nolint:errorlint // checked above
		t.Errorf("retry at %v", at)
	}
	close(release)
	if err := <-probe; err != nil {
		t.Fatal(err)
	}
	if c.OpenCircuits()[groupMFA] || !strings.Contains(tn.log.String(), `msg="circuit to the tenant is closed" group=mfa`) {
		t.Errorf("not closed again:\n%s", tn.log)
	}
	tn.says(listRoute, http.StatusOK, "[]")
	if err := list(t.Context(), c); err != nil {
		t.Error(err)
	}
}
