package session

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"

	"mysecurity/internal/account"
)

// pseudonyms name users and sessions in the audit stream. They are keyed, so that
// nobody who knows the tenant's user ids finds a user in a log; the key is derived
// from the newest server key, so that a rotation gives everybody a new name.
type pseudonyms struct{ key []byte }

func newPseudonyms(ring keyring) (pseudonyms, error) {
	key, err := hkdf.Key(sha256.New, ring.keys[0], nil, "mysecurity audit v1", sha256.Size)
	return pseudonyms{key}, err
}

// of gives 16 hexadecimal digits: enough to tell apart whoever is in one log, and
// too few to be of use for anything else.
func (p pseudonyms) of(purpose, value string) string {
	mac := hmac.New(sha256.New, p.key)
	mac.Write([]byte(purpose + "\x00" + value))
	return hex.EncodeToString(mac.Sum(nil)[:8])
}

// UserName is the user's name in the audit stream (SL-10): the same in each of
// their sessions until the server keys are rotated. It is empty for nobody.
func (m *Manager) UserName(user account.User) string {
	if user.Subject == "" {
		return ""
	}
	return m.names.of("user", user.Key())
}

// AuditName is the session's name in the audit stream (SL-10), of no use in
// finding its ticket. A session that this request has ended keeps it until the
// answer; a visitor has none.
func (s *Session) AuditName() string {
	t := s.ended
	if e := entryOf(s.gs); e != nil {
		t = e.ticket
	}
	if t == (ticket{}) {
		return ""
	}
	k := t.recordKey()
	return s.m.names.of("session", string(k[:]))
}
