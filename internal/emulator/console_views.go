package emulator

import (
	"net/http"
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
	RefreshTokens  int // that can be used
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

// doUsers creates a user, or blocks, unblocks or deletes one.
func (c *console) doUsers(r *http.Request) (done string, err error) {
	action := r.PostFormValue("action")
	if action == "" {
		_, err = c.e.createUser(userForm(r))
		return "created", err
	}
	c.e.s.mu.Lock()
	defer c.e.s.mu.Unlock()
	u, known := c.e.s.users[r.PostFormValue("id")]
	if !known {
		return "", noSuchUser()
	}
	switch action {
	case "block", "unblock":
		c.e.setBlocked(u, action == "block")
	case "delete":
		c.e.deleteUser(u.ID)
	default:
		return "", badRequest("there is no such button")
	}
	return action, nil
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
		row.RefreshTokens = c.e.s.refreshTokensOf(u.ID, c.e.clock.Now())
		for _, a := range c.e.s.authenticators[u.ID] {
			row.Authenticators = append(row.Authenticators, a.row())
		}
		rows = append(rows, row)
	}
	return rows
}

func (a *authenticator) row() authenticatorRow {
	row := authenticatorRow{Active: a.Active}
	switch a.Kind {
	case kindRecovery:
		row.Name, row.Code = "Recovery code", a.Secret
	case kindSMS:
		row.Name = "Text messages to " + a.To
	case kindVoice:
		row.Name = "Calls to " + a.To
	case kindEmail:
		row.Name = "E-mail to " + a.To
	case kindPush:
		row.Name = "Guardian"
		if a.Device != nil {
			row.Name += " on " + a.Device.Name
		}
	default:
		row.Name = "Authenticator app"
		if strings.HasPrefix(a.Twin, kindPush) {
			row.Name = "Codes of Guardian"
		}
	}
	return row
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
