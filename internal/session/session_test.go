package session

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"mysecurity/internal/account"
	"mysecurity/internal/secret"
)

const issuer = "https://acme.eu.auth0.com/"

// fakeClock moves only when told to.
type fakeClock struct{ nanos atomic.Int64 }

func newClock() *fakeClock {
	c := &fakeClock{}
	c.nanos.Store(start().UnixNano())
	return c
}

func (c *fakeClock) now() time.Time          { return time.Unix(0, c.nanos.Load()).UTC() }
func (c *fakeClock) advance(d time.Duration) { c.nanos.Add(int64(d)) }

// key makes a server key whose bytes all differ from other marks.
func key(mark byte) secret.Secret {
	return secret.New(base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{mark}, 32)))
}

// spyBackend counts calls and fails on demand.
type spyBackend struct {
	Backend
	fail                error
	gets, puts, touches atomic.Int32
	deletes             atomic.Int32
}

func (s *spyBackend) Get(ctx context.Context, b Bucket, k Key) (Record, error) {
	if s.gets.Add(1); s.fail != nil {
		return Record{}, s.fail
	}
	return s.Backend.Get(ctx, b, k)
}

func (s *spyBackend) Put(ctx context.Context, b Bucket, k Key, rec Record, expected uint64) error {
	if s.puts.Add(1); s.fail != nil {
		return s.fail
	}
	if err := ctx.Err(); err != nil { // as a store across a network would
		return err
	}
	return s.Backend.Put(ctx, b, k, rec, expected)
}

func (s *spyBackend) Touch(ctx context.Context, b Bucket, k Key, seen, expires time.Time) error {
	if s.touches.Add(1); s.fail != nil {
		return s.fail
	}
	return s.Backend.Touch(ctx, b, k, seen, expires)
}

func (s *spyBackend) Swap(ctx context.Context, b Bucket, old Key, expected uint64, fresh Key, rec Record) error {
	if s.fail != nil {
		return s.fail
	}
	return s.Backend.Swap(ctx, b, old, expected, fresh, rec)
}

func (s *spyBackend) Take(ctx context.Context, b Bucket, k Key) (Record, error) {
	if s.fail != nil {
		return Record{}, s.fail
	}
	return s.Backend.Take(ctx, b, k)
}

func (s *spyBackend) Delete(ctx context.Context, b Bucket, k Key) error {
	if s.deletes.Add(1); s.fail != nil {
		return s.fail
	}
	return s.Backend.Delete(ctx, b, k)
}

// world is a manager with everything around it.
type world struct {
	*Manager
	t       *testing.T
	clock   *fakeClock
	backend *spyBackend
	path    string
	log     *bytes.Buffer
	options Options
}

