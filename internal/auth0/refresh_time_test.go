package auth0

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"
)

// direct answers requests without a network, so that a test may make time stand
// still.
type direct struct{ http.Handler }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return w.Result(), nil
}

// TestRefreshAfterSlowDocuments: documents that come slowly use nothing up of the
// time for the token, and if then too little is left, it stays where it is.
func TestRefreshAfterSlowDocuments(t *testing.T) {
	for _, tt := range []struct {
		name            string
		caller          time.Duration // what the caller has in all
		document, token time.Duration
		kind            Kind // of the first refresh, where it fails
		calls           int
		again           bool // a second one succeeds
	}{
		{"in time", 20 * time.Second, 3500 * time.Millisecond, 7 * time.Second, 0, 1, false},
		{"a caller without an end", 0, 3500 * time.Millisecond, 7 * time.Second, 0, 1, false},
		{"just enough left", 10 * time.Second, time.Second, 7 * time.Second, 0, 1, false},
		{"too little left", 10 * time.Second, 1100 * time.Millisecond, 7 * time.Second, KindUnavailable, 0, true},
		{"no document in time", 20 * time.Second, 9 * time.Second, 0, KindNotReady, 0, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tn := newTenant(t)
			tn.refreshes(nil, nil)
			synctest.Test(t, func(t *testing.T) {
				c, err := newClient(offlineConfig(tn), standardLimits())
				if err != nil {
					t.Fatal(err)
				}
				slow := direct{http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					delay := tt.document
					if r.Method == http.MethodPost {
						delay = tt.token
					}
					select {
					case <-time.After(delay):
						tn.ServeHTTP(w, r)
					case <-r.Context().Done():
					}
				})}
				c.http.next, c.patient.next = slow, slow
				refresh := func() error {
					ctx, cancel := t.Context(), context.CancelFunc(func() {})
					if tt.caller > 0 {
						ctx, cancel = context.WithTimeout(ctx, tt.caller)
					}
					defer cancel()
					_, err := c.Refresh(ctx, presented(), tn.original())
					return err
				}
				err = refresh()
				if KindOf(err) != tt.kind || err == nil != (tt.kind == 0) || tn.count(tokenRoute) != tt.calls {
					t.Errorf("%v, %d calls", err, tn.count(tokenRoute))
				}
				if tt.again {
					if err := refresh(); err != nil {
						t.Errorf("with the documents read: %v", err)
					}
				}
			})
		})
	}
}

// TestRefreshIsPatient: a slow answer costs the token if it is not waited for, so
// that a refresh may use up the time of the operation where other calls may not: it
// outlives one that began later.
func TestRefreshIsPatient(t *testing.T) {
	tn, l := newTenant(t), standardLimits()
	l.header = 200 * time.Millisecond
	c := tn.offlineWith(l)
	warm(tn, c)
	tn.refreshes(nil, nil)
	arrived, over := make(chan struct{}), make(chan struct{})
	good := tn.routes[tokenRoute]
	tn.on(tokenRoute, func(w http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-over
		good(w, r)
	})
	tn.on(listRoute, func(http.ResponseWriter, *http.Request) { <-over })
	refreshed := make(chan error)
	go func() {
		_, err := c.Refresh(t.Context(), presented(), tn.original())
		refreshed <- err
	}()
	<-arrived
	_, impatient := c.ListAuthenticators(t.Context(), accessToken())
	close(over)
	if err := <-refreshed; err != nil {
		t.Error("RC-08:", err)
	}
	wantError(t, impatient, KindUnavailable, reasonTimeout)
}
