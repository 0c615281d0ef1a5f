package account

import (
	"errors"
	"fmt"
	"time"

	"mysecurity/internal/auth0"
	"mysecurity/internal/limit"
)

// Kind says what went wrong in terms that a page can explain. It is also the
// stem of the message keys for the error.
type Kind string

// The kinds of error. Handlers turn them into a status and a page.
const (
	KindInternal        Kind = "internal"          // a fault of ours; nothing is said about it
	KindNeedSignIn      Kind = "need-sign-in"      // nobody is signed in, or no longer
	KindNeedProof       Kind = "need-proof"        // the proof or its token has ended: confirm and come back
	KindWrongCode       Kind = "wrong-code"        // the code is well formed and not right
	KindPending         Kind = "pending"           // nobody has scanned the QR code yet
	KindDenied          Kind = "denied"            // the request was refused on the phone
	KindExpired         Kind = "code-expired"      // the code or QR code is over: a new one is needed
	KindBadNumber       Kind = "bad-number"        // the tenant does not take this phone number
	KindBadAddress      Kind = "bad-address"       // the tenant does not take this e-mail address
	KindOtherEntry      Kind = "other-entry"       // the code is right for another entry of the user's app
	KindDiscarded       Kind = "discarded"         // too many wrong codes: this attempt is over
	KindTooManyCodes    Kind = "too-many-codes"    // the hourly allowance of code guesses is used up
	KindTooManyTries    Kind = "too-many-tries"    // too many starts or removals in an hour
	KindTooManyMessages Kind = "too-many-messages" // the allowance of codes sent is used up
	KindTooSoon         Kind = "too-soon"          // a code was sent just now
	KindRateLimited     Kind = "rate-limited"      // the tenant asks to wait, or we do for its sake
	KindNoEnrolment     Kind = "no-enrolment"      // nothing was started that could be confirmed
	KindLimitReached    Kind = "limit-reached"     // the tenant holds as many entries as it allows
	KindNotOffered      Kind = "not-offered"       // the company has switched this kind off
	KindNotFound        Kind = "not-found"         // no such method in the user's own list
	KindFixed           Kind = "fixed"             // comes with the account, cannot be removed here
	KindLastMethod      Kind = "last-method"       // company rule: this one has to stay
	KindUnderstand      Kind = "understand"        // removal of the last method needs its own tick
	KindUnavailable     Kind = "unavailable"       // the tenant cannot be reached; nothing was changed
	KindNotDone         Kind = "not-done"          // the tenant failed in the middle; we looked: nothing was changed
	KindUnknown         Kind = "unknown"           // the tenant failed in the middle and we could not look
	KindMisconfigured   Kind = "misconfigured"     // the tenant refuses the application, not the user
	KindSignInRefused   Kind = "sign-in-refused"   // the answer of the sign-in page breaks a rule
	KindSignInStale     Kind = "sign-in-stale"     // a fresh sign-in was asked for and not delivered
	KindSignInDenied    Kind = "sign-in-denied"    // the user or the tenant said no
	KindSignInExpired   Kind = "sign-in-expired"   // no sign-in of this browser is waiting for that answer
	KindOtherPerson     Kind = "other-person"      // a confirmation came back as somebody else
	KindRefreshRefused  Kind = "refresh-refused"   // a refresh brought the token of somebody else, or one that breaks another rule
)

// Error carries a kind for the user, an optional moment when to come back, and
// a private cause for the log.
type Error struct {
	Kind  Kind
	Until time.Time // when to try again; zero if unknown
	Cause error
}

// Error names the kind only; causes are logged by their own rules.
func (e *Error) Error() string { return "account: " + string(e.Kind) }

// Unwrap gives the private cause.
func (e *Error) Unwrap() error { return e.Cause }

// LogText describes the private cause for the log. Only errors whose texts are
// ours, and hold nothing that a tenant or a user wrote, are quoted; of all
// others the type is named.
func (e *Error) LogText() string {
	var (
		upstream *auth0.Error
		exceeded *limit.Exceeded
		own      Reason
	)
	switch {
	case e.Cause == nil:
		return ""
	case errors.As(e.Cause, &upstream):
		return upstream.Error()
	case errors.As(e.Cause, &exceeded):
		return exceeded.Error()
	case errors.As(e.Cause, &own):
		return own.Error()
	default:
		return fmt.Sprintf("%T", e.Cause)
	}
}

// Reason is a cause that consists of fixed words.
type Reason string

// Error implements error.
func (r Reason) Error() string { return string(r) }

// Fail makes an Error of a kind with its private cause, which may be nil.
func Fail(kind Kind, cause error) *Error { return &Error{Kind: kind, Cause: cause} }

// KindOf returns the kind of an error: nothing for nil, KindInternal for an
// error without a kind.
func KindOf(err error) Kind {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return KindInternal
}

// UntilOf returns when to try again after an error; zero if it does not say.
func UntilOf(err error) time.Time {
	var e *Error
	if errors.As(err, &e) {
		return e.Until
	}
	return time.Time{}
}

// tenantKinds says what a tenant's refusal means for the user. Kinds that
// depend on the call (unknown outcome, not found) are settled by the caller.
var tenantKinds = map[auth0.Kind]Kind{
	auth0.KindTokenRejected:   KindNeedProof,
	auth0.KindProofNeeded:     KindNeedProof,
	auth0.KindForbidden:       KindMisconfigured,
	auth0.KindWrongCode:       KindWrongCode,
	auth0.KindTooManyCodes:    KindTooManyCodes,
	auth0.KindRateLimited:     KindRateLimited,
	auth0.KindNotFound:        KindNotFound,
	auth0.KindLimitReached:    KindLimitReached,
	auth0.KindFactorDisabled:  KindNotOffered,
	auth0.KindTooManyMessages: KindTooManyMessages,
	auth0.KindBadNumber:       KindBadNumber,
	auth0.KindBadAddress:      KindBadAddress,
	auth0.KindNotRemovable:    KindFixed,
	auth0.KindPending:         KindPending,
	auth0.KindSlowDown:        KindPending,
	auth0.KindDenied:          KindDenied,
	auth0.KindExpired:         KindExpired,
	auth0.KindUnavailable:     KindUnavailable,
	auth0.KindNotReady:        KindUnavailable,
	auth0.KindUnknownOutcome:  KindUnknown,
	auth0.KindLoginRefused:    KindSignInRefused,
}

// translate turns an error of the tenant's client or of the limiter into ours.
func translate(err error) *Error {
	var own *Error
	if errors.As(err, &own) {
		return own
	}
	var exceeded *limit.Exceeded
	if errors.As(err, &exceeded) {
		return &Error{Kind: KindTooManyTries, Until: exceeded.Until, Cause: err}
	}
	var upstream *auth0.Error
	if errors.As(err, &upstream) {
		kind, known := tenantKinds[upstream.Kind]
		if !known {
			kind = KindInternal
		}
		return &Error{Kind: kind, Until: upstream.RetryAt, Cause: err}
	}
	return &Error{Kind: KindInternal, Cause: err}
}

// outcomeUnknown reports whether a changing call may or may not have happened.
func outcomeUnknown(err error) bool {
	return auth0.KindOf(err) == auth0.KindUnknownOutcome
}
