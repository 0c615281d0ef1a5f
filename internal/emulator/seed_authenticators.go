package emulator

import (
	"cmp"
	"encoding/base32"
	"fmt"
	"net/mail"
	"strings"
)

// Types of SeedAuthenticator.
const (
	seedApp      = "otp"
	seedRecovery = "recovery-code"
	seedPhone    = "phone"
	seedEmail    = "email"
	seedPush     = "push"
)

// SeedAuthenticator is an active authenticator. Its type says which of the other
// members it has; those left out are made up, and the address is the user's own.
type SeedAuthenticator struct {
	// Type is "otp", "recovery-code", "phone", "email" or "push". A phone takes
	// texts and calls as far as the tenant sends them; a push account is on the
	// user's simulated phone and shows codes as well.
	Type string `json:"type"`
	// Secret of an app or of a push account's codes is base32; a recovery code's is
	// its 24 characters.
	Secret string `json:"secret,omitempty"`
	// Number of a phone in E.164 form.
	Number string `json:"number,omitempty"`
	// Address of an e-mail authenticator.
	Address string `json:"address,omitempty"`
}

// completeAuthenticator checks one authenticator of u and makes up what is
// missing.
func (e *Emulator) completeAuthenticator(u *SeedUser, a *SeedAuthenticator) error {
	switch a.Type {
	case seedApp, seedPush:
		a.Secret = cmp.Or(a.Secret, e.newTOTPSecret())
	case seedRecovery:
		a.Secret = cmp.Or(a.Secret, e.newRecoveryCode())
	case seedPhone:
		a.Number = cmp.Or(a.Number, e.newNumber())
	case seedEmail:
		a.Address = cmp.Or(a.Address, u.Email)
	default:
		return badRequest(fmt.Sprintf("there is no authenticator of the type %q", a.Type))
	}
	return a.check()
}

// newNumber makes a mobile number out of the range that is kept free for stories.
//
// https://www.ofcom.org.uk/phones-and-broadband/phone-numbers/numbers-for-drama
func (e *Emulator) newNumber() string { return "+447700900" + randomString(e.rand, 3, "0123456789") }

// check reports whether the members are those of the type, and such as the tenant
// itself would have taken or made.
func (a SeedAuthenticator) check() error {
	isPhone, isEmail := a.Type == seedPhone, a.Type == seedEmail
	switch {
	case !isPhone && a.Number != "", !isEmail && a.Address != "", (isPhone || isEmail) && a.Secret != "":
		return badRequest(fmt.Sprintf("an authenticator of the type %q has a member of another type", a.Type))
	case isPhone && !validNumber(a.Number):
		return badRequest("the number of an authenticator must be like +447700900147")
	case isEmail && !validAddress(a.Address):
		return badRequest("the address of an authenticator must be like ada@example.com")
	case !isPhone && !isEmail && !a.validSecret():
		return badRequest("the secret of an authenticator is malformed")
	}
	return nil
}

func (a SeedAuthenticator) validSecret() bool {
	if a.Type == seedRecovery {
		return len(a.Secret) == 24 && strings.Trim(a.Secret, upperAlphanumeric) == ""
	}
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(a.Secret)
	return err == nil && len(raw) >= 16 // 128 bits, RFC 4226 section 4
}

// validAddress reports whether s is a plain e-mail address that messages can go to.
func validAddress(s string) bool {
	address, err := mail.ParseAddress(s)
	return err == nil && address.Address == s && len(s) <= maxUserField
}

// addAuthenticator gives u an active authenticator; what belongs on a phone is on
// the user's simulated one as well. The caller holds the store's lock.
func (e *Emulator) addAuthenticator(u *user, s SeedAuthenticator) {
	switch s.Type {
	case seedApp:
		e.addEntry(u, &authenticator{Kind: kindTOTP, Active: true, Secret: s.Secret})
		p, label := e.s.phones[u.ID], e.s.tenant.Name+":"+u.Email
		p.Accounts = append(p.Accounts, phoneAccount{Label: label, Issuer: e.s.tenant.Name, Secret: s.Secret})
	case seedRecovery:
		e.addEntry(u, &authenticator{Kind: kindRecovery, Active: true, Secret: s.Secret})
	case seedEmail:
		e.addEntry(u, &authenticator{Kind: kindEmail, Active: true, To: s.Address})
	case seedPhone:
		kind := kindSMS
		if !e.phoneChannelOn(kindSMS) && e.phoneChannelOn(kindVoice) {
			kind = kindVoice
		}
		e.pairPhone(u, e.addEntry(u, &authenticator{Kind: kind, Active: true, To: s.Number}))
	case seedPush:
		e.addPush(u, s.Secret)
	}
}

// addPush enrols u's simulated phone as a scan would have. Phone and tenant do
// without a key until the phone first signs something: making one takes long, and
// a tenant must start quickly.
func (e *Emulator) addPush(u *user, secret string) {
	p := e.s.phones[u.ID]
	a := e.addEntry(u, &authenticator{Kind: kindPush})
	e.activatePush(u, a, &device{
		Identifier: randomString(e.rand, 32, alphanumeric), Name: p.Name, PushService: pushService, PushToken: p.ID,
	}, secret)
	p.Guardian = append(p.Guardian, &guardianAccount{
		ID: a.Device.ID, Identifier: a.Device.Identifier, Label: e.s.tenant.Name + ":" + u.Email, Issuer: e.s.tenant.Name,
		UserID: u.ID, Service: e.guardianURL(), Token: a.Device.Token, Secret: secret,
	})
}

// seedOf describes one of u's authenticators as a seed does. Of a pair only the
// first entry is told, which brings back the other.
func (e *Emulator) seedOf(u *user, a *authenticator) (one SeedAuthenticator, first bool) {
	twin := e.authenticatorByID(u, a.Twin)
	switch a.Kind {
	case kindSMS, kindVoice:
		return SeedAuthenticator{Type: seedPhone, Number: a.To}, a.Kind == kindSMS || twin == nil
	case kindEmail:
		return SeedAuthenticator{Type: seedEmail, Address: a.To}, true
	case kindPush:
		one = SeedAuthenticator{Type: seedPush}
		if twin != nil {
			one.Secret = twin.Secret
		}
		return one, true
	case kindRecovery:
		return SeedAuthenticator{Type: seedRecovery, Secret: a.Secret}, true
	}
	return SeedAuthenticator{Type: seedApp, Secret: a.Secret}, twin == nil
}
