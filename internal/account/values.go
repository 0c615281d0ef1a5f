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
	// EmailVerified is the tenant's word for it that Email is the user's: such an
	// address comes with the account and cannot be removed.
	EmailVerified bool
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
	SID     string  // session id at the tenant, for sign-out
	Renewal Renewal // zero unless sign-ins ask for a refresh token (REFRESH=on)
}

// Renewal is what can prolong the reading of the list once the access token has
// ended. Proof stays what it was: nothing is proven by it.
type Renewal struct {
	// Token is the refresh token. Each is sent to the tenant once at most, by the
	// request that took it out of the session; while that one is under way, and if
	// it came to nothing, there is none.
	Token secret.Secret
	Taken time.Time // when the token was taken; zero if no refresh is under way

	// What the ID token of a refresh has to agree with, beside the user.
	Nonce    string
	AuthTime time.Time // of the sign-in
}

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
