package auth0

import (
	"errors"
	"time"
)

// Meter hears of every call of the tenant, for metrics. All words are ours and
// fixed, so that none shows anything of a user or of what the tenant wrote.
type Meter interface {
	// Called hears of a call that the tenant has answered, or has failed to answer.
	// endpoint is one of the client's operations, outcome is "ok" or the word of a
	// Kind. took includes the wait for a free place among the calls in flight.
	Called(endpoint, outcome string, took time.Duration)
	// GivenUp hears of a call that tells nothing of the tenant, because it was not
	// made or not waited for: by "circuit open", "busy" or "canceled".
	GivenUp(reason string)
}

// outcomeOK is a call that was answered as it should be.
const outcomeOK = "ok"

// InFlight returns how many calls of the tenant wait for their answer.
func (c *Client) InFlight() int { return len(c.places.slots) }

// measure tells the meter how a call ended.
func (c *Client) measure(op string, started time.Time, err error) {
	if c.cfg.Meter == nil {
		return
	}
	if reason := givenUp(err); reason != "" {
		c.cfg.Meter.GivenUp(reason)
		return
	}
	outcome := outcomeOK
	if err != nil {
		outcome = KindOf(err).String()
	}
	c.cfg.Meter.Called(op, outcome, c.now().Sub(started))
}

// givenUp is why a call tells nothing of the tenant, empty if it does. A changing
// call whose caller left after it did is none of those: its outcome is open.
func givenUp(err error) string {
	var e *Error
	if !errors.As(err, &e) || e.Kind != KindUnavailable {
		return ""
	}
	switch e.Reason {
	case reasonOpen:
		return "circuit open"
	case reasonBusy:
		return "busy"
	case reasonCanceled:
		return "canceled"
	default:
		return ""
	}
}

// judged is err, or what is wrong with a success on its face: one that is not
// labelled as JSON, such as the page of some box on the way, is none.
func judged(op string, a answer, err error) error {
	if err == nil && len(a.body) > 0 && !a.isJSON() {
		return malformed(op, a)
	}
	return err
}
