package auth0

import (
	"context"
	"errors"
	"sync"
	"time"
)

// busyFor is what callers are told to wait who found no place.
const busyFor = 2 * time.Second

// bulkhead bounds the calls in flight, so that a slow tenant costs a bounded
// number of connections and pages that do not need it stay fast (UP-09). One
// user gets at most a share of the places: somebody who reloads and reloads must
// not keep the others out. Nor must strangers, who can make up answers of a
// sign-in: the calls of all who are not signed in have one share together. The
// tenant's documents, of which each is read once at a time, are in nobody's share.
type bulkhead struct {
	slots    chan struct{} // one per call in flight
	visitors chan struct{} // one per call in flight for somebody who is not signed in
	patience time.Duration // for a place to come free
	share    int           // calls of one user, in flight or waiting

	mu   sync.Mutex
	held map[person]int // while there are calls of theirs
}

func newBulkhead(l limits) *bulkhead {
	return &bulkhead{
		slots: make(chan struct{}, l.inFlight), visitors: make(chan struct{}, l.visitors),
		patience: l.slot, share: l.perUser, held: make(map[person]int),
	}
}

// errBusy: no place came free in time, or the user has their share.
var errBusy = errors.New("auth0: too many calls in flight")

// enter takes a place for a call that is in nobody's share; the caller gives it
// back with leave. The error is errBusy, or the context's if the caller left first.
func (b *bulkhead) enter(ctx context.Context) (leave func(), err error) {
	if err := b.wait(ctx, b.slots); err != nil {
		return nil, err
	}
	return func() { <-b.slots }, nil
}

// enterAs is enter within the share of a person.
func (b *bulkhead) enterAs(ctx context.Context, who person) (leave func(), err error) {
	release, err := b.claim(ctx, who)
	if err != nil {
		return nil, err
	}
	leaveSlot, err := b.enter(ctx)
	if err != nil {
		release()
		return nil, err
	}
	return func() { leaveSlot(); release() }, nil
}

// claim counts a call within the share of its person. Who is signed in and has
// their share does not wait; visitors wait for each other.
func (b *bulkhead) claim(ctx context.Context, who person) (release func(), err error) {
	if who == 0 {
		if err := b.wait(ctx, b.visitors); err != nil {
			return nil, err
		}
		return func() { <-b.visitors }, nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.held[who] >= b.share {
		return nil, errBusy
	}
	b.held[who]++
	return func() { b.release(who) }, nil
}

func (b *bulkhead) release(who person) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.held[who]--; b.held[who] <= 0 {
		delete(b.held, who)
	}
}

// wait is for one of the places.
func (b *bulkhead) wait(ctx context.Context, places chan<- struct{}) error {
	select {
	case places <- struct{}{}:
		return nil
	default:
	}
	patience := time.NewTimer(b.patience)
	defer patience.Stop()
	select {
	case places <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-patience.C:
		return errBusy
	}
}
