package config

import (
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"mysecurity/internal/secret"
)

// longestClientID is more than any client id of Auth0 has, which are 32 letters and
// digits, and less than a client secret.
const longestClientID = 40

// longestQuoted is how much of a value a message may show: enough for a slip of the
// keyboard, too little for a secret that was given to the wrong setting.
const longestQuoted = 16

// notButQuoted ends a message with what was given, if that can be shown.
func notButQuoted(value string) string {
	if len(value) > longestQuoted {
		return ""
	}
	return ", not " + strconv.Quote(value)
}

// clientID refuses what is no client id. The doctor and the tenant's own pages show
// it, so it must not be the secret.
func (c *checker) clientID(value, clientSecret string) string {
	const name = "AUTH0_CLIENT_ID"
	swapped := len(value) > longestClientID || c.production && clientSecret != "" && len(value) > len(clientSecret)
	if c.required(name, value) != "" && swapped {
		c.wrong(name, "is too long for a client id: is it the client secret, and AUTH0_CLIENT_SECRET the id?")
	}
	return value
}

// misplaced refuses settings that hold a secret and are no place for one: messages,
// the log and pages may show them. Which secret it is, nobody is told. Forms of
// others, as SUPPORT_URL may name one, have addresses that look like secrets.
func (c *checker) misplaced(given map[string]string, read any, known ...secret.Secret) {
	for _, name := range namesOf(reflect.TypeOf(read)) {
		if name == "AUTH0_CLIENT_SECRET" || name == "SESSION_KEYS" {
			continue
		}
		value := given[name]
		form := name == "SUPPORT_URL" && strings.HasPrefix(value, "https://")
		if !form && looksSecret(value) || holdsAny(value, known) {
			c.wrong(name, "holds what looks like a secret: is it in the wrong setting?")
		}
	}
}

func holdsAny(value string, known []secret.Secret) bool {
	return slices.ContainsFunc(known, func(s secret.Secret) bool {
		text := s.Reveal()
		return len(text) > longestQuoted && strings.Contains(value, text)
	})
}

// longWord is what client secrets of Auth0 are made of, or a session key. Paths and
// addresses have separators in between.
var longWord = regexp.MustCompile(`[A-Za-z0-9_-]{40,}|[A-Za-z0-9+/]{43}=`)

// looksSecret reports a long word that nobody would give to anything as a name: it
// goes from capitals to small letters to digits and back all the time. Names in hex
// have no capitals.
func looksSecret(value string) bool {
	return slices.ContainsFunc(longWord.FindAllString(value, -1), func(word string) bool {
		kinds := strings.Map(kindOf, word)
		changes := 0
		for i := range len(kinds) - 1 {
			if kinds[i] != kinds[i+1] {
				changes++
			}
		}
		mixed := strings.Contains(kinds, "A") && strings.Contains(kinds, "a") && strings.Contains(kinds, "0")
		return mixed && changes > len(word)*2/5 // drawn at random, it is about two thirds
	})
}

// kindOf is the same for all capitals, for all small letters, for digits, and for
// the rest.
func kindOf(r rune) rune {
	switch {
	case unicode.IsUpper(r):
		return 'A'
	case unicode.IsLower(r):
		return 'a'
	case unicode.IsDigit(r):
		return '0'
	default:
		return '-'
	}
}

// isSeparator is what stands between the entries of a list.
func isSeparator(r rune) bool { return strings.ContainsRune(", \t\r\n", r) }
