package emulator

import (
	"crypto/subtle"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Brute-force protection: so many wrong passwords in a row block the user, and
// so long without one lifts the block, as the vendor documents.
const (
	maxPasswordFailures = 10
	bruteForceBlock     = 30 * 24 * time.Hour
)

// Paths of the sign-in pages, close to those of Universal Login.
const (
	pathLogin       = "/u/login"
	pathOTP         = "/u/mfa-otp-challenge"
	pathSMS         = "/u/mfa-sms-challenge"
	pathVoice       = "/u/mfa-voice-challenge"
	pathEmail       = "/u/mfa-email-challenge"
	pathPush        = "/u/mfa-push-challenge-push"
	pathRecovery    = "/u/mfa-recovery-code-challenge"
	pathNewRecovery = "/u/mfa-recovery-code-challenge-new-code"
	pathOptions     = "/u/mfa-login-options"
	pathConsent     = "/u/consent"
)

func (e *Emulator) routesLogin(mux *http.ServeMux) {
	for path, screen := range e.screens() {
		mux.HandleFunc("GET "+path, e.signIn(path, screen.show))
		if screen.submit != nil {
			mux.HandleFunc("POST "+path, e.signIn(path, screen.submit))
		}
	}
}

// screen is one page of the sign-in: what it shows, and what its form does.
type screen struct {
	show, submit func(*http.Request, *login) step
}

func (e *Emulator) screens() map[string]screen {
	return map[string]screen{
		pathLogin:       {e.showLogin, e.submitLogin},
		pathOTP:         {e.showOTP, e.submitOTP},
		pathSMS:         {e.showCode, e.submitCode},
		pathVoice:       {e.showCode, e.submitCode},
		pathEmail:       {e.showCode, e.submitCode},
		pathPush:        {e.showPush, e.submitPush},
		pathRecovery:    {e.showRecovery, e.submitRecovery},
		pathOptions:     {e.showOptions, e.submitOptions},
		pathNewRecovery: {e.showNewRecovery, e.submitNewRecovery},
		pathConsent:     {e.showConsent, e.submitConsent},
	}
}

// signIn finds the login that a request to a page belongs to. A page out of turn
// (Back button, second tab) leads to the one whose turn it is.
func (e *Emulator) signIn(path string, handle func(*http.Request, *login) step) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm() // before the lock; of a malformed form what can be read counts
		e.show(w, e.decide(func() step { return e.signInStep(path, r, handle) }))
	}
}

func (e *Emulator) signInStep(path string, r *http.Request, handle func(*http.Request, *login) step) step {
	l, known := e.s.logins[r.FormValue("state")]
	if !known || e.clock.Now().After(l.Expires) {
		return e.errorPage(e.languageOf(r, ""), http.StatusBadRequest, "error.login_gone")
	}
	l.Second.From = clientOf(r, l.Lang)
	challenged := e.challenged(l)
	if challenged && e.clock.Now().Sub(l.FirstFactorAt) > secondStep {
		delete(e.s.logins, l.ID)
		return e.errorPage(l.Lang, http.StatusBadRequest, "error.too_slow")
	}
	if e.due(l) == path || challenged && e.mayShow(l, path) {
		return handle(r, l)
	}
	return e.advance(l)
}

// due returns the page whose turn it is, or "" when the sign-in is complete.
func (e *Emulator) due(l *login) string {
	switch {
	case l.UserID == "" || e.s.users[l.UserID] == nil:
		return pathLogin
	case e.challenged(l):
		return e.duePath(l)
	case l.NewRecovery != "":
		return pathNewRecovery
	case !l.Consented && hasScope(l.Request.Prompt, promptConsent):
		return pathConsent
	}
	return ""
}

// advance leads to the page whose turn it is, or ends the sign-in.
func (e *Emulator) advance(l *login) step {
	if path := e.due(l); path != "" {
		return step{redirect: e.publicURL + path + "?" + url.Values{"state": {l.ID}}.Encode()}
	}
	u := e.s.users[l.UserID]
	if e.mfaNeed(u, l.Request.Audience, l.Request.AcrValues) == mfaEnrol && !l.MFADone {
		return e.abandon(l, fail(0, "access_denied", "The tenant's policy asks for a factor, and this emulator has no enrolment page"))
	}
	return e.finish(l)
}

// abandon ends the sign-in with an error redirect.
func (e *Emulator) abandon(l *login, failure *oauthFailure) step {
	delete(e.s.logins, l.ID)
	return e.refuse(l.Request, failure)
}

// screenView is what all pages of a sign-in show.
func (e *Emulator) screenView(l *login) view {
	return view{
		Lang: l.Lang, Tenant: e.s.tenant.Name, State: l.ID,
		Application: e.s.apps[l.Request.ClientID].Name, Identifier: l.Request.LoginHint,
	}
}

func (e *Emulator) showLogin(_ *http.Request, l *login) step {
	return e.loginPage(l, http.StatusOK, "")
}

func (e *Emulator) loginPage(l *login, status int, problem string) step {
	v := e.screenView(l)
	v.Users, v.Problem, v.Field = e.seed.Users, problem, "username"
	return step{status: status, page: "login", view: v}
}

func (e *Emulator) submitLogin(r *http.Request, l *login) step {
	email := strings.TrimSpace(r.PostFormValue("username"))
	l.Request.LoginHint = email // stays in the field after a mistake
	u, result := e.checkPassword(email, r.PostFormValue("password"))
	switch {
	case result == passwordBlocked:
		return e.loginPage(l, http.StatusTooManyRequests, "error.too_many_passwords")
	case result == passwordWrong:
		return e.loginPage(l, http.StatusBadRequest, "error.wrong_password")
	case u.Blocked:
		return e.abandon(l, userBlocked())
	}
	now := e.clock.Now()
	l.UserID, l.AuthTime, l.FirstFactorAt, l.SID = u.ID, now, now, ""
	return e.advance(l)
}

func userBlocked() *oauthFailure {
	return fail(http.StatusForbidden, "unauthorized", "user is blocked")
}

type passwordResult int

const (
	passwordRight passwordResult = iota
	passwordWrong
	passwordBlocked // refused unseen
)

// checkPassword finds the user and checks the password, with brute-force
// protection. The caller holds the store's lock.
func (e *Emulator) checkPassword(email, password string) (*user, passwordResult) {
	u := e.userByEmail(email)
	if u == nil {
		e.logEvent("fu", "", "Unknown user")
		return nil, passwordWrong
	}
	now, past := e.clock.Now(), e.s.passwordFailures[u.ID]
	if now.Sub(past.Last) > bruteForceBlock {
		past = failures{}
	}
	if past.Count >= maxPasswordFailures {
		e.logEvent("limit_wc", u.ID, "Blocked after repeated wrong passwords")
		return nil, passwordBlocked
	}
	if subtle.ConstantTimeCompare([]byte(u.Password), []byte(password)) != 1 {
		e.s.passwordFailures[u.ID] = failures{Count: past.Count + 1, Last: now}
		e.logEvent("fp", u.ID, "Wrong password")
		return nil, passwordWrong
	}
	delete(e.s.passwordFailures, u.ID)
	return u, passwordRight
}
