package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"mysecurity/internal/account"
	"mysecurity/internal/session"
)

// A draft is an attempt that does not run: what was typed into the form for a
// number or an address, the code that went to the last one, and an entry of which
// nobody knows whether it has become a method. It outlives the way through the
// sign-in page and a change of the language, so that nobody has to type it again.

// draftOf is the draft of a kind, if there is one.
func draftOf(current *session.Session, kind account.MethodKind) account.Enrolment {
	if e, held := current.Enrolment(kind); held && e.Started.IsZero() {
		return e
	}
	return account.Enrolment{}
}

// keepTyped keeps what a form was sent with, beside the rest of the draft.
func keepTyped(current *session.Session, kind account.MethodKind, typed account.Typed) {
	e := draftOf(current, kind)
	e.Kind, e.Typed = kind, typed
	current.ReplaceEnrolment(account.Enrolment{}, e)
}

// toRetype is what stays of an attempt that was given up for another number or
// address: the last one, and when a code went there. The wait for the next code
// ends with a code that the tenant has ended.
func toRetype(e account.Enrolment) account.Enrolment {
	draft := givenUp(e)
	draft.Typed = account.Typed{To: e.Message.To, Channel: e.Message.Channel}
	if !e.Message.OOB.IsZero() {
		draft.Message = account.Message{To: e.Message.To, Sent: e.Message.Sent}
	}
	return draft
}

// givenUp is what stays of an attempt that may have become a method: what the
// overview needs to settle it, and none of its secrets.
func givenUp(e account.Enrolment) account.Enrolment {
	return account.Enrolment{Kind: e.Kind, ID: e.ID, Scan: account.Scan{Apps: e.Scan.Apps}}
}

// begun reports that something waits for the person who has to confirm first:
// an attempt, or a form that was filled in.
func begun(current *session.Session) bool {
	for _, e := range current.Enrolments() {
		if !e.Started.IsZero() || e.Typed.To != "" {
			return true
		}
	}
	return false
}

// KeepTyped keeps what a form was sent with if it is refused for want of a fresh
// proof before its handler has seen it.
func (h *Handlers) KeepTyped(kind account.MethodKind) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			err := next(c)
			current := ScopeOf(c).Session
			if _, live := running(current, kind); live || account.KindOf(err) != account.KindNeedProof || c.Request().Method != http.MethodPost {
				return err
			}
			if typed, readErr := readTyped(c, kind); readErr == nil && typed.To != "" {
				keepTyped(current, kind, typed)
			}
			return err
		}
	}
}

// readTyped reads a form's number or address.
func readTyped(c echo.Context, kind account.MethodKind) (account.Typed, error) {
	if kind == account.MethodEmail {
		address, err := field(c, "address")
		return account.Typed{To: address}, err
	}
	form, err := readPhoneForm(c)
	return form.typed(), err
}
