package emulator

import (
	"net/http"
	"regexp"
	"slices"
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
// order in which they were made.
func (e *Emulator) listAuthenticators(r *http.Request, _ parameters) (any, *oauthFailure) {
	b, failure := e.bearer(r, scopeList)
	if failure != nil {
		return nil, failure
	}
	list := make([]authenticatorJSON, 0, len(e.s.authenticators[b.user.ID]))
	for _, a := range e.s.authenticators[b.user.ID] {
		list = append(list, authenticatorJSON{ID: a.ID, AuthenticatorType: wireType(a.Kind), Active: a.Active})
	}
	return list, nil
}

// wireType is the authenticator_type of a kind.
func wireType(kind string) string {
	if kind == kindTOTP {
		return "otp"
	}
	return kind
}

// authenticatorID is what the ids of this API look like; anything else in the
// path is a malformed request and not merely an unknown id.
var authenticatorID = regexp.MustCompile(`^[a-z-]{1,32}\|dev_[A-Za-z0-9]{16}$`)

// deleteAuthenticator removes one authenticator of the caller's own. Those of
// others are as unknown as those that never were.
//
// https://auth0.com/docs/secure/multi-factor-authentication/manage-mfa-auth0-apis/manage-authenticator-factors-mfa-api#delete-authenticators
func (e *Emulator) deleteAuthenticator(r *http.Request, _ parameters) (any, *oauthFailure) {
	b, failure := e.bearer(r, scopeRemove)
	if failure != nil {
		return nil, failure
	}
	id := r.PathValue("id") // decoded: totp|dev_…
	if !authenticatorID.MatchString(id) {
		return nil, fail(http.StatusBadRequest, "invalid_request", "Invalid authenticator id")
	}
	list := e.s.authenticators[b.user.ID]
	i := slices.IndexFunc(list, func(a *authenticator) bool { return a.ID == id })
	if i < 0 {
		return nil, e.authenticatorNotFound()
	}
	if list[i].Kind == kindRecovery && e.variant(variantRecoveryRemoval) == "refused" {
		return nil, fail(http.StatusForbidden, "access_denied", "This authenticator cannot be deleted.")
	}
	e.unenroll(b.user, list[i])
	return nil, nil
}

// authenticatorNotFound is a 404; what its body looks like is not documented.
func (e *Emulator) authenticatorNotFound() *oauthFailure {
	if e.variant(variantNotFoundBody) == "empty" {
		return fail(http.StatusNotFound, "", "")
	}
	return fail(http.StatusNotFound, "not_found", "Authenticator not found")
}

// unenroll removes a and what goes with it.
func (e *Emulator) unenroll(u *user, a *authenticator) {
	e.remove(u, func(other *authenticator) bool { return other == a })
	e.logEvent("gd_unenroll", u.ID, "Removed "+a.Kind)
	last := a.Kind != kindRecovery && a.Active && !e.hasFactor(u)
	if last && e.variant(variantLastFactor) == "removes_recovery_code" {
		e.remove(u, func(other *authenticator) bool { return other.Kind == kindRecovery })
	}
}

func (e *Emulator) remove(u *user, condition func(*authenticator) bool) {
	e.s.authenticators[u.ID] = slices.DeleteFunc(e.s.authenticators[u.ID], condition)
}
