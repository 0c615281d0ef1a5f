package emulator

import (
	"crypto/subtle"
	"net/http"
)

// accountUpdate is the body of a change of a device account; what is absent stays.
type accountUpdate struct {
	Identifier      *string          `json:"identifier"`
	Name            *string          `json:"name"`
	PushCredentials *pushCredentials `json:"push_credentials"`
}

// accountAnswer is a device account. The push token is the phone's secret.
type accountAnswer struct {
	ID         string `json:"id"`
	Identifier string `json:"identifier"`
	Name       string `json:"name"`
}

// guardianUpdate changes what the tenant knows of a phone: its name, its address
// for notifications.
func (e *Emulator) guardianUpdate(r *http.Request, body []byte) (int, any, *guardianRefusal) {
	u, a, failure := e.ownAccount(r)
	if failure != nil {
		return 0, nil, failure
	}
	var in accountUpdate
	if failure := readGuardianBody(r, body, &in); failure != nil {
		return 0, nil, failure
	}
	d := *a.Device
	if in.Identifier != nil {
		d.Identifier = *in.Identifier
	}
	if in.Name != nil {
		d.Name = *in.Name
	}
	if in.PushCredentials != nil {
		d.PushService, d.PushToken = in.PushCredentials.Service, in.PushCredentials.Token
	}
	if !validField(d.Identifier) || !validField(d.Name) || in.PushCredentials != nil && !in.PushCredentials.valid() {
		return 0, nil, invalidBody("identifier, name or push_credentials is malformed")
	}
	a.Device = &d
	e.logEvent("gd_update_device_account", u.ID, "Changed a device account")
	return http.StatusOK, accountAnswer{ID: d.ID, Identifier: d.Identifier, Name: d.Name}, nil
}

// guardianLeave removes a phone's account, and with it the enrolment and its codes.
func (e *Emulator) guardianLeave(r *http.Request, _ []byte) (int, any, *guardianRefusal) {
	u, a, failure := e.ownAccount(r)
	if failure != nil {
		return 0, nil, failure
	}
	e.unenroll(u, a)
	return http.StatusNoContent, nil, nil
}

// ownAccount finds the account that the path names and checks that its phone is
// the caller: by a token that the device key has signed for this address, or by
// the token of the enrolment, which older apps send.
func (e *Emulator) ownAccount(r *http.Request) (*user, *authenticator, *guardianRefusal) {
	raw, failure := bearerOf(r)
	if failure != nil {
		return nil, nil, failure
	}
	u, a := e.deviceAccount(r.PathValue("id"))
	if a == nil || u == nil {
		return nil, nil, refuseGuardian(http.StatusNotFound, "device_account_not_found", "Device account not found")
	}
	if subtle.ConstantTimeCompare([]byte(raw), []byte(a.Device.Token)) == 1 {
		return u, a, nil
	}
	_, ok := e.verifyDevice(raw, expected{
		device: a.Device, subject: u.ID, life: deviceTokenLife,
		audience: e.guardianURL() + "/api/device-accounts/" + a.Device.ID,
	})
	if !ok {
		return nil, nil, invalidDeviceToken()
	}
	return u, a, nil
}
