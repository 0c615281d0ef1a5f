package session

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"mysecurity/internal/account"
	"mysecurity/internal/secret"
)

func TestConflict(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	b.signIn(ada())
	open := func() (*Session, *httptest.ResponseRecorder) {
		rw := httptest.NewRecorder()
		s, err := w.Open(rw, b.request(), false) // two instances, or two page views
		if err != nil {
			t.Fatal(err)
		}
		return s, rw
	}
	t.Run("a request may commit twice", func(t *testing.T) {
		b.visit(func(s *Session, rw http.ResponseWriter) {
			for range 3 {
				s.SetNotice("x", nil)
				if err := s.Commit(rw); err != nil {
					t.Fatal(err)
				}
			}
		})
	})
	t.Run("of two changes both are kept", func(t *testing.T) {
		one, rw1 := open()
		two, rw2 := open()
		one.SetEnrolment(enrolment())
		two.KeepRecoveryCode(secret.New("handed out"))
		two.MarkRecoveryDue()
		if err := errors.Join(one.Commit(rw1), two.Commit(rw2)); err != nil {
			t.Fatal(err)
		}
		b.visit(func(s *Session, _ http.ResponseWriter) {
			if _, live := s.Enrolment(account.MethodApp); !live {
				t.Error("the first change was overwritten")
			}
			if code, held := s.RecoveryCode(); !held || !code.Due || code.Code.Reveal() != "handed out" {
				t.Error("the second change was lost")
			}
		})
	})
	t.Run("what was saved meanwhile is not brought back", func(t *testing.T) {
		one, rw1 := open()
		two, rw2 := open()
		one.RecoverySaved()
		two.AllowReveal()
		if err := errors.Join(one.Commit(rw1), two.Commit(rw2)); err != nil {
			t.Fatal(err)
		}
		b.visit(func(s *Session, _ http.ResponseWriter) {
			if _, held := s.RecoveryCode(); held {
				t.Error("the code is back")
			}
		})
	})
	t.Run("a view is given once", func(t *testing.T) {
		b.visit(func(s *Session, _ http.ResponseWriter) {
			s.KeepRecoveryCode(secret.New("once"))
			s.MarkRecoveryDue()
		})
		one, rw1 := open()
		two, rw2 := open()
		if !one.TakeReveal() || !two.TakeReveal() {
			t.Fatal("no view was permitted")
		}
		if err := one.Commit(rw1); err != nil {
			t.Fatal(err)
		}
		if err := two.Commit(rw2); !errors.Is(err, ErrConflict) {
			t.Fatalf("both may show it: %v", err)
		}
	})
	t.Run("a late request does not clear the cookie of its successor", func(t *testing.T) {
		late := b.request() // with the ticket of now
		one, rw1 := open()
		if err := one.SignIn(rw1, ada(), access(start())); err != nil {
			t.Fatal(err)
		}
		rw := httptest.NewRecorder()
		s, err := w.Open(rw, late, false)
		if err != nil || s.SignedIn() || len(rw.Result().Cookies()) != 0 {
			t.Fatalf("signed in %v, cookies %v, %v", s.SignedIn(), rw.Result().Cookies(), err)
		}
		b.receive(rw1)
	})
	t.Run("nor does one that finds out late, with something to write", func(t *testing.T) {
		late, rw := open()
		one, rw1 := open()
		if err := one.SignIn(rw1, ada(), access(start())); err != nil {
			t.Fatal(err)
		}
		late.MarkAccessDead()
		if err := late.Commit(rw); !errors.Is(err, ErrGone) || late.HadCookie() || len(rw.Result().Cookies()) != 0 {
			t.Fatalf("cookies %v, %v", rw.Result().Cookies(), err)
		}
		b.receive(rw1)
		b.wantSignedIn(true, "its successor")
	})
	t.Run("RC-05 a sign-out with a ticket just replaced ends its successor", func(t *testing.T) {
		for _, times := range []int{1, 2} {
			b.signIn(ada())
			leaving := b.request()
			for range times {
				b.signIn(ada())
			}
			rw := httptest.NewRecorder()
			s, err := w.Open(rw, leaving, false)
			if err != nil || s.SignOut(rw) != nil {
				t.Fatal(err)
			}
			b.wantSignedIn(false, "after it")
		}
		b.signIn(ada())
	})
	t.Run("one of two requests has finished an enrolment", func(t *testing.T) {
		running := account.Enrolment{Kind: account.MethodPush, ID: "push|1", Started: start()}
		b.visit(func(s *Session, _ http.ResponseWriter) { s.SetEnrolment(running) })
		one, rw1 := open()
		two, rw2 := open()
		first, second := one.FinishEnrolment(running, "added", nil), two.FinishEnrolment(running, "added", nil)
		if err := errors.Join(one.Commit(rw1), two.Commit(rw2)); err != nil {
			t.Fatal(err)
		}
		if !first() || second() {
			t.Errorf("first %v, second %v", first(), second())
		}
	})
	t.Run("a finished enrolment is not the one begun after it", func(t *testing.T) {
		old := account.Enrolment{Kind: account.MethodPush, ID: "push|1", Started: start()}
		b.visit(func(s *Session, _ http.ResponseWriter) { s.SetEnrolment(old) })
		late, rw := open()
		finished := late.FinishEnrolment(old, "added", nil)
		b.visit(func(s *Session, _ http.ResponseWriter) {
			s.SetEnrolment(account.Enrolment{Kind: account.MethodPush, ID: "push|2", Started: start().Add(time.Second)})
		})
		if err := late.Commit(rw); err != nil || finished() {
			t.Fatalf("finished %v, %v", finished(), err)
		}
		b.visit(func(s *Session, _ http.ResponseWriter) {
			e, held := s.Enrolment(account.MethodPush)
			if !held || e.ID != "push|2" {
				t.Error("the later one is gone")
			}
			s.DropEnrolment(e)
		})
	})
	t.Run("what has ended is not brought back by a form that finds out late", func(t *testing.T) {
		running := account.Enrolment{Kind: account.MethodPush, ID: "push|1", Started: start()}
		b.visit(func(s *Session, _ http.ResponseWriter) { s.SetEnrolment(running) })
		poll, rw := open()
		poll.ReplaceEnrolment(running, running)
		b.visit(func(s *Session, _ http.ResponseWriter) { s.FinishEnrolment(running, "added", nil) })
		if err := poll.Commit(rw); err != nil {
			t.Fatal(err)
		}
		b.visit(func(s *Session, _ http.ResponseWriter) {
			if _, held := s.Enrolment(account.MethodPush); held {
				t.Error("RC-04 it is there again")
			}
			s.TakeNotice()
		})
	})
	t.Run("a draft does not take the place of what has begun since", func(t *testing.T) {
		typed, rw := open()
		typed.ReplaceEnrolment(account.Enrolment{}, account.Enrolment{Kind: account.MethodEmail})
		b.visit(func(s *Session, _ http.ResponseWriter) {
			s.SetEnrolment(account.Enrolment{Kind: account.MethodEmail, Started: start()})
		})
		if err := typed.Commit(rw); err != nil {
			t.Fatal(err)
		}
		b.visit(func(s *Session, _ http.ResponseWriter) {
			e, _ := s.Enrolment(account.MethodEmail)
			if e.Started.IsZero() {
				t.Error("the running one is gone")
			}
			s.DropEnrolment(e)
		})
	})
	t.Run("a notice that came after the page was read is left", func(t *testing.T) {
		b.visit(func(s *Session, _ http.ResponseWriter) { s.SetNotice("old", nil) })
		page, rw := open()
		page.TakeNotice()
		b.visit(func(s *Session, _ http.ResponseWriter) { s.SetNotice("new", nil) })
		if err := page.Commit(rw); err != nil {
			t.Fatal(err)
		}
		b.visit(func(s *Session, _ http.ResponseWriter) {
			if kind, _, _ := s.TakeNotice(); kind != "new" {
				t.Errorf("left is %q", kind)
			}
		})
	})
	t.Run("a notice taken by a page view gives way", func(t *testing.T) {
		b.visit(func(s *Session, _ http.ResponseWriter) { s.SetNotice("x", nil) })
		one, rw1 := open()
		two, rw2 := open()
		one.SetEnrolment(enrolment())
		two.TakeNotice()
		if err := errors.Join(one.Commit(rw1), two.Commit(rw2)); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("a sign-in takes over what was changed meanwhile", func(t *testing.T) {
		one, rw1 := open()
		two, rw2 := open()
		one.KeepRecoveryCode(secret.New("late"))
		if err := one.Commit(rw1); err != nil {
			t.Fatal(err)
		}
		if err := two.SignIn(rw2, ada(), access(start())); err != nil {
			t.Fatal(err)
		}
		if code, held := two.RecoveryCode(); !held || code.Code.Reveal() != "late" {
			t.Error("the code was lost")
		}
	})
}
