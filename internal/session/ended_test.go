package session

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"mysecurity/internal/secret"
)

func recordOf(t *testing.T, b *browser) Key {
	t.Helper()
	tk, ok := parseTicket(b.cookies[b.m.store.jar.session])
	if !ok {
		t.Fatal("no ticket")
	}
	return tk.recordKey()
}

func TestSignOut(t *testing.T) {
	t.Run("SE-10 the old cookie is dead", func(t *testing.T) {
		w := newWorld(t)
		b := w.browser()
		b.signIn(ada())
		old := b.copy()
		b.visit(func(s *Session, rw http.ResponseWriter) {
			if err := s.SignOut(rw); err != nil || s.SignedIn() || s.HadCookie() {
				t.Error(err)
			}
		})
		if len(b.cookies) != 0 {
			t.Error("cookie left")
		}
		old.wantSignedIn(false, "replay")
	})
	t.Run("a failed delete is reported and the session stays", func(t *testing.T) {
		w := newWorld(t)
		b := w.browser()
		b.signIn(ada())
		b.visit(func(s *Session, rw http.ResponseWriter) {
			w.backend.fail = errors.New("disk full")
			if err := s.SignOut(rw); err == nil || !s.SignedIn() || len(rw.Header()["Set-Cookie"]) != 0 {
				t.Error("told to be signed out")
			}
			w.backend.fail = nil
			s.SetNotice("x", nil)
			if err := s.Commit(rw); err != nil {
				t.Error("the session does not go on:", err)
			}
			b.copy().wantSignedInNow("after a failed sign-out")
			if err := s.SignOut(rw); err != nil || s.SignedIn() {
				t.Error("second try", err)
			}
		})
	})
}

// TestGone is RC-05: what ends while a request runs never comes back.
func TestGone(t *testing.T) {
	end := func(t *testing.T, w *world, b *browser) {
		if err := w.backend.Delete(t.Context(), Sessions, recordOf(t, b)); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("RC-05 a change", func(t *testing.T) {
		w := newWorld(t)
		b := w.browser()
		b.signIn(ada())
		rw := httptest.NewRecorder()
		s, _ := w.Open(rw, b.request(), true)
		defer s.Close()
		end(t, w, b)
		s.KeepRecoveryCode(secret.New("x"))
		if err := s.Commit(rw); !errors.Is(err, ErrGone) || s.SignedIn() || !s.HadCookie() {
			t.Error(err)
		}
		contract{w.backend, t}.wantGone(Sessions, recordOf(t, b))
	})
	for name, do := range map[string]func(*Session){
		"RC-06 a page view":               func(*Session) {},
		"RC-06 a page that took a notice": func(s *Session) { s.TakeNotice() },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			b := w.browser()
			b.signIn(ada())
			b.visit(func(s *Session, _ http.ResponseWriter) { s.SetNotice("x", nil) })
			w.clock.advance(2 * time.Minute) // the use is due to be noted
			b.visit(func(s *Session, _ http.ResponseWriter) {
				end(t, w, b)
				do(s)
			})
			contract{w.backend, t}.wantGone(Sessions, recordOf(t, b))
			b.wantSignedIn(false, "next request")
		})
	}
	t.Run("RC-05 a step-up that began before the end signs nobody in", func(t *testing.T) {
		w := newWorld(t)
		b := w.browser()
		b.signIn(ada())
		b.visit(func(s *Session, _ http.ResponseWriter) { fill(s) })
		b.visit(func(s *Session, rw http.ResponseWriter) {
			end(t, w, b)
			if err := s.SignIn(rw, ada(), access(start())); !errors.Is(err, ErrGone) || s.SignedIn() {
				t.Fatal(err)
			}
		})
		b.wantSignedIn(false, "after it")
		b.signIn(ada())
		b.visit(func(s *Session, _ http.ResponseWriter) {
			if _, held := s.RecoveryCode(); held {
				t.Error("something of the ended session came back")
			}
		})
	})
}
