package templates

import (
	"time"

	"github.com/a-h/templ"
)

// ErrorKind chooses the words of an error page.
type ErrorKind string

// The kinds of error that have a page. The values are part of message keys.
const (
	ErrorInternal         ErrorKind = "internal"          // a fault of ours; nothing is said about it
	ErrorUnavailable      ErrorKind = "unavailable"       // the tenant cannot be reached; nothing was changed
	ErrorNotDone          ErrorKind = "not-done"          // the tenant failed in the middle of a change; nothing was changed
	ErrorUnknown          ErrorKind = "unknown"           // the tenant failed in the middle of a change; the overview tells the truth
	ErrorStoreDown        ErrorKind = "store-down"        // sessions cannot be read or written
	ErrorMisconfigured    ErrorKind = "misconfigured"     // the tenant refuses the application: the company's support has to act
	ErrorRateLimited      ErrorKind = "rate-limited"      // the tenant asks to wait, until When
	ErrorTooManyTries     ErrorKind = "too-many-tries"    // too many starts or removals, until When
	ErrorTooManyCodes     ErrorKind = "too-many-codes"    // the allowance of codes is used up, until When
	ErrorTooManyMessages  ErrorKind = "too-many-messages" // the allowance of messages is used up, until When
	ErrorLimitReached     ErrorKind = "limit-reached"     // the tenant holds as many entries as it allows
	ErrorNotOffered       ErrorKind = "not-offered"       // the company does not offer this method
	ErrorNoEnrolment      ErrorKind = "no-enrolment"      // nothing was started that could be confirmed
	ErrorNotFound         ErrorKind = "not-found"         // no such method in the user's own list
	ErrorPageNotFound     ErrorKind = "page-not-found"
	ErrorMethodNotAllowed ErrorKind = "method-not-allowed"
	ErrorBadRequest       ErrorKind = "bad-request"     // a form that no page of ours sends
	ErrorTooLarge         ErrorKind = "too-large"       // a body over the limit
	ErrorWrongHost        ErrorKind = "wrong-host"      // asked under a name that is not ours
	ErrorForged           ErrorKind = "forged"          // the request did not come from our own page
	ErrorFormExpired      ErrorKind = "form-expired"    // the form belongs to another or an older session
	ErrorSignInRefused    ErrorKind = "sign-in-refused" // the answer of the sign-in page breaks a rule
	ErrorSignInStale      ErrorKind = "sign-in-stale"   // a fresh sign-in was asked for and not delivered
	ErrorSignInDenied     ErrorKind = "sign-in-denied"  // the user left the sign-in page, or it said no
	ErrorSignInExpired    ErrorKind = "sign-in-expired" // no sign-in of this browser waits for that answer
	ErrorOtherPerson      ErrorKind = "other-person"    // a fresh proof came back as somebody else
	ErrorRefreshRefused   ErrorKind = "refresh-refused" // a refresh brought a token that is not the user's
)

// ErrorKinds lists every [ErrorKind].
func ErrorKinds() []ErrorKind {
	return []ErrorKind{
		ErrorInternal, ErrorUnavailable, ErrorNotDone, ErrorUnknown,
		ErrorStoreDown, ErrorMisconfigured, ErrorRateLimited,
		ErrorTooManyTries, ErrorTooManyCodes, ErrorTooManyMessages, ErrorLimitReached, ErrorNotOffered,
		ErrorNoEnrolment, ErrorNotFound, ErrorPageNotFound, ErrorMethodNotAllowed,
		ErrorBadRequest, ErrorTooLarge, ErrorWrongHost, ErrorForged,
		ErrorFormExpired, ErrorSignInRefused, ErrorSignInStale, ErrorSignInDenied,
		ErrorSignInExpired, ErrorOtherPerson, ErrorRefreshRefused,
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
func (v ErrorPage) Full() templ.Component {
	return document(&v.Page, "error."+string(v.Kind)+".title", errorPage(&v))
}

// Main implements [View].
func (v ErrorPage) Main() templ.Component {
	return fragment(&v.Page, "error."+string(v.Kind)+".title", errorPage(&v))
}

// exit is the one link of an error page.
type exit struct {
	key string // of its words
	url func(*Page) string
}

// wayOut is where somebody goes from an error: to sign in where the sign-in
// failed, back to the page where trying again makes sense, else to the overview.
func (v *ErrorPage) wayOut() exit {
	switch v.Kind {
	case ErrorSignInRefused, ErrorSignInStale, ErrorSignInDenied, ErrorSignInExpired, ErrorOtherPerson, ErrorRefreshRefused:
		return exit{"action.sign-in", (*Page).SignInURL}
	case ErrorUnavailable, ErrorNotDone, ErrorStoreDown, ErrorInternal, ErrorFormExpired:
		return exit{"action.again", (*Page).placeURL}
	default:
		return exit{"action.overview", func(p *Page) string { return p.Site.URL() }}
	}
}
