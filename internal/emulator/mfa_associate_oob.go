package emulator

import (
	"cmp"
	"net/http"
	"regexp"
)

// oobAssociationJSON is the answer of POST /mfa/associate for the out-of-band
// factors. binding_method says that the user types a code; without it the client
// polls.
//
// https://auth0.com/docs/secure/multi-factor-authentication/authenticate-using-ropg-flow-with-mfa/enroll-challenge-sms-voice-authenticators
type oobAssociationJSON struct {
	AuthenticatorType string   `json:"authenticator_type"`
	BindingMethod     string   `json:"binding_method,omitempty"`
	OOBChannel        string   `json:"oob_channel"`
	OOBCode           string   `json:"oob_code"`
	BarcodeURI        string   `json:"barcode_uri,omitempty"`
	RecoveryCodes     []string `json:"recovery_codes,omitempty"`
}

// e164 is a number in the international form of ITU-T E.164.
var e164 = regexp.MustCompile(`^\+[1-9][0-9]{1,14}$`)

// validNumber reports whether the tenant would send to s.
func validNumber(s string) bool { return e164.MatchString(s) }

// startOOB makes a pending entry and sends the code, or makes the QR code of a
// push enrolment. Nothing is made if nothing can be sent.
func (e *Emulator) startOOB(r *http.Request, b *bearerUser, kind string, p parameters) (any, *oauthFailure) {
	to, failure := destination(b.user, kind, p)
	if failure != nil {
		return nil, failure
	}
	if kind != kindPush {
		if failure := e.spendSending(b.user, kind); failure != nil {
			return nil, failure
		}
	}
	first := e.firstAssociation(b.user)
	a := e.addEntry(b.user, &authenticator{Kind: kind, To: to})
	if isPhone(kind) && e.variant(variantPhonePair) == "from_the_start" {
		e.pairPhone(b.user, a)
	}
	o := e.newOOB(b.user, a)
	o.Enrol, o.ClientID, o.MFAToken = true, b.app.ClientID, b.mfaToken
	answer := oobAssociationJSON{AuthenticatorType: "oob", OOBChannel: oobChannel(kind), OOBCode: o.Code}
	if kind == kindPush {
		o.Ticket = randomString(e.rand, 32, alphanumeric)
		answer.BarcodeURI = e.guardianURI(b.user, o.Ticket)
	} else {
		o.Binding, answer.BindingMethod = e.newBindingCode(), "prompt"
		e.deliverCode(b.user, a, o, e.languageOf(r, ""))
	}
	e.logEvent("gd_start_enroll", b.user.ID, "Started to enrol "+kind)
	answer.RecoveryCodes = e.handOutRecoveryCode(b.user, first)
	return answer, nil
}

func isPhone(kind string) bool { return kind == kindSMS || kind == kindVoice }

// destination reads the number or the address that is to be enrolled.
func destination(u *user, kind string, p parameters) (string, *oauthFailure) {
	switch kind {
	case kindSMS, kindVoice:
		number := p["phone_number"]
		switch {
		case p.get("phone_number") == "":
			return "", missing("phone_number")
		case len(number) > 1 || !validNumber(number[0]):
			return "", invalidRequest("The phone number is invalid.")
		}
		return number[0], nil
	case kindEmail:
		address := cmp.Or(p.get("email"), u.Email)
		if len(p["email"]) > 1 || !validAddress(address) {
			return "", invalidRequest("The email is invalid.")
		}
		return address, nil
	}
	return "", nil
}

// guardianURI is the text of the QR code that enrols the Guardian app, as recorded
// from real tenants.
func (e *Emulator) guardianURI(u *user, ticket string) string {
	return "otpauth://totp/" + percentEncode(e.s.tenant.Name) + ":" + percentEncode(u.Email) +
		"?enrollment_tx_id=" + ticket + "&base_url=" + percentEncode(e.guardianURL())
}
