package emulator

import (
	"net/http"
	"strings"
)

// actionResend is the button that sends another code or notification.
const actionResend = "resend"

// sentView is what the pages show of the factor that something was sent for.
func (e *Emulator) sentView(l *login, problem, field string) view {
	v := e.challengeView(l, problem, field)
	a := e.chosen(l)
	v.Kind, v.To, v.Sent = a.Kind, a.maskedName(), l.Second.Sent
	return v
}

// showCode asks for a code that was sent by text message, call or e-mail. Loading
// the page anew sends nothing.
func (e *Emulator) showCode(_ *http.Request, l *login) step {
	return step{status: http.StatusOK, page: "code", view: e.sentView(l, l.Second.Problem, "")}
}

func (e *Emulator) submitCode(r *http.Request, l *login) step {
	if r.PostFormValue("action") == actionResend {
		return e.resend(l, "code")
	}
	result := codeExpired
	if o := e.pending(l); o != nil {
		result = e.answerOOB(o, strings.TrimSpace(r.PostFormValue("code")))
	}
	if result != codeOK {
		status, problem := codeProblem(result, "error.wrong_message_code")
		return step{status: status, page: "code", view: e.sentView(l, problem, "code")}
	}
	return e.proven(l, "Code of a message accepted")
}

// resend sends once more and leads back to the page, or says there why not.
func (e *Emulator) resend(l *login, page string) step {
	e.send(l, e.chosen(l))
	if l.Second.Problem == "" {
		return e.advance(l)
	}
	v := e.sentView(l, l.Second.Problem, "")
	v.Waiting = page == "push" && e.pending(l) != nil
	return step{status: http.StatusTooManyRequests, page: page, view: v}
}

// showPush waits for the device. The page loads itself anew while it waits, and
// goes on when the device has approved.
func (e *Emulator) showPush(_ *http.Request, l *login) step {
	return e.pushStep(l, "")
}

// submitPush is "I have approved it", for those who do not want to wait.
func (e *Emulator) submitPush(r *http.Request, l *login) step {
	if r.PostFormValue("action") == actionResend {
		return e.resend(l, "push")
	}
	return e.pushStep(l, "error.push_pending")
}

// pushStep looks at the device's answer; waiting is the text when there is none.
func (e *Emulator) pushStep(l *login, waiting string) step {
	result := codeExpired
	if o := e.pending(l); o != nil {
		result = e.answerOOB(o, "")
	}
	problem := l.Second.Problem
	switch {
	case result == codeOK:
		return e.proven(l, "Notification approved")
	case result == codeDenied:
		problem = "error.push_denied"
	case result == codeExpired && problem == "":
		problem = "error.push_expired"
	case result == codePending && waiting != "":
		problem = waiting
	}
	v := e.sentView(l, problem, "")
	v.Waiting = result == codePending
	status := http.StatusOK
	if waiting != "" {
		status = http.StatusBadRequest
	}
	return step{status: status, page: "push", view: v}
}
