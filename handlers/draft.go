package handlers

import (
	"github.com/labstack/echo/v4"

	"mysecurity/internal/account"
	"mysecurity/internal/session"
)

// A draft is a number or an address that was typed and that nothing was sent to
// yet: an enrolment that has not started. It outlives the way through the
// sign-in page, so that nobody has to type it again.

// draftOf is what was typed for a method of a kind, if anything was.
func draftOf(current *session.Session, kind account.MethodKind) account.Message {
	if e, held := current.Enrolment(kind); held && e.Started.IsZero() {
		return e.Message
	}
	return account.Message{}
}

func keepDraft(current *session.Session, kind account.MethodKind, m account.Message) {
	current.SetEnrolment(account.Enrolment{Kind: kind, Message: account.Message{To: m.To, Channel: m.Channel}})
}

// KeepTyped keeps what a form was sent with if it is refused for want of a fresh
// proof, by a guard or by the tenant.
func (h *Handlers) KeepTyped(kind account.MethodKind) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			err := next(c)
			current := ScopeOf(c).Session
			if _, live := running(current, kind); live || account.KindOf(err) != account.KindNeedProof {
				return err
			}
			if m, readErr := typedRecipient(c, kind); readErr == nil && m.To != "" {
				keepDraft(current, kind, m)
			}
			return err
		}
	}
}

// typedRecipient reads a form's number or address, a number in its international
// form if it has one.
func typedRecipient(c echo.Context, kind account.MethodKind) (account.Message, error) {
	if kind == account.MethodEmail {
		address, err := field(c, "address")
		return account.Message{To: address}, err
	}
	typed, err := readPhoneForm(c)
	if err != nil {
		return account.Message{}, err
	}
	return typed.draft(), nil
}
