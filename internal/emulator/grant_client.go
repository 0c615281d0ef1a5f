package emulator

import (
	"net/http"
	"slices"
	"strings"
)

// managementScopes are those of the Management API that the client grant of
// every application with client_credentials holds.
const managementScopes = "read:users update:users read:authentication_methods create:authentication_methods " +
	"update:authentication_methods delete:authentication_methods read:guardian_factors create:guardian_enrollment_tickets"

// grantForClient answers the client_credentials grant, for the Management API.
func grantForClient(e *Emulator, app *Application, p parameters) (*tokenSet, *oauthFailure) {
	if failure := p.require("audience"); failure != nil {
		return nil, failure
	}
	audience := p.get("audience")
	switch {
	case !e.isService(audience):
		return nil, serviceNotFound(audience)
	case audience != e.managementAudience():
		return nil, fail(http.StatusForbidden, "access_denied",
			`Client is not authorized to access "`+audience+`". You need to create a "client-grant" associated to this API.`)
	}
	granted := managementScopes
	if wanted := p.get("scope"); wanted != "" {
		granted = strings.Join(slices.DeleteFunc(strings.Fields(wanted), func(s string) bool { return !hasScope(managementScopes, s) }), " ")
	}
	return e.mint(grant{App: app, Audience: audience, Scope: granted, Type: "client-credentials"})
}