func newWorld(t *testing.T, change ...func(*Options)) *world {
	t.Helper()
	w := &world{t: t, clock: newClock(), path: filepath.Join(t.TempDir(), "sessions.db"), log: &bytes.Buffer{}}
	w.backend = &spyBackend{Backend: openTestBolt(t, w.path)}
	w.options = Options{
		Backend: w.backend, Keys: []secret.Secret{key(1)}, HTTPS: true, PrefixPath: "/",
		Issuer: issuer, Mode: "production", Now: w.clock.now,
		Logger: slog.New(slog.NewJSONHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, c := range change {
		c(&w.options)
	}
	w.Manager = w.manager(w.options)
	return w
}

func (w *world) manager(o Options) *Manager {
	w.t.Helper()
	m, err := NewManager(o)
	if err != nil {
		w.t.Fatal(err)
	}
	return m
}

// sweep is a sweep that tells how much it removed.
func (w *world) sweep() (int, error) { return w.backend.Sweep(w.t.Context(), w.clock.now()) }

// browser keeps cookies the way a browser does, by name.
type browser struct {
	t       *testing.T
	m       *Manager
	cookies map[string]string
	last    []*http.Cookie // what the last answer set
}

func (w *world) browser() *browser {
	return &browser{t: w.t, m: w.Manager, cookies: map[string]string{}}
}

func (b *browser) request() *http.Request {
	r := httptest.NewRequestWithContext(b.t.Context(), http.MethodGet, "https://portal.example/", nil)
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	return r
}

func (b *browser) receive(w *httptest.ResponseRecorder) {
	b.last = w.Result().Cookies()
	for _, c := range b.last {
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		} else {
			b.cookies[c.Name] = c.Value
		}
	}
}

// visit runs one request: open, do, commit, close.
func (b *browser) visit(do func(*Session, http.ResponseWriter)) {
	b.t.Helper()
	w := httptest.NewRecorder()
	s, err := b.m.Open(w, b.request(), true)
	if err != nil {
		b.t.Fatal(err)
	}
	defer s.Close()
	if do != nil {
		do(s, w)
	}
	if err := s.Commit(w); err != nil {
		b.t.Fatal(err)
	}
	b.receive(w)
}

func (b *browser) signIn(user account.User) {
	b.t.Helper()
	b.visit(func(s *Session, w http.ResponseWriter) {
		if err := s.SignIn(w, user, access(b.m.store.now())); err != nil {
			b.t.Fatal(err)
		}
	})
}

func (b *browser) signedIn() (in bool) {
	b.t.Helper()
	b.visit(func(s *Session, _ http.ResponseWriter) { in = s.SignedIn() })
	return in
}

func (b *browser) wantSignedIn(want bool, why string) {
	b.t.Helper()
	if got := b.signedIn(); got != want {
		b.t.Fatalf("%s: signed in %v", why, got)
	}
}

// wantSignedInNow looks without waiting for a request that holds the session.
func (b *browser) wantSignedInNow(why string) {
	b.t.Helper()
	s, err := b.m.Open(httptest.NewRecorder(), b.request(), false)
	if err != nil || !s.SignedIn() {
		b.t.Errorf("%s: %v", why, err)
	}
}

// copy is another browser with the same cookies, as a thief would have them.
func (b *browser) copy() *browser {
	c := &browser{t: b.t, m: b.m, cookies: map[string]string{}}
	for k, v := range b.cookies {
		c.cookies[k] = v
	}
	return c
}

func ada() account.User {
	return account.User{Issuer: issuer, Subject: "auth0|ada", Name: "Ada", Email: "ada@example.com", Locale: "fr-CA"}
}

func bruno() account.User {
	return account.User{Issuer: issuer, Subject: "auth0|bruno", Name: "Bruno", Email: "bruno@example.com"}
}

func access(now time.Time) account.Access {
	return account.Access{
		Token: secret.New("canary-access-token"), Expires: now.Add(10 * time.Minute), SID: "canary-sid",
		Proof: account.Proof{At: now, MFA: true, Strong: true},
	}
}

func enrolment() account.Enrolment {
	return account.Enrolment{
		Kind: account.MethodApp, ID: "totp|dev_1", Started: start(), Wrong: 1,
		Key: account.Key{
			Secret: secret.New("canary-totp-secret"), URI: secret.New("otpauth://totp/canary-uri"), Drift: []int{2, 7},
		},
	}
}

const host = "__Host-mss"

func TestSignInAndValues(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	b.visit(func(s *Session, _ http.ResponseWriter) {
		if s.SignedIn() || s.HadCookie() || s.User() != (account.User{}) || !s.Access().Token.IsZero() {
			t.Error("a visitor has something")
		}
		s.SetNotice("x", nil)
		s.SetEnrolment(enrolment())
		s.KeepRecoveryCode(secret.New("code"))
		if _, _, ok := s.TakeNotice(); ok {
			t.Error("a visitor keeps something")
		}
	})
	if len(b.last) != 0 || w.backend.puts.Load() != 0 {
		t.Error("ME-04: a visitor got a cookie or a record")
	}
	b.signIn(ada())
	w.clock.advance(time.Second)
	b.visit(func(s *Session, _ http.ResponseWriter) {
		if s.User() != ada() || s.Access().Token.Reveal() != "canary-access-token" || s.Access().SID != "canary-sid" {
			t.Errorf("user %+v access %+v", s.User(), s.Access())
		}
		want := account.Proof{At: start(), MFA: true, Strong: true}
		if s.Access().Proof != want || !s.Access().Expires.Equal(start().Add(10*time.Minute)) {
			t.Errorf("access %+v", s.Access())
		}
	})
	if len(b.last) != 0 || w.backend.puts.Load() != 1 || w.backend.touches.Load() != 0 {
		t.Error("a plain page view wrote something")
	}
}

func TestUserOfAnotherIssuer(t *testing.T) {
	w := newWorld(t)
	for _, u := range []account.User{{Issuer: "https://evil/", Subject: "x"}, {Issuer: issuer}, {}} {
		w.browser().visit(func(s *Session, rw http.ResponseWriter) {
			if err := s.SignIn(rw, u, account.Access{}); err == nil || s.SignedIn() {
				t.Errorf("OP-32: %+v signed in", u)
			}
		})
	}
}

func TestCookieAttributes(t *testing.T) {
	for _, c := range []struct {
		name         string
		change       func(*Options)
		session, tx  string // expected names
		path, secure string
	}{
		{"SE-01 own host", func(*Options) {}, "__Host-mss", "__Host-msst_", "/", "; Secure"},
		{"SE-01 prefix", func(o *Options) { o.PrefixPath = "/security/" }, "__Secure-mss", "__Secure-msst_", "/security", "; Secure"},
		{"SE-01 dev", func(o *Options) { o.HTTPS = false }, "mss_dev", "msst_dev_", "/", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, c.change)
			lines := func(do func(s *Session, rw http.ResponseWriter)) []string {
				rw := httptest.NewRecorder()
				s, err := w.Open(rw, httptest.NewRequest(http.MethodGet, "/", nil), false)
				if err != nil {
					t.Fatal(err)
				}
				do(s, rw)
				return rw.Header()["Set-Cookie"]
			}
			attributes := "; Path=" + c.path + "%s; HttpOnly" + c.secure + "; SameSite=Lax"
			want := func(what string, lines []string, name string, length int, age string) {
				t.Helper()
				if len(lines) != 1 {
					t.Fatalf("%s: %q", what, lines)
				}
				value, rest, _ := strings.Cut(strings.TrimPrefix(lines[0], name+"="), ";")
				if !strings.HasPrefix(lines[0], name+"=") || len(value) != length || ";"+rest != fmt.Sprintf(attributes, age) {
					t.Errorf("%s: %q", what, lines[0])
				}
				if len(lines[0]) > 200 || len(name)+1+len(value) > 200 {
					t.Errorf("SE-02 %s: %d bytes", what, len(lines[0]))
				}
			}
			big := ada()
			big.Name = strings.Repeat("n", 10_000)
			want("session", lines(func(s *Session, rw http.ResponseWriter) {
				if err := s.SignIn(rw, big, access(start())); err != nil {
					t.Fatal(err)
				}
			}), c.session, 64, "")
			want("sign-out", lines(func(s *Session, rw http.ResponseWriter) {
				if err := s.SignOut(rw); err != nil {
					t.Fatal(err)
				}
			}), c.session, 0, "; Expires=Thu, 01 Jan 1970 00:00:01 GMT; Max-Age=0")
			tx := NewTransaction()
			name := w.cookieOf(tx.State)
			if !strings.HasPrefix(name, c.tx) || len(name) != len(c.tx)+8 {
				t.Errorf("transaction cookie %q", name)
			}
			want("transaction", lines(func(_ *Session, rw http.ResponseWriter) {
				if err := w.Begin(rw, httptest.NewRequest(http.MethodGet, "/", nil), tx); err != nil {
					t.Fatal(err)
				}
			}), name, 64, "; Max-Age=600")
		})
	}
}

