package emulator

import (
	"net/http"
	"strconv"
	"time"
)

// quotaPerMinute is the rate limit that answers of the token endpoint and the MFA
// API announce. The vendor's differ by endpoint and plan; here nobody is refused
// for exceeding it: a fault does that where a test wants it.
const quotaPerMinute = 300

// quota counts the requests within one minute of the tenant's clock.
type quota struct {
	minute time.Time
	asked  int
}

// take counts a request at now. It returns how many are left in this minute and
// when the next one begins.
func (q *quota) take(now time.Time) (left int, reset time.Time) {
	if minute := now.Truncate(time.Minute); !minute.Equal(q.minute) {
		*q = quota{minute: minute}
	}
	q.asked++
	return max(0, quotaPerMinute-q.asked), q.minute.Add(time.Minute)
}

// metered adds the headers that real answers carry: the rate limit, its reset in
// epoch seconds, and an id of the request.
//
// https://auth0.com/docs/troubleshoot/customer-support/operational-policies/rate-limit-policy
func (e *Emulator) metered(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		e.s.mu.Lock()
		left, reset := e.s.quota.take(e.clock.Now())
		id := randomString(e.rand, 20, "0123456789abcdef")
		e.s.mu.Unlock()
		h := w.Header()
		h.Set("X-RateLimit-Limit", strconv.Itoa(quotaPerMinute))
		h.Set("X-RateLimit-Remaining", strconv.Itoa(left))
		h.Set("X-RateLimit-Reset", strconv.FormatInt(reset.Unix(), 10))
		h.Set("X-Auth0-RequestId", id)
		next(w, r)
	}
}
