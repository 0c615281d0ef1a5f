package auth0

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mysecurity/internal/secret"
)

func TestRevoke(t *testing.T) {
	tn := newTenant(t)
	c := tn.offline()
	tn.on(revokeRoute, func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		want := url.Values{"token": {testRefresh}, "client_id": {testClient}, "client_secret": {testSecret}}
		if diff := cmp.Diff(want, r.PostForm); diff != "" {
			t.Error(diff)
		}
	})
	if err := c.Revoke(t.Context(), presented(), "auth0|user-1"); err != nil {
		t.Error(err)
	}
	for status, kind := range map[int]Kind{400: KindInvalid, 401: KindForbidden, 429: KindRateLimited, 500: KindUnavailable} {
		tn.says(revokeRoute, status, `{"error":"`+map[bool]string{true: "invalid_client", false: "x"}[status == 401]+`"}`)
		if err := c.Revoke(t.Context(), presented(), "auth0|user-1"); KindOf(err) != kind {
			t.Errorf("%d: %v, want %v", status, err, kind)
		}
	}
	if n := tn.count(revokeRoute); n != 5 {
		t.Errorf("%d calls", n)
	}
	wantError(t, c.Revoke(t.Context(), RefreshToken{}, "auth0|user-1"), KindInternal, reasonBadParameter)
}

// TestRevokeIsNoVisitor: strangers who have their share stop no revocation, also of
// a token whose user nobody knows.
func TestRevokeIsNoVisitor(t *testing.T) {
	tn, l := newTenant(t), standardLimits()
	l.slot = time.Millisecond
	c := tn.offlineWith(l)
	tn.says(revokeRoute, http.StatusOK, "")
	for range l.visitors {
		c.places.visitors <- struct{}{}
	}
	for _, subject := range []string{"auth0|user-1", ""} {
		if err := c.Revoke(t.Context(), presented(), subject); err != nil {
			t.Errorf("UP-09 of %q: %v", subject, err)
		}
	}
	if n := len(c.places.held); n != 0 {
		t.Errorf("%d users are remembered", n)
	}
}

// TestRevokeIsOfItsUser: one person's revocations take that person's share.
func TestRevokeIsOfItsUser(t *testing.T) {
	tn, l := newTenant(t), standardLimits()
	l.perUser = 1
	c := tn.offlineWith(l)
	tn.says(revokeRoute, http.StatusOK, "")
	leave, err := c.places.enterAs(t.Context(), c.personOf(call{user: user{tn.issuer(), "auth0|user-1"}}))
	if err != nil {
		t.Fatal(err)
	}
	defer leave()
	wantError(t, c.Revoke(t.Context(), presented(), "auth0|user-1"), KindUnavailable, reasonBusy)
	if err := c.Revoke(t.Context(), presented(), "auth0|user-2"); err != nil {
		t.Error(err)
	}
}

// TestRevocationsOpenNoCircuit: whatever becomes of revocations, nobody's sign-in is
// refused for it.
func TestRevocationsOpenNoCircuit(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"500": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
		"cut": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			tn := newTenant(t)
			c := tn.offline()
			tn.on(revokeRoute, answer)
			for i := range 2 * int(c.limits.circuitFailures) {
				token := NewRefreshToken(secret.New(fmt.Sprint("canary-", i)))
				if err := c.Revoke(t.Context(), token, fmt.Sprint("auth0|user-", i)); KindOf(err) != KindUnavailable {
					t.Fatal(err)
				}
			}
			if _, _, err := tn.signIn(c, nil); err != nil {
				t.Errorf("%v, open circuits: %v", err, c.OpenCircuits())
			}
		})
	}
}
