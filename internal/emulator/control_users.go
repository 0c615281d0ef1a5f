package emulator

import (
	"cmp"
	"net/http"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// userJSON is a user in answers of the control API. The password is not in it;
// sign-in page and console show it.
type userJSON struct {
	UserID        string `json:"user_id"`
	Email         string `json:"email"`
	EmailVerified bool   `json:"email_verified"`
	Name          string `json:"name"`
	Locale        string `json:"locale"`
	Blocked       bool   `json:"blocked"`
}

// Bounds of what a user may be made of.
const (
	maxUsers     = 10_000
	maxUserField = 200 // characters
)

var (
	validLocale = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$`)
	validUserID = regexp.MustCompile(`^auth0\|[A-Za-z0-9_-]{1,64}$`) // the tenant has no other directory
)

// controlUsers lists the users by e-mail address.
func (e *Emulator) controlUsers(*http.Request) (int, any, error) {
	list := []userJSON{}
	for _, u := range e.Users() {
		list = append(list, u.json())
	}
	return http.StatusOK, list, nil
}

func (s SeedUser) json() userJSON {
	return userJSON{s.UserID, s.Email, s.EmailVerified, s.Name, s.Locale, s.Blocked}
}

// sortedUsers returns the users by e-mail address. The caller holds the store's
// lock.
func (e *Emulator) sortedUsers() []*user {
	list := make([]*user, 0, len(e.s.users))
	for _, u := range e.s.users {
		list = append(list, u)
	}
	slices.SortFunc(list, func(a, b *user) int { return cmp.Compare(a.Email, b.Email) })
	return list
}

// controlCreateUser adds a user as a seed does, and a simulated phone. Required
// are email and password. The name defaults to the address; without a locale the
// user gets the pages in the browser's language. {"authenticators":
// [{"type":"otp"}]} gives the user an active app, whose account is on the phone;
// the other types are those of SeedAuthenticator. user_id, blocked and the
// authenticators' secrets, number and address may be given too. The answer is the
// user as GET lists it: without password and authenticators.
func (e *Emulator) controlCreateUser(r *http.Request) (int, any, error) {
	var s SeedUser
	if err := decodeStrict(r, &s); err != nil {
		return 0, nil, err
	}
	u, err := e.createUser(s)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusCreated, u, nil
}

// createUser is AddUser for what a tester has typed.
func (e *Emulator) createUser(s SeedUser) (userJSON, error) {
	s.Name = cmp.Or(s.Name, s.Email)
	if err := s.check(); err != nil {
		return userJSON{}, err
	}
	s, err := e.AddUser(s)
	return s.json(), err
}

// controlBlockUser blocks or unblocks the user of that id, and answers with them.
func (e *Emulator) controlBlockUser(r *http.Request) (int, any, error) {
	var body struct {
		Blocked *bool `json:"blocked"`
	}
	if err := decodeStrict(r, &body); err != nil {
		return 0, nil, err
	}
	if body.Blocked == nil {
		return 0, nil, badRequest("blocked is missing")
	}
	e.s.mu.Lock()
	defer e.s.mu.Unlock()
	u, known := e.s.users[r.PathValue("id")]
	if !known {
		return 0, nil, noSuchUser()
	}
	e.setBlocked(u, *body.Blocked)
	return http.StatusOK, e.snapshot(u).json(), nil
}

// controlDeleteUser deletes the user of that id.
func (e *Emulator) controlDeleteUser(r *http.Request) (int, any, error) {
	e.s.mu.Lock()
	defer e.s.mu.Unlock()
	id := r.PathValue("id")
	if e.s.users[id] == nil {
		return 0, nil, noSuchUser()
	}
	e.deleteUser(id)
	return http.StatusNoContent, nil, nil
}

func noSuchUser() error { return &controlError{http.StatusNotFound, "there is no such user"} }

// check reports the first thing that is wrong with the fields.
func (s SeedUser) check() error {
	address, err := mail.ParseAddress(s.Email)
	switch {
	case err != nil || address.Address != s.Email:
		return badRequest("email must be an address like ada@example.com")
	case s.Password == "":
		return badRequest("password is missing")
	case s.UserID != "" && !validUserID.MatchString(s.UserID):
		return badRequest("user_id must be like auth0|0123456789abcdef")
	case len(s.Authenticators) > maxEnrolments:
		return badRequest("there are too many authenticators")
	case s.Locale != "" && !validLocale.MatchString(s.Locale):
		return badRequest("locale must be a language tag like en or fr-CA")
	}
	for _, field := range []string{s.Email, s.Password, s.Name, s.Locale} {
		if len([]rune(field)) > maxUserField || strings.ContainsFunc(field, unicode.IsControl) {
			return badRequest("a field is too long or has control characters in it")
		}
	}
	return nil
}
