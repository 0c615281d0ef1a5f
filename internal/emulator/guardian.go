package emulator

import "net/http"

// guardianPath is where the tenant's Guardian service lives, as with newer set-ups
// of real tenants.
const guardianPath = "/appliance-mfa"

// guardianURL is the base_url of enrolments and the service host of pushes.
func (e *Emulator) guardianURL() string { return e.publicURL + guardianPath }

// routesGuardian are the calls of the Guardian app.
func (e *Emulator) routesGuardian(mux *http.ServeMux) {
	mux.HandleFunc(guardianPath+"/", http.NotFound)
}

// adoptDeviceKey tells the tenant the public key of a seeded account, which the
// phone makes only when it first needs one. A key that is known stays. The caller
// holds the store's lock.
func (e *Emulator) adoptDeviceKey(account *guardianAccount) {
	if _, a := e.deviceAccount(account.ID); a != nil && a.Device.Key == nil {
		a.Device.Key = &account.Key.PublicKey
	}
}

// deviceAccount finds a phone's account by its id, dev_…, and whose it is. The
// caller holds the store's lock.
func (e *Emulator) deviceAccount(id string) (*user, *authenticator) {
	for userID, list := range e.s.authenticators {
		for _, a := range list {
			if a.Device != nil && a.Device.ID == id {
				return e.s.users[userID], a
			}
		}
	}
	return nil, nil
}
