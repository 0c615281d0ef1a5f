package emulator

import (
	"net/http"
	"strings"
)

// AddUser adds a user with active authenticators, as a seed does: an id, a
// password and secrets left out are made up. It returns the user complete.
func (e *Emulator) AddUser(s SeedUser) (SeedUser, error) {
	e.s.mu.Lock()
	defer e.s.mu.Unlock()
	if err := e.completeUser(&s); err != nil {
		return SeedUser{}, err
	}
	switch {
	case len(e.s.users) >= maxUsers:
		return SeedUser{}, badRequest("there are too many users already")
	case e.userByEmail(s.Email) != nil || e.s.users[s.UserID] != nil:
		return SeedUser{}, &controlError{http.StatusConflict, "a user with this email or id exists already"}
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
	return e.snapshot(u), true
}

// Users returns everybody at the tenant, ordered by e-mail address.
func (e *Emulator) Users() []SeedUser {
	e.s.mu.Lock()
	defer e.s.mu.Unlock()
	list := e.sortedUsers()
	users := make([]SeedUser, 0, len(list))
	for _, u := range list {
		users = append(users, e.snapshot(u))
	}
	return users
}

// SetBlocked blocks or unblocks a user and reports whether there is one.
func (e *Emulator) SetBlocked(email string, blocked bool) bool {
	e.s.mu.Lock()
	defer e.s.mu.Unlock()
	u := e.userByEmail(email)
	if u != nil {
		e.setBlocked(u, blocked)
	}
	return u != nil
}

// setBlocked blocks or unblocks u. Refresh tokens do not survive a block. The
// caller holds the store's lock.
func (e *Emulator) setBlocked(u *user, blocked bool) {
	u.Blocked = blocked
	if blocked {
		e.s.endFamilies(func(f *refreshFamily) bool { return f.UserID == u.ID })
	}
}

// DeleteUser deletes a user with everything they have at the tenant, and reports
// whether there was one.
func (e *Emulator) DeleteUser(email string) bool {
	e.s.mu.Lock()
	defer e.s.mu.Unlock()
	u := e.userByEmail(email)
	if u != nil {
		e.deleteUser(u.ID)
	}
	return u != nil
}

// deleteUser forgets a user. The refresh tokens stay known, because the answer to
// them says what happened; a user who is created with the same id later has none.
// The caller holds the store's lock.
func (e *Emulator) deleteUser(id string) {
	e.s.endFamilies(func(f *refreshFamily) bool { return f.UserID == id })
	forget(e.s.logins, func(l *login) bool { return l.UserID == id })
	forget(e.s.sessions, func(s *ssoSession) bool { return s.UserID == id })
	forget(e.s.codes, func(c *authCode) bool { return c.UserID == id })
	forget(e.s.mfaTokens, func(t *mfaToken) bool { return t.UserID == id })
	forget(e.s.accessTokens, func(t *opaqueAccess) bool { return t.UserID == id })
	forget(e.s.oobs, func(o *oob) bool { return o.UserID == id })
	for _, buckets := range []map[string]*bucket{
		e.s.codeBuckets, e.s.recoveryBuckets, e.s.phoneBuckets, e.s.emailBuckets, e.s.pushBuckets,
	} {
		delete(buckets, id)
	}
	delete(e.s.passwordFailures, id)
	delete(e.s.authenticators, id)
	delete(e.s.phones, id)
	delete(e.s.users, id)
}

// snapshot copies a user. The caller holds the store's lock.
func (e *Emulator) snapshot(u *user) SeedUser {
	s := SeedUser{
		UserID: u.ID, Email: u.Email, EmailVerified: u.EmailVerified, Password: u.Password,
		Name: u.Name, Locale: u.Locale, Blocked: u.Blocked,
	}
	for _, a := range e.s.authenticators[u.ID] {
		if one, first := e.seedOf(u, a); first && a.Active {
			s.Authenticators = append(s.Authenticators, one)
		}
	}
	return s
}

// addUser creates a user with authenticators and phone. The caller holds the
// store's lock and has checked that id and e-mail address are free.
func (e *Emulator) addUser(s SeedUser) {
	u := &user{
		ID: s.UserID, Email: s.Email, EmailVerified: s.EmailVerified, Password: s.Password,
		Name: s.Name, Locale: s.Locale, Blocked: s.Blocked, UpdatedAt: e.clock.Now(),
	}
	e.s.users[u.ID] = u
	e.s.phones[u.ID] = newPhone(u)
	for _, a := range s.Authenticators {
		e.addAuthenticator(u, a)
	}
}

// userByEmail finds a user by e-mail address, case ignored. The caller holds the
// store's lock.
func (e *Emulator) userByEmail(email string) *user {
	for _, u := range e.s.users {
		if strings.EqualFold(u.Email, email) {
			return u
		}
	}
	return nil
}
