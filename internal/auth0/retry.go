package auth0

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxWait caps what a tenant can make us wait for.
const maxWait = 15 * time.Minute

// retryAt reads when to come back: Retry-After in seconds or as a date, else
// X-RateLimit-Reset in epoch seconds, kept within 0 and maxWait from now.
//
// RFC 9110 section 10.2.3;
// https://auth0.com/docs/troubleshoot/customer-support/operational-policies/rate-limit-policy
func retryAt(h http.Header, now time.Time) time.Time {
	at, ok := retryAfter(h.Get("Retry-After"), now)
	if !ok {
		seconds, err := strconv.ParseInt(strings.TrimSpace(h.Get("X-RateLimit-Reset")), 10, 64)
		if left := strings.TrimSpace(h.Get("X-RateLimit-Remaining")); err != nil || left != "" && left != "0" {
			return time.Time{} // this limit is not the one that was hit
		}
		at = time.Unix(seconds, 0)
	}
	switch {
	case at.Before(now):
		return now
	case at.After(now.Add(maxWait)):
		return now.Add(maxWait)
	default:
		return at
	}
}

func retryAfter(value string, now time.Time) (time.Time, bool) {
	value = strings.TrimSpace(value)
	if seconds, err := strconv.ParseInt(value, 10, 64); err == nil {
		// Cut before multiplying: a huge number must not wrap around.
		return now.Add(time.Duration(max(0, min(seconds, int64(maxWait/time.Second)))) * time.Second), true
	}
	at, err := http.ParseTime(value)
	return at, err == nil
}
