package emulator

import (
	"cmp"
	"net/http"
	"net/url"
)

// challengeFactor asks u to prove a: it sends a code, or a notification to the
// phone. An authenticator app has nothing to send; its oob is nil then. The
// MFA API and the sign-in pages use it. The caller holds the store's lock.
func (e *Emulator) challengeFactor(u *user, a *authenticator, from client) (*oob, *oauthFailure) {
	if a.Kind == kindTOTP {
		e.logEvent("gd_start_auth", u.ID, "Challenged for a code of the authenticator app")
		return nil, nil
	}
	if failure := e.spendSending(u, a.Kind); failure != nil {
		return nil, failure
	}
	o := e.newOOB(u, a)
	o.MFAToken, o.ClientID = from.MFAToken, from.ClientID
	if a.Kind == kindPush {
		o.TxToken, o.Challenge = randomString(e.rand, 64, base64URLAlphabet), randomString(e.rand, 64, base64URLAlphabet)
		o.Browser, o.OS = from.Browser, from.OS
		e.deliverPush(o, a)
	} else {
		o.Binding = e.newBindingCode()
		e.deliverCode(u, a, o, from.Lang)
	}
	e.logEvent("gd_start_auth", u.ID, "Challenged by "+a.Kind)
	return o, nil
}

// newBindingCode makes the six digits of a message.
func (e *Emulator) newBindingCode() string { return randomString(e.rand, 6, "0123456789") }

// spendSending takes one from the allowance of what is sent to the user, or is the
// refusal when it is used up.
func (e *Emulator) spendSending(u *user, kind string) *oauthFailure {
	set, allowed, refusal := e.s.phoneBuckets, phoneAllowance(), tooManyTexts
	switch kind {
	case kindPush:
		set, allowed, refusal = e.s.pushBuckets, pushAllowance(), tooManyPushes
	case kindEmail:
		set, allowed, refusal = e.s.emailBuckets, emailAllowance(), tooManyEmails
	}
	now, b := e.clock.Now(), bucketFor(set, u.ID, allowed)
	if b.left(now) == 0 {
		e.logSendFailure(u, kind)
		return refusal()
	}
	b.take(now)
	return nil
}

// logSendFailure logs that nothing was sent; the vendor has no code for e-mails.
func (e *Emulator) logSendFailure(u *user, kind string) {
	code, known := map[string]string{
		kindSMS: "gd_send_sms_failure", kindVoice: "gd_send_voice_failure", kindPush: "gd_send_pn_failure",
	}[kind]
	if known {
		e.logEvent(code, u.ID, "Not sent: too many within a short time")
	}
}

// codeHost is where the code of a transaction is typed: on the tenant's own page,
// or in the application, whose first callback tells its host.
func (e *Emulator) codeHost(o *oob) string {
	at := e.publicURL
	if app := e.s.apps[o.ClientID]; app != nil && len(app.Callbacks) > 0 {
		at = app.Callbacks[0]
	}
	u, err := url.Parse(at)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// deliverCode sends the code of a transaction to a's number or address.
func (e *Emulator) deliverCode(u *user, a *authenticator, o *oob, lang string) {
	e.sendMessage(a.Kind, a.To, o.Binding, cmp.Or(u.Locale, lang), e.codeHost(o))
	e.logEvent("gd_send_"+a.Kind, u.ID, "Sent a code by "+a.Kind)
}

// A phone keeps so many notifications that nobody has answered.
const maxPushes = 50

// deliverPush puts a notification on the simulated phone that a's push token
// belongs to. Of another phone nobody learns whether it got it.
func (e *Emulator) deliverPush(o *oob, a *authenticator) {
	for _, p := range e.s.phones {
		if a.Device.PushService == pushService && a.Device.PushToken == p.ID {
			p.Pushes = appendBounded(p.Pushes, push{
				ID: "push_" + randomString(e.rand, 16, alphanumeric), TxToken: o.TxToken, DeviceAccount: a.Device.ID,
				Challenge: o.Challenge, ServiceHost: e.guardianURL(), At: o.Created, Browser: o.Browser, OS: o.OS,
			}, maxPushes)
		}
	}
	e.logEvent("gd_send_pn", o.UserID, "Sent a push notification")
}

func tooManyTexts() *oauthFailure {
	return fail(http.StatusTooManyRequests, "invalid_request", "Too many SMS sent by the user. Wait for some minutes before retrying.")
}

func tooManyEmails() *oauthFailure {
	return fail(http.StatusTooManyRequests, "invalid_request", "Too many emails sent by the user. Wait for some minutes before retrying.")
}

func tooManyPushes() *oauthFailure {
	return fail(http.StatusTooManyRequests, "too_many_pn", "Too many push notifications sent to the user. Wait for some minutes before retrying.")
}
