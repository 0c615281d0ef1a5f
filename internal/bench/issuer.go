package main

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"strings"
	"time"
)

const (
	clientID     = "bench"
	clientSecret = "bench-secret-that-opens-nothing"
	keyID        = "bench-1"
)

// issuer is a scripted tenant: it signs in whom a code names, so that sessions
// are made by real sign-ins that cost the portal what they always cost.
type issuer struct {
	name string // its URL, with the slash at the end
	key  *rsa.PrivateKey
}

// codeFor is the authorization code that signs a subject in.
func codeFor(subject, nonce string) string { return subject + "~" + nonce }

func (i *issuer) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, map[string]any{
			"issuer": i.name, "authorization_endpoint": i.name + "authorize",
			"token_endpoint": i.name + "oauth/token", "jwks_uri": i.name + ".well-known/jwks.json",
		})
	})
	mux.HandleFunc("GET /.well-known/jwks.json", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, map[string]any{"keys": []any{map[string]any{
			"kty": "RSA", "use": "sig", "alg": "RS256", "kid": keyID,
			"n": encode(i.key.N.Bytes()), "e": encode(big.NewInt(int64(i.key.E)).Bytes()),
		}}})
	})
	mux.HandleFunc("POST /oauth/token", func(w http.ResponseWriter, r *http.Request) {
		subject, nonce, _ := strings.Cut(r.PostFormValue("code"), "~")
		idToken, err := i.idToken(subject, nonce, time.Now())
		if err != nil {
			http.Error(w, "no token", http.StatusInternalServerError)
			return
		}
		writeJSON(w, map[string]any{
			"token_type": "Bearer", "expires_in": 600, "id_token": idToken,
			"access_token": accessToken(subject),
		})
	})
	return mux
}

// accessToken is as long as a real one and each subject's own: the portal bounds
// the calls of one user.
func accessToken(subject string) string {
	const length = 900
	own := encode([]byte(subject))
	return own + strings.Repeat("t", max(0, length-len(own)))
}

// idToken tells of a sign-in with a second factor just now.
func (i *issuer) idToken(subject, nonce string, now time.Time) (string, error) {
	header, err := json.Marshal(map[string]any{"alg": "RS256", "typ": "JWT", "kid": keyID})
	if err != nil {
		return "", err
	}
	claims, err := json.Marshal(map[string]any{
		"iss": i.name, "aud": clientID, "sub": subject, "nonce": nonce, "amr": []string{"mfa"},
		"iat": now.Unix(), "exp": now.Add(10 * time.Hour).Unix(), "auth_time": now.Unix(), "sid": "sid-" + subject,
		"name": personName, "email": personEmail, "email_verified": true, "locale": "en",
	})
	if err != nil {
		return "", err
	}
	signed := encode(header) + "." + encode(claims)
	sum := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, i.key, crypto.SHA256, sum[:])
	return signed + "." + encode(signature), err
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(v) // the portal may be gone; there is nobody left to tell
}
