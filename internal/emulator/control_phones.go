package emulator

import (
	"net/http"
	"slices"
)

// phoneJSON is a simulated phone in answers of the control API.
type phoneJSON struct {
	ID       string        `json:"id"`
	User     string        `json:"user"` // e-mail address
	UserID   string        `json:"user_id"`
	Name     string        `json:"name"`
	Accounts []accountJSON `json:"accounts"` // newest first
	Pushes   []struct{}    `json:"pushes"`   // none: the phone has no Guardian app
}

// accountJSON is one entry of the phone's authenticator app with its code at the
// tenant's clock.
type accountJSON struct {
	Label  string `json:"label"`
	Secret string `json:"secret"`
	Code   string `json:"code"`
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
	return phoneJSON{ID: p.ID, User: u.Email, UserID: u.ID, Name: p.Name, Accounts: e.accounts(p), Pushes: []struct{}{}}
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

// controlScan adds an account to a phone and answers with it, code included.
func (e *Emulator) controlScan(r *http.Request) (int, any, error) {
	var body struct {
		URI string `json:"uri"`
	}
	if err := decodeStrict(r, &body); err != nil {
		return 0, nil, err
	}
	account, err := e.scan(r.PathValue("id"), body.URI)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusCreated, account, nil
}

// scan lets a phone read the text of a QR code.
func (e *Emulator) scan(phoneID, uri string) (accountJSON, error) {
	e.s.mu.Lock()
	defer e.s.mu.Unlock()
	_, p := e.phoneByID(phoneID)
	if p == nil {
		return accountJSON{}, &controlError{http.StatusNotFound, "there is no such phone"}
	}
	added, err := p.scan(uri)
	if err != nil {
		return accountJSON{}, err
	}
	return accountJSON{Label: added.Label, Secret: added.Secret, Code: added.code(e.clock.Now())}, nil
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
