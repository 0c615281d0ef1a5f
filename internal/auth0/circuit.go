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

// groupOf is the group of an operation, empty for the probes of an operator:
// they are there to find out what is ill.
func groupOf(op string) string {
	switch {
	case op == opDiscovery, op == opKeys:
		return groupDocuments
	case op == opSignIn, op == opRefresh, op == opRevoke, confirms(op):
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
type circuit struct {
	*gobreaker.CircuitBreaker[answer]

	mu    sync.Mutex
	until time.Time // when the next probe may go, by the client's clock
}

// errIll is a server that answered, and says itself that it cannot.
var errIll = errors.New("auth0: the tenant is ill")

// windowParts is into how many parts the window of a circuit is divided, so that
// it moves on in steps.
const windowParts = 6

// newCircuits makes one closed circuit for each group.
func newCircuits(l limits, now func() time.Time, log *slog.Logger) map[string]*circuit {
	all := make(map[string]*circuit)
	for _, group := range []string{groupSignIn, groupMFA, groupDocuments} {
		c := &circuit{}
		c.CircuitBreaker = gobreaker.NewCircuitBreaker[answer](gobreaker.Settings{
			Name: group, MaxRequests: 1, Timeout: l.circuitRest,
			Interval: l.circuitWindow, BucketPeriod: l.circuitWindow / windowParts,
			ReadyToTrip: func(seen gobreaker.Counts) bool {
				return seen.TotalFailures >= l.circuitFailures && seen.TotalFailures > seen.TotalSuccesses
			},
			IsExcluded: isOurOwn,
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
	level := slog.LevelInfo
	if state == gobreaker.StateOpen {
		level = slog.LevelWarn
		c.mu.Lock()
		c.until = until
		c.mu.Unlock()
	}
	log.Log(context.Background(), level, "circuit to the tenant is "+state.String(), slog.String("group", group))
}

// guard lets a call through unless the circuit is open.
func (c *circuit) guard(op string, now time.Time, transmit func() (answer, error)) (answer, error) {
	a, err := c.Execute(func() (answer, error) {
		a, err := transmit()
		if err == nil && isIll(a.status) {
			err = errIll
		}
		return a, err
	})
	switch {
	case errors.Is(err, errIll):
		return a, nil // the caller reads the answer as any other
	case errors.Is(err, gobreaker.ErrOpenState), errors.Is(err, gobreaker.ErrTooManyRequests):
		return answer{}, &Error{Op: op, Kind: KindUnavailable, Reason: reasonOpen, RetryAt: c.retryAt(now)}
	default:
		return a, err
	}
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
func isOurOwn(err error) bool {
	e, ok := err.(*Error) //nolint:errorlint // transmit returns this very type
	return ok && (e.Reason == reasonBusy || e.Reason == reasonCanceled || e.Reason == reasonTooLarge)
}

// OpenCircuits tells for each group of endpoints whether calls are refused here
// because the tenant was ill: "sign-in", "mfa", "documents".
func (c *Client) OpenCircuits() map[string]bool {
	open := make(map[string]bool, len(c.circuits))
	for group, circuit := range c.circuits {
		open[group] = circuit.State() != gobreaker.StateClosed
	}
	return open
}
