package auth0

import (
	"context"
	"crypto"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"math/big"
	"net/http"

	"github.com/coreos/go-oidc/v3/oidc"
)

// publishedKey is an RSA key of the tenant's key set.
type publishedKey struct {
	id     string
	use    string // "sig", "enc" or empty
	alg    string // empty: any
	public *rsa.PublicKey
}

// keySet is the tenant's published RSA keys; a usual tenant has two, the current
// and the next one.
type keySet []publishedKey

// knows reports whether a key of this id is published, for whatever use.
func (s keySet) knows(id string) bool {
	for _, k := range s {
		if k.id == id {
			return true
		}
	}
	return false
}

// forToken picks the keys that may have signed a token with the given key id. A
// key published for encryption never may. A token without key id needs either
// the only key there is, or keys that are expressly for signing (OP-11, OP-12).
func (s keySet) forToken(id string) []crypto.PublicKey {
	var fit []crypto.PublicKey
	for _, k := range s {
		switch {
		case k.use == "enc", k.alg != "" && k.alg != oidc.RS256:
		case id != "" && k.id == id,
			id == "" && (len(s) == 1 || k.use == "sig"):
			fit = append(fit, k.public)
		}
	}
	return fit
}

// loadKeys reads the key set. Go-oidc's own remote key set would ask again for
// each bad signature, ignore what a key is for, and read without a limit.
func (c *Client) loadKeys(ctx context.Context) (keySet, error) {
	p, err := c.provider.get(ctx)
	if err != nil {
		return nil, err
	}
	started := c.now()
	a, err := c.send(ctx, call{op: opKeys, method: http.MethodGet, url: p.value.keys})
	if err != nil {
		c.measure(opKeys, started, err)
		return nil, err
	}
	keys, err := parseKeys(a)
	if err != nil {
		refusal := &Error{Op: opKeys, Kind: KindUnavailable, Status: a.status, Reason: reasonMalformed}
		c.measure(opKeys, started, refusal)
		c.log.WarnContext(ctx, "tenant's key set not accepted", slog.String("issuer", c.cfg.Issuer), slog.Int("status", a.status))
		return nil, refusal
	}
	c.measure(opKeys, started, nil)
	return keys, nil
}

// parseKeys reads a JSON Web Key Set (RFC 7517) and skips what is not an RSA key
// of reasonable size. A set without any is an error, so that an empty answer
// does not wipe the keys we have.
func parseKeys(a answer) (keySet, error) {
	if _, err := parseObject(a.body); a.status != http.StatusOK || err != nil {
		return nil, errJSON
	}
	var doc struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(a.body, &doc); err != nil {
		return nil, errJSON
	}
	var keys keySet
	for _, raw := range doc.Keys {
		var k struct {
			Type string `json:"kty"`
			ID   string `json:"kid"`
			Use  string `json:"use"`
			Alg  string `json:"alg"`
			N    string `json:"n"`
			E    string `json:"e"`
		}
		if json.Unmarshal(raw, &k) != nil || k.Type != "RSA" {
			continue
		}
		if public := rsaKey(k.N, k.E); public != nil {
			keys = append(keys, publishedKey{id: k.ID, use: k.Use, alg: k.Alg, public: public})
		}
	}
	if len(keys) == 0 {
		return nil, errors.New("auth0: no usable key")
	}
	return keys, nil
}

// rsaKey decodes modulus and exponent (RFC 7518 section 6.3.1); nil if they do
// not make a key of 2048 bits or more.
func rsaKey(n, e string) *rsa.PublicKey {
	modulus, errN := base64.RawURLEncoding.DecodeString(n)
	exponent, errE := base64.RawURLEncoding.DecodeString(e)
	if errN != nil || errE != nil || len(exponent) > 4 {
		return nil
	}
	key := &rsa.PublicKey{N: new(big.Int).SetBytes(modulus), E: int(new(big.Int).SetBytes(exponent).Int64())}
	if bits := key.N.BitLen(); bits < 2048 || bits > 8192 || key.E < 3 || key.E&1 == 0 {
		return nil
	}
	return key
}

// verifySignature returns the payload of a token that a published key signed.
// The tenant is asked for newer keys only where that can help: not for a bad
// signature under a key we have.
func (c *Client) verifySignature(ctx context.Context, token, keyID string) ([]byte, error) {
	edition, err := c.keys.get(ctx)
	if err != nil {
		return nil, err
	}
	payload, ok := signedBy(ctx, edition.value.forToken(keyID), token)
	if ok {
		return payload, nil
	}
	if keyID != "" && edition.value.knows(keyID) {
		return nil, refused(reasonSignature)
	}
	newer, err := c.keys.newer(ctx, edition)
	if err != nil {
		return nil, err
	}
	if payload, ok = signedBy(ctx, newer.value.forToken(keyID), token); ok {
		return payload, nil
	}
	if newer.value.knows(keyID) {
		return nil, refused(reasonSignature)
	}
	return nil, refused(reasonKey)
}

func signedBy(ctx context.Context, keys []crypto.PublicKey, token string) ([]byte, bool) {
	payload, err := (&oidc.StaticKeySet{PublicKeys: keys}).VerifySignature(ctx, token)
	return payload, err == nil
}
