package emulator

import (
	"net/http"
	"strings"
)

func (e *Emulator) routesOIDC(mux *http.ServeMux) {
	mux.HandleFunc("GET /.well-known/openid-configuration", e.handleDiscovery)
	mux.HandleFunc("GET /.well-known/jwks.json", e.handleJWKS)
	mux.HandleFunc("GET /userinfo", e.handleUserinfo)
	mux.HandleFunc("POST /userinfo", e.handleUserinfo)
	mux.HandleFunc("GET /authorize", e.handleAuthorize)
	mux.HandleFunc("POST /authorize", e.handleAuthorize)
}

func (e *Emulator) mfaAudience() string        { return e.issuer + "mfa/" }
func (e *Emulator) userinfoAudience() string   { return e.issuer + "userinfo" }
func (e *Emulator) managementAudience() string { return e.issuer + "api/v2/" }

// discovery is the provider metadata with the members and values that the vendor
// documents. A few of them promise more than the emulator does (device flow,
// registration, code_challenge_method plain): a client that relies on them is
// refused where it tries, as it should be.
type discovery struct {
	Issuer                   string   `json:"issuer"`
	AuthorizationEndpoint    string   `json:"authorization_endpoint"`
	TokenEndpoint            string   `json:"token_endpoint"`
	DeviceEndpoint           string   `json:"device_authorization_endpoint"`
	UserinfoEndpoint         string   `json:"userinfo_endpoint"`
	MFAChallengeEndpoint     string   `json:"mfa_challenge_endpoint"`
	JWKSURI                  string   `json:"jwks_uri"`
	RegistrationEndpoint     string   `json:"registration_endpoint"`
	RevocationEndpoint       string   `json:"revocation_endpoint"`
	EndSessionEndpoint       string   `json:"end_session_endpoint,omitempty"`
	BackchannelLogout        bool     `json:"backchannel_logout_supported"`
	BackchannelLogoutSession bool     `json:"backchannel_logout_session_supported"`
	Scopes                   []string `json:"scopes_supported"`
	ResponseTypes            []string `json:"response_types_supported"`
	ResponseModes            []string `json:"response_modes_supported"`
	CodeChallengeMethods     []string `json:"code_challenge_methods_supported"`
	SubjectTypes             []string `json:"subject_types_supported"`
	SigningAlgorithms        []string `json:"id_token_signing_alg_values_supported"`
	ClientAuthMethods        []string `json:"token_endpoint_auth_methods_supported"`
	Claims                   []string `json:"claims_supported"`
	RequestURI               bool     `json:"request_uri_parameter_supported"`
	RequestParameter         bool     `json:"request_parameter_supported"`
	ResponseIss              bool     `json:"authorization_response_iss_parameter_supported,omitempty"`
	Emulator                 bool     `json:"mysecurity_emulator"`
}

// handleDiscovery serves the provider metadata.
//
// https://openid.net/specs/openid-connect-discovery-1_0.html
func (e *Emulator) handleDiscovery(w http.ResponseWriter, _ *http.Request) {
	e.s.mu.Lock()
	hideLogout, sendIss := e.variant(variantRPLogout) == "hidden", e.variant(variantIss) == "on"
	e.s.mu.Unlock()
	d := discovery{
		Issuer:                   e.issuer,
		AuthorizationEndpoint:    e.issuer + "authorize",
		TokenEndpoint:            e.issuer + "oauth/token",
		DeviceEndpoint:           e.issuer + "oauth/device/code",
		UserinfoEndpoint:         e.issuer + "userinfo",
		MFAChallengeEndpoint:     e.issuer + "mfa/challenge",
		JWKSURI:                  e.issuer + ".well-known/jwks.json",
		RegistrationEndpoint:     e.issuer + "oidc/register",
		RevocationEndpoint:       e.issuer + "oauth/revoke",
		EndSessionEndpoint:       e.issuer + "oidc/logout",
		BackchannelLogout:        true,
		BackchannelLogoutSession: true,
		Scopes:                   strings.Fields("openid profile offline_access name given_name family_name nickname email email_verified picture created_at identities phone address"),
		ResponseTypes:            []string{"code", "token", "id_token", "code token", "code id_token", "token id_token", "code token id_token"},
		ResponseModes:            []string{"query", "fragment", "form_post"},
		CodeChallengeMethods:     []string{"S256", "plain"},
		SubjectTypes:             []string{"public"},
		SigningAlgorithms:        []string{"HS256", "RS256", "PS256"},
		ClientAuthMethods:        []string{"client_secret_basic", "client_secret_post", "private_key_jwt"},
		Claims:                   strings.Fields("aud auth_time created_at email email_verified exp family_name given_name iat identities iss name nickname phone_number picture sub"),
		ResponseIss:              sendIss,
		Emulator:                 true,
	}
	if hideLogout {
		d.EndSessionEndpoint = ""
	}
	writeJSON(w, http.StatusOK, d)
}

// handleUserinfo answers with the claims that the token's scopes open. Errors are
// plain text, as recorded from real tenants.
func (e *Emulator) handleUserinfo(w http.ResponseWriter, r *http.Request) {
	claims, ok := e.userinfo(r)
	if !ok {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("WWW-Authenticate", "Bearer")
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte("Unauthorized"))
		return
	}
	writeJSON(w, http.StatusOK, claims)
}

func (e *Emulator) userinfo(r *http.Request) (idClaims, bool) {
	raw, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return idClaims{}, false
	}
	e.s.mu.Lock()
	defer e.s.mu.Unlock()
	userID, scope := e.userinfoToken(raw)
	u, known := e.s.users[userID]
	if !known || u.Blocked || !hasScope(scope, "openid") {
		return idClaims{}, false
	}
	return profile(u, scope), true
}

// userinfoToken returns whose access token it is and its scopes: an opaque one,
// or a JWT that has /userinfo among its audiences.
func (e *Emulator) userinfoToken(raw string) (userID, scope string) {
	if opaque, known := e.s.accessTokens[raw]; known {
		if !e.clock.Now().Before(opaque.Expires) {
			return "", ""
		}
		return opaque.UserID, opaque.Scope
	}
	claims, ok := e.verifyAccessToken(raw)
	if !ok || !claims.hasAudience(e.userinfoAudience()) {
		return "", ""
	}
	return claims.Subject, claims.Scope
}
