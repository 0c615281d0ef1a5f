package session

import (
	"sync"
	"time"
)

// lateTime is how long a request that was sent with a ticket just replaced may
// still be on its way.
const lateTime = time.Minute

// replaced remembers which records a new proof has lately replaced, and by which.
// A late request with the old ticket is a visitor's as any other, but its answer
// must not clear the cookie, which is the new one by now, and a sign-out by it has
// to end what the browser has now. It is for one process only; elsewhere such a
// request costs a sign-in. Safe for concurrent use.
type replaced struct {
	mu  sync.Mutex
	all map[Key]succession
}

type succession struct {
	by Key
	at time.Time
}

func (r *replaced) note(old, by Key, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.all == nil {
		r.all = map[Key]succession{}
	}
	for k, s := range r.all {
		if now.Sub(s.at) > lateTime {
			delete(r.all, k)
		}
	}
	r.all[old] = succession{by: by, at: now}
}

// lately reports whether a record was replaced, and returns the one that has its
// place now: the last of several.
func (r *replaced) lately(k Key, now time.Time) (current Key, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for s, known := r.all[k]; known && now.Sub(s.at) <= lateTime; s, known = r.all[k] {
		k, ok = s.by, true
	}
	return k, ok
}
