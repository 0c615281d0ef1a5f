package auth0

import (
	"errors"
	"fmt"
	"time"
)

// Kind is what a failure means to the portal. The tenant's statuses and codes
// vary between tenants and years (one cause has up to four spellings); kinds do not.
type Kind int

const (
	// KindInternal is a mistake of ours, or an error of another package.
	KindInternal Kind = iota
	// KindTokenRejected: the access token is expired, malformed or revoked.
	KindTokenRejected
	// KindProofNeeded: the tenant wants the user to prove themselves first, for
	// example "User is already enrolled." on a second enrolment.
	KindProofNeeded
	// KindForbidden: a grant, scope or credential of the application is wrong; only
	// the operator can mend it.
	KindForbidden
	// KindWrongCode: the code of an app or of a message was not right.
	KindWrongCode
	// KindTooManyCodes: too many wrong codes; RetryAt is set if the tenant said when.
	KindTooManyCodes
	// KindRateLimited: too many requests; RetryAt is set if the tenant said when.
	KindRateLimited
	// KindNotFound: there is no such authenticator (any more).
	KindNotFound
	// KindLimitReached: the user has as many enrolments as the tenant allows (51).
	KindLimitReached
	// KindFactorDisabled: the tenant does not offer this kind of authenticator.
	KindFactorDisabled
	// KindTooManyMessages: too many codes sent to this user; RetryAt is set if the
	// tenant said when.
	KindTooManyMessages
	// KindBadNumber: the tenant does not take this phone number.
	KindBadNumber
	// KindBadAddress: the tenant does not take this e-mail address.
	KindBadAddress
	// KindNotRemovable: this authenticator cannot be deleted, such as a verified
	// address that nobody enrolled.
	KindNotRemovable
	// KindPending: nobody has scanned the code or answered on the phone yet.
	KindPending
	// KindSlowDown: as KindPending, and asked too often; RetryAt is set if the
	// tenant said when to ask again.
	KindSlowDown
	// KindDenied: the notification was refused on the phone.
	KindDenied
	// KindExpired: the transaction that an oob_code names is over, unknown, or of
	// another access token. The token itself is good; a new code has to be sent.
	KindExpired
	// KindInvalid: any other refusal of a request.
	KindInvalid
	// KindUnavailable: nothing was done; the tenant cannot be reached or is ill.
	KindUnavailable
	// KindUnknownOutcome: a changing call was cut, timed out, or was answered with
	// nonsense. It may have been carried out. Never repeat it: list and compare.
	KindUnknownOutcome
	// KindLoginRefused: this sign-in does not count; Reason says which rule it broke.
	KindLoginRefused
	// KindNotReady: the tenant's discovery document was not (yet) accepted.
	KindNotReady
)

var kindNames = [...]string{
	KindInternal: "internal", KindTokenRejected: "token rejected", KindProofNeeded: "proof needed",
	KindForbidden: "forbidden", KindWrongCode: "wrong code", KindTooManyCodes: "too many codes",
	KindRateLimited: "rate limited", KindNotFound: "not found", KindLimitReached: "limit reached",
	KindFactorDisabled: "factor disabled", KindTooManyMessages: "too many messages",
	KindBadNumber: "bad number", KindBadAddress: "bad address", KindNotRemovable: "not removable",
	KindPending: "pending", KindSlowDown: "slow down", KindDenied: "denied", KindExpired: "expired",
	KindInvalid: "invalid", KindUnavailable: "unavailable",
	KindUnknownOutcome: "unknown outcome", KindLoginRefused: "login refused", KindNotReady: "not ready",
}

// String names the kind for logs.
func (k Kind) String() string {
	if k < 0 || int(k) >= len(kindNames) {
		return fmt.Sprintf("kind %d", int(k))
	}
	return kindNames[k]
}

// ReasonStaleLogin says that the user's last proof is older than max_age allowed.
const ReasonStaleLogin = "id_token_auth_time_stale"

