package account

import (
	"sync"
	"time"
)

// removedFor is how long a method is remembered: as long as a page that offers to
// remove it can be of use, which is the longest life of a session.
const removedFor = time.Hour

// removed remembers which methods a user was lately asked about, or has removed
// here. A second click, the page of another window, or a method that was removed on
// the phone meanwhile is then told the truth: that it is gone, not that there never
// was such a method. It is for one process only; elsewhere such a click finds no
// method. Only methods of the user's own list come in, which bounds it. Safe for
// concurrent use.
type removed struct {
	mu   sync.Mutex
	when map[string]time.Time // by user and handle
}

func (r *removed) note(user User, handle string, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.when == nil {
		r.when = map[string]time.Time{}
	}
	for old, at := range r.when {
		if now.Sub(at) > removedFor {
			delete(r.when, old)
		}
	}
	r.when[removedKey(user, handle)] = now
}

func (r *removed) lately(user User, handle string, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	at, known := r.when[removedKey(user, handle)]
	return known && now.Sub(at) <= removedFor
}

// removedKey keeps users apart: another user's handle is nothing to anybody else.
func removedKey(user User, handle string) string { return user.Key() + "\x00" + handle }
