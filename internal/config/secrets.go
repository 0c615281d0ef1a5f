package config

import (
	"encoding/base64"
	"os"
	"strings"

	"mysecurity/internal/secret"
)

// keyLength is the length of a session key in bytes, before base64.
const keyLength = 32

// shortestSecret is the length below which a client secret cannot be Auth0's,
// which have 64 characters.
const shortestSecret = 32

// fromFile returns a setting that is given in its variable or in a file.
func (c *checker) fromFile(name, value, file string) string {
	switch {
	case value != "" && file != "":
		c.wrong(name, "and "+name+"_FILE are both given; keep one")
	case value == "" && file == "":
		c.wrong(name, "is missing; give it or "+name+"_FILE, the path of a file that holds it")
	case file != "":
		return c.readSecret(name+"_FILE", file)
	}
	return value
}

func (c *checker) readSecret(name, file string) string {
	info, err := os.Stat(file)
	if err != nil {
		c.wrong(name, "names a file that cannot be read")
		return ""
	}
	if c.production && info.Mode().Perm()&0o007 != 0 {
		c.wrong(name, "names a file that everybody on the machine can read: chmod o-rwx")
		return ""
	}
	content, err := os.ReadFile(file)
	if err != nil {
		c.wrong(name, "names a file that cannot be read")
		return ""
	}
	return strings.TrimSpace(string(content))
}

func (c *checker) clientSecret(value, file string) secret.Secret {
	const name = "AUTH0_CLIENT_SECRET"
	value = c.fromFile(name, value, file)
	if value != "" && c.production && (len(value) < shortestSecret || looksMadeUp(value)) {
		c.wrong(name, "is too short or a sample: copy it from the application's settings at Auth0")
	}
	return secret.New(value)
}

// sessionKeys reads the key ring: base64 keys of 32 bytes, newest first,
// separated by commas or white space.
func (c *checker) sessionKeys(value, file string) []secret.Secret {
	const name, advice = "SESSION_KEYS", "; make one with: openssl rand -base64 32"
	value = c.fromFile(name, value, file)
	var keys []secret.Secret
	seen := map[string]bool{}
	for _, text := range strings.FieldsFunc(value, isSeparator) {
		key, err := base64.StdEncoding.DecodeString(text)
		switch {
		case err != nil || len(key) != keyLength:
			c.wrong(name, "must be base64 of exactly 32 random bytes each, newest first, separated by commas"+advice)
		case looksMadeUp(string(key)) || isText(key):
			c.wrong(name, "has a key that is not random"+advice)
		case seen[string(key)]:
			c.wrong(name, "has the same key twice")
		}
		seen[string(key)] = true
		keys = append(keys, secret.New(text))
	}
	if len(keys) == 0 && value != "" {
		c.wrong(name, "holds no key"+advice)
	}
	return keys
}

// looksMadeUp reports a value that nobody drew at random: a sample from
// documentation, or with so few different bytes that a person typed it. A random
// key of 32 bytes has fewer than twelve different ones about never; the samples
// are long enough not to turn up in one by chance either.
func looksMadeUp(value string) bool {
	lower := strings.ToLower(value)
	for _, sample := range []string{"changeme", "change-me", "example", "secret", "your_", "your-", "password", "xxxxxxxx", "......"} {
		if strings.Contains(lower, sample) {
			return true
		}
	}
	different := map[byte]bool{}
	for i := range len(value) {
		different[value[i]] = true
	}
	return len(different) < 12
}

// isText reports a key that consists of what a keyboard types: a pass phrase.
// Random bytes are never like that.
func isText(key []byte) bool {
	for _, b := range key {
		if b < ' ' || b > '~' {
			return false
		}
	}
	return true
}
