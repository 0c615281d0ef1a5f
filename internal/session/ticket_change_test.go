package session

import (
	"bytes"
	"fmt"
	"net/http"
	"testing"
	"time"

	"mysecurity/internal/account"
	"mysecurity/internal/secret"
)

func TestTicketChanges(t *testing.T) {
	t.Run("SE-05 a planted ticket is replaced", func(t *testing.T) {
		w := newWorld(t)
		b := w.browser()
		planted := newTicket().encode()
		b.cookies[host] = planted
		b.signIn(ada())
		if b.cookies[host] == planted {
			t.Error("the planted ticket became a session")
		}
		thief := w.browser()
		thief.cookies[host] = planted
		thief.wantSignedIn(false, "planted ticket")
	})
	t.Run("SE-05 the attacker's own session is replaced", func(t *testing.T) {
		w := newWorld(t)
		attacker := w.browser()
		attacker.signIn(bruno())
		victim := attacker.copy()
		victim.signIn(ada())
		attacker.wantSignedIn(false, "old session")
		victim.visit(func(s *Session, _ http.ResponseWriter) {
			if s.User() != ada() {
				t.Error(s.User())
			}
		})
	})
	t.Run("SE-06 step-up", func(t *testing.T) {
		w := newWorld(t)
		b := w.browser()
		b.signIn(ada())
		old := b.copy()
		var token string
		b.visit(func(s *Session, _ http.ResponseWriter) { token = s.FormToken() })
		w.clock.advance(5 * time.Minute)
		b.signIn(ada())
		if b.cookies[host] == old.cookies[host] {
			t.Error("same ticket")
		}
		old.wantSignedIn(false, "old ticket")
		b.visit(func(s *Session, _ http.ResponseWriter) {
			if s.ValidFormToken(token) || !s.view().Started.Equal(w.clock.now()) {
				t.Error("form token or start survived")
			}
		})
	})
}

// fill makes a session hold everything it can.
func fill(s *Session) {
	s.SetEnrolment(enrolment())
	s.KeepRecoveryCode(secret.New("canary-recovery-code"))
	s.MarkRecoveryDue()
	s.SetNotice("saved", map[string]string{"name": "Phone"})
}

func TestInheritance(t *testing.T) {
	t.Run("same person keeps the work", func(t *testing.T) {
		w := newWorld(t)
		b := w.browser()
		b.signIn(ada())
		b.visit(func(s *Session, _ http.ResponseWriter) { fill(s) })
		b.signIn(ada())
		b.visit(func(s *Session, _ http.ResponseWriter) {
			e, live := s.Enrolment(account.MethodApp)
			if !live || e.Key.Secret.Reveal() != "canary-totp-secret" || e.Wrong != 1 || fmt.Sprint(e.Key.Drift) != "[2 7]" || !e.Started.Equal(start()) {
				t.Errorf("enrolment %+v", e)
			}
			code, held := s.RecoveryCode()
			if !held || code.Code.Reveal() != "canary-recovery-code" || !code.Due || !code.Reveal {
				t.Errorf("code %+v", code)
			}
			if kind, args, ok := s.TakeNotice(); !ok || kind != "saved" || args["name"] != "Phone" {
				t.Error(kind, args, ok)
			}
		})
	})
	t.Run("SE-18 another person gets nothing", func(t *testing.T) {
		w := newWorld(t)
		b := w.browser()
		b.signIn(ada())
		b.visit(func(s *Session, _ http.ResponseWriter) { fill(s) })
		old := b.copy()
		b.signIn(bruno())
		b.visit(func(s *Session, _ http.ResponseWriter) {
			_, live := s.Enrolment(account.MethodApp)
			_, held := s.RecoveryCode()
			_, _, told := s.TakeNotice()
			if live || held || told || s.User() != bruno() {
				t.Error("something of the other person is left")
			}
		})
		old.wantSignedIn(false, "the other person's session")
	})
}

func TestAge(t *testing.T) {
	t.Run("SE-07 idle", func(t *testing.T) {
		w := newWorld(t)
		b := w.browser()
		b.signIn(ada())
		w.clock.advance(15*time.Minute - time.Millisecond)
		b.wantSignedIn(true, "one moment before")
		w.clock.advance(15 * time.Minute)
		k := recordOf(t, b)
		b.visit(func(s *Session, _ http.ResponseWriter) {
			if s.SignedIn() || !s.HadCookie() {
				t.Error("SE-07: still signed in, or not told")
			}
		})
		if _, ok := b.cookies[host]; ok {
			t.Error("the cookie stays")
		}
		contract{w.backend, t}.wantGone(Sessions, k)
	})
	t.Run("SE-08 absolute", func(t *testing.T) {
		w := newWorld(t)
		b := w.browser()
		b.signIn(ada())
		for minute := range 59 {
			w.clock.advance(time.Minute)
			b.wantSignedIn(true, fmt.Sprint("minute ", minute+1))
		}
		w.clock.advance(time.Minute)
		b.wantSignedIn(false, "minute 60")
	})
	t.Run("SE-08 a store that claims a later use does not help", func(t *testing.T) {
		w := newWorld(t)
		b := w.browser()
		b.signIn(ada())
		w.clock.advance(61 * time.Minute)
		far := w.clock.now().Add(time.Hour)
		if err := w.backend.Touch(t.Context(), Sessions, recordOf(t, b), far, far); err != nil {
			t.Fatal(err)
		}
		b.wantSignedIn(false, "absolute end is sealed")
	})
	t.Run("last use is written once a minute and without the blob", func(t *testing.T) {
		w := newWorld(t)
		b := w.browser()
		b.signIn(ada())
		before, _ := w.backend.Backend.Get(t.Context(), Sessions, recordOf(t, b))
		for range 30 {
			w.clock.advance(10 * time.Second)
			b.wantSignedIn(true, "use")
		}
		after, _ := w.backend.Backend.Get(t.Context(), Sessions, recordOf(t, b))
		if n := w.backend.touches.Load(); n != 5 || w.backend.puts.Load() != 1 {
			t.Errorf("%d touches, %d puts in five minutes", n, w.backend.puts.Load())
		}
		if !bytes.Equal(before.Blob, after.Blob) || !after.Expires.Equal(w.clock.now().Add(15*time.Minute)) {
			t.Error("blob rewritten, or expiry not moved")
		}
	})
	t.Run("sweep", func(t *testing.T) {
		w := newWorld(t)
		b := w.browser()
		b.signIn(ada())
		w.clock.advance(15 * time.Minute)
		k := recordOf(t, b)
		if err := w.Sweep(t.Context()); err != nil {
			t.Error(err)
		}
		contract{w.backend, t}.wantGone(Sessions, k)
	})
}
