package emulator

import (
	"crypto/rsa"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// Longest lives of what a phone signs: the answer to a push is made for one
// moment, a token for its own account may be kept for two hours.
const (
	answerLife      = time.Minute
	deviceTokenLife = 2 * time.Hour
)

// deviceJWT are the claims of what a phone signs with its device key.
type deviceJWT struct {
	Issuer   string           `json:"iss"` // identifier of the device
	Subject  string           `json:"sub"` // the challenge, or the user id
	Audience jwt.Audience     `json:"aud"` // address that the token is sent to
	IssuedAt *jwt.NumericDate `json:"iat"`
	Expiry   *jwt.NumericDate `json:"exp"`

	// Answers to pushes only.
	Method   string `json:"auth0_guardian_method"`
	Accepted *bool  `json:"auth0_guardian_accepted"`
	Reason   string `json:"auth0_guardian_reason"`
}

// expected is what a phone's token must say.
type expected struct {
	device   *device
	subject  string
	audience string
	life     time.Duration
}

// verifyDevice checks a phone's token: RS256 by the device's own key, and every
// claim.
func (e *Emulator) verifyDevice(raw string, want expected) (claims deviceJWT, ok bool) {
	if want.device.Key == nil {
		return deviceJWT{}, false
	}
	token, err := jwt.ParseSigned(raw, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil || token.Claims(want.device.Key, &claims) != nil {
		return deviceJWT{}, false
	}
	addressed := len(claims.Audience) == 1 && claims.Audience[0] == want.audience
	if !addressed || claims.Issuer != want.device.Identifier || claims.Subject != want.subject {
		return deviceJWT{}, false
	}
	return claims, e.inTime(claims, want.life)
}

// inTime checks the times of a token, which may live so long.
func (e *Emulator) inTime(claims deviceJWT, life time.Duration) bool {
	if claims.IssuedAt == nil || claims.Expiry == nil {
		return false
	}
	now, issued, expiry := e.clock.Now(), claims.IssuedAt.Time(), claims.Expiry.Time()
	return !issued.After(now.Add(clockSkew)) && now.Before(expiry) && expiry.Sub(issued) <= life
}

// devicePublicKey reads the key that a phone enrols with: RSA of at least 2048
// bits, for RS256 signatures, and the public half only.
func devicePublicKey(raw []byte) (*rsa.PublicKey, bool) {
	var key jose.JSONWebKey
	if err := key.UnmarshalJSON(raw); err != nil {
		return nil, false
	}
	public, isRSA := key.Key.(*rsa.PublicKey)
	if !isRSA || public.Size() < 2048/8 || key.Algorithm != string(jose.RS256) || key.Use != "sig" {
		return nil, false
	}
	return public, true
}
