package templates

import (
	"time"

	"github.com/a-h/templ"
)

// ErrorKind chooses the words of an error page.
type ErrorKind string

// The kinds of error that have a page.
const (
	ErrorInternal         ErrorKind = "internal"        // ours, or unknown
	ErrorUnavailable      ErrorKind = "unavailable"     // the tenant is out of reach; nothing was changed
	ErrorUnknownOutcome   ErrorKind = "unknown-outcome" // a change was cut off; the overview tells the truth
	ErrorNotReady         ErrorKind = "not-ready"       // start-up is not complete
	ErrorForbidden        ErrorKind = "forbidden"       // the set-up does not permit it: the company's support helps
	ErrorRateLimited      ErrorKind = "rate-limited"    // When says when to come back
	ErrorTooManyCodes     ErrorKind = "too-many-codes"  // When says when to come back
	ErrorLimitReached     ErrorKind = "limit-reached"   // the tenant holds as many methods as it allows
	ErrorFactorDisabled   ErrorKind = "factor-disabled" // the company does not offer this method
	ErrorNotFound         ErrorKind = "not-found"       // no such page or method
	ErrorMethodNotAllowed ErrorKind = "method-not-allowed"
	ErrorBadRequest       ErrorKind = "bad-request"       // a form that no page of ours sends
	ErrorTooLarge         ErrorKind = "too-large"         // body over the limit
	ErrorFormExpired      ErrorKind = "form-expired"      // form token missing or of another session
	ErrorCrossSite        ErrorKind = "cross-site"        // sent by another site
	ErrorSignInRefused    ErrorKind = "sign-in-refused"   // a rule over the ID token, or an error of the tenant
	ErrorSignInCancelled  ErrorKind = "sign-in-cancelled" // the user left the sign-in page
	ErrorSignInExpired    ErrorKind = "sign-in-expired"   // unknown, used or old transaction
	ErrorOtherAccount     ErrorKind = "other-account"     // a fresh proof by another person
)

// ErrorKinds lists every [ErrorKind].
func ErrorKinds() []ErrorKind {
	return []ErrorKind{
		ErrorInternal, ErrorUnavailable, ErrorUnknownOutcome, ErrorNotReady, ErrorForbidden,
		ErrorRateLimited, ErrorTooManyCodes, ErrorLimitReached, ErrorFactorDisabled,
		ErrorNotFound, ErrorMethodNotAllowed, ErrorBadRequest, ErrorTooLarge, ErrorFormExpired,
		ErrorCrossSite, ErrorSignInRefused, ErrorSignInCancelled, ErrorSignInExpired, ErrorOtherAccount,
	}
}

// ErrorPage says what happened, what it means, and what to do next.
type ErrorPage struct {
	Page
	Kind      ErrorKind
	Reference string    // short id that the log record carries too
	When      time.Time // when to come back; zero if unknown
}

// Full implements [View].
func (v ErrorPage) Full() templ.Component { return errorFull(v) }

// Main implements [View].
func (v ErrorPage) Main() templ.Component { return errorMain(v) }
