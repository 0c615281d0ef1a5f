package auth0

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/sony/gobreaker/v2"
)

// The groups of endpoints that fail and recover together. They stand in logs and
// metrics.
const (
	groupSignIn    = "sign-in"   // the token endpoint, the MFA grants among it
	groupMFA       = "mfa"       // the MFA API
	groupDocuments = "documents" // discovery and key set
)

// groupOf is the group of an operation. It is empty for the probes of an operator,
// which are there to find out what is ill, and for revocations: nobody's page
// depends on them, so that their failures must not close the door to sign-ins.
func groupOf(op string) string {
	switch {
	case op == opDiscovery, op == opKeys:
		return groupDocuments
	case op == opSignIn, op == opRefresh, confirms(op):
		return groupSignIn
	case op == opList, associates(op), op == opDelete:
		return groupMFA
	default:
		return ""
	}
}

// circuit keeps calls from a group of endpoints that is ill: people are told at
// once instead of after a deadline, and the tenant is left alone until one probe
// got through. Open, it refuses before anything has left, so the refusal of a
// changing call is certain; a call that did leave is never judged here.
//
// One signed-in person alone cannot open it (see witnesses): where few are online,
// the deadlines of the single calls have to do. Nor can one person keep it open: who
// made the last probe and failed waits while others may try.
type circuit struct {
	*gobreaker.CircuitBreaker[result]

	witnesses *witnesses
	stepBack  time.Duration // for how long who has failed as the probe is no probe again

	mu     sync.Mutex
	until  time.Time // when the next probe may go, by the client's clock
	failed person    // who was the last probe, if it failed after it was connected
	back   time.Time // when they may be one again
}

// result is how a call ended, apart from what it says about the tenant.
type result struct {
	answer answer
	err    error
}

// What a call said about the tenant's health.
var (
	errIll       = errors.New("auth0: the tenant is ill")
	errIllForOne = errors.New("auth0: the tenant is ill, for one person at least")
	errNoVerdict = errors.New("auth0: the call says nothing about the tenant")
)

// windowParts is into how many parts the window of a circuit is divided, so that
// it moves on in steps.
const windowParts = 6

// newCircuits makes one closed circuit for each group.
func newCircuits(l limits, now func() time.Time, log *slog.Logger) map[string]*circuit {
	all := make(map[string]*circuit)
	for _, group := range []string{groupSignIn, groupMFA, groupDocuments} {
		c := &circuit{witnesses: newWitnesses(l), stepBack: 2 * l.circuitRest}
		c.CircuitBreaker = gobreaker.NewCircuitBreaker[result](gobreaker.Settings{
			Name: group, MaxRequests: 1, Timeout: l.circuitRest,
			Interval: l.circuitWindow, BucketPeriod: l.circuitWindow / windowParts,
			ReadyToTrip: func(seen gobreaker.Counts) bool {
				return seen.TotalFailures >= l.circuitFailures && seen.TotalFailures > seen.TotalSuccesses
			},
			IsExcluded: func(err error) bool { return errors.Is(err, errNoVerdict) },
			OnStateChange: func(_ string, _, state gobreaker.State) {
				c.changed(group, state, now().Add(l.circuitRest), log)
			},
		})
		all[group] = c
	}
	return all
}

// changed notes for how long an opened circuit stays so, and tells the operator.
func (c *circuit) changed(group string, state gobreaker.State, until time.Time, log *slog.Logger) {
	c.witnesses.forget()
	level := slog.LevelInfo
	if state == gobreaker.StateOpen {
		level = slog.LevelWarn
		c.mu.Lock()
		c.until = until
		c.mu.Unlock()
	}
	log.Log(context.Background(), level, "circuit to the tenant is "+state.String(), slog.String("group", group))
}

// guard lets a call through unless the circuit is open. The caller reads what
// comes back as if there were no circuit.
func (c *circuit) guard(k call, now func() time.Time, transmit func() (answer, error)) (answer, error) {
	probing := c.State() == gobreaker.StateHalfOpen
	if probing && c.stepsBack(k.who, now()) {
		return answer{}, c.refusal(k.op, now())
	}
	r, verdict := c.Execute(func() (result, error) {
		a, err := transmit()
		return result{a, err}, c.verdict(k.who, a, err, now())
	})
	switch {
	case errors.Is(verdict, gobreaker.ErrOpenState), errors.Is(verdict, gobreaker.ErrTooManyRequests):
		return answer{}, c.refusal(k.op, now())
	case probing && errors.Is(verdict, errIllForOne):
		c.sendBack(k.who, now())
	}
	return r.answer, r.err
}

// verdict is what a call says about the tenant: nil if it is well.
func (c *circuit) verdict(who person, a answer, err error, now time.Time) error {
	failed, isFailure := err.(*Error) //nolint:errorlint // transmit returns this very type
	switch {
	case !isFailure && !isIll(a.status):
		return nil
	case isFailure && isOurOwn(failed):
		return errNoVerdict
	case isFailure && !failed.connected:
		return errIll
	case !c.witnesses.hear(who, now):
		return errNoVerdict
	default:
		return errIllForOne
	}
}

// stepsBack reports whether this person has been the probe that failed, a moment
// ago.
func (c *circuit) stepsBack(who person, now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return who != 0 && who == c.failed && now.Before(c.back)
}

func (c *circuit) sendBack(who person, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failed, c.back = who, now.Add(c.stepBack)
}

// refusal is the answer of an open circuit.
func (c *circuit) refusal(op string, now time.Time) *Error {
	return &Error{Op: op, Kind: KindUnavailable, Reason: reasonOpen, RetryAt: c.retryAt(now)}
}

// retryAt is when it may be worth while to come back: not before the next probe,
// and with a probe under way soon.
func (c *circuit) retryAt(now time.Time) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if soon := now.Add(busyFor); c.until.Before(soon) {
		return soon
	}
	return c.until
}

// isIll: the statuses of a server in trouble. Refusals are none, a 429 neither.
func isIll(status int) bool {
	return status >= http.StatusInternalServerError || status == http.StatusRequestTimeout
}

// isOurOwn tells failures that say nothing about the tenant's health: our limit
// of calls, a caller who left, an answer longer than we read.
func isOurOwn(e *Error) bool {
	return e.Reason == reasonBusy || e.Reason == reasonCanceled || e.Reason == reasonTooLarge
}

// OpenCircuits tells for each group of endpoints whether calls are refused here
// because the tenant was ill: "sign-in", "mfa", "documents".
func (c *Client) OpenCircuits() map[string]bool {
	open := make(map[string]bool, len(c.circuits))
	for group, circuit := range c.circuits {
		open[group] = circuit.State() == gobreaker.StateOpen
	}
	return open
}
