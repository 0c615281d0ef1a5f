package emulator

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// AddUser adds a user with active authenticators, as a seed does: an id, a
// password and secrets left out are made up. It returns the user complete.
func (e *Emulator) AddUser(s SeedUser) (SeedUser, error) {
	seed := Seed{Users: []SeedUser{s}}
	if err := e.completeUsers(&seed); err != nil {
		return SeedUser{}, err
	}
	e.s.mu.Lock()
	defer e.s.mu.Unlock()
	s = seed.Users[0]
	if e.userByEmail(s.Email) != nil || e.s.users[s.UserID] != nil {
		return SeedUser{}, fmt.Errorf("emulator: user %s exists", s.Email)
	}
	e.addUser(s)
	return s, nil
}

// User returns a user as it is now, with password and active authenticators.
func (e *Emulator) User(email string) (SeedUser, bool) {
	e.s.mu.Lock()
	defer e.s.mu.Unlock()
	u := e.userByEmail(email)
	if u == nil {
		return SeedUser{}, false
	}
	s := SeedUser{
		UserID: u.ID, Email: u.Email, EmailVerified: u.EmailVerified, Password: u.Password,
		Name: u.Name, Locale: u.Locale, Blocked: u.Blocked,
	}
	for _, a := range e.s.authenticators[u.ID] {
		if a.Active {
			s.Authenticators = append(s.Authenticators, SeedAuthenticator{Type: wireType(a.Kind), Secret: a.Secret})
		}
	}
	return s, true
}

// SetBlocked blocks or unblocks a user and reports whether there is one.
func (e *Emulator) SetBlocked(email string, blocked bool) bool {
	e.s.mu.Lock()
	defer e.s.mu.Unlock()
	u := e.userByEmail(email)
	if u != nil {
		u.Blocked = blocked
	}
	return u != nil
}

// Code returns what an app with this base32 secret shows at the tenant's clock,
// or "" if the secret is none.
func (e *Emulator) Code(secret string) string {
	code, err := totpCode(secret, e.clock.Now())
	if err != nil {
		return ""
	}
	return code
}

// FreshCode is Code for someone who signs in often: a code counts only once, so
// when the present one and the next are spent the clock moves on to the step
// after.
func (e *Emulator) FreshCode(secret string) string {
	step := totpStep(e.clock.Now())
	if last := e.lastStep(secret); last >= step && last <= step+totpDrift {
		step = last + 1
	}
	at := time.Unix(step*totpPeriod, 0)
	if early := at.Sub(e.clock.Now()); early > totpPeriod*time.Second {
		e.clock.Advance(early)
	}
	code, err := totpCode(secret, at)
	if err != nil {
		return ""
	}
	return code
}

func (e *Emulator) lastStep(secret string) int64 {
	e.s.mu.Lock()
	defer e.s.mu.Unlock()
	var last int64
	for _, list := range e.s.authenticators {
		i := slices.IndexFunc(list, func(a *authenticator) bool {
			return a.Kind == kindTOTP && strings.EqualFold(a.Secret, secret)
		})
		if i >= 0 {
			last = max(last, list[i].LastStep)
		}
	}
	return last
}

// Users returns everybody at the tenant with password and active
// authenticators, ordered by e-mail address.
func (e *Emulator) Users() []SeedUser {
	e.s.mu.Lock()
	var emails []string
	for _, u := range e.s.users {
		emails = append(emails, u.Email)
	}
	e.s.mu.Unlock()
	slices.Sort(emails)
	var users []SeedUser
	for _, email := range emails {
		if u, found := e.User(email); found {
			users = append(users, u)
		}
	}
	return users
}
