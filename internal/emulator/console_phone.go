package emulator

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// phoneData is one simulated phone with what its owner is sent.
type phoneData struct {
	ID, Name string
	Offline  bool
	Accounts []accountRow
	Guardian []guardianRow
	Pushes   []pushJSON
	Pending  []pendingRow // QR codes that wait to be scanned
	Messages []message
	Left     int // seconds until the codes change
	Live     bool
	URI      string // what was typed
}

func (d phoneData) live() bool { return d.Live }

// accountRow is an account of the phone's app the way apps show it: the issuer,
// and below it whose account it is.
type accountRow struct {
	accountJSON
	Issuer, Account string
}

// guardianRow is the same for the Guardian app.
type guardianRow struct {
	ID string
	accountRow
}

// pendingRow is a Guardian QR code that the tenant has shown and nobody has
// scanned yet.
type pendingRow struct {
	Label string
	URI   string
	At    time.Time
}

// shownMessages is how many messages a phone's page lists.
const shownMessages = 10

func (c *console) phone(r *http.Request) (string, any, error) {
	c.e.s.mu.Lock()
	defer c.e.s.mu.Unlock()
	owner, p := c.e.phoneByID(r.PathValue("id"))
	if p == nil {
		return c.missing(r)
	}
	shown := c.e.phoneJSON(owner)
	data := phoneData{
		ID: p.ID, Name: p.Name, Offline: p.Offline, Pushes: shown.Pushes, Pending: c.e.pendingScans(owner),
		Left: totpSecondsLeft(c.e.clock.Now()), Live: r.URL.Query().Has(liveParameter), URI: r.PostFormValue("uri"),
	}
	for _, a := range shown.Accounts {
		data.Accounts = append(data.Accounts, a.row())
	}
	for _, a := range shown.Guardian {
		data.Guardian = append(data.Guardian, guardianRow{a.ID, a.row()})
	}
	data.Messages = c.e.messagesTo(func(to string) bool { return c.e.reaches(owner, to) })
	data.Messages = data.Messages[:min(len(data.Messages), shownMessages)]
	return p.Name, data, nil
}

func (a accountJSON) row() accountRow {
	issuer, account, found := strings.Cut(a.Label, ":")
	if !found {
		issuer, account = a.Label, ""
	}
	return accountRow{a, issuer, account}
}

// pendingScans lists u's Guardian QR codes that wait for a phone, newest first.
// The caller holds the store's lock.
func (e *Emulator) pendingScans(u *user) []pendingRow {
	rows := []pendingRow{}
	now := e.clock.Now()
	for _, o := range e.s.oobs {
		if o.UserID == u.ID && o.Enrol && o.Ticket != "" && now.Before(o.Expires) {
			rows = append(rows, pendingRow{e.s.tenant.Name + ":" + u.Email, e.guardianURI(u, o.Ticket), o.Created})
		}
	}
	slices.SortFunc(rows, func(a, b pendingRow) int {
		return cmp.Or(b.At.Compare(a.At), strings.Compare(a.URI, b.URI))
	})
	return rows
}

// reaches reports whether u reads what is sent to a number or an address.
func (e *Emulator) reaches(u *user, to string) bool {
	return strings.EqualFold(u.Email, to) || slices.ContainsFunc(e.s.authenticators[u.ID], func(a *authenticator) bool {
		return a.To != "" && strings.EqualFold(a.To, to)
	})
}

// doPhone does what the owner of a phone does with it.
func (c *console) doPhone(r *http.Request) (done string, err error) {
	id, chosen := r.PathValue("id"), r.PostFormValue("id")
	switch r.PostFormValue("action") {
	case "approve":
		return "approved", c.e.answerPush(r.Context(), id, pushAnswer{PushID: chosen, Accept: true})
	case "deny":
		return "denied", c.e.answerPush(r.Context(), id, pushAnswer{PushID: chosen, Reason: r.PostFormValue("reason")})
	case "offline":
		return "offline", c.e.setOffline(id, true)
	case "online":
		return "online", c.e.setOffline(id, false)
	case "remove":
		return "removed", c.e.leaveGuardian(r.Context(), id, chosen)
	}
	return "scanned", c.doScan(r)
}

func (c *console) doScan(r *http.Request) error {
	typed := r.PostFormValue("uri")
	if !strings.Contains(typed, ":") {
		typed = c.keyURI(r.PathValue("id"), typed)
	}
	_, err := c.e.scan(r.Context(), r.PathValue("id"), typed)
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

// messagesData is the inbox of everybody.
type messagesData struct {
	Messages []message
	Live     bool
}

func (d messagesData) live() bool { return d.Live }

func (c *console) messages(r *http.Request) (string, any, error) {
	c.e.s.mu.Lock()
	defer c.e.s.mu.Unlock()
	return "Messages", messagesData{newest(c.e.s.messages), r.URL.Query().Has(liveParameter)}, nil
}

// Sent says how the message reaches its reader.
func (m message) Sent() string {
	return map[string]string{kindSMS: "Text message", kindVoice: "Call", kindEmail: "E-mail"}[m.Channel]
}
