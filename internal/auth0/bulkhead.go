package auth0

import (
	"context"
	"errors"
	"hash/maphash"
	"sync"
	"time"
)

// busyFor is what callers are told to wait who found no place.
const busyFor = 2 * time.Second

// bulkhead bounds the calls in flight, so that a slow tenant costs a bounded
// number of connections and pages that do not need it stay fast (UP-09). One
// user gets at most a share of the places: somebody who reloads and reloads must
// not keep the others out.
type bulkhead struct {
	slots    chan struct{} // one per call in flight
	patience time.Duration // for a place to come free
	share    int           // calls of one user, in flight or waiting

	seed maphash.Seed
	mu   sync.Mutex
	held map[uint64]int // by the access token's hash, while there are calls of it
}

func newBulkhead(l limits) *bulkhead {
	return &bulkhead{
		slots: make(chan struct{}, l.inFlight), patience: l.slot, share: l.perUser,
		seed: maphash.MakeSeed(), held: make(map[uint64]int),
	}
}

// errBusy: no place came free in time, or the user has their share.
var errBusy = errors.New("auth0: too many calls in flight")

// enter takes a place; the caller gives it back with leave. The error is errBusy,
// or the context's if the caller left first.
func (b *bulkhead) enter(ctx context.Context, token AccessToken) (leave func(), err error) {
	release, ok := b.claim(token)
	if !ok {
		return nil, errBusy
	}
	if err := b.wait(ctx); err != nil {
		release()
		return nil, err
	}
	return func() { <-b.slots; release() }, nil
}

// claim counts a call of the token's user, unless they have their share.
func (b *bulkhead) claim(token AccessToken) (release func(), ok bool) {
	if token.value.IsZero() {
		return func() {}, true
	}
	user := maphash.String(b.seed, token.value.Reveal())
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.held[user] >= b.share {
		return nil, false
	}
	b.held[user]++
	return func() { b.release(user) }, true
}

func (b *bulkhead) release(user uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.held[user]--; b.held[user] <= 0 {
		delete(b.held, user)
	}
}

// wait is for one of the places.
func (b *bulkhead) wait(ctx context.Context) error {
	select {
	case b.slots <- struct{}{}:
		return nil
	default:
	}
	patience := time.NewTimer(b.patience)
	defer patience.Stop()
	select {
	case b.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-patience.C:
		return errBusy
	}
}
