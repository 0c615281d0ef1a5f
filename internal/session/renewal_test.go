package session

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"mysecurity/internal/account"
	"mysecurity/internal/secret"
)

// offline is what a sign-in with a refresh token entitles to.
func offline(now time.Time) account.Access {
	a := access(now)
	a.Renewal = account.Renewal{Token: secret.New("canary-refresh-token"), Nonce: "canary-nonce", AuthTime: now}
	return a
}

// signInOffline signs in and lets the access token end.
func (b *browser) signInOffline(w *world) {
	b.t.Helper()
	b.visit(func(s *Session, rw http.ResponseWriter) {
		if err := s.SignIn(rw, ada(), offline(w.clock.now())); err != nil {
			b.t.Fatal(err)
		}
	})
	w.clock.advance(11 * time.Minute)
}

// page opens the session as a page does that reads the list: beside others.
func (b *browser) page() *Session {
	b.t.Helper()
	s, err := b.m.Open(httptest.NewRecorder(), b.request(), false)
	if err != nil {
		b.t.Fatal(err)
	}
	return s
}

func (b *browser) take(s *Session) secret.Secret {
	b.t.Helper()
	token, err := s.TakeRefresh()
	if err != nil {
		b.t.Fatal(err)
	}
	return token
}

// TestTakeRefreshOnce: of many requests in several processes with one store one
// gets the token, and the others see that it is under way.
func TestTakeRefreshOnce(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	b.signInOffline(w)
	instances := []*Manager{w.Manager, w.manager(w.options), w.manager(w.options)}
	var pages []*Session
	for i := range 60 {
		b.m = instances[i%len(instances)]
		pages = append(pages, b.page())
	}
	var got atomic.Int32
	var all sync.WaitGroup
	for _, s := range pages {
		all.Go(func() {
			token, err := s.TakeRefresh()
			if err != nil {
				t.Error(err)
			}
			if !token.IsZero() {
				got.Add(1)
			}
			if r := s.Access().Renewal; !r.Token.IsZero() || !r.Taken.Equal(w.clock.now()) || !s.Access().Token.IsZero() {
				t.Error("RC-08 the view does not show that a refresh is under way")
			}
		})
	}
	all.Wait()
	if got.Load() != 1 {
		t.Errorf("RC-08 %d requests got the token", got.Load())
	}
	w.clock.advance(time.Minute)
	if !b.take(b.page()).IsZero() {
		t.Error("RC-08 what a request took that came to no end was given again")
	}
}

func TestEndRefresh(t *testing.T) {
	fresh := secret.New("canary-fresh-token")
	for name, tt := range map[string]struct {
		token, next secret.Secret
	}{
		"done":     {fresh, secret.New("canary-next-refresh")},
		"not done": {secret.Secret{}, secret.New("canary-refresh-token")},
		"lost":     {},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			b := w.browser()
			b.signInOffline(w)
			before := b.page().Access()
			s, waiting := b.page(), b.page()
			b.take(s)
			expires := w.clock.now().Add(10 * time.Minute)
			if err := s.EndRefresh(tt.token, expires, tt.next); err != nil {
				t.Fatal(err)
			}
			if err := waiting.Reload(); err != nil {
				t.Fatal(err)
			}
			for who, got := range map[string]account.Access{"own": s.Access(), "waiting": waiting.Access(), "next": b.page().Access()} {
				want := before
				want.Token, want.Renewal.Token = tt.token, tt.next
				if !tt.token.IsZero() {
					want.Expires = expires
				}
				if !got.Expires.Equal(want.Expires) || got.Token != want.Token || got.Renewal.Token != want.Renewal.Token ||
					!got.Renewal.Taken.IsZero() || got.Renewal.Nonce != want.Renewal.Nonce || got.Proof != want.Proof {
					t.Errorf("%s view: %+v", who, got)
				}
			}
			if err := s.EndRefresh(fresh, expires, fresh); !errors.Is(err, ErrConflict) {
				t.Error("ended twice:", err)
			}
		})
	}
	t.Run("of another request", func(t *testing.T) {
		w := newWorld(t)
		b := w.browser()
		b.signInOffline(w)
		stranger := b.page()
		b.take(b.page())
		if err := stranger.EndRefresh(fresh, w.clock.now(), fresh); !errors.Is(err, ErrConflict) {
			t.Error("who has taken nothing ends a refresh:", err)
		}
	})
}

// TestNothingToTake: no token, and a token that another request has brought.
func TestNothingToTake(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	b.signIn(ada())
	w.clock.advance(11 * time.Minute)
	if !b.take(b.page()).IsZero() {
		t.Error("a token out of nothing")
	}
	b.signInOffline(w)
	late, first := b.page(), b.page()
	b.take(first)
	if err := first.EndRefresh(secret.New("fresh"), w.clock.now().Add(time.Minute), secret.New("next")); err != nil {
		t.Fatal(err)
	}
	if !b.take(late).IsZero() || late.Access().Token.Reveal() != "fresh" {
		t.Error("RC-08 a page of before refreshed again")
	}
	w.clock.advance(2 * time.Minute)
	if b.take(late).Reveal() != "next" {
		t.Error("the next one is not to be had")
	}
}

