package emulator

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// overviewData is the front page.
type overviewData struct {
	Issuer string
	Users  []userRow
}

// userRow is a user in lists of the console.
type userRow struct {
	user
	PhoneID        string
	PhoneName      string
	Authenticators []authenticatorRow
	CodesLeft      int
	CodesMax       int
}

// authenticatorRow shows an authenticator; the recovery code itself is shown,
// because a tester has no other way to learn a seeded one.
type authenticatorRow struct {
	Name   string
	Active bool
	Code   string
}

func (c *console) overview(*http.Request) (string, any, error) {
	return "Overview", overviewData{Issuer: c.e.issuer, Users: c.userRows()}, nil
}

func (c *console) doReset(*http.Request) error {
	c.e.startOver()
	return nil
}

func (c *console) phones(*http.Request) (string, any, error) {
	return "Simulated phones", c.userRows(), nil
}

// usersData is the page of users with the form that creates one.
type usersData struct {
	Users []userRow
	Form  SeedUser
}

func (c *console) users(r *http.Request) (string, any, error) {
	return "Users", usersData{Users: c.userRows(), Form: userForm(r)}, nil
}

func (c *console) doCreateUser(r *http.Request) error {
	_, err := c.e.createUser(userForm(r))
	return err
}

func userForm(r *http.Request) SeedUser {
	return SeedUser{
		Email: r.PostFormValue("email"), Password: r.PostFormValue("password"), Name: r.PostFormValue("name"),
		Locale: r.PostFormValue("locale"), EmailVerified: r.PostFormValue("email_verified") != "",
	}
}

// userRows copies what the pages show of the users, so that they are rendered
// without the store's lock.
func (c *console) userRows() []userRow {
	c.e.s.mu.Lock()
	defer c.e.s.mu.Unlock()
	rows := []userRow{}
	for _, u := range c.e.sortedUsers() {
		p := c.e.s.phones[u.ID]
		row := userRow{user: *u, PhoneID: p.ID, PhoneName: p.Name, CodesMax: bucketSize}
		row.CodesLeft = bucketOf(c.e.s.codeBuckets, u.ID).left(c.e.clock.Now())
		for _, a := range c.e.s.authenticators[u.ID] {
			row.Authenticators = append(row.Authenticators, a.row())
		}
		rows = append(rows, row)
	}
	return rows
}

func (a *authenticator) row() authenticatorRow {
	if a.Kind == kindRecovery {
		return authenticatorRow{Name: "Recovery code", Active: a.Active, Code: a.Secret}
	}
	return authenticatorRow{Name: "Authenticator app", Active: a.Active}
}

// phoneData is one simulated phone. The live version of its page loads itself
// anew when the codes change; it has no form, or that would lose what is typed.
type phoneData struct {
	ID, Name string
	Accounts []accountRow
	Left     int // seconds until the codes change
	Live     bool
	URI      string // what was typed
}

// accountRow is an account of the phone's app the way apps show it: the issuer,
// and below it whose account it is.
type accountRow struct {
	accountJSON
	Issuer, Account string
}

func (c *console) phone(r *http.Request) (string, any, error) {
	c.e.s.mu.Lock()
	defer c.e.s.mu.Unlock()
	_, p := c.e.phoneByID(r.PathValue("id"))
	if p == nil {
		return c.missing(r)
	}
	rows := []accountRow{}
	for _, a := range c.e.accounts(p) {
		issuer, account, found := strings.Cut(a.Label, ":")
		if !found {
			issuer, account = a.Label, ""
		}
		rows = append(rows, accountRow{a, issuer, account})
	}
	return p.Name, phoneData{
		ID: p.ID, Name: p.Name, Accounts: rows, Left: totpSecondsLeft(c.e.clock.Now()),
		Live: r.URL.Query().Has("live"), URI: r.PostFormValue("uri"),
	}, nil
}

func (c *console) doScan(r *http.Request) error {
	typed := r.PostFormValue("uri")
	if !strings.Contains(typed, ":") {
		typed = c.keyURI(r.PathValue("id"), typed)
	}
	_, err := c.e.scan(r.PathValue("id"), typed)
	return err
}

// keyURI is the otpauth text of a key that was typed by hand, as an app makes it
// up: the account is named after the phone's owner. Whoever looks at a QR code
// on the same screen has only the key to copy.
func (c *console) keyURI(phoneID, key string) string {
	c.e.s.mu.Lock()
	defer c.e.s.mu.Unlock()
	label := c.e.s.tenant.Name
	if owner, _ := c.e.phoneByID(phoneID); owner != nil {
		label += ":" + owner.Email
	}
	u := url.URL{Scheme: "otpauth", Host: "totp", Path: "/" + label, RawQuery: url.Values{"secret": {key}}.Encode()}
	return u.String()
}

// clockForm is what was typed on the page of the clock.
type clockForm struct{ Advance, Set string }

func (c *console) clock(r *http.Request) (string, any, error) {
	return "Clock", clockForm{r.PostFormValue("advance"), r.PostFormValue("set")}, nil
}

func (c *console) doClock(r *http.Request) error {
	return c.e.moveClock(clockMove{Advance: r.PostFormValue("advance"), Set: r.PostFormValue("set")})
}

// logRow is a tenant log entry with the user's address instead of the id.
type logRow struct {
	At               time.Time
	Type, User, Text string
}

// shownRows is how many entries a page of the console lists.
const shownRows = 200

func (c *console) log(*http.Request) (string, any, error) {
	c.e.s.mu.Lock()
	defer c.e.s.mu.Unlock()
	rows := []logRow{}
	for _, event := range newest(c.e.s.log) {
		row := logRow{At: event.At, Type: event.Type, User: event.UserID, Text: event.Text}
		if u, ok := c.e.s.users[event.UserID]; ok {
			row.User = u.Email
		}
		rows = append(rows, row)
	}
	return "Tenant log", rows, nil
}

func (c *console) requests(*http.Request) (string, any, error) {
	c.e.s.mu.Lock()
	defer c.e.s.mu.Unlock()
	return "Requests", newest(c.e.s.requests), nil
}

// newest returns the last shownRows entries, newest first; never nil.
func newest[T any](list []T) []T {
	out := append([]T{}, list[max(0, len(list)-shownRows):]...)
	slices.Reverse(out)
	return out
}

// missing is the page for an address that is none.
func (c *console) missing(*http.Request) (string, any, error) {
	return "Not found", nil, &controlError{http.StatusNotFound, "there is no such page in the console"}
}
