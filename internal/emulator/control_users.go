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

// newUser is the body of POST /control/users. Name defaults to the address;
// without a locale the user gets the pages in the browser's language.
type newUser struct {
	Email         string `json:"email"`
	Password      string `json:"password"`
	EmailVerified bool   `json:"email_verified"`
	Name          string `json:"name"`
	Locale        string `json:"locale"`
}

// Bounds of what a user may be made of.
const (
	maxUsers      = 10_000
	maxUserField  = 200 // characters
	localePattern = `^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$`
)

var validLocale = regexp.MustCompile(localePattern)

// controlUsers lists the users by e-mail address.
func (e *Emulator) controlUsers(*http.Request) (int, any, error) {
	e.s.mu.Lock()
	defer e.s.mu.Unlock()
	list := []userJSON{}
	for _, u := range e.sortedUsers() {
		list = append(list, u.json())
	}
	return http.StatusOK, list, nil
}

func (u *user) json() userJSON {
	return userJSON{u.ID, u.Email, u.EmailVerified, u.Name, u.Locale, u.Blocked}
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

func (e *Emulator) controlCreateUser(r *http.Request) (int, any, error) {
	var n newUser
	if err := decodeStrict(r, &n); err != nil {
		return 0, nil, err
	}
	u, err := e.createUser(n)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusCreated, u, nil
}

// createUser adds a user, with a simulated phone.
func (e *Emulator) createUser(n newUser) (userJSON, error) {
	n.Name = cmp.Or(n.Name, n.Email)
	if err := n.check(); err != nil {
		return userJSON{}, err
	}
	e.s.mu.Lock()
	defer e.s.mu.Unlock()
	if len(e.s.users) >= maxUsers {
		return userJSON{}, badRequest("there are too many users already")
	}
	if e.userByEmail(n.Email) != nil {
		return userJSON{}, &controlError{http.StatusConflict, "a user with this email exists already"}
	}
	u := e.addUser(SeedUser{
		UserID: e.newUserID(), Email: n.Email, EmailVerified: n.EmailVerified, Password: n.Password,
		Name: n.Name, Locale: n.Locale,
	})
	return u.json(), nil
}

// check reports the first thing that is wrong with the fields.
func (n newUser) check() error {
	address, err := mail.ParseAddress(n.Email)
	switch {
	case err != nil || address.Address != n.Email:
		return badRequest("email must be an address like ada@example.com")
	case n.Password == "":
		return badRequest("password is missing")
	case n.Locale != "" && !validLocale.MatchString(n.Locale):
		return badRequest("locale must be a language tag like en or fr-CA")
	}
	for _, field := range []string{n.Email, n.Password, n.Name, n.Locale} {
		if len([]rune(field)) > maxUserField || strings.ContainsFunc(field, unicode.IsControl) {
			return badRequest("a field is too long or has control characters in it")
		}
	}
	return nil
}
