package session

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"mysecurity/internal/account"
)

// How long what is known about a user is kept after the last change: entries
// that wait for a confirmation, and pairs, which live as long as the methods do.
const (
	ledgerLife = 30 * 24 * time.Hour
	pairsLife  = 365 * 24 * time.Hour
)

// maxPairs bounds a user's pairs, those of methods that have gone included; the
// oldest is forgotten first.
const maxPairs = 16

// Ledger remembers unconfirmed enrolments, and which apps came with which push
// methods, across sessions and in the same store: one sealed record per user,
// under a keyed hash of who it is.
type Ledger struct{ store *store }

var _ account.Ledger = (*Ledger)(nil)

// Ledger returns the ledger of the manager's store.
func (m *Manager) Ledger() *Ledger { return &Ledger{m.store} }

// page is what is known about one user.
type page struct {
	entries map[string]account.LedgerEntry // by unconfirmed id
	pairs   []pair                         // oldest first
}

type pair struct {
	Push string `json:"push"`
	App  string `json:"app"`
}

type wirePage struct {
	Entries map[string]wireEntry `json:"entries,omitempty"`
	Pairs   []pair               `json:"pairs,omitempty"`
}

type wireEntry struct {
	First time.Time `json:"first"`
	Owned time.Time `json:"owned,omitzero"`
}

// Sight implements account.Ledger. It writes only when something changed.
func (l *Ledger) Sight(ctx context.Context, userKey string, ids []string, now time.Time) (map[string]account.LedgerEntry, error) {
	known, err := l.update(ctx, userKey, func(p *page) bool {
		changed := false
		for id, e := range p.entries {
			if !slices.Contains(ids, id) && !now.Before(e.OwnedUntil) {
				delete(p.entries, id)
				changed = true
			}
		}
		for _, id := range ids {
			if _, seen := p.entries[id]; !seen {
				p.entries[id] = account.LedgerEntry{FirstSeen: now}
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
		listed[id] = known.entries[id]
	}
	return listed, nil
}

// Own implements account.Ledger.
func (l *Ledger) Own(ctx context.Context, userKey, id string, until time.Time) error {
	_, err := l.update(ctx, userKey, func(p *page) bool {
		e, seen := p.entries[id]
		if !seen {
			e.FirstSeen = l.store.now()
		}
		e.OwnedUntil = until
		p.entries[id] = e
		return true
	})
	return err
}

// Release implements account.Ledger.
func (l *Ledger) Release(ctx context.Context, userKey, id string) error {
	_, err := l.update(ctx, userKey, func(p *page) bool {
		e, seen := p.entries[id]
		if !seen || e.OwnedUntil.IsZero() {
			return false
		}
		e.OwnedUntil = time.Time{}
		p.entries[id] = e
		return true
	})
	return err
}

// Pair implements account.Ledger.
func (l *Ledger) Pair(ctx context.Context, userKey, push, app string) error {
	added := pair{Push: push, App: app}
	_, err := l.update(ctx, userKey, func(p *page) bool {
		if slices.Contains(p.pairs, added) {
			return false
		}
		p.pairs = append(slices.DeleteFunc(p.pairs, added.contradicts), added)
		p.pairs = p.pairs[max(0, len(p.pairs)-maxPairs):]
		return true
	})
	return err
}

// contradicts: neither half can be in two pairs.
func (p pair) contradicts(other pair) bool { return p.Push == other.Push || p.App == other.App }

// Pairs implements account.Ledger.
func (l *Ledger) Pairs(ctx context.Context, userKey string) (map[string]string, error) {
	known, _, err := l.find(ctx, userKey)
	pairs := make(map[string]string, len(known.pairs))
	for _, p := range known.pairs {
		pairs[p.Push] = p.App
	}
	return pairs, err
}

// place is where a user's page is kept; version 0 where it will be.
type place struct {
	Key
	version uint64
}

// keys are the names that a user's page may have: the newest, and after a rotation
// of the server keys older ones.
func (l *Ledger) keys(userKey string) (names []Key) {
	for _, t := range l.store.ring.tags("ledger", userKey) {
		names = append(names, Key(t))
	}
	return names
}

// update reads, changes and writes a user's page, again if another request was
// faster. A page under an older name moves to the newest.
func (l *Ledger) update(ctx context.Context, userKey string, change func(*page) bool) (page, error) {
	newest := l.keys(userKey)[0]
	for range 5 {
		known, at, err := l.find(ctx, userKey)
		if err != nil {
			return page{}, err
		}
		if !change(&known) && at.Key == newest {
			return known, nil
		}
		err = l.write(ctx, newest, known, at)
		if err == nil {
			return known, nil
		}
		if !errors.Is(err, ErrConflict) && !errors.Is(err, ErrNotFound) {
			return page{}, err
		}
	}
	return page{}, ErrConflict
}

// find returns a user's page and where it is; an empty one if there is none.
func (l *Ledger) find(ctx context.Context, userKey string) (page, place, error) {
	names := l.keys(userKey)
	for _, k := range names {
		known, version, err := l.read(ctx, k)
		if err != nil || version > 0 {
			return known, place{k, version}, err
		}
	}
	return page{entries: map[string]account.LedgerEntry{}}, place{names[0], 0}, nil
}

// read returns a user's page and the record's version. A record that is too old
// or does not open counts as empty and is written over: forgetting is safe.
func (l *Ledger) read(ctx context.Context, k Key) (page, uint64, error) {
	empty := page{entries: map[string]account.LedgerEntry{}}
	rec, err := l.store.backend.Get(ctx, Enrolments, k)
	switch {
	case errors.Is(err, ErrNotFound):
		return empty, 0, nil
	case errors.Is(err, ErrDamaged):
		return empty, 0, l.store.backend.Delete(ctx, Enrolments, k)
	case err != nil:
		return page{}, 0, err
	}
	if !l.store.now().Before(rec.Expires) {
		return empty, rec.Version, nil
	}
	return l.decode(k, rec.Blob), rec.Version, nil
}

// decode opens a record's content; an empty page if it cannot be read.
func (l *Ledger) decode(k Key, blob []byte) page {
	known := page{entries: map[string]account.LedgerEntry{}}
	var wire wirePage
	plain, _, err := l.store.ring.open(Enrolments, k, nil, blob)
	if err != nil || json.Unmarshal(plain, &wire) != nil {
		return known
	}
	for id, e := range wire.Entries {
		known.entries[id] = account.LedgerEntry{FirstSeen: e.First, OwnedUntil: e.Owned}
	}
	known.pairs = wire.Pairs
	return known
}

// write keeps a page under k and nowhere else. An empty one is left to the next sweep rather than
// deleted, so that the version still guards against a faster request.
func (l *Ledger) write(ctx context.Context, k Key, known page, was place) error {
	wire := wirePage{Entries: make(map[string]wireEntry, len(known.entries)), Pairs: known.pairs}
	for id, e := range known.entries {
		wire.Entries[id] = wireEntry{First: e.FirstSeen, Owned: e.OwnedUntil}
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
	rec := Record{Created: now, Seen: now, Expires: now.Add(known.life()), Blob: blob}
	if was.Key != k {
		return l.store.backend.Swap(ctx, Enrolments, was.Key, was.version, k, rec)
	}
	return l.store.backend.Put(ctx, Enrolments, k, rec, was.version)
}

// life is how long a page is kept.
func (p page) life() time.Duration {
	switch {
	case len(p.pairs) > 0:
		return pairsLife
	case len(p.entries) > 0:
		return ledgerLife
	default:
		return 0
	}
}
