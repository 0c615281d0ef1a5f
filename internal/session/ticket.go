package session

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
)

// ticketLength is the exact length of a ticket's text: base64url of 48 bytes.
const ticketLength = 64

// ticket is what a cookie carries: the random name of a record and the random
// half of the key that opens it. The store sees a hash of the name and nothing
// of the key.
type ticket struct {
	id  [16]byte
	key [32]byte
}

// newTicket draws a fresh ticket from the system's generator, which cannot fail.
func newTicket() ticket {
	var t ticket
	_, _ = rand.Read(t.id[:])
	_, _ = rand.Read(t.key[:])
	return t
}

// parseTicket accepts exactly the text that newTicket's encode gives: same
// length, same alphabet. Nothing else reaches the store.
func parseTicket(text string) (ticket, bool) {
	if len(text) != ticketLength {
		return ticket{}, false
	}
	for _, c := range []byte(text) { // the decoder would skip line breaks
		if (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return ticket{}, false
		}
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return ticket{}, false
	}
	return ticket{id: [16]byte(raw[:16]), key: [32]byte(raw[16:])}, true
}

// encode gives the cookie's value. It is a secret.
func (t ticket) encode() string {
	return base64.RawURLEncoding.EncodeToString(append(t.id[:], t.key[:]...))
}

// recordKey is the record's name in the store.
func (t ticket) recordKey() Key {
	h := sha256.New()
	h.Write([]byte("mysecurity ticket id v1\x00"))
	h.Write(t.id[:])
	return Key(h.Sum(nil))
}

// formToken is the value that each form of the session carries: bound to the
// ticket, so that it changes whenever the ticket does, and of no use in finding
// the ticket.
func (t ticket) formToken() string {
	mac := hmac.New(sha256.New, t.key[:])
	mac.Write([]byte("mysecurity form token v1"))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
