package emulator

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/go-jose/go-jose/v4/jwt"
)

const pathLogoutConfirm = "/u/logout-confirm"

func (e *Emulator) routesLogout(mux *http.ServeMux) {
	mux.HandleFunc("GET /oidc/logout", e.handleLogout(false))
	mux.HandleFunc("POST /oidc/logout", e.handleLogout(false))
	mux.HandleFunc("POST "+pathLogoutConfirm, e.handleLogout(true))
	mux.HandleFunc("GET /v2/logout", e.handleLogoutV2)
}

// logoutRequest is a checked request to /oidc/logout.
type logoutRequest struct {
	target string // where the browser goes afterwards; "": a page here
	sids   []string
}

// handleLogout is RP-initiated logout. confirmed: the user has pressed the
// button of the confirmation page, which only our own page can do.
//
// https://openid.net/specs/openid-connect-rpinitiated-1_0.html
func (e *Emulator) handleLogout(confirmed bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		lang := e.languageOf(r, r.FormValue("ui_locales"))
		e.show(w, e.decide(func() step { return e.logout(r, lang, confirmed) }))
	}
}

func (e *Emulator) logout(r *http.Request, lang string, confirmed bool) step {
	request, problem := e.parseLogout(r.Form)
	if problem != "" {
		return e.errorPage(lang, http.StatusBadRequest, problem)
	}
	session := e.sessionOf(r)
	if session != nil && !confirmed && !request.meant(session) {
		return step{status: http.StatusOK, page: "logout", view: view{
			Lang: lang, Tenant: e.s.tenant.Name, Return: carried(r.Form),
		}}
	}
	return e.signOut(r, lang, request.target)
}

// meant reports whether every hint names this session, and at least one does.
func (l logoutRequest) meant(s *ssoSession) bool {
	return len(l.sids) > 0 && !slices.ContainsFunc(l.sids, func(sid string) bool { return sid != s.SID })
}

// signOut ends the browser's session and goes to target, or shows a page.
func (e *Emulator) signOut(r *http.Request, lang, target string) step {
	cookie := e.endSession(r)
	if target != "" {
		return step{redirect: target, cookie: cookie}
	}
	return step{status: http.StatusOK, page: "signed_out", cookie: cookie, view: view{Lang: lang, Tenant: e.s.tenant.Name}}
}

// parseLogout checks the parameters; problem is the text key of what is wrong.
func (e *Emulator) parseLogout(q url.Values) (request logoutRequest, problem string) {
	clientID := q.Get("client_id")
	if hint := q.Get("id_token_hint"); hint != "" {
		sid, aud, ok := e.readHint(hint)
		if !ok {
			return request, "error.logout_hint"
		}
		if clientID != "" && clientID != aud {
			return request, "error.logout_client"
		}
		clientID = aud
		request.sids = append(request.sids, sid)
	}
	if sid := q.Get("logout_hint"); sid != "" {
		request.sids = append(request.sids, sid)
	}
	var allowed []string // without an application: the tenant's own list, which is empty
	if clientID != "" {
		app, known := e.s.apps[clientID]
		if !known {
			return request, "error.unknown_client"
		}
		allowed = app.LogoutURLs
	}
	target := q.Get("post_logout_redirect_uri")
	if target == "" {
		return request, ""
	}
	if !slices.Contains(allowed, target) {
		return request, "error.logout_url"
	}
	request.target = withState(target, q.Get("state"))
	return request, ""
}

// readHint reads an ID token of ours; an expired one is fine.
func (e *Emulator) readHint(raw string) (sid, clientID string, ok bool) {
	var claims struct {
		Issuer   string       `json:"iss"`
		SID      string       `json:"sid"`
		Audience jwt.Audience `json:"aud"`
	}
	if err := e.keys.claimsOf(raw, &claims); err != nil || claims.Issuer != e.issuer || len(claims.Audience) != 1 {
		return "", "", false
	}
	return claims.SID, claims.Audience[0], true
}

func withState(target, state string) string {
	u, err := url.Parse(target)
	if err != nil || state == "" {
		return target
	}
	query := url.Values{"state": {state}}.Encode()
	if u.RawQuery != "" {
		query = u.RawQuery + "&" + query
	}
	u.RawQuery = query
	return u.String()
}

// carried are the parameters that the confirmation page sends along; they are
// checked again.
func carried(q url.Values) []hidden {
	var fields []hidden
	for _, name := range []string{"client_id", "id_token_hint", "post_logout_redirect_uri", "state", "ui_locales"} {
		if value := q.Get(name); value != "" {
			fields = append(fields, hidden{name, value})
		}
	}
	return fields
}

// handleLogoutV2 is the vendor's older logout: no hint, no confirmation.
//
// https://auth0.com/docs/api/authentication#logout
func (e *Emulator) handleLogoutV2(w http.ResponseWriter, r *http.Request) {
	lang := e.languageOf(r, "")
	e.show(w, e.decide(func() step { return e.logoutV2(r, lang) }))
}

func (e *Emulator) logoutV2(r *http.Request, lang string) step {
	q := r.URL.Query()
	var allowed []string
	if q.Has("client_id") {
		app, known := e.s.apps[q.Get("client_id")]
		if !known {
			return e.errorPage(lang, http.StatusBadRequest, "error.unknown_client")
		}
		allowed = app.LogoutURLs
	}
	target := q.Get("returnTo")
	switch {
	case target == "" && len(allowed) > 0:
		target = allowed[0]
	case target != "" && !slices.Contains(allowed, target):
		return e.errorPage(lang, http.StatusBadRequest, "error.logout_url")
	}
	return e.signOut(r, lang, target)
}
