package templates

import (
	"time"

	"github.com/a-h/templ"
)

// AddAppIntro is the page before an authenticator app is added. Its button
// starts the wizard.
type AddAppIntro struct {
	Page
	// Discarded says that the last attempt was thrown away after too many
	// wrong codes.
	Discarded bool
}

// Full implements [View].
func (v AddAppIntro) Full() templ.Component {
	return document(&v.Page, "add-app.title", addAppIntro(&v))
}

// Main implements [View].
func (v AddAppIntro) Main() templ.Component {
	return fragment(&v.Page, "add-app.title", addAppIntro(&v))
}

// CodeProblem is why a typed code was not taken.
type CodeProblem string

// The problems of a code. Those of form leave the typed text in the field, the
// others clear it.
const (
	CodeFine      CodeProblem = ""
	CodeEmpty     CodeProblem = "empty"
	CodeTooShort  CodeProblem = "too-short"
	CodeTooLong   CodeProblem = "too-long"
	CodeNotDigits CodeProblem = "not-digits"
	CodeWrong     CodeProblem = "wrong"
	CodeClockSlow CodeProblem = "clock-slow"  // the phone is behind by Minutes
	CodeClockFast CodeProblem = "clock-fast"  // the phone is ahead by Minutes
	CodeOther     CodeProblem = "other-entry" // right for another entry of the user's app
	CodeTooMany   CodeProblem = "too-many"    // no further try before RetryAt
	CodeUnchecked CodeProblem = "unchecked"   // the tenant did not answer; the code was not judged

	// Of a code that was sent, and of having it sent again.
	CodeExpired  CodeProblem = "expired"  // the code is no longer valid
	CodeTooSoon  CodeProblem = "too-soon" // asked for another one before AgainAt
	CodeNotSent  CodeProblem = "not-sent" // no new one was sent; the earlier one still counts
	CodeMessages CodeProblem = "messages" // no further message before RetryAt
)

// CodeProblems lists every [CodeProblem] of a code from an app.
func CodeProblems() []CodeProblem {
	return []CodeProblem{
		CodeEmpty, CodeTooShort, CodeTooLong, CodeNotDigits, CodeWrong,
		CodeClockSlow, CodeClockFast, CodeOther, CodeTooMany, CodeUnchecked,
	}
}

// MessageProblems lists every [CodeProblem] of a code that was sent.
func MessageProblems() []CodeProblem {
	return []CodeProblem{
		CodeEmpty, CodeTooShort, CodeTooLong, CodeNotDigits, CodeWrong, CodeTooMany, CodeUnchecked,
		CodeExpired, CodeTooSoon, CodeNotSent, CodeMessages,
	}
}

// AppKey is what an authenticator app needs to know, apart from the QR code.
// All of it is secret or personal and is drawn from the wizard's state.
type AppKey struct {
	QR        [][]bool // modules without the quiet zone, true is dark
	Secret    string   // base32 without spaces
	URI       string   // otpauth://totp/…; anything else is not linked
	Account   string
	Issuer    string
	Algorithm string
	Digits    int
	Period    time.Duration
}

// AddAppWizard is the page with the three numbered steps.
type AddAppWizard struct {
	Page
	Key      AppKey
	HasOther bool // another method is active and keeps working

	Code         string // what was typed, for problems of form only
	Problem      CodeProblem
	Minutes      int       // how far the phone's clock is off
	RetryAt      time.Time // with CodeTooMany; zero if unknown
	AttemptsLeft int       // when few remain, otherwise 0
}

// Full implements [View].
func (v AddAppWizard) Full() templ.Component {
	return document(&v.Page, "add-app.title", addAppWizard(&v))
}

// Main implements [View].
func (v AddAppWizard) Main() templ.Component {
	return fragment(&v.Page, "add-app.title", addAppWizard(&v))
}
