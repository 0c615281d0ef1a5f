package emulator

import "time"

// allowance is how much of something the vendor allows: so many at once, and one
// more after each interval.
type allowance struct {
	size  int
	every time.Duration
}

// The vendor's allowance of wrong codes: ten at once, one more per six minutes.
// Wrong recovery codes have an allowance of their own, ten per hour, which is
// the same size and speed.
//
// https://auth0.com/docs/troubleshoot/customer-support/operational-policies/rate-limit-policy
const (
	bucketSize  = 10
	bucketEvery = 6 * time.Minute
)

// The allowances of what is sent to one user. Texts and calls count together.
func phoneAllowance() allowance { return allowance{10, time.Hour} }
func emailAllowance() allowance { return allowance{20, time.Minute} }
func pushAllowance() allowance  { return allowance{5, 12 * time.Second} } // five per minute

// bucket counts the failures, or the messages, of one user. It keeps the time that
// they still cost, not a number of tokens, so that the arithmetic is exact: each
// one adds the allowance's interval, and time works it off. The zero value is a
// full allowance of wrong codes. A success is not reported to it and so gives
// nothing back.
type bucket struct {
	allowed allowance
	debt    time.Duration
	updated time.Time
}

// rule returns the bucket's allowance.
func (b *bucket) rule() allowance {
	if b.allowed.size == 0 {
		return allowance{bucketSize, bucketEvery}
	}
	return b.allowed
}

// left returns how many are allowed at now.
func (b *bucket) left(now time.Time) int {
	b.settle(now)
	rule := b.rule()
	spent := (b.debt + rule.every - 1) / rule.every
	return max(0, rule.size-int(spent))
}

// take records one at now. On an empty bucket it changes nothing: that attempt was
// refused unseen, and refusals must not lengthen the wait.
func (b *bucket) take(now time.Time) {
	if b.left(now) > 0 {
		b.debt += b.rule().every
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

// bucketOf returns the user's bucket out of one of the store's two sets of wrong
// codes.
func bucketOf(set map[string]*bucket, userID string) *bucket {
	return bucketFor(set, userID, allowance{})
}

// bucketFor returns the user's bucket out of a set that has the allowance.
func bucketFor(set map[string]*bucket, userID string, allowed allowance) *bucket {
	b, ok := set[userID]
	if !ok {
		b = &bucket{allowed: allowed}
		set[userID] = b
	}
	return b
}
