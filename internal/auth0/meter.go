package auth0

import "time"

// Meter hears of every call of the tenant, for metrics. endpoint is one of the
// client's operations, outcome is "ok" or the word of a Kind: both are fixed
// words, so that neither shows anything of a user or of what the tenant wrote.
// took includes the wait for a free place among the calls in flight.
type Meter interface {
	Called(endpoint, outcome string, took time.Duration)
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
	outcome := outcomeOK
	if err != nil {
		outcome = KindOf(err).String()
	}
	c.cfg.Meter.Called(op, outcome, c.now().Sub(started))
}

// judged is err, or what is wrong with a success on its face: one that is not
// labelled as JSON, such as the page of some box on the way, is none.
func judged(op string, a answer, err error) error {
	if err == nil && len(a.body) > 0 && !a.isJSON() {
		return malformed(op, a)
	}
	return err
}
