package auth0

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"mysecurity/internal/secret"
)

// TestShare (UP-09): one user's calls take a share of the places and no more;
// somebody else's are served meanwhile.
func TestShare(t *testing.T) {
	tn := newTenant(t)
	arrived, release := make(chan struct{}, 8), make(chan struct{})
	tn.on(listRoute, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.Header.Get("Authorization"), testAccess) {
			arrived <- struct{}{}
			<-release
		}
		writeJSON(w, http.StatusOK, "[]")
	})
	l := standardLimits()
	l.inFlight, l.perUser, l.slot = 4, 2, time.Hour // who has their share does not even wait
	c := tn.clientWith(l)
	results := make(chan error, 2)
	for range 2 {
		go func() { results <- list(context.Background(), c) }()
		<-arrived
	}
	err := list(t.Context(), c)
	wantError(t, err, KindUnavailable, reasonBusy)
	if at := err.(*Error).RetryAt; !at.Equal(tn.clock.Now().Add(busyFor)) { //nolint:errorlint // checked above
		t.Errorf("retry at %v", at)
	}
	if _, err := c.ListAuthenticators(t.Context(), otherToken()); err != nil {
		t.Errorf("somebody else: %v", err)
	}
	close(release)
	if err := errors.Join(<-results, <-results); err != nil {
		t.Error(err)
	}
	if err := list(t.Context(), c); err != nil {
		t.Errorf("a share that came free is not used: %v", err)
	}
	if err := c.fill(t, l.perUser, "ada"); err == nil {
		t.Error("another sign-in gives the same person another share")
	}
	if n := len(c.places.held); n != 0 {
		t.Errorf("%d users are remembered", n)
	}
}

// fill takes so many places with tokens of one user, and tries one more.
func (c *Client) fill(t *testing.T, n int, user string) error {
	t.Helper()
	enter := func(token string) (func(), error) {
		bearer := NewAccessToken(secret.New(token)).Of(c.cfg.Issuer, user)
		return c.places.enterAs(t.Context(), c.personOf(call{bearer: bearer}))
	}
	for i := range n {
		leave, err := enter(fmt.Sprint(i))
		if err != nil {
			t.Fatal(err)
		}
		defer leave()
	}
	leave, err := enter("one more")
	if err == nil {
		leave()
	}
	return err
}

// TestPersons: who makes a call, however it says so.
func TestPersons(t *testing.T) {
	tn := newTenant(t)
	c := tn.client()
	ada := c.personOf(call{user: user{"https://tenant.example/", "ada"}})
	for name, k := range map[string]call{
		"one sign-in": {bearer: accessToken().Of("https://tenant.example/", "ada")},
		"another":     {bearer: otherToken().Of("https://tenant.example/", "ada")},
	} {
		if got := c.personOf(k); got != ada || got == 0 {
			t.Errorf("%s: not the same person", name)
		}
	}
	for name, k := range map[string]call{
		"another user":     {bearer: accessToken().Of("https://tenant.example/", "bruno")},
		"another issuer":   {bearer: accessToken().Of("https://other.example/", "ada")},
		"nobody was named": {bearer: accessToken()},
		"a shifted name":   {user: user{"https://tenant.example/a", "da"}},
	} {
		if got := c.personOf(k); got == ada || got == 0 {
			t.Errorf("%s: %d", name, got)
		}
	}
	if c.personOf(call{}) != 0 || c.personOf(c.grant(opSignIn, tn.issuer(), url.Values{})) != 0 {
		t.Error("a sign-in has a person before anybody is known")
	}
}

// TestVisitors (UP-09): people who are not signed in, whose answers anybody can
// make up, have a share of the places together; who is signed in is served.
func TestVisitors(t *testing.T) {
	tn := newTenant(t)
	arrived, gate := make(chan struct{}, 3), make(chan struct{})
	release := sync.OnceFunc(func() { close(gate) })
	t.Cleanup(release)
	l := standardLimits()
	l.inFlight, l.visitors, l.slot = 4, 2, 20*time.Millisecond
	c := tn.clientWith(l)
	if err := c.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	tn.on(confirmRoute, func(w http.ResponseWriter, _ *http.Request) {
		arrived <- struct{}{}
		<-gate
		writeJSON(w, http.StatusForbidden, `{"error":"invalid_grant"}`)
	})
	tn.says(listRoute, http.StatusOK, "[]")
	results := make(chan error, 2)
	for range 2 {
		go func() {
			_, _, err := c.SignIn(context.Background(), callback(), tn.login())
			results <- err
		}()
		<-arrived
	}
	_, _, err := c.SignIn(t.Context(), callback(), tn.login())
	wantError(t, err, KindUnavailable, reasonBusy)
	if n := tn.count(confirmRoute); n != 2 {
		t.Errorf("%d calls of strangers at once", n)
	}
	if err := list(t.Context(), c); err != nil {
		t.Errorf("who is signed in: %v", err)
	}
	release()
	for range 2 {
		wantError(t, <-results, KindLoginRefused, reasonCode)
	}
	if len(c.places.visitors) != 0 || len(c.places.slots) != 0 {
		t.Error("a place was not given back")
	}
}

// TestWaitingIsNotFailing: a deadline that ends in our own queue says nothing about
// the tenant.
func TestWaitingIsNotFailing(t *testing.T) {
	tn := newTenant(t)
	arrived, gate := make(chan struct{}), make(chan struct{})
	release := sync.OnceFunc(func() { close(gate) })
	t.Cleanup(release)
	tn.on(listRoute, func(w http.ResponseWriter, _ *http.Request) {
		close(arrived)
		<-gate
		writeJSON(w, http.StatusOK, "[]")
	})
	l := brittle(time.Hour)
	l.inFlight, l.slot = 1, time.Hour
	c := tn.clientWith(l)
	done := make(chan error)
	go func() { done <- list(context.Background(), c) }()
	<-arrived
	for i := range 6 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		err := c.DeleteAuthenticator(ctx, accessToken().Of("https://tenant.example/", fmt.Sprint("user ", i)), "totp|dev_1")
		cancel()
		wantError(t, err, KindUnavailable, reasonBusy)
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v does not say what ended it", err)
		}
	}
	if c.OpenCircuits()[groupMFA] || tn.count(deleteRoute) != 0 {
		t.Error("our own queue closes the door to everybody")
	}
	release()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// TestRefreshIsNoVisitor: strangers do not keep out somebody whose token is refreshed,
// nor the documents that have to be read for it.
func TestRefreshIsNoVisitor(t *testing.T) {
	tn := newTenant(t)
	l := standardLimits()
	l.slot = time.Millisecond
	c := tn.offlineWith(l)
	tn.refreshes(nil, nil)
	for range l.visitors {
		c.places.visitors <- struct{}{}
	}
	if _, err := c.Refresh(t.Context(), presented(), tn.original()); err != nil {
		t.Error(err)
	}
	_, _, err := c.SignIn(t.Context(), callback(), tn.login())
	wantError(t, err, KindUnavailable, reasonBusy)
}
