package session

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"mysecurity/internal/account"
)

// ledgerLife is how long a user's entries are kept after the last change.
const ledgerLife = 30 * 24 * time.Hour

// Ledger remembers unconfirmed enrolments across sessions, in the same store:
// one sealed record per user, under a keyed hash of who it is.
type Ledger struct{ store *store }

var _ account.Ledger = (*Ledger)(nil)

// Ledger returns the ledger of the manager's store.
func (m *Manager) Ledger() *Ledger { return &Ledger{m.store} }

// entries are what is known about one user's unconfirmed ids.
type entries map[string]account.LedgerEntry

type wireEntry struct {
	First time.Time `json:"first"`
	Owned time.Time `json:"owned,omitzero"`
}

// Sight implements account.Ledger. It writes only when something changed.
func (l *Ledger) Sight(ctx context.Context, userKey string, ids []string, now time.Time) (map[string]account.LedgerEntry, error) {
	known, err := l.update(ctx, userKey, func(known entries) bool {
		changed := false
		for id, e := range known {
			if !slices.Contains(ids, id) && !now.Before(e.OwnedUntil) {
				delete(known, id)
				changed = true
			}
		}
		for _, id := range ids {
			if _, seen := known[id]; !seen {
				known[id] = account.LedgerEntry{FirstSeen: now}
				changed = true
			}
		}
		return changed
	})
	if err != nil {
		return nil, err
	}
	listed := make(map[string]account.LedgerEntry, len(ids))
	for _, id := range ids {
		listed[id] = known[id]
	}
	return listed, nil
}

// Own implements account.Ledger.
func (l *Ledger) Own(ctx context.Context, userKey, id string, until time.Time) error {
	_, err := l.update(ctx, userKey, func(known entries) bool {
		e, seen := known[id]
		if !seen {
			e.FirstSeen = l.store.now()
		}
		e.OwnedUntil = until
		known[id] = e
		return true
	})
	return err
}

// Release implements account.Ledger.
func (l *Ledger) Release(ctx context.Context, userKey, id string) error {
	_, err := l.update(ctx, userKey, func(known entries) bool {
		e, seen := known[id]
		if !seen || e.OwnedUntil.IsZero() {
			return false
		}
		e.OwnedUntil = time.Time{}
		known[id] = e
		return true
	})
	return err
}

// update reads, changes and writes a user's entries, again if another request
// was faster.
func (l *Ledger) update(ctx context.Context, userKey string, change func(entries) bool) (entries, error) {
	k := Key(l.store.ring.tag("ledger", userKey))
	for range 5 {
		known, version, err := l.read(ctx, k)
		if err != nil {
			return nil, err
		}
		if !change(known) {
			return known, nil
		}
		err = l.write(ctx, k, known, version)
		if err == nil {
			return known, nil
		}
		if !errors.Is(err, ErrConflict) && !errors.Is(err, ErrNotFound) {
			return nil, err
		}
	}
	return nil, ErrConflict
}

// read returns a user's entries and the record's version. A record that is too
// old or does not open counts as empty and is written over: forgetting is safe.
func (l *Ledger) read(ctx context.Context, k Key) (entries, uint64, error) {
	rec, err := l.store.backend.Get(ctx, Enrolments, k)
	switch {
	case errors.Is(err, ErrNotFound):
		return entries{}, 0, nil
	case errors.Is(err, ErrDamaged):
		return entries{}, 0, l.store.backend.Delete(ctx, Enrolments, k)
	case err != nil:
		return nil, 0, err
	}
	if !l.store.now().Before(rec.Expires) {
		return entries{}, rec.Version, nil
	}
	return l.decode(k, rec.Blob), rec.Version, nil
}

// decode opens a record's content; none if it cannot be read.
func (l *Ledger) decode(k Key, blob []byte) entries {
	known := entries{}
	var wire map[string]wireEntry
	plain, _, err := l.store.ring.open(Enrolments, k, nil, blob)
	if err != nil || json.Unmarshal(plain, &wire) != nil {
		return known
	}
	for id, e := range wire {
		known[id] = account.LedgerEntry{FirstSeen: e.First, OwnedUntil: e.Owned}
	}
	return known
}

// write keeps the entries. None at all are left to the next sweep rather than
// deleted, so that the version still guards against a faster request.
func (l *Ledger) write(ctx context.Context, k Key, known entries, version uint64) error {
	wire := make(map[string]wireEntry, len(known))
	for id, e := range known {
		wire[id] = wireEntry{First: e.FirstSeen, Owned: e.OwnedUntil}
	}
	plain, err := json.Marshal(wire)
	if err != nil {
		return err
	}
	blob, err := l.store.ring.seal(Enrolments, k, nil, plain)
	if err != nil {
		return err
	}
	now := l.store.now()
	rec := Record{Created: now, Seen: now, Expires: now.Add(ledgerLife), Blob: blob}
	if len(known) == 0 {
		rec.Expires = now
	}
	return l.store.backend.Put(ctx, Enrolments, k, rec, version)
}
