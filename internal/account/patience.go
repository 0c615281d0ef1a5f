package account

import (
	"sync"
	"time"
)

// maxWaiting bounds how many waits are remembered; the tenant's client caps each
// wait at fifteen minutes, so that they are soon forgotten.
const maxWaiting = 10_000

// patience remembers whom the tenant has told to wait, and what with. Until then
// the user's calls are answered here: asking again would only prolong the wait
// (UP-05).
type patience struct {
	mu    sync.Mutex
	until map[string]time.Time
}

// mayAsk refuses a user who has to wait.
func (s *Service) mayAsk(user User) error { return s.held(user.Key(), KindRateLimited) }

// maySend refuses a user to whom the tenant sends nothing more of a kind for now.
// The rest goes on.
func (s *Service) maySend(a *allowance, user User) error {
	if a == nil {
		return nil
	}
	return s.held(a.heldKey(user), a.exceeded)
}

func (a *allowance) heldKey(user User) string { return a.Name + "|" + user.Key() }

func (s *Service) held(key string, kind Kind) error {
	s.waiting.mu.Lock()
	defer s.waiting.mu.Unlock()
	until, held := s.waiting.until[key]
	if !held {
		return nil
	}
	if s.now().Before(until) {
		return &Error{Kind: kind, Until: until}
	}
	delete(s.waiting.until, key)
	return nil
}

// refused translates the tenant's refusal of a user's call and heeds a wait that
// comes with it. Wrong codes have an allowance of their own and hold up nothing
// else.
func (s *Service) refused(user User, cause error) error {
	failed := translate(cause)
	if failed.Kind == KindRateLimited {
		s.hold(user.Key(), failed.Until)
	}
	return failed
}

// hold notes a wait; without an end there is none.
func (s *Service) hold(key string, until time.Time) {
	if until.IsZero() {
		return
	}
	s.waiting.mu.Lock()
	defer s.waiting.mu.Unlock()
	if s.waiting.until == nil || len(s.waiting.until) >= maxWaiting {
		s.waiting.until = stillWaiting(s.waiting.until, s.now())
	}
	if len(s.waiting.until) < maxWaiting {
		s.waiting.until[key] = until
	}
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
