package account

import (
	"time"

	"mysecurity/internal/limit"
)

// allowance is what one user may try, whatever the number of sessions and
// addresses, and what to say when it is used up (security MF-06, MF-08).
type allowance struct {
	limit.Rule
	exceeded Kind
}

// The allowances of codes and messages equal the tenant's own: what it would
// refuse is not sent.
var (
	codeGuesses = allowance{limit.Rule{Name: "code", Burst: 10, Every: 6 * time.Minute}, KindTooManyCodes}
	starts      = allowance{limit.Rule{Name: "start", Burst: 30, Every: 2 * time.Minute}, KindTooManyTries}
	removals    = allowance{limit.Rule{Name: "remove", Burst: 30, Every: 2 * time.Minute}, KindTooManyTries}
	phoneCodes  = allowance{limit.Rule{Name: "message", Burst: 10, Every: time.Hour}, KindTooManyMessages}
	emailCodes  = allowance{limit.Rule{Name: "e-mail", Burst: 20, Every: time.Minute}, KindTooManyMessages}
	pushes      = allowance{limit.Rule{Name: "push", Burst: 5, Every: 12 * time.Second}, KindTooManyTries}
)

// reads is how often one user may look at pages that read the list. Somebody who
// clicks as fast as pages come, in several windows, stays below; a script that
// reloads does not use up what the tenant takes of all (security LD-05).
var reads = allowance{limit.Rule{Name: "read", Burst: 60, Every: time.Second}, KindRateLimited}

// signIns is what one network may start (see network): enough for a whole company
// behind one address. signInsOfSite is what a site may that has a wider range of
// IPv6: in the ten minutes of a sign-in a third of the room for all that are under
// way (session.transactionsBegun), whatever address each comes from.
var (
	signIns       = limit.Rule{Name: "sign-in", Burst: 300, Every: 200 * time.Millisecond}
	signInsOfSite = limit.Rule{Name: "sign-in site", Burst: 2000, Every: 20 * time.Millisecond}
)

// take reserves one attempt of the user before it is made.
func (s *Service) take(a allowance, user User) (limit.Attempt, error) {
	attempt, err := s.limiter.Take(a.Rule, user.Key())
	if err != nil {
		failed := translate(err)
		failed.Kind = a.exceeded
		return limit.Attempt{}, failed
	}
	return attempt, nil
}
