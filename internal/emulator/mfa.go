package emulator

import (
	"net/http"
	"strings"
)

// Kinds of authenticators; each is also the first part of its ids.
const (
	kindTOTP     = "totp"
	kindRecovery = "recovery-code"
	kindSMS      = "sms"
	kindVoice    = "voice"
	kindEmail    = "email"
	kindPush     = "push"
)

// Scopes of the MFA API.
const (
	scopeEnroll = "enroll"
	scopeList   = "read:authenticators"
	scopeRemove = "remove:authenticators"
)

// authenticatorJSON is one entry of GET /mfa/authenticators.
//
// https://auth0.com/docs/secure/multi-factor-authentication/manage-mfa-auth0-apis/manage-authenticator-factors-mfa-api
type authenticatorJSON struct {
	ID                string `json:"id"`
	AuthenticatorType string `json:"authenticator_type"`
	Active            bool   `json:"active"`
	OOBChannel        string `json:"oob_channel,omitempty"`
	Name              string `json:"name,omitempty"`
}

func (e *Emulator) routesMFA(mux *http.ServeMux) {
	mux.HandleFunc("GET /mfa/authenticators", e.answer(e.listAuthenticators))
	mux.HandleFunc("DELETE /mfa/authenticators/{id}", e.answer(e.deleteAuthenticator))
	mux.HandleFunc("POST /mfa/associate", e.answer(e.associate))
	mux.HandleFunc("POST /mfa/challenge", e.answer(e.challenge))
}

// mfaCall is one call of the MFA API. It runs with the store's lock held; its
// answer is written after that. A nil body is a 204.
type mfaCall func(r *http.Request, p parameters) (body any, failure *oauthFailure)

// answer adapts a call to net/http. The body is read before the lock is taken: a
// slow client must not hold up the tenant.
func (e *Emulator) answer(call mfaCall) http.HandlerFunc {
	return e.metered(func(w http.ResponseWriter, r *http.Request) {
		var p parameters
		var failure *oauthFailure
		if r.Method == http.MethodPost {
			p, failure = params(r)
		}
		var body any
		if failure == nil {
			body, failure = e.locked(r, p, call)
		}
		switch {
		case failure != nil:
			failure.write(w)
		case body == nil:
			w.WriteHeader(http.StatusNoContent)
		default:
			writeJSON(w, http.StatusOK, body)
		}
	})
}

func (e *Emulator) locked(r *http.Request, p parameters, call mfaCall) (any, *oauthFailure) {
	e.s.mu.Lock()
	defer e.s.mu.Unlock()
	return call(r, p)
}

// listAuthenticators lists what the user has, pending entries included, in the
// order in which they were made; a verified address, which nobody made, is last.
func (e *Emulator) listAuthenticators(r *http.Request, _ parameters) (any, *oauthFailure) {
	b, failure := e.bearer(r, scopeList)
	if failure != nil {
		return nil, failure
	}
	list := make([]authenticatorJSON, 0, len(e.s.authenticators[b.user.ID])+1)
	for _, a := range e.s.authenticators[b.user.ID] {
		list = append(list, a.json())
	}
	if a := e.implicitEmail(b.user); a != nil {
		list = append(list, a.json())
	}
	return list, nil
}

func (a *authenticator) json() authenticatorJSON {
	return authenticatorJSON{
		ID: a.ID, AuthenticatorType: wireType(a.Kind), Active: a.Active,
		OOBChannel: oobChannel(a.Kind), Name: a.maskedName(),
	}
}

// wireType is the authenticator_type of a kind.
func wireType(kind string) string {
	switch kind {
	case kindTOTP:
		return "otp"
	case kindRecovery:
		return kindRecovery
	}
	return "oob"
}

// oobChannel is the oob_channel of a kind, "" for those that have none.
func oobChannel(kind string) string {
	switch kind {
	case kindSMS, kindVoice, kindEmail:
		return kind
	case kindPush:
		return "auth0"
	}
	return ""
}

// maskedName is the name of an entry: the masked number or address, or the name of
// the phone that has scanned.
func (a *authenticator) maskedName() string {
	switch {
	case a.Kind == kindEmail:
		return maskEmail(a.To)
	case a.Device != nil:
		return a.Device.Name
	}
	return maskPhone(a.To)
}

// maskShown is how many characters a mask leaves readable.
const maskShown = 4

// maskPhone replaces all but the last four characters, as recorded from real
// tenants: the plus sign counts.
func maskPhone(number string) string {
	hidden := max(0, len(number)-maskShown)
	return strings.Repeat("X", hidden) + number[hidden:]
}

// maskEmail leaves the first four characters of the local part and of the domain,
// as recorded. A part that has no more than four is masked whole.
func maskEmail(address string) string {
	at := strings.LastIndex(address, "@")
	if at < 0 {
		return maskPart(address)
	}
	return maskPart(address[:at]) + "@" + maskPart(address[at+1:])
}

func maskPart(part string) string {
	characters := []rune(part)
	shown := maskShown
	if len(characters) <= maskShown {
		shown = 0
	}
	return string(characters[:shown]) + strings.Repeat("*", len(characters)-shown)
}
