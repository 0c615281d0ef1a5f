package session

import (
	"sync"
	"time"
)

// lateTime is how long a request that was sent with a ticket just replaced may
// still be on its way.
const lateTime = time.Minute

// replaced remembers the records that a new proof has lately replaced. A late
// request with the old ticket is a visitor's as any other, but its answer must
// not clear the cookie: that would be the new one. It is for one process only;
// elsewhere such a request costs a sign-in. Safe for concurrent use.
type replaced struct {
	mu   sync.Mutex
	when map[Key]time.Time
}

func (r *replaced) note(k Key, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.when == nil {
		r.when = map[Key]time.Time{}
	}
	for old, at := range r.when {
		if now.Sub(at) > lateTime {
			delete(r.when, old)
		}
	}
	r.when[k] = now
}

func (r *replaced) lately(k Key, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	at, known := r.when[k]
	return known && now.Sub(at) <= lateTime
}
