package emulatortest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"mysecurity/internal/emulator"
)

// Message is a code that the tenant has sent.
type Message struct {
	Channel string    `json:"channel"` // "sms", "voice" or "email"
	To      string    `json:"to"`
	Code    string    `json:"code"`
	Text    string    `json:"text"`
	SentAt  time.Time `json:"sent_at"`
}

// Messages returns what was sent to a number or an address, newest first.
func (x *Tenant) Messages(to string) []Message {
	x.t.Helper()
	return controlList[Message](x, "messages?"+url.Values{"to": {to}}.Encode())
}

// LatestCode returns the newest code that was sent to a number or an address. The
// test ends if there is none.
func (x *Tenant) LatestCode(to string) string {
	x.t.Helper()
	list := x.Messages(to)
	if len(list) == 0 {
		x.t.Fatalf("nothing was sent to %s", to)
	}
	return list[0].Code
}

// Phone is a user's simulated phone.
type Phone struct {
	ID       string
	User     string // e-mail address
	Offline  bool
	Accounts []Account // of the authenticator app, newest first
	Guardian []Account // of the Guardian app, newest first
	Pushes   []Push    // notifications that it shows, newest first
}

// Account is an account of an app on a phone.
type Account struct {
	ID     string // Guardian only: dev_…
	Label  string
	Secret string
	Code   string
}

// Push is a notification.
type Push struct {
	ID   string
	From string // browser and operating system
	At   time.Time
}

// Phone returns a user's phone as it is now.
func (x *Tenant) Phone(user emulator.SeedUser) Phone {
	x.t.Helper()
	for _, p := range controlList[Phone](x, "phones") {
		if strings.EqualFold(p.User, user.Email) {
			return p
		}
	}
	x.t.Fatalf("%s has no phone", user.Email)
	return Phone{}
}

// Scan lets the user's phone read the text of a QR code, of an authenticator app
// or of Guardian.
func (x *Tenant) Scan(user emulator.SeedUser, uri string) Account {
	x.t.Helper()
	body, err := json.Marshal(map[string]string{"uri": uri})
	if err != nil {
		x.t.Fatal(err)
	}
	var added Account
	if err := json.Unmarshal(x.Control(http.MethodPost, x.phonePath(user)+"/scan", string(body)), &added); err != nil {
		x.t.Fatal(err)
	}
	return added
}

// Approve approves the newest notification on the user's phone.
func (x *Tenant) Approve(user emulator.SeedUser) {
	x.t.Helper()
	x.Control(http.MethodPost, x.phonePath(user)+"/approve", "")
}

// Deny denies the newest notification on the user's phone. The reason may be "".
func (x *Tenant) Deny(user emulator.SeedUser, reason string) {
	x.t.Helper()
	x.Control(http.MethodPost, x.phonePath(user)+"/deny", `{"reason":`+strconv.Quote(reason)+`}`)
}

// SetOffline switches the connection of the user's phone off or on.
func (x *Tenant) SetOffline(user emulator.SeedUser, offline bool) {
	x.t.Helper()
	x.Control(http.MethodPatch, x.phonePath(user), `{"offline":`+strconv.FormatBool(offline)+`}`)
}

// Unenrol removes the newest Guardian account from the user's phone, in the app.
func (x *Tenant) Unenrol(user emulator.SeedUser) {
	x.t.Helper()
	x.Control(http.MethodPost, x.phonePath(user)+"/unenroll", "")
}

func (x *Tenant) phonePath(user emulator.SeedUser) string {
	x.t.Helper()
	return "phones/" + x.Phone(user).ID
}

// controlList asks the control API for a list.
func controlList[T any](x *Tenant, path string) []T {
	x.t.Helper()
	var list []T
	if err := json.Unmarshal(x.Control(http.MethodGet, path, ""), &list); err != nil {
		x.t.Fatal(err)
	}
	return list
}
