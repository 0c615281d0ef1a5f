package emulator

import (
	"net/http"
	"slices"
	"strings"
)

// grantForRefresh answers the refresh_token grant: tokens of the same audience
// and, unless less is asked for, of the same scope. An application whose tokens
// rotate gets a new refresh token in place of the one that it has used; using one
// twice ends its whole family. What is refused for another reason does not use
// the token.
//
// https://auth0.com/docs/secure/tokens/refresh-tokens/use-refresh-tokens
func grantForRefresh(e *Emulator, app *Application, p parameters) (*tokenSet, *oauthFailure) {
	e.s.sweep(e.clock.Now())
	if failure := p.require("refresh_token"); failure != nil {
		return nil, failure
	}
	t, known := e.s.refreshTokens[p.get("refresh_token")]
	if !known || t.Family.ClientID != app.ClientID {
		e.logEvent("fertft", "", "Unknown refresh token, or one of another application")
		return nil, invalidRefreshToken()
	}
	alive := !t.Family.Ended
	set, failure := e.exchangeRefreshToken(app, t, p)
	switch {
	case failure == nil:
		e.logEvent("sertft", t.Family.UserID, "Refresh token exchanged")
	case alive && t.Family.Ended:
		e.logEvent("ferrt", t.Family.UserID, "Refresh token used again; its family is revoked")
	case failure.Code != "mfa_required": // that one has an event of its own
		e.logEvent("fertft", t.Family.UserID, failure.Description)
	}
	return set, failure
}

func (e *Emulator) exchangeRefreshToken(app *Application, t *refreshToken, p parameters) (*tokenSet, *oauthFailure) {
	u, failure := e.checkRefreshToken(app, t)
	if failure != nil {
		return nil, failure
	}
	f := t.Family
	scope, failure := e.narrowed(f, p)
	if failure != nil {
		return nil, failure
	}
	if e.refreshNeedsMFA() {
		return nil, e.mfaRequired(app, u, f.Audience, scope)
	}
	set, failure := e.mint(grant{
		App: app, User: u, Audience: f.Audience, Scope: scope, Type: grantRefreshToken,
		SID: f.SID, AuthTime: f.AuthTime, Challenged: f.Challenged,
	})
	if failure != nil {
		return nil, failure
	}
	f.Used = e.clock.Now()
	set.RefreshToken = e.nextRefreshToken(app, t)
	return set, nil
}

// nextRefreshToken is what the application uses next time; "" if the answer does
// not say that it is the same again.
func (e *Emulator) nextRefreshToken(app *Application, t *refreshToken) string {
	switch {
	case app.RefreshToken.rotates():
		return e.rotate(t)
	case e.variant(variantRefreshSame) == "same":
		return t.Value
	}
	return ""
}

// refreshNeedsMFA reports whether the tenant wants a second factor for a refresh,
// which nobody is there to prove.
func (e *Emulator) refreshNeedsMFA() bool {
	switch e.variant(variantRefreshMFA) {
	case "policy":
		return slices.Contains(e.s.tenant.Policy, "all-applications")
	case "action":
		return true
	}
	return false
}

// checkRefreshToken returns whose token t is, if it can be exchanged. It ends the
// family of one that was used before.
func (e *Emulator) checkRefreshToken(app *Application, t *refreshToken) (*user, *oauthFailure) {
	f, now := t.Family, e.clock.Now()
	u, known := e.s.users[f.UserID]
	switch {
	case !known:
		return nil, fail(http.StatusForbidden, "invalid_grant", "The refresh_token was generated for a user who doesn't exist anymore.")
	case u.Blocked:
		return nil, userBlocked()
	case f.Ended || e.s.refreshOver(f, now):
		return nil, invalidRefreshToken()
	case t.reused(now, app.RefreshToken.leeway()):
		e.s.endFamily(f)
		return nil, invalidRefreshToken()
	}
	return u, nil
}

// narrowed returns the scope that the request asks for out of the family's. The
// audience is the family's; asking for another one is refused.
func (e *Emulator) narrowed(f *refreshFamily, p parameters) (string, *oauthFailure) {
	if audience := p.get("audience"); audience != "" && audience != f.Audience {
		return "", serviceNotFound(audience)
	}
	granted, wanted := strings.Fields(f.Scope), strings.Fields(p.get("scope"))
	if len(wanted) == 0 {
		return f.Scope, nil
	}
	wider := slices.ContainsFunc(wanted, func(s string) bool { return !slices.Contains(granted, s) })
	if wider && e.variant(variantRefreshScope) == "invalid_scope" {
		return "", fail(http.StatusBadRequest, "invalid_scope", "The requested scope exceeds what was granted")
	}
	narrow := slices.DeleteFunc(granted, func(s string) bool { return !slices.Contains(wanted, s) })
	return strings.Join(narrow, " "), nil
}

// invalidRefreshToken is the vendor's answer to every token that it does not take.
func invalidRefreshToken() *oauthFailure {
	return fail(http.StatusForbidden, "invalid_grant", "Unknown or invalid refresh token.")
}
