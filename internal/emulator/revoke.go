package emulator

import (
	"net/http"
	"strings"
)

// handleRevoke is the revocation endpoint for refresh tokens. This tenant issues
// none, so that every token it is asked about is unknown (200) or an access token
// (refused). Its wrong credentials are invalid_client, unlike at /oauth/token.
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
	if _, failure := e.authenticateClient(r, p); failure != nil {
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
	return nil
}
