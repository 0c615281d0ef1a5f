package session

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/gorilla/sessions"

	"mysecurity/internal/account"
)

// store is the sessions.Store over a Backend: the cookie carries a ticket, the
// record stays on the server. The stock stores neither end a session on the
// server nor renew its id (security decision 9).
type store struct {
	backend Backend
	ring    keyring
	jar     jar
	now     func() time.Time
}

var _ sessions.Store = (*store)(nil)

// entry is what the store keeps in a gorilla session's Values, under entryKey.
type entry struct {
	ticket  ticket
	version uint64 // of the stored record; 0 before the first write
	created time.Time
	seen    time.Time // as stored
	stale   bool      // sealed with an older key of the ring
	state   state
	// replaces is the entry whose record the first write deletes.
	replaces *entry
}

type entryKey struct{}

func entryOf(gs *sessions.Session) *entry {
	e, _ := gs.Values[entryKey{}].(*entry)
	return e
}

// Reasons why a presented cookie is no session.
var (
	errMalformed = errors.New("session: malformed or repeated cookie")
	errEnded     = errors.New("session: ended by age")
)

// fresh returns a gorilla session that holds nothing.
func (s *store) fresh() *sessions.Session {
	gs := sessions.NewSession(s, s.jar.session)
	gs.IsNew = true
	return gs
}

// Get implements sessions.Store.
func (s *store) Get(r *http.Request, name string) (*sessions.Session, error) {
	return sessions.GetRegistry(r).Get(s, name)
}

// New implements sessions.Store. Without a cookie it returns an empty session;
// with one that is no session also the reason. It writes nothing.
func (s *store) New(r *http.Request, _ string) (*sessions.Session, error) {
	gs := s.fresh()
	t, present, ok := s.jar.ticket(r, s.jar.session)
	switch {
	case !present:
		return gs, nil
	case !ok:
		return gs, errMalformed
	}
	e, err := s.load(r.Context(), t)
	if err != nil {
		return gs, err
	}
	gs.Values[entryKey{}], gs.IsNew = e, false
	return gs, nil
}

// load reads and opens a record and judges its age by the sealed start and the
// stored last use.
func (s *store) load(ctx context.Context, t ticket) (*entry, error) {
	k := t.recordKey()
	rec, err := s.backend.Get(ctx, Sessions, k)
	if err != nil {
		return nil, err
	}
	st, stale, err := s.unseal(t, rec)
	if err != nil {
		return nil, err
	}
	if !s.now().Before(expiry(st.Started, rec.Seen)) {
		return nil, errEnded
	}
	return &entry{ticket: t, version: rec.Version, created: rec.Created, seen: rec.Seen, stale: stale, state: st}, nil
}

// unseal opens a record. stale: with an older key of the ring.
func (s *store) unseal(t ticket, rec Record) (st state, stale bool, err error) {
	plain, stale, err := s.ring.open(Sessions, t.recordKey(), t.key[:], rec.Blob)
	if err != nil {
		return state{}, false, err
	}
	if st, err = decodeState(plain); err != nil {
		return state{}, false, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return st, stale, nil
}

// expiry is when a session ends, by rest or by age.
func expiry(started, seen time.Time) time.Time {
	idle, absolute := seen.Add(idleLife), started.Add(absoluteLife)
	if idle.Before(absolute) {
		return idle
	}
	return absolute
}

// Save implements sessions.Store: it deletes, creates or replaces the record.
// The cookie is written only when it changes. What was decided is written even
// if the browser has gone away meanwhile: the tenant has changed already.
func (s *store) Save(r *http.Request, w http.ResponseWriter, gs *sessions.Session) error {
	ctx := context.WithoutCancel(r.Context())
	e := entryOf(gs)
	switch {
	case e == nil:
		return nil
	case gs.Options.MaxAge < 0:
		if err := s.take(ctx, e); err != nil {
			return err
		}
		s.jar.clear(w, s.jar.session)
		return nil
	case gs.IsNew:
		if err := s.create(ctx, e); err != nil {
			return err
		}
		gs.IsNew = false
		s.jar.set(w, s.jar.session, e.ticket.encode(), 0)
		return nil
	default:
		return s.replace(ctx, e)
	}
}

// take deletes the record of an entry, which is then what was stored last: another
// request may have changed it meanwhile.
func (s *store) take(ctx context.Context, e *entry) error {
	k := e.ticket.recordKey()
	rec, err := s.backend.Take(ctx, Sessions, k)
	switch {
	case err == nil:
		if e.state, _, err = s.unseal(e.ticket, rec); err != nil {
			e.state = state{} // it has ended all the same
		}
		return nil
	case refused(err):
		if err := s.backend.Delete(ctx, Sessions, k); err != nil {
			return err
		}
		e.state = state{}
		return nil
	default:
		return err
	}
}

func (s *store) create(ctx context.Context, e *entry) error {
	e.created, e.seen = s.now(), s.now()
	rec, err := s.seal(e)
	if err != nil {
		return err
	}
	if old := e.replaces; old != nil {
		err = s.backend.Swap(ctx, Sessions, old.ticket.recordKey(), old.version, e.ticket.recordKey(), rec)
	} else {
		err = s.backend.Put(ctx, Sessions, e.ticket.recordKey(), rec, 0)
	}
	if err != nil {
		return err
	}
	e.version, e.replaces = 1, nil
	return nil
}

func (s *store) replace(ctx context.Context, e *entry) error {
	e.seen = s.now()
	rec, err := s.seal(e)
	if err != nil {
		return err
	}
	if err := s.backend.Put(ctx, Sessions, e.ticket.recordKey(), rec, e.version); err != nil {
		return err
	}
	e.version++
	e.stale = false
	return nil
}

// successor makes the entry of a new sign-in that takes the place of old, if
// there is one.
func (s *store) successor(old *entry, user account.User, access account.Access) *entry {
	e := &entry{ticket: newTicket(), replaces: old, state: state{Started: s.now(), User: user, Access: access}}
	if old != nil && old.state.User.Is(user) {
		e.state.inherit(old.state)
	}
	return e
}

// reload reads an entry again; nil if it is a session no longer.
func (s *store) reload(ctx context.Context, e *entry) (*entry, error) {
	again, err := s.load(ctx, e.ticket)
	if err != nil && refused(err) {
		return nil, nil
	}
	return again, err
}

// touch notes the use of a session without writing its content.
func (s *store) touch(ctx context.Context, e *entry) error {
	now := s.now()
	err := s.backend.Touch(ctx, Sessions, e.ticket.recordKey(), now, expiry(e.state.Started, now))
	if err == nil {
		e.seen = now
	}
	return err
}

// end deletes the record of a ticket that is no longer valid.
func (s *store) end(ctx context.Context, t ticket) error {
	return s.backend.Delete(context.WithoutCancel(ctx), Sessions, t.recordKey())
}

func (s *store) seal(e *entry) (Record, error) {
	blob, err := s.ring.seal(Sessions, e.ticket.recordKey(), e.ticket.key[:], encodeState(e.state))
	if err != nil {
		return Record{}, err
	}
	return Record{
		Created: e.created, Seen: e.seen, Expires: expiry(e.state.Started, e.seen),
		User: s.ring.tag("user", e.state.User.Key()), SID: s.ring.tag("sid", e.state.Access.SID),
		Blob: blob,
	}, nil
}
