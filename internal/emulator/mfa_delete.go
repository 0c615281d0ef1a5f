package emulator

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
)

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
	if implicit := e.implicitEmail(b.user); implicit != nil && implicit.ID == id {
		return nil, e.notDeletable()
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

// notDeletable is the refusal to delete what a verified address is by itself; its
// shape is not documented.
func (e *Emulator) notDeletable() *oauthFailure {
	return fail(e.variantStatus(variantImplicitEmail), "access_denied", "The authenticator of a verified email address cannot be deleted.")
}

// unenroll removes a and what goes with it: text and call of a number, push and
// codes of a Guardian account.
func (e *Emulator) unenroll(u *user, a *authenticator) {
	e.remove(u, func(other *authenticator) bool { return other == a || a.Twin != "" && other.ID == a.Twin })
	e.logEvent("gd_unenroll", u.ID, "Removed "+a.Kind)
	last := slices.Contains(strongKinds(), a.Kind) && a.Active && !e.hasFactor(u)
	if last && e.variant(variantLastFactor) == "removes_recovery_code" {
		e.remove(u, func(other *authenticator) bool { return other.Kind == kindRecovery })
	}
}

// remove takes authenticators away, and the transactions that are about them.
func (e *Emulator) remove(u *user, condition func(*authenticator) bool) {
	gone := make(map[string]bool)
	e.s.authenticators[u.ID] = slices.DeleteFunc(e.s.authenticators[u.ID], func(a *authenticator) bool {
		gone[a.ID] = condition(a)
		return gone[a.ID]
	})
	maps.DeleteFunc(e.s.oobs, func(_ string, o *oob) bool { return o.UserID == u.ID && gone[o.AuthenticatorID] })
}
