package emulator

import (
	"context"
	"net/http"
	"slices"
	"time"
)

// phoneJSON is a simulated phone in answers of the control API.
type phoneJSON struct {
	ID       string         `json:"id"`
	User     string         `json:"user"` // e-mail address
	UserID   string         `json:"user_id"`
	Name     string         `json:"name"`
	Offline  bool           `json:"offline"`
	Accounts []accountJSON  `json:"accounts"` // of the authenticator app, newest first
	Guardian []guardianJSON `json:"guardian"` // accounts of the Guardian app, newest first
	Pushes   []pushJSON     `json:"pushes"`   // what it shows, newest first
}

// accountJSON is one entry of the phone's authenticator app with its code at the
// tenant's clock.
type accountJSON struct {
	Label  string `json:"label"`
	Secret string `json:"secret"`
	Code   string `json:"code"`
}

// guardianJSON is an account of the Guardian app; it shows codes as well.
type guardianJSON struct {
	ID string `json:"id"` // dev_…
	accountJSON
}

// pushJSON is a notification that waits for an answer.
type pushJSON struct {
	ID   string    `json:"id"`
	From string    `json:"from"` // browser and operating system
	At   time.Time `json:"at"`
}

// controlPhones lists all phones by their owner's e-mail address.
func (e *Emulator) controlPhones(*http.Request) (int, any, error) {
	e.s.mu.Lock()
	defer e.s.mu.Unlock()
	list := []phoneJSON{}
	for _, u := range e.sortedUsers() {
		list = append(list, e.phoneJSON(u))
	}
	return http.StatusOK, list, nil
}

func (e *Emulator) phoneJSON(u *user) phoneJSON {
	p := e.s.phones[u.ID]
	view := phoneJSON{
		ID: p.ID, User: u.Email, UserID: u.ID, Name: p.Name, Offline: p.Offline,
		Accounts: e.accounts(p), Guardian: []guardianJSON{}, Pushes: []pushJSON{},
	}
	for _, a := range slices.Backward(p.Guardian) {
		view.Guardian = append(view.Guardian, e.guardianJSON(a))
	}
	for _, n := range e.shownPushes(p) {
		view.Pushes = append(view.Pushes, pushJSON{n.ID, n.from(), n.At.UTC()})
	}
	return view
}

// from says what asks for the sign-in, in words.
func (n push) from() string { return n.Browser + ", " + n.OS }

func (e *Emulator) guardianJSON(a *guardianAccount) guardianJSON {
	code := ""
	if a.Secret != "" {
		code = phoneAccount{Secret: a.Secret}.code(e.clock.Now())
	}
	return guardianJSON{a.ID, accountJSON{Label: a.Label, Secret: a.Secret, Code: code}}
}

// accounts lists what the phone's authenticator app shows, newest first.
func (e *Emulator) accounts(p *phone) []accountJSON {
	now := e.clock.Now()
	list := make([]accountJSON, 0, len(p.Accounts))
	for _, a := range slices.Backward(p.Accounts) {
		list = append(list, accountJSON{Label: a.Label, Secret: a.Secret, Code: a.code(now)})
	}
	return list
}

// controlScan lets a phone read a QR code, of an authenticator app or of Guardian,
// and answers with the account, code included.
func (e *Emulator) controlScan(r *http.Request) (int, any, error) {
	var body struct {
		URI string `json:"uri"`
	}
	if err := decodeStrict(r, &body); err != nil {
		return 0, nil, err
	}
	account, err := e.scan(r.Context(), r.PathValue("id"), body.URI)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusCreated, account, nil
}

// scan lets a phone read the text of a QR code. It returns an accountJSON or a
// guardianJSON.
func (e *Emulator) scan(ctx context.Context, phoneID, uri string) (any, error) {
	if isGuardianText(uri) {
		account, err := e.enrolGuardian(ctx, phoneID, uri)
		if err != nil {
			return nil, err
		}
		return e.guardianJSON(account), nil
	}
	e.s.mu.Lock()
	defer e.s.mu.Unlock()
	_, p := e.phoneByID(phoneID)
	if p == nil {
		return nil, noSuchPhone()
	}
	added, err := p.scan(uri)
	if err != nil {
		return nil, err
	}
	return accountJSON{Label: added.Label, Secret: added.Secret, Code: added.code(e.clock.Now())}, nil
}

// controlApprove approves the newest notification that the phone shows, or the one
// whose id is given.
func (e *Emulator) controlApprove(r *http.Request) (int, any, error) {
	var body struct {
		ID string `json:"id"`
	}
	if err := decodeOptional(r, &body); err != nil {
		return 0, nil, err
	}
	answer := pushAnswer{PushID: body.ID, Accept: true}
	return http.StatusNoContent, nil, e.answerPush(r.Context(), r.PathValue("id"), answer)
}

// controlDeny is the opposite of controlApprove; a reason may be given.
func (e *Emulator) controlDeny(r *http.Request) (int, any, error) {
	var body struct {
		ID     string `json:"id"`
		Reason string `json:"reason"`
	}
	if err := decodeOptional(r, &body); err != nil {
		return 0, nil, err
	}
	answer := pushAnswer{PushID: body.ID, Reason: body.Reason}
	return http.StatusNoContent, nil, e.answerPush(r.Context(), r.PathValue("id"), answer)
}

// controlPatchPhone switches the phone's connection and answers with the phone.
func (e *Emulator) controlPatchPhone(r *http.Request) (int, any, error) {
	var body struct {
		Offline *bool `json:"offline"`
	}
	if err := decodeStrict(r, &body); err != nil {
		return 0, nil, err
	}
	if body.Offline == nil {
		return 0, nil, badRequest("offline must be true or false")
	}
	id := r.PathValue("id")
	if err := e.setOffline(id, *body.Offline); err != nil {
		return 0, nil, err
	}
	e.s.mu.Lock()
	defer e.s.mu.Unlock()
	owner, p := e.phoneByID(id)
	if p == nil { // the tenant was reset meanwhile
		return 0, nil, noSuchPhone()
	}
	return http.StatusOK, e.phoneJSON(owner), nil
}

// controlUnenrol removes the newest Guardian account from the phone, or the one
// whose id is given, as its owner would in the app: the tenant loses it, too.
func (e *Emulator) controlUnenrol(r *http.Request) (int, any, error) {
	var body struct {
		ID string `json:"id"`
	}
	if err := decodeOptional(r, &body); err != nil {
		return 0, nil, err
	}
	return http.StatusNoContent, nil, e.leaveGuardian(r.Context(), r.PathValue("id"), body.ID)
}

// phoneByID returns a phone and whose it is, or nil. The caller holds the store's
// lock.
func (e *Emulator) phoneByID(id string) (*user, *phone) {
	for userID, p := range e.s.phones {
		if p.ID == id {
			return e.s.users[userID], p
		}
	}
	return nil, nil
}