func TestOptionsRefused(t *testing.T) {
	w := newWorld(t)
	for name, change := range map[string]func(*Options){
		"no backend":                func(o *Options) { o.Backend = nil },
		"no issuer":                 func(o *Options) { o.Issuer = "" },
		"no keys":                   func(o *Options) { o.Keys = nil },
		"short key":                 func(o *Options) { o.Keys = []secret.Secret{secret.New("AAAA")} },
		"key that is not base64":    func(o *Options) { o.Keys = []secret.Secret{key(1), secret.New("hunter2-hunter2")} },
		"prefix without last slash": func(o *Options) { o.PrefixPath = "/security" },
	} {
		o := w.options
		change(&o)
		if _, err := NewManager(o); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

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

func TestFormToken(t *testing.T) {
	w := newWorld(t)
	b, other := w.browser(), w.browser()
	b.signIn(ada())
	other.signIn(ada())
	var token, foreign string
	b.visit(func(s *Session, _ http.ResponseWriter) { token = s.FormToken() })
	other.visit(func(s *Session, _ http.ResponseWriter) { foreign = s.FormToken() })
	b.visit(func(s *Session, _ http.ResponseWriter) {
		if !s.ValidFormToken(token) || len(token) != 43 {
			t.Error("CS-03: own token refused")
		}
		for _, bad := range []string{"", foreign, token[:42], token + "A", strings.ToLower(token)} {
			if s.ValidFormToken(bad) {
				t.Errorf("CS-03: %q accepted", bad)
			}
		}
	})
	w.browser().visit(func(s *Session, _ http.ResponseWriter) {
		if s.FormToken() != "" || s.ValidFormToken("") || s.ValidFormToken(token) {
			t.Error("CS-03: a visitor has a token")
		}
	})
}

func TestRecoveryCode(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	b.signIn(ada())
	step := func(do func(s *Session)) { t.Helper(); b.visit(func(s *Session, _ http.ResponseWriter) { do(s) }) }
	want := func(shown, due bool) {
		t.Helper()
		step(func(s *Session) {
			code, held := s.RecoveryCode()
			if must, isDue := s.DueRecoveryCode(); isDue != due || due && must != code || !due && !must.Code.IsZero() {
				t.Errorf("MF-22: to be saved: %+v, %v", must, isDue)
			}
			if !held || code.Due != due || code.Code.Reveal() != "abc" || !code.Received.Equal(start()) {
				t.Errorf("MF-22: %+v, %v", code, held)
			}
			if got := s.TakeReveal(); got != shown {
				t.Errorf("MF-22: shown %v", got)
			}
		})
	}
	step(func(s *Session) {
		s.MarkRecoveryDue() // without a code nothing happens
		s.AllowReveal()
		_, due := s.DueRecoveryCode()
		if _, held := s.RecoveryCode(); held || due || s.TakeReveal() {
			t.Error("a code out of nothing")
		}
		s.KeepRecoveryCode(secret.New("abc"))
		s.KeepRecoveryCode(secret.Secret{})
	})
	want(false, false)
	step(func(s *Session) { s.MarkRecoveryDue() })
	want(true, true)
	want(false, true) // reload
	step(func(s *Session) { s.MarkRecoveryDue() })
	want(false, true) // a double click permits nothing
	step(func(s *Session) { s.AllowReveal() })
	want(true, true)
	step(func(s *Session) { s.RecoverySaved() })
	step(func(s *Session) {
		s.AllowReveal()
		if _, held := s.RecoveryCode(); held || s.TakeReveal() {
			t.Error("MF-22: shown after it was saved")
		}
	})
}

func TestMarkAccessDead(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	b.signIn(ada())
	w.clock.advance(time.Minute)
	b.visit(func(s *Session, _ http.ResponseWriter) { s.MarkAccessDead() })
	b.visit(func(s *Session, _ http.ResponseWriter) {
		a := s.Access()
		if !a.Token.IsZero() || !a.Expires.Equal(w.clock.now()) || !a.Proof.Strong || a.SID == "" || !s.SignedIn() {
			t.Errorf("UP-07: %+v", a)
		}
		s.MarkAccessDead()
		if !s.Access().Expires.Equal(a.Expires) {
			t.Error("UP-07: the end moved")
		}
	})
}

func TestValuesAreCopies(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	b.signIn(ada())
	b.visit(func(s *Session, _ http.ResponseWriter) {
		args := map[string]string{"a": "1"}
		e := enrolment()
		s.SetNotice("x", args)
		s.SetEnrolment(e)
		args["a"], e.Key.Drift[0] = "2", 99
		got, _ := s.Enrolment(account.MethodApp)
		got.Key.Drift[1] = 99
		if again, _ := s.Enrolment(account.MethodApp); fmt.Sprint(again.Key.Drift) != "[2 7]" {
			t.Error(again.Key.Drift)
		}
		if _, args, _ := s.TakeNotice(); args["a"] != "1" {
			t.Error(args)
		}
		if _, _, ok := s.TakeNotice(); ok {
			t.Error("taken twice")
		}
	})
}
