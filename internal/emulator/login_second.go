package emulator

import (
	"net/http"
	"slices"
	"strings"
)

// secondFactor is how a sign-in asks for the second factor: which authenticator
// was chosen, and what was sent for it.
type secondFactor struct {
	From          client
	Authenticator string // id of the chosen one, "" before the first page
	OOB           string // oob_code of what was sent last
	Sent          int    // messages or notifications for this choice
	Problem       string // text key of why the last one was not sent, or ""
}

// challengePath is the page that asks for an authenticator of a kind. Text
// messages, calls and e-mails have a page each, as at the vendor's.
func challengePath(kind string) string {
	return map[string]string{
		kindTOTP: pathOTP, kindSMS: pathSMS, kindVoice: pathVoice, kindEmail: pathEmail,
		kindPush: pathPush, kindRecovery: pathRecovery,
	}[kind]
}

// clientOf describes the browser of a request to the sign-in pages.
func clientOf(r *http.Request, lang string) client {
	browser, system := parseUserAgent(r.UserAgent())
	return client{Browser: browser, OS: system, Lang: lang}
}

// methods are the authenticators that u can be asked for, in the order in which
// they are offered: the strong ones by the tenant's preference, one for all
// authenticator apps, then e-mail. Recovery codes are not among them.
func (e *Emulator) methods(u *user) []*authenticator {
	found := e.factors(u)
	firstApp := true
	found = slices.DeleteFunc(found, func(a *authenticator) bool {
		again := a.Kind == kindTOTP && !firstApp
		firstApp = firstApp && a.Kind != kindTOTP
		return again
	})
	return append(found, e.emailFactors(u)...)
}

// chosen returns the authenticator that the sign-in asks for, or nil if there is
// none yet or it is gone.
func (e *Emulator) chosen(l *login) *authenticator {
	return e.method(l, l.Second.Authenticator)
}

func (e *Emulator) method(l *login, id string) *authenticator {
	all := e.methods(e.s.users[l.UserID])
	i := slices.IndexFunc(all, func(a *authenticator) bool { return a.ID == id })
	if i < 0 {
		return nil
	}
	return all[i]
}

// challenged reports whether the sign-in waits for a second factor.
func (e *Emulator) challenged(l *login) bool {
	u := e.s.users[l.UserID]
	return u != nil && !l.MFADone && e.mfaNeed(u, l.Request.Audience, l.Request.AcrValues) == mfaChallenge
}

// duePath is the page of the chosen authenticator. Before the first choice, and
// if the chosen one is removed meanwhile, the user's best one is asked for.
func (e *Emulator) duePath(l *login) string {
	if a := e.chosen(l); a != nil {
		return challengePath(a.Kind)
	}
	if all := e.methods(e.s.users[l.UserID]); len(all) > 0 {
		e.choose(l, all[0])
		return challengePath(all[0].Kind)
	}
	return pathOptions
}

// mayShow reports whether a page is open while the sign-in waits for a second
// factor: that of the chosen one, and those that send nothing.
func (e *Emulator) mayShow(l *login, path string) bool {
	u := e.s.users[l.UserID]
	switch path {
	case pathOptions:
		return true
	case pathRecovery:
		return len(e.usableRecoveryCodes(u)) > 0
	case pathOTP:
		return slices.ContainsFunc(e.factors(u), func(a *authenticator) bool { return a.Kind == kindTOTP })
	}
	return false
}

// choose makes a the authenticator that is asked for, and sends what it needs.
func (e *Emulator) choose(l *login, a *authenticator) {
	l.Second = secondFactor{From: l.Second.From, Authenticator: a.ID, OOB: l.Second.OOB}
	e.send(l, a)
}

// send sends a code or a notification. What was sent for this sign-in before no
// longer counts, unless sending fails.
func (e *Emulator) send(l *login, a *authenticator) {
	l.Second.Problem = ""
	if a.Kind == kindTOTP {
		return
	}
	o, failure := e.challengeFactor(e.s.users[l.UserID], a, l.Second.From)
	if failure != nil {
		l.Second.Problem = notSent(a.Kind, failure)
		return
	}
	delete(e.s.oobs, l.Second.OOB)
	l.Second.OOB = o.Code
	l.Second.Sent++
}

// notSent is the text about a code or notification that was not sent.
func notSent(kind string, failure *oauthFailure) string {
	switch {
	case failure.Status != http.StatusTooManyRequests:
		return "error.not_sent"
	case kind == kindPush:
		return "error.too_many_pushes"
	}
	return "error.too_many_messages"
}

// pending returns what was sent for the sign-in if it can still be answered.
func (e *Emulator) pending(l *login) *oob {
	o := e.s.oobs[l.Second.OOB]
	if o == nil || o.AuthenticatorID != l.Second.Authenticator || !e.clock.Now().Before(o.Expires) {
		return nil
	}
	return o
}

// choice is an entry of the list of methods. Without a page of its own it is
// chosen by a form, because something will be sent.
type choice struct {
	ID   string
	Kind string
	To   string // masked number or address, or the device's name
	Page string // last part of the path
}

// choices lists everything that the user can prove themselves with.
func (e *Emulator) choices(u *user) []choice {
	list := []choice{}
	for _, a := range e.methods(u) {
		c := choice{ID: a.ID, Kind: a.Kind, To: a.maskedName()}
		if a.Kind == kindTOTP {
			c.Page = lastPart(pathOTP)
		}
		list = append(list, c)
	}
	if len(e.usableRecoveryCodes(u)) > 0 {
		list = append(list, choice{Kind: kindRecovery, Page: lastPart(pathRecovery)})
	}
	return list
}

func lastPart(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }
