// Package secret holds values that must never be printed: tokens, one-time
// codes, authenticator secrets, recovery codes, client credentials.
package secret

import (
	"crypto/subtle"
	"fmt"
	"log/slog"
)

const redacted = "[redacted]"

// Secret carries a confidential string. Every formatter, encoder and logger
// sees "[redacted]"; only Reveal gives the value, so that each use is easy to
// find in review. The zero value is an absent secret.
type Secret struct{ value string }

// New wraps a confidential string.
func New(value string) Secret { return Secret{value: value} }

// Reveal returns the value. Pass it straight to where it is needed (a request
// body, a page the user asked for), never to a log, a URL or an error.
func (s Secret) Reveal() string { return s.value }

// IsZero reports whether there is no secret.
func (s Secret) IsZero() bool { return s.value == "" }

// Equal compares in constant time for equal lengths.
func (s Secret) Equal(other Secret) bool {
	return subtle.ConstantTimeCompare([]byte(s.value), []byte(other.value)) == 1
}

// String implements fmt.Stringer without revealing the value.
func (s Secret) String() string { return redacted }

// Format implements fmt.Formatter, so that no verb (%v, %+v, %#v, %q, %x) can
// reach the value.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// LogValue implements slog.LogValuer.
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText implements encoding.TextMarshaler (JSON, XML and map keys too).
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
