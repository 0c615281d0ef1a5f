package session

import (
	"errors"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"mysecurity/internal/account"
	"mysecurity/internal/secret"
)

// restart is the next start of the process: the same file, other keys.
func (w *world) restart(keys ...secret.Secret) {
	w.t.Helper()
	if err := w.backend.Close(); err != nil {
		w.t.Fatal(err)
	}
	w.backend.Backend = openBoltAt(w.t, w.path, w.clock.now)
	w.options.Keys = keys
	w.Manager = w.manager(w.options)
}

// TestRotation is SE-12 and MI-10 as an operator does it: a new key in front of the
// old one, a restart, and after the longest life of a session a restart without
// the old one. Who is signed in, signing in, or adding a method notices nothing;
// what was not used in between ends without an error.
func TestRotation(t *testing.T) {
	w := newWorld(t)
	active, resting := w.browser(), w.browser()
	active.signIn(ada())
	active.visit(func(s *Session, _ http.ResponseWriter) { s.SetEnrolment(enrolment()) })
	resting.signIn(bruno())
	tx, late := NewTransaction(), NewTransaction()
	active.begin(tx)
	resting.begin(late)
	began, until := w.clock.now().UTC(), w.clock.now().Add(time.Hour)
	for _, user := range []account.User{ada(), bruno()} {
		ledger := w.Ledger()
		if err := errors.Join(
			ledger.Own(t.Context(), user.Key(), "owned", until),
			ledger.Pair(t.Context(), user.Key(), "push", "app"),
		); err != nil {
			t.Fatal(err)
		}
	}

	wantLedger := func(user account.User, known bool) {
		t.Helper()
		pairs, err := w.Ledger().Pairs(t.Context(), user.Key())
		if err != nil || (pairs["push"] == "app") != known {
			t.Errorf("SE-12: pairs %v, %v", pairs, err)
		}
		seen, err := w.Ledger().Sight(t.Context(), user.Key(), []string{"owned"}, w.clock.now())
		if err != nil || seen["owned"].FirstSeen.Equal(began) != known || seen["owned"].OwnedUntil.Equal(until) != known {
			t.Errorf("SE-12: sight %v, %v", seen, err)
		}
	}
	wantWork := func(when string) {
		t.Helper()
		active.m = w.Manager
		ticket := active.cookies[host]
		active.visit(func(s *Session, _ http.ResponseWriter) {
			if e, held := s.Enrolment(account.MethodApp); !held || e.ID != enrolment().ID || s.User() != ada() {
				t.Errorf("SE-12 %s: signed in %v, enrolment %+v", when, s.SignedIn(), e)
			}
		})
		if active.cookies[host] != ticket {
			t.Errorf("SE-12 %s: the ticket changed", when)
		}
	}

	w.clock.advance(time.Minute)
	w.restart(key(2), key(1))
	wantWork("new key in front")
	if got, err := active.finish(tx.State); err != nil || got.Nonce != tx.Nonce {
		t.Errorf("SE-12: a sign-in under way: %v", err)
	}
	wantLedger(ada(), true)

	w.restart(key(2))
	wantWork("old key removed")
	wantLedger(ada(), true)
	resting.m = w.Manager
	if _, err := resting.finish(late.State); !errors.Is(err, ErrNoTransaction) {
		t.Errorf("SE-12: a sign-in under a removed key: %v", err)
	}
	resting.visit(func(s *Session, _ http.ResponseWriter) {
		if s.SignedIn() || !s.HadCookie() {
			t.Error("SE-12: a session under a removed key")
		}
	})
	if len(resting.cookies) != 0 {
		t.Errorf("SE-12: cookies are left: %v", resting.cookies)
	}
	wantLedger(bruno(), false)
	if aside, _ := filepath.Glob(w.path + ".*"); len(aside) > 0 {
		t.Errorf("MI-12: %v", aside)
	}
}

// TestLedgerMovesOnce: after a rotation there is one page for a user, under the new
// name, so that what is forgotten later cannot come back from the old one.
func TestLedgerMovesOnce(t *testing.T) {
	b := newBook(t)
	b.sight("a")
	old := b.w.Ledger().keys(b.user)[0]
	o := b.w.options
	o.Keys = []secret.Secret{key(2), key(1)}
	b.Ledger = b.w.manager(o).Ledger()
	b.sight("a")
	contract{b.w.backend, t}.wantGone(Enrolments, old)
	b.w.clock.advance(time.Minute)
	b.sight()
	if n, err := b.w.sweep(); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if got := b.sight("a"); !got["a"].FirstSeen.Equal(b.w.clock.now()) {
		t.Errorf("SE-12: back from the old page: %v", got)
	}
}
