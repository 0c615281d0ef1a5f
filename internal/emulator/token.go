package emulator

import (
	"crypto/subtle"
	"net/http"
	"net/url"
	"slices"
)

// Grant types of /oauth/token.
const (
	grantAuthorizationCode   = "authorization_code"
	grantClientCredentials   = "client_credentials"
	grantPassword            = "password"
	grantPasswordRealm       = "http://auth0.com/oauth/grant-type/password-realm"
	grantRefreshToken        = "refresh_token"
	grantTypeMFAOTP          = "http://auth0.com/oauth/grant-type/mfa-otp"
	grantTypeMFAOOB          = "http://auth0.com/oauth/grant-type/mfa-oob"
	grantTypeMFARecoveryCode = "http://auth0.com/oauth/grant-type/mfa-recovery-code"
)

// grantFunc answers one grant type for an authenticated application that may use
// it. It runs with the store's lock held.
type grantFunc func(e *Emulator, app *Application, p parameters) (*tokenSet, *oauthFailure)

func (e *Emulator) registerGrants() {
	e.grants = map[string]grantFunc{
		grantAuthorizationCode:   exchangeCode,
		grantClientCredentials:   grantForClient,
		grantPassword:            grantForPassword,
		grantPasswordRealm:       grantForPasswordRealm,
		grantRefreshToken:        grantForRefresh,
		grantTypeMFAOTP:          grantMFAOTP,
		grantTypeMFAOOB:          grantMFAOOB,
		grantTypeMFARecoveryCode: grantMFARecoveryCode,
	}
}

func (e *Emulator) routesToken(mux *http.ServeMux) {
	mux.HandleFunc("POST /oauth/token", e.metered(e.handleToken))
	mux.HandleFunc("POST /oauth/revoke", e.handleRevoke)
}

// handleToken is the token endpoint.
//
// https://auth0.com/docs/api/authentication
func (e *Emulator) handleToken(w http.ResponseWriter, r *http.Request) {
	p, failure := params(r)
	if failure != nil {
		failure.write(w)
		return
	}
	answer, failure := e.token(r, p)
	if failure != nil {
		failure.write(w)
		return
	}
	writeJSON(w, http.StatusOK, answer)
}

// token checks what all grants have in common and runs the one asked for.
func (e *Emulator) token(r *http.Request, p parameters) (*tokenSet, *oauthFailure) {
	for name, values := range p {
		if len(values) > 1 { // RFC 6749 section 3.2
			return nil, invalidRequest("Parameter sent more than once: " + name)
		}
	}
	if failure := p.require("grant_type"); failure != nil {
		return nil, failure
	}
	e.s.mu.Lock()
	defer e.s.mu.Unlock()
	app, failure := e.authenticateClient(r, p)
	if failure != nil {
		return nil, failure
	}
	kind := p.get("grant_type")
	run, known := e.grants[kind]
	switch {
	case !known:
		return nil, fail(http.StatusForbidden, "unsupported_grant_type", "Unsupported grant type: "+kind)
	case !slices.Contains(app.GrantTypes, kind):
		return nil, grantNotAllowed(kind)
	}
	return run(e, app, p)
}

func grantNotAllowed(kind string) *oauthFailure {
	return fail(http.StatusForbidden, "unauthorized_client", "Grant type '"+kind+"' not allowed for the client.")
}

// authenticateClient identifies the application by its secret, in the body or by
// HTTP Basic (RFC 6749 section 2.3.1). The caller holds the store's lock.
func (e *Emulator) authenticateClient(r *http.Request, p parameters) (*Application, *oauthFailure) {
	id, secret := p.get("client_id"), p.get("client_secret")
	if user, password, ok := basicAuth(r); ok {
		if secret != "" || id != "" && id != user {
			return nil, fail(http.StatusBadRequest, "invalid_request", "Only one client authentication method may be used")
		}
		id, secret = user, password
	}
	if id == "" {
		return nil, missing("client_id")
	}
	if p.get("client_assertion") != "" {
		return nil, fail(http.StatusUnauthorized, "invalid_client", "The client has no key registered for client assertions")
	}
	app, known := e.s.apps[id]
	if !known || subtle.ConstantTimeCompare([]byte(app.ClientSecret), []byte(secret)) != 1 {
		return nil, fail(http.StatusUnauthorized, "access_denied", "Unauthorized")
	}
	return app, nil
}

// basicAuth reads HTTP Basic credentials, which OAuth form-encodes first.
func basicAuth(r *http.Request) (id, secret string, ok bool) {
	user, password, ok := r.BasicAuth()
	if !ok {
		return "", "", false
	}
	id, errID := url.QueryUnescape(user)
	secret, errSecret := url.QueryUnescape(password)
	return id, secret, errID == nil && errSecret == nil
}

// mint is mintTokens for grants.
func (e *Emulator) mint(g grant) (*tokenSet, *oauthFailure) {
	set, err := e.mintTokens(g)
	if err != nil {
		return nil, e.internalFailure(err)
	}
	if g.Challenged {
		e.markChallenged(set.AccessToken)
	}
	return set, nil
}

// mintOffline is mint with a refresh token, if offline_access was granted.
func (e *Emulator) mintOffline(g grant) (*tokenSet, *oauthFailure) {
	set, failure := e.mint(g)
	if failure == nil {
		set.RefreshToken = e.startFamily(g)
	}
	return set, failure
}
