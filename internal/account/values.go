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

// AppEnrolment is an authenticator app that was started and not yet confirmed.
// It lives in the server-side session, never in a page's form or a URL.
type AppEnrolment struct {
	ID      string // authenticator id at the tenant; empty if it could not be told apart
	Secret  secret.Secret
	URI     secret.Secret // otpauth:// text of the QR code
	Started time.Time
	Wrong   int   // wrong codes in a row
	Drift   []int // 30-second steps by which the last wrong code would have been right
	// DriftAgreed is set when the last two wrong codes explain each other by
	// the same clock error.
	DriftAgreed bool
}

// AttemptsLeft is how many more wrong codes the attempt survives, the last of
// which ends it.
func (e AppEnrolment) AttemptsLeft() int { return wrongCodesAllowed - e.Wrong }

// RecoveryCode is a code the tenant handed out and the user has not yet stated
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
