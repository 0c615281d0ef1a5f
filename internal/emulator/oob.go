package emulator

import (
	"crypto/subtle"
	"time"
)

// oobLife is how long a code that was sent, a push notification and the QR code
// of a push enrolment can be answered.
const oobLife = 5 * time.Minute

// oobState says what a phone has answered.
type oobState int

const (
	oobPending oobState = iota
	oobAccepted
	oobDenied
)

// oob is one out-of-band transaction: a code on its way to the user, a push
// notification, or a QR code that waits for a phone.
type oob struct {
	Code            string // the oob_code
	UserID          string
	ClientID        string // application that started it, "" for a sign-in page
	AuthenticatorID string // may be gone, or be the implicit one of a verified address
	Binding         string // the code that the user types; "" for push
	MFAToken        string // opaque mfa_token that it was made with, else ""
	Enrol           bool   // confirms an enrolment, and is no challenge
	Created         time.Time
	Expires         time.Time
	State           oobState
	Reason          string // the phone's, for a denial
	LastPoll        time.Time

	// Push only.
	Ticket      string // enrolment: the enrollment_tx_id, "" once a phone has used it
	SpentTicket string // enrolment: the one that a phone has used
	TxToken     string // challenge: bearer token of the phone's answer
	Challenge   string // challenge: what the phone signs
	Browser, OS string // challenge: where the user is
}

// client is where a challenge comes from.
type client struct {
	MFAToken    string // of the MFA API's caller; "" for a sign-in page
	ClientID    string // application of that caller
	Browser, OS string // of the user, for the text of a push notification
	Lang        string // language of the page, for users without one
}

// newOOB starts a transaction for one of u's authenticators. The caller holds the
// store's lock.
func (e *Emulator) newOOB(u *user, a *authenticator) *oob {
	now := e.clock.Now()
	e.s.sweep(now)
	o := &oob{
		Code: e.newOpaque(), UserID: u.ID, AuthenticatorID: a.ID,
		Created: now, Expires: now.Add(oobLife),
	}
	e.s.oobs[o.Code] = o
	return o
}

// answerOOB checks a code that was sent, or looks for the phone's answer to a
// push; binding is ignored then. codeOK ends the transaction: it counts once. The
// caller holds the store's lock.
func (e *Emulator) answerOOB(o *oob, binding string) codeResult {
	u := e.s.users[o.UserID]
	if u == nil || e.s.oobs[o.Code] != o || !e.clock.Now().Before(o.Expires) {
		return codeExpired
	}
	result := oobResult(o)
	if o.Binding != "" {
		result = e.spendBinding(u, o, binding)
	}
	if result == codeOK {
		delete(e.s.oobs, o.Code)
	}
	return result
}

// oobResult is what a phone has answered.
func oobResult(o *oob) codeResult {
	switch o.State {
	case oobAccepted:
		return codeOK
	case oobDenied:
		return codeDenied
	}
	return codePending
}

// spendBinding compares a typed code with the one that was sent; wrong ones count
// together with wrong one-time codes.
func (e *Emulator) spendBinding(u *user, o *oob, binding string) codeResult {
	now := e.clock.Now()
	allowance := bucketOf(e.s.codeBuckets, u.ID)
	if allowance.left(now) == 0 {
		e.logEvent("gd_otp_rate_limit_exceed", u.ID, "Too many failed codes")
		return codeTooMany
	}
	if subtle.ConstantTimeCompare([]byte(o.Binding), []byte(binding)) == 1 {
		return codeOK
	}
	allowance.take(now)
	e.logEvent("gd_auth_failed", u.ID, "Wrong code of a message")
	return codeWrong
}

// newOpaque makes a token of the sealed form that mfa_token and oob_code have.
func (e *Emulator) newOpaque() string {
	return "Fe26.2*" + randomString(e.rand, 64, base64URLAlphabet) + "*" + randomString(e.rand, 43, base64URLAlphabet)
}
