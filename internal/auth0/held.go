package auth0

import (
	"context"
	"sync"
	"time"
)

const (
	// heldFor is how long a document of the tenant's is used before it is read
	// again, so that a withdrawn key does not stay trusted for ever.
	heldFor = time.Hour
	// renewEvery spaces repeated readings. Without it everybody who can present a
	// token with an invented key id would make us an amplifier.
	renewEvery = 30 * time.Second
	// retryEvery spaces attempts while there is nothing at all.
	retryEvery = 5 * time.Second
)

// held keeps one document that the tenant publishes. It is read when first
// needed, by one caller at a time while the others wait for that result; a
// failed reading never replaces what was read before (UP-18).
type held[T any] struct {
	op   string
	load func(context.Context) (T, error)
	now  func() time.Time
	turn chan struct{} // capacity 1: who is in may ask the tenant

	mu    sync.Mutex
	last  edition[T]
	tried time.Time // the last attempt that counts against the spacing
	err   error     // how it ended
}

// edition is one reading of the document; number 0 is none.
type edition[T any] struct {
	value  T
	number int
	read   time.Time
}

func newHeld[T any](op string, now func() time.Time, load func(context.Context) (T, error)) *held[T] {
	return &held[T]{op: op, load: load, now: now, turn: make(chan struct{}, 1)}
}

// get returns the document, reading it if there is none or if it has grown old.
// It fails only if there is none.
func (h *held[T]) get(ctx context.Context) (edition[T], error) {
	e := h.current()
	reading := len(h.turn) > 0 // then what we have serves the others meanwhile
	if e.number > 0 && (reading || within(h.now(), e.read, heldFor)) {
		return e, nil
	}
	e, err := h.newer(ctx, e)
	if e.number > 0 {
		return e, nil
	}
	return e, err
}

// newer tries to return a later edition than the given one. It returns the
// present one if the tenant must not be asked again yet, and with an error if
// asking failed.
func (h *held[T]) newer(ctx context.Context, than edition[T]) (edition[T], error) {
	select {
	case h.turn <- struct{}{}:
		defer func() { <-h.turn }()
	case <-ctx.Done():
		return h.current(), &Error{Op: h.op, Kind: KindUnavailable, Reason: transportReason(ctx.Err()), cause: ctx.Err()}
	}
	e := h.current()
	if e.number > than.number {
		return e, nil // somebody read it while we waited
	}
	if hold, err := h.mustHold(); hold {
		return e, err
	}
	value, err := h.loadDetached(ctx)
	return h.keep(value, err), err
}

// loadDetached lets a reading go on when the caller who began it leaves, because
// others wait for it; only the deadline stays.
func (h *held[T]) loadDetached(ctx context.Context) (T, error) {
	detached := context.WithoutCancel(ctx)
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		detached, cancel = context.WithDeadline(detached, deadline)
		defer cancel()
	}
	return h.load(detached)
}

func (h *held[T]) current() edition[T] {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.last
}

// mustHold applies the spacing; the error is that of the last attempt.
func (h *held[T]) mustHold() (bool, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	spacing := renewEvery
	if h.last.number == 0 {
		spacing = retryEvery
	}
	return !h.tried.IsZero() && within(h.now(), h.tried, spacing), h.err
}

func (h *held[T]) keep(value T, err error) edition[T] {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.tried, h.err = h.now(), err
	if h.last.number == 0 && err == nil {
		// The first reading is not a repetition: keys may rotate right after it.
		h.tried = time.Time{}
	}
	if err == nil {
		h.last = edition[T]{value: value, number: h.last.number + 1, read: h.now()}
	}
	return h.last
}

// within reports whether less than d has passed since then. A clock that was set
// back counts as passed, or it would block us until it has caught up.
func within(now, then time.Time, d time.Duration) bool {
	elapsed := now.Sub(then)
	return elapsed >= 0 && elapsed < d
}
