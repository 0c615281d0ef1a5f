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
	if failure := p.require("refresh_token"); failure != nil {
		return nil, failure
	}
	t, known := e.s.refreshTokens[p.get("refresh_token")]
	if !known || t.Family.ClientID != app.ClientID {
		e.logEvent("fertft", "", "Unknown refresh token, or one of another application")
		return nil, invalidRefreshToken()
	}
	set, failure := e.exchangeRefreshToken(app, t, p)
	switch {
	case failure == nil:
		e.logEvent("sertft", t.Family.UserID, "Refresh token exchanged")
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
	set, failure := e.mint(grant{
		App: app, User: u, Audience: f.Audience, Scope: scope, Type: grantRefreshToken,
		SID: f.SID, AuthTime: f.AuthTime, Challenged: f.Challenged,
	})
	if failure != nil {
		return nil, failure
	}
	f.Used = e.clock.Now()
	if app.RefreshToken.rotates() {
		set.RefreshToken = e.rotate(t)
	} else {
		set.RefreshToken = t.Value
	}
	return set, nil
}

// checkRefreshToken returns whose token t is, if it can be exchanged.
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
		e.logEvent("ferrt", u.ID, "Refresh token used again; its family is revoked")
		return nil, invalidRefreshToken()
	}
	return u, nil
}

// narrowed returns the scope that the request asks for out of the family's.
func (e *Emulator) narrowed(f *refreshFamily, p parameters) (string, *oauthFailure) {
	if audience := p.get("audience"); audience != "" && audience != f.Audience {
		return "", serviceNotFound(audience)
	}
	wanted := strings.Fields(p.get("scope"))
	if len(wanted) == 0 {
		return f.Scope, nil
	}
	narrow := slices.DeleteFunc(strings.Fields(f.Scope), func(s string) bool { return !slices.Contains(wanted, s) })
	return strings.Join(narrow, " "), nil
}

// invalidRefreshToken is the vendor's answer to every token that it does not take.
func invalidRefreshToken() *oauthFailure {
	return fail(http.StatusForbidden, "invalid_grant", "Unknown or invalid refresh token.")
}
