package auth0

import (
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/sony/gobreaker/v2"

	"mysecurity/internal/secret"
)

// TestOnePersonOpensNothing: whose account makes the tenant fail does not close the
// door to the others, however often they sign in and try; three people do.
func TestOnePersonOpensNothing(t *testing.T) {
	tn := newTenant(t)
	tn.says(listRoute, http.StatusInternalServerError, "")
	tn.says(confirmRoute, http.StatusBadGateway, "")
	c := tn.clientWith(standardLimits())
	insist := func(user string) {
		t.Helper()
		for range 20 {
			if err := listAs(t.Context(), c, user); KindOf(err) != KindUnavailable {
				t.Fatal(err)
			}
			token := accessToken().Of("https://tenant.example/", user)
			if err := c.ConfirmApp(t.Context(), token, secret.New("123456")); KindOf(err) != KindUnknownOutcome && KindOf(err) != KindUnavailable {
				t.Fatal(err)
			}
		}
	}
	insist("ada")
	insist("bruno")
	if open := c.OpenCircuits(); open[groupMFA] || open[groupSignIn] {
		t.Fatalf("two people have opened %v", open)
	}
	if n := tn.count(listRoute); n != 80 {
		t.Errorf("asked %d times: somebody was not served", n)
	}
	insist("chloe")
	if open := c.OpenCircuits(); !open[groupMFA] || !open[groupSignIn] {
		t.Errorf("three people are not believed: %v", open)
	}
}

// TestWhatNeedsNoWitness: who cannot even connect says it for everybody, and a
// call of somebody who is not signed in has nobody to say it for.
func TestWhatNeedsNoWitness(t *testing.T) {
	t.Run("nothing listens", func(t *testing.T) {
		tn := newTenant(t)
		c := tn.clientWith(standardLimits())
		tn.server.Close()
		for range 5 { // and a repetition each
			wantError(t, listAs(t.Context(), c, "ada"), KindUnavailable, reasonConnect)
		}
		if !c.OpenCircuits()[groupMFA] {
			t.Error("one person's failures to connect do not count")
		}
	})
	t.Run("a handshake that stalls", func(t *testing.T) {
		deaf, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and says nothing
		if err != nil {
			t.Fatal(err)
		}
		defer deaf.Close()
		cfg, l := newTenant(t).config(), standardLimits()
		cfg.Issuer, l.tls = "https://"+deaf.Addr().String()+"/", 5*time.Millisecond
		c := newTestClient(t, cfg, l)
		for range 5 {
			wantError(t, listAs(t.Context(), c, "ada"), KindUnavailable, reasonTimeout)
		}
		if !c.OpenCircuits()[groupMFA] {
			t.Error("one person's failures to connect do not count")
		}
	})
	t.Run("sign-ins", func(t *testing.T) {
		tn := newTenant(t)
		c := tn.clientWith(standardLimits())
		tn.says(confirmRoute, http.StatusBadGateway, "")
		for range 10 {
			if _, _, err := tn.signIn(c, nil); KindOf(err) != KindUnavailable {
				t.Fatal(err)
			}
		}
		if !c.OpenCircuits()[groupSignIn] {
			t.Error("people who sign in do not count")
		}
	})
}

// TestOnePersonKeepsNothingOpen: whoever was the probe, and failed as the one whose
// account is ill would, leaves the next attempts to others for a while.
func TestOnePersonKeepsNothingOpen(t *testing.T) {
	tn := newTenant(t)
	tn.says(listRoute, http.StatusBadGateway, "")
	l := brittle(time.Nanosecond) // by the process's clock; the client's does not move
	c := tn.clientWith(l)
	for range 3 {
		_ = listAs(t.Context(), c, "ada")
	}
	n := tn.count(listRoute)
	for range 5 {
		wantError(t, listAs(t.Context(), c, "ada"), KindUnavailable, reasonOpen)
	}
	if tn.count(listRoute) != n || c.circuits[groupMFA].State() != gobreaker.StateHalfOpen {
		t.Fatalf("asked %d times more", tn.count(listRoute)-n)
	}
	t.Run("alone, later", func(t *testing.T) {
		tn.clock.Advance(2 * l.circuitRest)
		_ = listAs(t.Context(), c, "ada")
		if tn.count(listRoute) != n+1 {
			t.Error("who is alone never gets in again")
		}
	})
	t.Run("somebody else", func(t *testing.T) {
		tn.says(listRoute, http.StatusOK, "[]")
		if err := listAs(t.Context(), c, "bruno"); err != nil {
			t.Error(err)
		}
		if err := listAs(t.Context(), c, "ada"); err != nil {
			t.Errorf("closed, and yet: %v", err)
		}
	})
}

// TestWitnesses: what a person said counts again after the window, and memory is
// bounded.
func TestWitnesses(t *testing.T) {
	l, now := standardLimits(), newClock().Now()
	w := newWitnesses(l)
	for i := range l.circuitPerUser {
		if !w.hear(1, now.Add(time.Duration(i)*time.Second)) {
			t.Fatalf("statement %d is not heard", i+1)
		}
	}
	if w.hear(1, now.Add(l.circuitWindow-1)) || !w.hear(1, now.Add(l.circuitWindow)) || w.hear(1, now.Add(l.circuitWindow)) {
		t.Error("more or fewer than one statement has grown old")
	}
	for i := range person(3 * maxWitnesses) {
		w.hear(i+2, now)
	}
	if len(w.said) > maxWitnesses {
		t.Errorf("%d people are remembered", len(w.said))
	}
}
