package emulator

import (
	"net/http"
	"strings"
)

// challengeView is what the pages of the second factor show. field is the id of
// the one that problem is about, or "".
func (e *Emulator) challengeView(l *login, problem, field string) view {
	v := e.screenView(l)
	v.Problem, v.Field, v.Identifier = problem, field, e.s.users[l.UserID].Email
	return v
}

func (e *Emulator) showOTP(_ *http.Request, l *login) step {
	return step{status: http.StatusOK, page: "otp", view: e.challengeView(l, "", "")}
}

func (e *Emulator) submitOTP(r *http.Request, l *login) step {
	result := e.checkTOTP(e.s.users[l.UserID], strings.TrimSpace(r.PostFormValue("code")))
	if result != codeOK {
		status, problem := codeProblem(result, "error.wrong_code")
		return step{status: status, page: "otp", view: e.challengeView(l, problem, "code")}
	}
	return e.proven(l, "One-time code accepted")
}

// proven ends the challenge.
func (e *Emulator) proven(l *login, how string) step {
	e.logEvent("gd_auth_succeed", l.UserID, how)
	l.MFADone = true
	return e.advance(l)
}

func (e *Emulator) showRecovery(_ *http.Request, l *login) step {
	return step{status: http.StatusOK, page: "recovery", view: e.challengeView(l, "", "")}
}

// submitRecovery takes the code as people copy it: in any case, with spaces or
// dashes between the groups.
func (e *Emulator) submitRecovery(r *http.Request, l *login) step {
	typed := strings.ToUpper(strings.NewReplacer(" ", "", "-", "").Replace(r.PostFormValue("code")))
	next, result := e.useRecoveryCode(e.s.users[l.UserID], typed)
	if result != codeOK {
		status, problem := codeProblem(result, "error.wrong_recovery_code")
		return step{status: status, page: "recovery", view: e.challengeView(l, problem, "code")}
	}
	l.MFADone, l.NewRecovery = true, next
	return e.advance(l)
}

func codeProblem(result codeResult, wrong string) (status int, problem string) {
	switch result {
	case codeTooMany:
		return http.StatusTooManyRequests, "error.too_many_codes"
	case codeExpired:
		return http.StatusBadRequest, "error.code_expired"
	}
	return http.StatusBadRequest, wrong
}

func (e *Emulator) showOptions(_ *http.Request, l *login) step {
	v := e.challengeView(l, "", "")
	v.Choices = e.choices(e.s.users[l.UserID])
	return step{status: http.StatusOK, page: "options", view: v}
}

// submitOptions takes a method for which something is sent.
func (e *Emulator) submitOptions(r *http.Request, l *login) step {
	a := e.method(l, r.PostFormValue("method"))
	if a == nil { // removed meanwhile, or none was named
		return e.showOptions(r, l)
	}
	e.choose(l, a)
	return e.advance(l)
}

// showNewRecovery shows the replacement until the user says it is saved.
func (e *Emulator) showNewRecovery(_ *http.Request, l *login) step {
	return e.newRecoveryPage(l, http.StatusOK, "")
}

func (e *Emulator) newRecoveryPage(l *login, status int, problem string) step {
	v := e.screenView(l)
	v.Code, v.Problem, v.Field = l.NewRecovery, problem, "saved"
	return step{status: status, page: "new_recovery", view: v}
}

func (e *Emulator) submitNewRecovery(r *http.Request, l *login) step {
	if r.PostFormValue("saved") == "" {
		return e.newRecoveryPage(l, http.StatusBadRequest, "error.not_saved")
	}
	l.NewRecovery = ""
	return e.advance(l)
}

func (e *Emulator) showConsent(_ *http.Request, l *login) step {
	v := e.screenView(l)
	v.Scopes = strings.Fields(l.Request.Scope)
	return step{status: http.StatusOK, page: "consent", view: v}
}

func (e *Emulator) submitConsent(r *http.Request, l *login) step {
	if r.PostFormValue("action") != "accept" {
		return e.abandon(l, fail(0, "access_denied", "User did not authorize the request"))
	}
	l.Consented = true
	return e.advance(l)
}
