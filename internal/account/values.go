package account

import (
	"time"

	"mysecurity/internal/secret"
)

// User is the person who is signed in. Identity is Issuer and Subject together;
// the other fields are for display only and never decide anything.
type User struct {
	Issuer  string
	Subject string
	Name    string
	Email   string
	Locale  string // BCP 47, as the tenant's profile gives it; may be empty
}

// Is reports whether two values name the same person at the same issuer.
func (u User) Is(other User) bool {
	return u.Subject != "" && u.Issuer == other.Issuer && u.Subject == other.Subject
}

// Key names the user in limiters, locks and ledgers.
func (u User) Key() string { return u.Issuer + "|" + u.Subject }

// Proof is what one sign-in proved, and when. The list of methods at the
// callback decides Strong once; later changes do not alter it (design: the
// rights table).
type Proof struct {
	At     time.Time // callback time with amr "mfa", otherwise the token's auth_time
	MFA    bool      // amr "mfa" was in the ID token of this very authorization
	Strong bool      // an active method other than e-mail and recovery code existed
}

// Access is the user's own credential for the MFA API, ten minutes long.
type Access struct {
	Token   secret.Secret
	Expires time.Time
	Proof   Proof
	SID     string // session id at the tenant, for sign-out
}

// Enrolment is a method that was started and not yet confirmed. It lives in the
// server-side session, never in a page's form or a URL. A session holds at most
// one of each kind.
type Enrolment struct {
	Kind    MethodKind // MethodApp, MethodPhone, MethodEmail or MethodPush
	ID      string     // authenticator id at the tenant; empty if it could not be told apart
	Started time.Time
	Wrong   int     // wrong codes in a row
	Key     Key     // of a MethodApp
	Message Message // of a MethodPhone or MethodEmail
	Scan    Scan    // of a MethodPush
}

// AttemptsLeft is how many more wrong codes the attempt survives, the last of
// which ends it.
func (e Enrolment) AttemptsLeft() int { return wrongCodesAllowed - e.Wrong }

// Key is what an authenticator app was given.
type Key struct {
	Secret secret.Secret // base32
	URI    secret.Secret // otpauth:// text of the QR code
	Drift  []int         // 30-second steps by which the last wrong code would have been right
	// DriftAgreed is set when the last two wrong codes explain each other by
	// the same clock error.
	DriftAgreed bool
}

// Channel is how a code reaches a phone.
type Channel string

// The channels of a phone.
const (
	ChannelText Channel = "sms"
	ChannelCall Channel = "voice"
)

// Message is a code on its way to the user. Only the code sent last counts: each
// one belongs to an entry of its own at the tenant.
type Message struct {
	To      string        // E.164 number or e-mail address, as the user typed it
	Channel Channel       // of a phone; empty for e-mail
	OOB     secret.Secret // the tenant's name for the transaction
	Sent    time.Time
}

// Scan is a QR code that waits for the company's notification app.
type Scan struct {
	URI     secret.Secret // otpauth:// text of the QR code
	OOB     secret.Secret // the tenant's name for the transaction
	Expires time.Time
	Next    time.Time     // when the tenant may be asked again
	Every   time.Duration // the rhythm of asking; the tenant can slow it down
	Apps    []string      // authenticator apps' ids before: the app that comes with it is not among them
}

// RecoveryCode is// RecoveryCode is a code the tenant handed out and the user has not yet stated
// to have saved.
type RecoveryCode struct {
	Code     secret.Secret
	Received time.Time
	// Due is set once the method it came with is active: from then on the user
	// has to save it before anything else.
	Due bool
	// Reveal permits the next page view to show it.
	Reveal bool
}
