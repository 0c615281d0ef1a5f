package emulator

import "time"

// The vendor's allowance of wrong codes: ten at once, one more per six minutes.
// Wrong recovery codes have an allowance of their own, ten per hour, which is
// the same size and speed.
//
// https://auth0.com/docs/troubleshoot/customer-support/operational-policies/rate-limit-policy
const (
	bucketSize  = 10
	bucketEvery = 6 * time.Minute
)

// bucket counts the failures of one user. It keeps the time that they still
// cost, not a number of tokens, so that the arithmetic is exact: each failure
// adds bucketEvery, and time works it off. The zero value is a full allowance. A
// success is not reported to it and so gives nothing back.
type bucket struct {
	debt    time.Duration
	updated time.Time
}

// left returns how many failures are allowed at now.
func (b *bucket) left(now time.Time) int {
	b.settle(now)
	spent := (b.debt + bucketEvery - 1) / bucketEvery
	return max(0, bucketSize-int(spent))
}

// take records a failure at now. On an empty bucket it changes nothing: that
// attempt was refused unseen, and refusals must not lengthen the wait.
func (b *bucket) take(now time.Time) {
	if b.left(now) > 0 {
		b.debt += bucketEvery
	}
}

// settle works off the debt for the time that has passed. A clock that was moved
// back gives nothing and costs nothing.
func (b *bucket) settle(now time.Time) {
	if passed := now.Sub(b.updated); passed > 0 {
		b.debt = max(0, b.debt-passed)
	}
	b.updated = now
}

// bucketOf returns the user's bucket out of one of the store's two sets.
func bucketOf(set map[string]*bucket, userID string) *bucket {
	b, ok := set[userID]
	if !ok {
		b = &bucket{}
		set[userID] = b
	}
	return b
}
