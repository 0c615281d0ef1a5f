package account

import (
	"sync"
	"time"
)

// maxWaiting bounds how many users are remembered; the tenant's client caps each
// wait at fifteen minutes, so that they are soon forgotten.
const maxWaiting = 10_000

// patience remembers whom the tenant has told to wait. Until then the user's
// calls are answered here: asking again would only prolong the wait (UP-05).
type patience struct {
	mu    sync.Mutex
	until map[string]time.Time
}

// mayAsk refuses a user who has to wait.
func (s *Service) mayAsk(user User) error {
	s.waiting.mu.Lock()
	defer s.waiting.mu.Unlock()
	until, held := s.waiting.until[user.Key()]
	if !held {
		return nil
	}
	if s.now().Before(until) {
		return &Error{Kind: KindRateLimited, Until: until}
	}
	delete(s.waiting.until, user.Key())
	return nil
}

// refused translates the tenant's refusal of a user's call and heeds a wait that
// comes with it. Wrong codes have an allowance of their own and hold up nothing
// else.
func (s *Service) refused(user User, cause error) error {
	failed := translate(cause)
	if failed.Kind != KindRateLimited || failed.Until.IsZero() {
		return failed
	}
	s.waiting.mu.Lock()
	defer s.waiting.mu.Unlock()
	if s.waiting.until == nil || len(s.waiting.until) >= maxWaiting {
		s.waiting.until = stillWaiting(s.waiting.until, s.now())
	}
	if len(s.waiting.until) < maxWaiting {
		s.waiting.until[user.Key()] = failed.Until
	}
	return failed
}

func stillWaiting(all map[string]time.Time, now time.Time) map[string]time.Time {
	kept := make(map[string]time.Time, len(all))
	for key, until := range all {
		if now.Before(until) {
			kept[key] = until
		}
	}
	return kept
}