// Reasons refine a Kind. They are ours, fixed and free of any data of the
// tenant's, so that they may stand in logs, audit events and metrics.
const (
	// Below HTTP, and answers that are no answers.
	reasonBusy      = "busy"             // our own limit of calls in flight
	reasonOpen      = "circuit_open"     // the tenant was ill just now; nothing was sent
	reasonCanceled  = "canceled"         // the caller went away
	reasonTimeout   = "timeout"          // a deadline passed
	reasonName      = "name_lookup"      // the host name has no address
	reasonConnect   = "connect"          // connection refused or unreachable
	reasonTLS       = "tls"              // certificate or protocol not accepted
	reasonCut       = "connection_cut"   // anything else on the wire
	reasonTooLarge  = "answer_too_large" // beyond the byte limit
	reasonMalformed = "answer_malformed" // a success whose body is not what the API promises

	// Discovery.
	reasonDiscovery = "discovery_malformed"
	reasonMetadata  = "discovery_issuer"   // the document is another issuer's
	reasonEndpoint  = "discovery_endpoint" // an endpoint lies on another host or scheme
	reasonEmulator  = "discovery_emulator" // an emulated tenant where a real one is required

	// Sign-in, before the ID token.
	reasonTransaction    = "transaction"     // nonce, verifier or start is missing: a mistake of ours
	reasonResponseIssuer = "response_issuer" // RFC 9207: foreign, or promised and absent
	reasonCode           = "code"            // no code, or the tenant does not accept it
	reasonUserBlocked    = "user_blocked"
	reasonDenied         = "denied"
	reasonTokenAnswer    = "token_answer" // malformed, or a name twice
	reasonTokenType      = "token_type"   // not Bearer
	reasonAccessToken    = "access_token" // absent or unusable in a header
	reasonIDToken        = "id_token"     // absent, too long, or no compact JWS

	// The rules of the ID token; see loginRules.
	reasonType         = "id_token_typ"
	reasonAlgorithm    = "id_token_alg"
	reasonKey          = "id_token_key" // no published key for it
	reasonSignature    = "id_token_signature"
	reasonClaims       = "id_token_claims" // not one JSON object with unique names
	reasonIssuer       = "id_token_iss"
	reasonAudience     = "id_token_aud"
	reasonParty        = "id_token_azp"
	reasonSubject      = "id_token_sub"
	reasonIssuedAt     = "id_token_iat"
	reasonExpiry       = "id_token_exp"
	reasonLifetime     = "id_token_lifetime"
	reasonNotBefore    = "id_token_nbf"
	reasonNonce        = "id_token_nonce"
	reasonTokenHash    = "id_token_at_hash"
	reasonAuthTime     = "id_token_auth_time" // absent or from the future
	reasonLibrary      = "id_token_refused"   // go-oidc found what our rules did not
	reasonBadParameter = "parameter"          // a value of ours that must not be sent
)

// Error is the only error type of this package. Its text shows operation, kind,
// status and our reason, never what the tenant wrote.
type Error struct {
	Op     string
	Kind   Kind
	Status int    // HTTP status; 0 if there was no answer
	Code   string // the tenant's error code if it is one we know, else empty
	Reason string // one of our fixed words, or empty
	// RetryAt is when to ask again: as the tenant said, at most fifteen minutes from
	// now, or as our own limits have it; zero if nobody knows.
	RetryAt time.Time

	connected bool  // there was a connection to the tenant: what failed came after that
	cause     error // context.Canceled or context.DeadlineExceeded
}

// Error implements error.
func (e *Error) Error() string {
	text := "auth0: " + e.Op + ": " + e.Kind.String()
	if e.Status != 0 {
		text += fmt.Sprintf(", status %d", e.Status)
	}
	if e.Code != "" {
		text += ", code " + e.Code
	}
	if e.Reason != "" {
		text += ", reason " + e.Reason
	}
	return text
}

// Unwrap gives the context error that ended the call, if one did.
func (e *Error) Unwrap() error { return e.cause }

// KindOf gives the kind of any error; errors of other packages are internal.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return KindInternal
}

// refused is a sign-in that breaks a rule.
func refused(reason string) *Error {
	return &Error{Op: opSignIn, Kind: KindLoginRefused, Reason: reason}
}
