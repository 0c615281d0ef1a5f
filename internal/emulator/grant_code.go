package emulator

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
)

func invalidCode() *oauthFailure {
	return fail(http.StatusForbidden, "invalid_grant", "Invalid authorization code")
}

// exchangeCode answers the authorization_code grant. A code is spent by the
// first attempt of its own application, right or wrong; a second one also revokes
// the tokens that it brought (RFC 6749 section 4.1.2).
func exchangeCode(e *Emulator, app *Application, p parameters) (*tokenSet, *oauthFailure) {
	if failure := p.require("code"); failure != nil {
		return nil, failure
	}
	code, known := e.s.codes[p.get("code")]
	if !known || code.Request.ClientID != app.ClientID {
		e.logEvent("feacft", "", "Unknown authorization code, or one of another application")
		return nil, invalidCode()
	}
	if code.Used {
		e.revokeAccess(code.AccessToken)
		if t, known := e.s.refreshTokens[code.RefreshToken]; known {
			e.s.endFamily(t.Family)
		}
		e.logEvent("feacft", code.UserID, "Authorization code used again")
		return nil, invalidCode()
	}
	code.Used = true
	if failure := e.checkExchange(code, p); failure != nil {
		e.logEvent("feacft", code.UserID, failure.Description)
		return nil, failure
	}
	set, failure := e.mintOffline(grantOf(app, e.s.users[code.UserID], code))
	if failure != nil {
		return nil, failure
	}
	code.AccessToken, code.RefreshToken = set.AccessToken, set.RefreshToken
	e.logEvent("seacft", code.UserID, "Authorization code exchanged")
	return set, nil
}

func (e *Emulator) checkExchange(code *authCode, p parameters) *oauthFailure {
	u, known := e.s.users[code.UserID]
	switch {
	case !known || !e.clock.Now().Before(code.Expires):
		return invalidCode()
	case p.get("redirect_uri") != code.Request.RedirectURI:
		return fail(http.StatusForbidden, "invalid_grant", "The redirect URI is wrong.")
	case !verifierFits(code.Request.Challenge, p.get("code_verifier")):
		return fail(http.StatusForbidden, "invalid_grant", "Failed to verify code verifier")
	case u.Blocked:
		return userBlocked()
	}
	return nil
}

// verifierFits compares by S256. A verifier without a challenge is refused as
// well: the challenge may have been stripped on the way (RFC 9700 section 4.8.2).
func verifierFits(challenge, verifier string) bool {
	if challenge == "" || verifier == "" {
		return challenge == verifier
	}
	if len(verifier) < 43 || len(verifier) > 128 { // RFC 7636 section 4.1
		return false
	}
	sum := sha256.Sum256([]byte(verifier))
	return subtle.ConstantTimeCompare([]byte(base64.RawURLEncoding.EncodeToString(sum[:])), []byte(challenge)) == 1
}

func grantOf(app *Application, u *user, code *authCode) grant {
	g := grant{
		App: app, User: u, Audience: code.Request.Audience, Scope: code.Request.Scope,
		Nonce: code.Request.Nonce, SID: code.SID, MFA: code.MFA, Challenged: code.MFA,
	}
	if code.Request.RequestedAuth {
		g.AuthTime = code.AuthTime
	}
	return g
}

// revokeAccess makes an access token worthless before its time.
func (e *Emulator) revokeAccess(raw string) {
	delete(e.s.accessTokens, raw)
	if claims, ok := e.verifyAccessToken(raw); ok {
		e.s.revoked[claims.ID] = claims.Expiry.Time()
	}
}
