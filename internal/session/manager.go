// Package session keeps who is signed in and what they are in the middle of. A
// Session is typed and changes only through verbs; behind it stands
// gorilla/sessions with a store of our own (security decisions 8 to 10).
//
// The cookie carries a ticket: a random name and a random key. The backend
// holds a blob sealed with a key made from the ticket's key and a server key,
// bound to its name, issuer and mode. A copy of the store, a leaked server key
// or a record moved to another name each fail alone. Visitors who are not
// signed in have no record.
package session

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"mysecurity/internal/secret"
)

// Lifetimes of a session (NIST SP 800-63B-4 section 5 permits more at AAL2).
const (
	idleLife     = 15 * time.Minute
	absoluteLife = time.Hour
)

// touchEvery is how often the last use is written. A session may thus end up to
// this much before its idle time is over, never after.
const touchEvery = time.Minute

// Errors of sessions and transactions. Any other error means that the store is
// in trouble.
var (
	// ErrGone says that the session ended while the request was running. What
	// the request changed in it is dropped: an ended session never comes back.
	ErrGone = errors.New("session: ended meanwhile")
	// ErrNoTransaction says that the answer belongs to no sign-in that this
	// browser started, or to one that is over.
	ErrNoTransaction = errors.New("session: no such sign-in transaction")
	// ErrTooMany says that more sign-ins were started than the store is meant
	// to hold.
	ErrTooMany = errors.New("session: too many sign-ins were started")
)

// Options are what a Manager works with. Backend, Keys and Issuer are required.
type Options struct {
	Backend Backend
	Keys    []secret.Secret // newest first, each base64 (RFC 4648 section 4) of 32 random bytes

	HTTPS      bool   // browsers use TLS; false only for development on this machine
	PrefixPath string // "/" or empty: a host of our own; "/prefix/": a shared one

	Issuer string // the only issuer whose users may sign in; sealed into each record
	Mode   string // PORTAL_MODE; sealed into each record

	Now    func() time.Time
	Logger *slog.Logger
}

// Manager opens sessions. It is safe for concurrent use.
type Manager struct {
	store    *store
	locks    locks
	replaced replaced
	names    pseudonyms
	log      *slog.Logger
	begun    atomic.Int64 // transactions begun in the current window
	window   atomic.Int64 // start of that window, Unix seconds
}

// NewManager checks the options. It does not touch the backend.
func NewManager(o Options) (*Manager, error) {
	if o.Backend == nil || o.Issuer == "" {
		return nil, errors.New("session: a backend and an issuer are needed")
	}
	if o.PrefixPath == "" {
		o.PrefixPath = "/"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	ring, err := newKeyring(o.Keys, o.Issuer, o.Mode)
	if err != nil {
		return nil, err
	}
	names, err := newPseudonyms(ring)
	if err != nil {
		return nil, err
	}
	jar, err := newJar(o.HTTPS, o.PrefixPath)
	if err != nil {
		return nil, err
	}
	return &Manager{
		store: &store{backend: o.Backend, ring: ring, jar: jar, now: o.Now},
		names: names, log: o.Logger,
	}, nil
}

// Open returns the request's session, never nil. A cookie that is unknown,
// malformed, sent twice or too old gives an anonymous session and is cleared.
//
// With exclusive the session is held by this request alone, within the process,
// from before it is read until Close: requests that change something see what
// the one before them did. Close must always be called.
//
// The error means that the store is in trouble, or the browser went away; the
// cookie is then left alone, because the session may still be there.
func (m *Manager) Open(w http.ResponseWriter, r *http.Request, exclusive bool) (*Session, error) {
	s := &Session{m: m, r: r, gs: m.store.fresh(), release: func() {}}
	t, _, ok := m.store.jar.ticket(r, m.store.jar.session)
	if exclusive && ok {
		release, err := m.locks.acquire(r.Context(), t.recordKey())
		if err != nil {
			return s, err
		}
		s.release = release
	}
	gs, err := m.store.New(r, m.store.jar.session)
	switch {
	case err == nil:
		s.gs = gs
		return s, nil
	case !refused(err):
		s.Close()
		return s, err
	}
	if now, late := m.replaced.lately(t.recordKey(), m.store.now()); ok && late {
		s.successor = &now
		return s, nil // the browser has the new ticket by now: its cookie is not ours to clear
	}
	s.hadCookie = true
	m.store.jar.clear(w, m.store.jar.session)
	m.note(r.Context(), err)
	if errors.Is(err, errEnded) {
		if err := m.store.end(r.Context(), t); err != nil {
			m.log.WarnContext(r.Context(), "session that ended by age not deleted", "error", err)
		}
	}
	return s, nil
}

// refused tells a cookie that is no session from trouble with the store.
func refused(err error) bool {
	for _, reason := range []error{errMalformed, errEnded, errSealed, ErrNotFound, ErrDamaged} {
		if errors.Is(err, reason) {
			return true
		}
	}
	return false
}

// note logs why a cookie was refused. A record that exists but does not open is
// an alarm: it was tampered with, or a key of the ring is missing.
func (m *Manager) note(ctx context.Context, reason error) {
	level := slog.LevelDebug
	if errors.Is(reason, errSealed) || errors.Is(reason, ErrDamaged) {
		level = slog.LevelWarn
	}
	m.log.Log(ctx, level, "session cookie refused", "reason", reason)
}

// Sweep removes what expired from the store. Call it every few minutes.
func (m *Manager) Sweep(ctx context.Context) error {
	_, err := m.store.backend.Sweep(ctx, m.store.now())
	return err
}
