package emulator

import (
	"net/http"
	"time"
)

// Bounds of the clock. Beyond them certificates, one-time codes and other
// people's clocks stop making sense.
const maxAdvance = 10 * 365 * 24 * time.Hour

var (
	firstTime = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	lastTime  = time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
)

// clockMove is the body of POST /control/clock: one of the two.
type clockMove struct {
	Advance string `json:"advance"` // a Go duration, 10m, which may be negative
	Set     string `json:"set"`     // an RFC 3339 time
}

type clockJSON struct {
	Now time.Time `json:"now"`
}

// controlClock tells the tenant's time.
func (e *Emulator) controlClock(*http.Request) (int, any, error) {
	return http.StatusOK, clockJSON{e.clock.Now().UTC()}, nil
}

// controlMoveClock moves the clock and tells where it stands then.
func (e *Emulator) controlMoveClock(r *http.Request) (int, any, error) {
	var move clockMove
	if err := decodeStrict(r, &move); err != nil {
		return 0, nil, err
	}
	if err := e.moveClock(move); err != nil {
		return 0, nil, err
	}
	return e.controlClock(r)
}

// moveClock moves the tenant's clock, and with it every lifetime and allowance;
// in the demo the portal's as well. Moves that arrive together add up.
func (e *Emulator) moveClock(move clockMove) error {
	now := e.clock.Now()
	target, err := move.target(now)
	if err != nil {
		return err
	}
	if target.Before(firstTime) || target.After(lastTime) {
		return badRequest("the clock goes from the year 2000 to the year 2100")
	}
	e.clock.Advance(target.Sub(now))
	return nil
}

// target is the time that the clock is to show, if it shows now.
func (m clockMove) target(now time.Time) (time.Time, error) {
	if (m.Advance == "") == (m.Set == "") {
		return time.Time{}, badRequest("give either advance or set")
	}
	if m.Set != "" {
		t, err := time.Parse(time.RFC3339, m.Set)
		if err != nil {
			return time.Time{}, badRequest("set must be a time like 2026-01-31T12:00:00Z")
		}
		return t, nil
	}
	d, err := time.ParseDuration(m.Advance)
	if err != nil || d.Abs() > maxAdvance {
		return time.Time{}, badRequest("advance must be a duration like 10m, 90s or 24h, at most ten years")
	}
	return now.Add(d), nil
}
