// Package limit counts what a person may try: one-time codes, enrolment starts,
// removals. It sits below all handlers, so that no second way in is uncounted,
// and is keyed on the signed-in user, so that nobody can lock somebody else out
// (security decision 17; cases MF-05 to MF-08).
package limit

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// maxKeys bounds memory to about 20 MB. Keys are signed-in users who did
// something that counts within the refill time, so a real company stays far
// below; beyond it new keys are refused rather than old counts forgotten.
const maxKeys = 100_000

// Rule says how often something may be tried: Burst times at once, and once
// more for every Every that passes. Different rules count apart.
type Rule struct {
	Name  string // for errors and logs, such as "code"
	Burst int
	Every time.Duration
}

// Exceeded is the error of an attempt that came too early.
type Exceeded struct {
	Rule  string
	Until time.Time // whole second from which one attempt will be accepted
}

// Error implements error. It does not name the user.
func (e *Exceeded) Error() string {
	return fmt.Sprintf("limit %q exceeded until %s", e.Rule, e.Until.UTC().Format(time.RFC3339))
}

// Limiter holds the counts of one process. It is safe for concurrent use.
type Limiter struct {
	now func() time.Time
	max int

	mu      sync.Mutex
	buckets map[bucketKey]*rate.Limiter
	sweepAt int // number of buckets at which idle ones are dropped next
}

type bucketKey struct {
	rule Rule
	key  string
}

// New returns an empty Limiter that reads the time from now.
func New(now func() time.Time) *Limiter {
	return &Limiter{now: now, max: maxKeys, buckets: make(map[bucketKey]*rate.Limiter), sweepAt: 1024}
}

// Take counts one attempt of key under rule before it is made, so that parallel
// attempts cannot slip past the count together. The error is an *Exceeded.
func (l *Limiter) Take(rule Rule, key string) (Attempt, error) {
	now := l.now()
	bucket, ok := l.bucket(bucketKey{rule, key}, now)
	if !ok {
		return Attempt{}, &Exceeded{Rule: rule.Name, Until: upToSecond(now.Add(rule.Every))}
	}
	reservation := bucket.ReserveN(now, 1)
	wait := reservation.DelayFrom(now)
	if wait == 0 {
		return Attempt{bucket: bucket, returned: new(atomic.Bool), now: l.now}, nil
	}
	reservation.CancelAt(now)
	return Attempt{}, &Exceeded{Rule: rule.Name, Until: upToSecond(now.Add(wait))}
}

// Attempt is one counted try.
type Attempt struct {
	bucket   *rate.Limiter
	returned *atomic.Bool
	now      func() time.Time
}

// GiveBack uncounts an attempt that turned out right or was never made. Only
// the first call of an attempt does anything.
func (a Attempt) GiveBack() {
	if a.bucket == nil || a.returned.Swap(true) {
		return
	}
	// Cancelling the reservation restores nothing once its moment has passed;
	// taking minus one puts the token back, and the burst still caps the total.
	a.bucket.AllowN(a.now(), -1)
}

// bucket finds or makes the count of a key. It reports false when there is no
// room for another one.
func (l *Limiter) bucket(key bucketKey, now time.Time) (*rate.Limiter, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if b, ok := l.buckets[key]; ok {
		return b, true
	}
	if len(l.buckets) >= l.sweepAt {
		l.sweep(now)
	}
	if len(l.buckets) >= l.max {
		return nil, false
	}
	b := rate.NewLimiter(rate.Every(key.rule.Every), key.rule.Burst)
	l.buckets[key] = b
	return b, true
}

// sweep drops full buckets, which say the same as no bucket. The next sweep is
// due at twice the size, so that its cost per new key stays constant.
func (l *Limiter) sweep(now time.Time) {
	for key, b := range l.buckets {
		if b.TokensAt(now) >= float64(key.rule.Burst) {
			delete(l.buckets, key)
		}
	}
	l.sweepAt = min(max(1024, 2*len(l.buckets)), l.max)
}

// upToSecond rounds up, past the rate's own rounding, so that an attempt at the
// announced time is accepted.
func upToSecond(t time.Time) time.Time {
	return t.Truncate(time.Second).Add(time.Second)
}
