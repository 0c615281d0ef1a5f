package auth0

import (
	"slices"
	"sync"
	"time"
)

// maxWitnesses bounds how many people are remembered. Forgetting them all only
// lets each be heard anew.
const maxWitnesses = 1000

// witnesses bounds what the failing calls of one person say about the tenant. The
// fault may lie in one account, and its owner must not close the door to
// everybody by loading a page again and again. A failure before there was a
// connection has nothing to do with who asks and needs no witness; nor is there
// one for a call that is no signed-in user's: a sign-in, a document.
type witnesses struct {
	heard  int // failures of one person that count within the window
	window time.Duration

	mu   sync.Mutex
	said map[person][]time.Time // what was heard of each, for a window
}

func newWitnesses(l limits) *witnesses {
	return &witnesses{heard: l.circuitPerUser, window: l.circuitWindow, said: map[person][]time.Time{}}
}

// hear reports whether a failure of this person counts.
func (w *witnesses) hear(who person, now time.Time) bool {
	if who == 0 {
		return true
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	recent := slices.DeleteFunc(w.said[who], func(at time.Time) bool { return !within(now, at, w.window) })
	counts := len(recent) < w.heard
	if counts {
		recent = append(recent, now)
	}
	if len(w.said) >= maxWitnesses {
		clear(w.said)
	}
	w.said[who] = recent
	return counts
}

// forget begins anew, as the circuit does whenever it opens or closes.
func (w *witnesses) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	clear(w.said)
}
