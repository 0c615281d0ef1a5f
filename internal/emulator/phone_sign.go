package emulator

import (
	"crypto/rsa"
	"encoding/json"
	"fmt"

	"github.com/go-jose/go-jose/v4"
)

// deviceClaims are those of every JWT that the app signs.
type deviceClaims struct {
	Issuer   string `json:"iss"` // identifier of the device
	Subject  string `json:"sub"`
	Audience string `json:"aud"` // the address that is called
	IssuedAt int64  `json:"iat"`
	Expires  int64  `json:"exp"`
}

// The app's JWTs are made for one call.
const deviceTokenSeconds = 30

func (e *Emulator) deviceClaims(account *guardianAccount, subject, audience string) deviceClaims {
	now := e.clock.Now().Unix()
	return deviceClaims{account.Identifier, subject, audience, now, now + deviceTokenSeconds}
}

// signByDevice returns the claims as a JWT by the account's key.
func (e *Emulator) signByDevice(account *guardianAccount, claims any) (string, error) {
	key, err := e.accountKey(account)
	if err != nil {
		return "", err
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("device token: %w", err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: key}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return "", fmt.Errorf("device token: %w", err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("device token: %w", err)
	}
	return signed.CompactSerialize()
}

// accountKey returns the account's key. A seeded account gets it now, and so does
// the tenant, which would have it from the enrolment.
func (e *Emulator) accountKey(account *guardianAccount) (*rsa.PrivateKey, error) {
	e.s.mu.Lock()
	key := account.Key
	e.s.mu.Unlock()
	if key != nil {
		return key, nil
	}
	key, err := e.keys.source()
	if err != nil {
		return nil, fmt.Errorf("device key: %w", err)
	}
	e.s.mu.Lock()
	defer e.s.mu.Unlock()
	if account.Key == nil {
		account.Key = key
		e.adoptDeviceKey(account)
	}
	return account.Key, nil
}
