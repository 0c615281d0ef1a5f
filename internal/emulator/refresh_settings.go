package emulator

import (
	"cmp"
	"errors"
	"time"
)

// Values of RefreshSettings.
const (
	rotating    = "rotating"
	nonRotating = "non-rotating"
	expiring    = "expiring"
	nonExpiring = "non-expiring"
)

// The vendor's default lifetimes of refresh tokens, in seconds.
const (
	refreshLife     = 2_592_000 // thirty days
	refreshIdleLife = 1_296_000 // fifteen days
)

// RefreshSettings are how the refresh tokens of an application behave. Names and
// values are those of the vendor's application object; numbers are seconds. What
// a seed leaves out is: rotating, expiring, no leeway, thirty and fifteen days.
//
// https://auth0.com/docs/secure/tokens/refresh-tokens/configure-refresh-token-rotation
type RefreshSettings struct {
	RotationType   string `json:"rotation_type"`       // rotating: each use brings a new token, and voids the used one
	ExpirationType string `json:"expiration_type"`     // non-expiring: the lifetimes do not count
	Leeway         int    `json:"leeway"`              // how long the token that was used last may be used again
	TokenLifetime  int    `json:"token_lifetime"`      // from the authorization on, whatever happens in between
	IdleLifetime   int    `json:"idle_token_lifetime"` // from the last use on
}

// withDefaults fills in what was left out.
func (s RefreshSettings) withDefaults() RefreshSettings {
	s.RotationType = cmp.Or(s.RotationType, rotating)
	s.ExpirationType = cmp.Or(s.ExpirationType, expiring)
	s.TokenLifetime = cmp.Or(s.TokenLifetime, refreshLife)
	s.IdleLifetime = cmp.Or(s.IdleLifetime, min(refreshIdleLife, s.TokenLifetime))
	return s
}

// check reports the first thing that is wrong with complete settings.
func (s RefreshSettings) check() error {
	const longest = 365 * 24 * 3600
	switch {
	case s.RotationType != rotating && s.RotationType != nonRotating:
		return errors.New("rotation_type is rotating or non-rotating")
	case s.ExpirationType != expiring && s.ExpirationType != nonExpiring:
		return errors.New("expiration_type is expiring or non-expiring")
	case s.rotates() && !s.expires():
		return errors.New("rotating refresh tokens are expiring ones")
	case s.TokenLifetime < 1 || s.TokenLifetime > longest || s.IdleLifetime < 1 || s.IdleLifetime > s.TokenLifetime:
		return errors.New("token_lifetime is at most a year, and idle_token_lifetime at most that")
	case s.Leeway < 0 || s.Leeway > s.TokenLifetime:
		return errors.New("leeway is at most token_lifetime")
	}
	return nil
}

func (s RefreshSettings) rotates() bool { return s.RotationType == rotating }
func (s RefreshSettings) expires() bool { return s.ExpirationType == expiring }

// leeway returns the leeway as a duration.
func (s RefreshSettings) leeway() time.Duration { return time.Duration(s.Leeway) * time.Second }

func (s RefreshSettings) lifetimes() (absolute, idle time.Duration) {
	return time.Duration(s.TokenLifetime) * time.Second, time.Duration(s.IdleLifetime) * time.Second
}
