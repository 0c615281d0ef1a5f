package session

import (
	"bytes"
	"context"
	"encoding/base64"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
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
