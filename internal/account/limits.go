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

// signIns is what one network address may start: enough for a whole company
// behind one, too little to use up the room for all sign-ins under way.
var signIns = limit.Rule{Name: "sign-in", Burst: 300, Every: 200 * time.Millisecond}

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