// TestRefreshOfAnEndedSession is RC-05 for refreshes: a sign-out or a new proof in
// the middle stays, and the caller learns that there is no place for the tokens.
func TestRefreshOfAnEndedSession(t *testing.T) {
	for name, end := range map[string]func(*browser){
		"RC-05 signed out": func(b *browser) {
			b.visit(func(s *Session, rw http.ResponseWriter) {
				if err := s.SignOut(rw); err != nil || !s.Orphan().IsZero() {
					b.t.Errorf("%v, orphan %v", err, !s.Orphan().IsZero())
				}
			})
		},
		"RC-05 proven anew": func(b *browser) { b.signIn(ada()) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			b := w.browser()
			b.signInOffline(w)
			s, waiting, k := b.page(), b.page(), recordOf(t, b)
			b.take(s)
			end(b)
			if err := s.EndRefresh(secret.New("fresh"), w.clock.now().Add(time.Hour), secret.New("next")); !errors.Is(err, ErrGone) || s.SignedIn() {
				t.Error(err)
			}
			if over := name == "RC-05 signed out"; s.HadCookie() != over { // a new proof has ended nothing
				t.Errorf("told that the session is over: %v", !over)
			}
			if err := waiting.Reload(); !errors.Is(err, ErrGone) || waiting.SignedIn() {
				t.Error(err)
			}
			if _, err := waiting.TakeRefresh(); !errors.Is(err, ErrGone) {
				t.Error(err)
			}
			contract{w.backend, t}.wantGone(Sessions, k)
		})
	}
}

// TestRefreshBesideAChange: neither of a refresh and a form undoes the other, in
// whatever order they write; what a page has yet to write is kept.
func TestRefreshBesideAChange(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	b.signInOffline(w)
	rw := httptest.NewRecorder()
	form, page := b.page(), b.page()
	form.SetEnrolment(enrolment())
	page.SetNotice("of the page", nil)
	b.take(page)
	if err := form.Commit(rw); err != nil { // made again on what the refresh has left
		t.Fatal(err)
	}
	if !b.take(form).IsZero() || !b.take(b.page()).IsZero() {
		t.Fatal("RC-08 the form's write brought the token back")
	}
	if err := page.EndRefresh(secret.New("fresh"), w.clock.now().Add(time.Minute), secret.New("next")); err != nil {
		t.Fatal(err)
	}
	s := b.page()
	_, live := s.Enrolment(account.MethodApp)
	kind, _, told := s.TakeNotice()
	if !live || !told || kind != "of the page" || s.Access().Token.Reveal() != "fresh" {
		t.Errorf("enrolment %v, notice %q, access %+v", live, kind, s.Access())
	}
}

// TestRefusedTokenOfBefore: a page whose token was refused does not kill the newer
// one that another page has got.
func TestRefusedTokenOfBefore(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	b.visit(func(s *Session, rw http.ResponseWriter) {
		if err := s.SignIn(rw, ada(), offline(w.clock.now())); err != nil {
			t.Fatal(err)
		}
	})
	rw := httptest.NewRecorder()
	one, two := b.page(), b.page()
	one.MarkAccessDead()
	two.MarkAccessDead()
	if b.take(one).IsZero() {
		t.Fatal("a token that was refused is not replaced")
	}
	if err := one.EndRefresh(secret.New("fresh"), w.clock.now().Add(time.Minute), secret.New("next")); err != nil {
		t.Fatal(err)
	}
	if !b.take(two).IsZero() || two.Access().Token.Reveal() != "fresh" {
		t.Error("the other page does not see the new token")
	}
	if err := two.Commit(rw); err != nil {
		t.Fatal(err)
	}
	if got := b.page().Access(); got.Token.Reveal() != "fresh" || !w.clock.now().Before(got.Expires) {
		t.Error("an old refusal killed the new token")
	}
}

// TestOrphan: whoever ends or replaces a session learns the refresh token that was
// stored last, for revoking, also if the request was sent before.
func TestOrphan(t *testing.T) {
	for name, end := range map[string]func(*Session, http.ResponseWriter) error{
		"sign-out": (*Session).SignOut,
		"step-up":  func(s *Session, rw http.ResponseWriter) error { return s.SignIn(rw, ada(), access(start())) },
		"sign-in of another person": func(s *Session, rw http.ResponseWriter) error {
			return s.SignIn(rw, bruno(), access(start()))
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			b := w.browser()
			b.signInOffline(w)
			late, refresher := b.page(), b.page()
			b.take(refresher)
			if err := refresher.EndRefresh(secret.New("fresh"), w.clock.now().Add(time.Minute), secret.New("next")); err != nil {
				t.Fatal(err)
			}
			if err := end(late, httptest.NewRecorder()); err != nil {
				t.Fatal(err)
			}
			if got := late.Orphan().Reveal(); got != "next" {
				t.Errorf("orphan %q", got)
			}
		})
	}
	t.Run("dropped", func(t *testing.T) {
		w := newWorld(t)
		b := w.browser()
		b.signInOffline(w)
		b.visit(func(s *Session, _ http.ResponseWriter) {
			if s.DropRefresh().Reveal() != "canary-refresh-token" {
				t.Error("not returned")
			}
		})
		if !b.take(b.page()).IsZero() {
			t.Error("not dropped")
		}
	})
}

// TestRefreshAndStoreInTrouble: what could not be written was not taken.
func TestRefreshAndStoreInTrouble(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	b.signInOffline(w)
	s := b.page()
	w.backend.fail = errors.New("disk full")
	if token, err := s.TakeRefresh(); err == nil || !token.IsZero() {
		t.Error("taken without being noted:", err)
	}
	w.backend.fail = nil
	if b.take(s).IsZero() {
		t.Error("lost")
	}
	w.backend.fail = errors.New("disk full")
	if err := s.EndRefresh(secret.New("fresh"), w.clock.now(), secret.New("next")); err == nil {
		t.Error("a result that was not stored is not told")
	}
}
