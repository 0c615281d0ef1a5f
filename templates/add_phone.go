package templates

import (
	"time"

	"github.com/a-h/templ"
)

// Country is one line of the list of countries.
type Country struct {
	Code    string // ISO 3166-1 alpha-2
	Name    string // in the visitor's language
	Calling string // calling code: digits, a plus sign before them is optional
}

// NumberProblem is why a telephone number, or what goes with it, was not taken.
type NumberProblem string

// The problems of the form for a telephone number. NumberLandline is a question
// and not a mistake: the same form with landline=yes goes through.
const (
	NumberFine      NumberProblem = ""
	NumberEmpty     NumberProblem = "empty"
	NumberNot       NumberProblem = "not-a-number"
	NumberTooShort  NumberProblem = "too-short"
	NumberTooLong   NumberProblem = "too-long"
	NumberNoCountry NumberProblem = "no-country"
	NumberInvalid   NumberProblem = "invalid"  // well formed, and no number that people can be reached at
	NumberRefused   NumberProblem = "refused"  // the tenant does not take it
	NumberLandline  NumberProblem = "landline" // a text message to a landline
	NumberChannel   NumberProblem = "channel"  // neither text nor call was chosen
	NumberTooSoon   NumberProblem = "too-soon" // no message to the same number for RetryIn
	NumberTooMany   NumberProblem = "too-many" // no further message before RetryAt
)

// NumberProblems lists every [NumberProblem] that has a text.
func NumberProblems() []NumberProblem {
	return []NumberProblem{
		NumberEmpty, NumberNot, NumberTooShort, NumberTooLong, NumberNoCountry, NumberInvalid,
		NumberRefused, NumberLandline, NumberChannel, NumberTooSoon, NumberTooMany,
	}
}

// The values of the field channel.
const (
	channelText = "sms"
	channelCall = "voice"
)

// AddPhoneForm asks for a telephone number. Its fields are country, number,
// channel (sms or voice) and, after the question about a landline, landline.
type AddPhoneForm struct {
	Page
	Offers    Offers
	Countries []Country // in the order of the list
	Country   string    // what was chosen, or is likely
	Number    string    // what was typed
	Channel   string    // sms or voice; empty if nothing is chosen
	Problem   NumberProblem
	RetryAt   time.Time     // with NumberTooMany; zero if unknown
	RetryIn   time.Duration // with NumberTooSoon
	// Discarded says that the last attempt was thrown away after too many
	// wrong codes.
	Discarded bool
}

// Full implements [View].
func (v AddPhoneForm) Full() templ.Component {
	return document(&v.Page, "add-phone.title", addPhoneForm(&v))
}

// Main implements [View].
func (v AddPhoneForm) Main() templ.Component {
	return fragment(&v.Page, "add-phone.title", addPhoneForm(&v))
}

// url is where the form is sent.
func (v *AddPhoneForm) url() string { return addURL(&v.Page, MethodPhone) }

// both reports that the visitor has to choose between text and call.
func (v *AddPhoneForm) both() bool { return v.Offers.Text && v.Offers.Call }

// only is the one channel that is offered.
func (v *AddPhoneForm) only() string {
	if v.Offers.Call {
		return channelCall
	}
	return channelText
}

// field is the id of the field that the problem is about.
func (v *AddPhoneForm) field() string {
	switch v.Problem {
	case NumberNoCountry:
		return "country"
	case NumberChannel:
		return "channel"
	default:
		return "number"
	}
}
