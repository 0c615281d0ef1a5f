package emulator

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"
)

// guardianPath is where the tenant's Guardian service lives, as with newer set-ups
// of real tenants.
const guardianPath = "/appliance-mfa"

// guardianURL is the base_url of enrolments and the service host of pushes.
func (e *Emulator) guardianURL() string { return e.publicURL + guardianPath }

// routesGuardian are the calls of the Guardian app on a phone. The vendor
// documents them by the source of its SDKs alone.
//
// https://github.com/auth0/Guardian.Android
func (e *Emulator) routesGuardian(mux *http.ServeMux) {
	mux.HandleFunc("POST "+guardianPath+"/api/enroll", e.guardian(e.guardianEnrol))
	mux.HandleFunc("POST "+guardianPath+"/api/resolve-transaction", e.guardian(e.guardianResolve))
	mux.HandleFunc("PATCH "+guardianPath+"/api/device-accounts/{id}", e.guardian(e.guardianUpdate))
	mux.HandleFunc("DELETE "+guardianPath+"/api/device-accounts/{id}", e.guardian(e.guardianLeave))
	mux.HandleFunc(guardianPath+"/", e.guardian(func(*http.Request, []byte) (int, any, *guardianRefusal) {
		return 0, nil, refuseGuardian(http.StatusNotFound, "not_found", "Not Found")
	}))
}

// guardianRefusal is an error answer of the Guardian service.
type guardianRefusal struct {
	StatusCode int    `json:"statusCode"`
	ErrorCode  string `json:"errorCode"`
	Error      string `json:"error"` // reason phrase of the status
	Message    string `json:"message"`
}

func refuseGuardian(status int, code, message string) *guardianRefusal {
	return &guardianRefusal{status, code, http.StatusText(status), message}
}

func invalidBody(message string) *guardianRefusal {
	return refuseGuardian(http.StatusBadRequest, "invalid_body", message)
}

func invalidDeviceToken() *guardianRefusal {
	return refuseGuardian(http.StatusUnauthorized, "invalid_token", "Invalid token")
}

// guardianCall is one call of the Guardian app. It runs with the store's lock held.
type guardianCall func(r *http.Request, body []byte) (status int, answer any, failure *guardianRefusal)

// guardian adapts a call to net/http. The body is read before the lock is taken.
func (e *Emulator) guardian(call guardianCall) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		status, answer, failure := 0, any(nil), invalidBody("The body cannot be read")
		if err == nil {
			status, answer, failure = e.guardianLocked(r, body, call)
		}
		switch {
		case failure != nil:
			writeJSON(w, failure.StatusCode, failure)
		case answer == nil:
			w.WriteHeader(status)
		default:
			writeJSON(w, status, answer)
		}
	}
}

func (e *Emulator) guardianLocked(r *http.Request, body []byte, call guardianCall) (int, any, *guardianRefusal) {
	e.s.mu.Lock()
	defer e.s.mu.Unlock()
	return call(r, body)
}

// readGuardianBody decodes a JSON object. Members that it does not know are no
// error: the app is older or newer than the service.
func readGuardianBody(r *http.Request, body []byte, out any) *guardianRefusal {
	if kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); !strings.EqualFold(strings.TrimSpace(kind), "application/json") {
		return invalidBody("The body must be application/json")
	}
	if err := json.Unmarshal(body, out); err != nil {
		return invalidBody("The body is not the JSON object of this call")
	}
	return nil
}

// bearerOf returns the token of the Authorization header.
func bearerOf(r *http.Request) (string, *guardianRefusal) {
	scheme, raw, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || raw == "" {
		return "", refuseGuardian(http.StatusUnauthorized, "invalid_bearer_format", "Invalid bearer format")
	}
	return raw, nil
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

// adoptDeviceKey tells the tenant the public key of a seeded account, which the
// phone makes only when it first needs one. A key that is known stays. The caller
// holds the store's lock.
func (e *Emulator) adoptDeviceKey(account *guardianAccount) {
	if _, a := e.deviceAccount(account.ID); a != nil && a.Device.Key == nil {
		a.Device.Key = &account.Key.PublicKey
	}
}

// expired reports whether a transaction can be answered no more.
func (e *Emulator) expired(o *oob) bool { return !e.clock.Now().Before(o.Expires) }

// clockSkew is how far a phone's clock may be ahead.
const clockSkew = 5 * time.Second
