package account

import (
	"strings"
	"time"

	"mysecurity/internal/secret"
)

// wrongCodesAllowed is how many wrong codes one attempt survives (MF-05).
const wrongCodesAllowed = 5

// Lives of what a start brings. The tenant ends codes and QR codes after five
// minutes; from then on nothing is asked of it.
const (
	MessageWait = time.Minute     // between two codes of one attempt
	MessageLife = 5 * time.Minute // of a code that was sent
	ScanLife    = 5 * time.Minute // of a push QR code
	ScanEvery   = 5 * time.Second // the rhythm of asking whether it was scanned
)

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
	Typed   Typed   // of a form for a number or an address that has started nothing yet
}

// AttemptsLeft is how many more wrong codes the attempt survives, the last of
// which ends it.
func (e Enrolment) AttemptsLeft() int { return wrongCodesAllowed - e.Wrong }

// SendAgainAt is from when on a code may be sent anew; zero for what sends none.
func (e Enrolment) SendAgainAt() time.Time {
	if e.Message.OOB.IsZero() {
		return e.Message.Sent
	}
	return e.Message.Sent.Add(MessageWait)
}

// SendAgainTo is from when on a code may go to a recipient once more after the
// attempt was given up for another one; zero for whom the last code did not go to.
func (e Enrolment) SendAgainTo(to string) time.Time {
	if e.Message.Sent.IsZero() || !strings.EqualFold(e.Message.To, to) {
		return time.Time{}
	}
	return e.Message.Sent.Add(MessageWait)
}

// Expires is when the code or the QR code ends, or ended; zero for an app.
func (e Enrolment) Expires() time.Time {
	switch {
	case e.Kind == MethodPush:
		return e.Scan.Expires
	case e.Message.OOB.IsZero():
		return e.Message.Sent
	default:
		return e.Message.Sent.Add(MessageLife)
	}
}

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
	OOB     secret.Secret // the tenant's name for the transaction; none once the tenant said that it is over
	Sent    time.Time
}

// Typed is what somebody typed into the form for a number or an address, as they
// typed it. It is nothing more than that: nobody has looked at it.
type Typed struct {
	Country string // of a number; may be empty
	To      string
	Channel Channel // of a number; empty if none was chosen
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
