package session

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"mysecurity/internal/account"
	"mysecurity/internal/secret"
)

func TestStoreInTrouble(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	b.signIn(ada())
	w.backend.fail = errors.New("connection refused")
	for _, exclusive := range []bool{false, true} {
		rw := httptest.NewRecorder()
		s, err := w.Open(rw, b.request(), exclusive)
		if err == nil || s == nil || s.SignedIn() || len(rw.Header()["Set-Cookie"]) != 0 {
			t.Errorf("MI-03: %v, cookies %q", err, rw.Header()["Set-Cookie"])
		}
	}
	visitor := w.browser()
	visitor.wantSignedIn(false, "MI-03: without a cookie the store is not asked")
	w.backend.fail = nil
	b.wantSignedIn(true, "MI-03: same session afterwards, lock released")

	b.visit(func(s *Session, rw http.ResponseWriter) {
		w.clock.advance(2 * time.Minute)
		w.backend.fail = errors.New("disk full")
		if err := s.Commit(rw); err != nil {
			t.Error("a page view fails because its time was not written:", err)
		}
		s.SetEnrolment(enrolment())
		if err := s.Commit(rw); err == nil {
			t.Error("a lost change is not told")
		}
		w.backend.fail = nil
	})
	if !strings.Contains(w.log.String(), "use of a session not noted") {
		t.Error("nobody was told")
	}
}

func TestExclusive(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	b.signIn(ada())
	b.visit(func(s *Session, _ http.ResponseWriter) { s.SetEnrolment(enrolment()) })
	var upstream atomic.Int32
	var group sync.WaitGroup
	for range 20 {
		r := b.request()
		group.Go(func() {
			rw := httptest.NewRecorder()
			s, err := w.Open(rw, r, true)
			if err != nil {
				t.Error(err)
				return
			}
			defer s.Close()
			e, live := s.Enrolment(account.MethodApp)
			if !live {
				return
			}
			upstream.Add(1)
			s.DropEnrolment(e)
			if err := s.Commit(rw); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if upstream.Load() != 1 {
		t.Errorf("RC-01: %d calls", upstream.Load())
	}
	if n := len(w.locks.held); n != 0 {
		t.Errorf("%d locks left", n)
	}
}

func TestExclusiveGivesUpWithTheBrowser(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	b.signIn(ada())
	first, err := w.Open(httptest.NewRecorder(), b.request(), true)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.Open(httptest.NewRecorder(), b.request().WithContext(ctx), true); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if _, err := w.Open(httptest.NewRecorder(), b.request(), false); err != nil {
		t.Error("a page view waits for a change:", err)
	}
	first.Close()
	first.Close()
	b.wantSignedIn(true, "released")
	if n := len(w.locks.held); n != 0 {
		t.Errorf("%d locks left", n)
	}
}

// TestCommitOutlivesTheBrowser: the tenant has changed already, so what it said
// is kept even if nobody waits for the page.
func TestCommitOutlivesTheBrowser(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	b.signIn(ada())
	ctx, cancel := context.WithCancel(t.Context())
	rw := httptest.NewRecorder()
	s, err := w.Open(rw, b.request().WithContext(ctx), true)
	if err != nil {
		t.Fatal(err)
	}
	s.KeepRecoveryCode(secret.New("handed out"))
	cancel()
	if err := s.Commit(rw); err != nil {
		t.Fatal(err)
	}
	s.Close()
	b.visit(func(s *Session, _ http.ResponseWriter) {
		if _, held := s.RecoveryCode(); !held {
			t.Error("MF-22: the code is lost")
		}
	})
}
