package templates

import (
	"time"

	"github.com/a-h/templ"
)

// AddressProblem is why an e-mail address was not taken.
type AddressProblem string

// The problems of an e-mail address.
const (
	AddressFine    AddressProblem = ""
	AddressEmpty   AddressProblem = "empty"
	AddressInvalid AddressProblem = "invalid"  // not the form of an address
	AddressOwn     AddressProblem = "own"      // comes with the account
	AddressRefused AddressProblem = "refused"  // the tenant does not take it
	AddressTooSoon AddressProblem = "too-soon" // no message to the same address for RetryIn
	AddressTooMany AddressProblem = "too-many" // no further message before RetryAt
)

// AddressProblems lists every [AddressProblem] that has a text.
func AddressProblems() []AddressProblem {
	return []AddressProblem{AddressEmpty, AddressInvalid, AddressOwn, AddressRefused, AddressTooSoon, AddressTooMany}
}

// AddEmailForm asks for an e-mail address. Its field is address.
type AddEmailForm struct {
	Page
	Address string // what was typed
	// Profile is the verified address that comes with the account and gets
	// codes anyway; empty if there is none.
	Profile string
	Problem AddressProblem
	RetryAt time.Time     // with AddressTooMany; zero if unknown
	RetryIn time.Duration // with AddressTooSoon
	// Discarded says that the last attempt was thrown away after too many
	// wrong codes.
	Discarded bool
}

// Full implements [View].
func (v AddEmailForm) Full() templ.Component {
	return document(&v.Page, "add-email.title", addEmailForm(&v))
}

// Main implements [View].
func (v AddEmailForm) Main() templ.Component {
	return fragment(&v.Page, "add-email.title", addEmailForm(&v))
}
