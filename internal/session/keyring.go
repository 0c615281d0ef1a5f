package session

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"

	"mysecurity/internal/secret"
)

// schema is the version of what is sealed. A record of another version does not
// open; its owner signs in again.
const schema = 3

// errSealed is the error of a record that no key of the ring opens.
var errSealed = errors.New("session: the record's seal does not match")

// keyring seals and opens records. Each record has its own key, derived from a
// server key and the key in its owner's cookie: a stolen store is useless
// without both, and so is either half.
type keyring struct {
	keys   [][]byte // newest first; the first one seals
	issuer string
	mode   string
}

func newKeyring(keys []secret.Secret, issuer, mode string) (keyring, error) {
	ring := keyring{issuer: issuer, mode: mode}
	for i, k := range keys {
		raw, err := base64.StdEncoding.DecodeString(k.Reveal())
		if err != nil || len(raw) != 32 {
			return keyring{}, fmt.Errorf("session: key %d is not base64 of 32 bytes", i+1)
		}
		ring.keys = append(ring.keys, raw)
	}
	if len(ring.keys) == 0 {
		return keyring{}, errors.New("session: at least one key is needed")
	}
	return ring, nil
}

// seal encrypts with AES-256-GCM under the newest key. owner is the key from
// the cookie; records that belong to no cookie have none.
func (r keyring) seal(b Bucket, k Key, owner, plain []byte) ([]byte, error) {
	aead, err := newAEAD(r.keys[0], owner, b)
	if err != nil {
		return nil, err
	}
	return aead.Seal(nil, nil, plain, r.associated(b, k)), nil //nolint:gosec // this cipher draws its nonce itself
}

// open decrypts with whichever key fits. stale reports that it was not the
// newest: the record should be sealed again.
func (r keyring) open(b Bucket, k Key, owner, blob []byte) (plain []byte, stale bool, err error) {
	for i, key := range r.keys {
		aead, err := newAEAD(key, owner, b)
		if err != nil {
			return nil, false, err
		}
		if plain, err := aead.Open(nil, nil, blob, r.associated(b, k)); err == nil {
			return plain, i > 0, nil
		}
	}
	return nil, false, errSealed
}

// newAEAD derives a record's key (RFC 5869: the server key is the salt, the
// cookie's key the input) and gives the cipher that draws its own nonces.
func newAEAD(server, owner []byte, b Bucket) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, owner, server, "mysecurity record v1 "+string(b), 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// associated binds a blob to its place: a record that was copied to another
// name, or sealed for another issuer or mode, does not open.
func (r keyring) associated(b Bucket, k Key) []byte {
	out := binary.BigEndian.AppendUint32(nil, schema)
	for _, part := range []string{string(b), string(k[:]), r.issuer, r.mode} {
		out = binary.BigEndian.AppendUint32(out, uint32(len(part)))
		out = append(out, part...)
	}
	return out
}

// tag hashes a value that records share. It depends on the newest key;
// after a rotation older records carry older tags until they are written again.
func (r keyring) tag(purpose, value string) Tag { return r.tags(purpose, value)[0] }

// tags are the tags of a value under every key of the ring, the newest first.
func (r keyring) tags(purpose, value string) []Tag {
	tags := make([]Tag, len(r.keys))
	for i, key := range r.keys {
		if value == "" {
			continue
		}
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte("mysecurity tag v1 " + purpose + "\x00" + value))
		tags[i] = Tag(mac.Sum(nil))
	}
	return tags
}
