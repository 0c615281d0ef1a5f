package phone

import (
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"
)

// Number is a telephone number that a code can be sent to.
type Number struct {
	E164     string // "+" and at most 15 digits (ITU-T E.164)
	Landline bool   // certainly a fixed line: it takes calls, hardly ever text messages
}

// Problem is why a typed number was not taken. It is the stem of its message
// key.
type Problem string

// The problems of a number.
const (
	Fine       Problem = ""
	Empty      Problem = "empty"
	NotANumber Problem = "not-a-number" // holds something besides digits and their separators
	TooShort   Problem = "too-short"
	TooLong    Problem = "too-long"
	NoCountry  Problem = "no-country" // a national number, and no country chosen for it
	Invalid    Problem = "invalid"    // the right length, and nobody's number; or one that costs whoever calls it
)

// longestE164 is the most digits that E.164 allows, and Auth0 takes.
const longestE164 = 15

// Parse reads a number as it was typed or pasted in a country (ISO 3166-1
// alpha-2, may be empty). One that begins with + or 00 names its country itself.
// Premium-rate, shared-cost and other service numbers are invalid: they are
// nobody's phone, and sending to them is how a fraud earns money (MF-04).
func Parse(country, typed string) (Number, Problem) {
	digits, problem := bare(typed)
	if problem != Fine {
		return Number{}, problem
	}
	if abroad, prefixed := strings.CutPrefix(digits, "00"); prefixed {
		if number, problem := read(country, digits); problem == Fine { // 0011 61… in Australia
			return number, Fine
		}
		digits = "+" + abroad
	}
	return read(country, digits)
}

// Ending is the last four digits of a number, by which its owner knows it.
func Ending(e164 string) string { return e164[max(0, len(e164)-4):] }

// bare leaves the digits of a typed number, with a + in front if it has one.
// Only the digits of ASCII count: others look alike and are refused, as they are
// in codes (MF-09).
func bare(typed string) (string, Problem) {
	typed = strings.TrimFunc(typed, between)
	if len(typed) >= 4 && strings.EqualFold(typed[:4], "tel:") { // RFC 3966, as copied from a link
		typed = typed[4:]
	}
	var digits strings.Builder
	for _, r := range typed {
		switch {
		case r >= '0' && r <= '9', r == '+' && digits.Len() == 0:
			digits.WriteRune(r)
		case !between(r):
			return "", NotANumber
		}
	}
	if number := digits.String(); number != "" && number != "+" {
		return number, Fine
	}
	return "", Empty
}

// between reports what may stand between digits: spaces, dashes, dots, slashes,
// brackets, and the invisible marks of direction that come along when a number
// is copied from a list of contacts.
func between(r rune) bool {
	return unicode.IsSpace(r) || unicode.In(r, unicode.Pd) || strings.ContainsRune("./()[]·−", r) ||
		r >= '\u200b' && r <= '\u200f' || r >= '\u202a' && r <= '\u202e' || r >= '\u2060' && r <= '\u2069' || r == '\ufeff'
}

// read judges digits, with or without a + in front.
func read(country, digits string) (Number, Problem) {
	if digits[0] != '+' && phonenumbers.GetCountryCodeForRegion(country) == 0 {
		return Number{}, NoCountry
	}
	parsed, err := phonenumbers.Parse(digits, country)
	if err != nil {
		return Number{}, unreadable(digits)
	}
	if problem := judge(parsed); problem != Fine {
		return Number{}, problem
	}
	e164 := phonenumbers.Format(parsed, phonenumbers.E164)
	if len(e164) > len("+")+longestE164 {
		return Number{}, TooLong
	}
	return Number{E164: e164, Landline: phonenumbers.GetNumberType(parsed) == phonenumbers.FIXED_LINE}, Fine
}

// unreadable tells why the library cannot even read the digits: their number,
// or a calling code that no country has.
func unreadable(digits string) Problem {
	switch n := len(strings.TrimPrefix(digits, "+")); {
	case n < 5:
		return TooShort
	case n > longestE164:
		return TooLong
	default:
		return Invalid
	}
}

// elsewhere is the region of networks that belong to no country: satellites,
// ships, international services.
const elsewhere = "001"

func judge(n *phonenumbers.PhoneNumber) Problem {
	switch phonenumbers.IsPossibleNumberWithReason(n) {
	case phonenumbers.TOO_SHORT, phonenumbers.IS_POSSIBLE_LOCAL_ONLY:
		return TooShort
	case phonenumbers.TOO_LONG:
		return TooLong
	}
	if !phonenumbers.IsValidNumber(n) || !personal(phonenumbers.GetNumberType(n)) || phonenumbers.GetRegionCodeForNumber(n) == elsewhere {
		return Invalid
	}
	return Fine
}

// personal reports whether numbers of a type ring at somebody's own phone, at
// an ordinary price.
func personal(t phonenumbers.PhoneNumberType) bool {
	switch t {
	case phonenumbers.MOBILE, phonenumbers.FIXED_LINE, phonenumbers.FIXED_LINE_OR_MOBILE, phonenumbers.VOIP:
		return true
	default:
		return false
	}
}
