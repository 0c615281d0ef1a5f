package emulator

import (
	"net/http"
	"strings"
)

// handleRevoke is the revocation endpoint for refresh tokens: one ends its whole
// family, an unknown one is fine, access tokens are refused. Access tokens that a
// refresh token has brought stay valid. Wrong credentials are invalid_client here,
// unlike at /oauth/token.
//
// https://auth0.com/docs/api/authentication#revoke-refresh-token and RFC 7009
func (e *Emulator) handleRevoke(w http.ResponseWriter, r *http.Request) {
	p, failure := params(r)
	if failure == nil {
		failure = e.revoke(r, p)
	}
	if failure != nil {
		failure.write(w)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
}

func (e *Emulator) revoke(r *http.Request, p parameters) *oauthFailure {
	e.s.mu.Lock()
	defer e.s.mu.Unlock()
	app, failure := e.authenticateClient(r, p)
	if failure != nil {
		if failure.Status == http.StatusUnauthorized {
			failure.Code = "invalid_client"
		}
		return failure
	}
	if failure := p.require("token"); failure != nil {
		return failure
	}
	raw := p.get("token")
	if _, opaque := e.s.accessTokens[raw]; opaque || strings.Count(raw, ".") == 2 {
		return fail(http.StatusBadRequest, "unsupported_token_type", "Access tokens cannot be revoked")
	}
	t, known := e.s.refreshTokens[raw]
	switch {
	case !known || t.Family.Ended:
		return nil // RFC 7009 section 2.2
	case t.Family.ClientID != app.ClientID:
		return fail(http.StatusBadRequest, "invalid_grant", "The token was not issued to this client")
	}
	e.s.endFamilies(func(f *refreshFamily) bool {
		return f == t.Family || f.refreshOwner == t.Family.refreshOwner && e.variant(variantRevocation) == "grant"
	})
	e.logEvent("srrt", t.Family.UserID, "Refresh token revoked")
	return nil
}
