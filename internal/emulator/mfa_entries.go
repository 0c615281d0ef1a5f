package emulator

import (
	"slices"
	"strings"
)

// addEntry stores an authenticator of u and gives it an id. The caller holds the
// store's lock.
func (e *Emulator) addEntry(u *user, a *authenticator) *authenticator {
	a.ID = e.newAuthenticatorID(a.Kind)
	e.s.authenticators[u.ID] = append(e.s.authenticators[u.ID], a)
	return a
}

// authenticatorByID finds one of u's stored authenticators, or returns nil.
func (e *Emulator) authenticatorByID(u *user, id string) *authenticator {
	list := e.s.authenticators[u.ID]
	i := slices.IndexFunc(list, func(a *authenticator) bool { return a.ID == id })
	if i < 0 {
		return nil
	}
	return list[i]
}

// pairPhone gives the number of a its other entry if the tenant sends both texts
// and calls: one enrolment, two entries that share the device id. They stand
// together, the text first.
func (e *Emulator) pairPhone(u *user, a *authenticator) {
	if a.Twin != "" || !e.phoneChannelOn(kindSMS) || !e.phoneChannelOn(kindVoice) {
		return
	}
	kind, after := kindVoice, 1
	if a.Kind == kindVoice {
		kind, after = kindSMS, 0
	}
	twin := &authenticator{ID: kind + "|" + deviceID(a.ID), Kind: kind, Active: a.Active, To: a.To, Twin: a.ID}
	a.Twin = twin.ID
	list := e.s.authenticators[u.ID]
	e.s.authenticators[u.ID] = slices.Insert(list, slices.Index(list, a)+after, twin)
}

// confirm ends an enrolment: the user has shown that a works.
func (e *Emulator) confirm(u *user, a *authenticator) {
	e.activate(u, a)
	e.logEvent("gd_enrollment_complete", u.ID, "Confirmed "+a.Kind)
}

// activate makes a pending authenticator active and, at the user's first one, the
// recovery code that was handed out with it.
func (e *Emulator) activate(u *user, a *authenticator) {
	a.Active = true
	if isPhone(a.Kind) {
		e.pairPhone(u, a)
		if twin := e.authenticatorByID(u, a.Twin); twin != nil {
			twin.Active = true
		}
	}
	for _, code := range e.authenticatorsOf(u, kindRecovery, false) {
		code.Active = true
	}
}

// activatePush makes a push enrolment active: the phone is known now, and its app
// shows codes of an authenticator of its own as well.
func (e *Emulator) activatePush(u *user, a *authenticator, d *device, secret string) {
	d.ID = deviceID(a.ID)
	d.Token = randomString(e.rand, 40, base64URLAlphabet)
	a.Device = d
	codes := e.addEntry(u, &authenticator{Kind: kindTOTP, Active: true, Secret: secret, Twin: a.ID})
	a.Twin = codes.ID
	e.activate(u, a)
}

// deviceID is the part of an authenticator's id after its kind.
func deviceID(id string) string {
	_, device, _ := strings.Cut(id, "|")
	return device
}

// enrolments counts what falls under maxEnrolments; entries that came by one
// enrolment count once.
func (e *Emulator) enrolments(u *user) int {
	n, counted := 0, make(map[string]bool)
	for _, a := range e.s.authenticators[u.ID] {
		if a.Kind != kindRecovery && !counted[a.Twin] {
			n++
		}
		counted[a.ID] = true
	}
	return n
}
