package handlers

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"mysecurity/internal/account"
	"mysecurity/internal/secret"
	"mysecurity/templates"
)

// codeProblem is why a typed code was not taken, or none sent anew.
type codeProblem struct {
	problem templates.CodeProblem
	typed   string // kept for mistakes of form only; a wrong code is cleared
	minutes int
	left    int
	until   time.Time
}

// ConfirmCode takes the code that ends an attempt with an app, a phone or an
// address. Without a running attempt nothing is asked of the tenant: the second
// answer of a double click tells what the first one did (RC-01, MF-01, MF-02).
func (h *Handlers) ConfirmCode(kind account.MethodKind) echo.HandlerFunc {
	return func(c echo.Context) error {
		e, live := running(ScopeOf(c).Session, kind)
		if !live {
			return h.overElsewhere(c)
		}
		typed, err := field(c, "code")
		if err != nil {
			return err
		}
		code, problem := parseCode(typed)
		if problem != templates.CodeFine {
			return h.codeAgain(c, e, codeProblem{problem: problem, typed: typed})
		}
		e, err = h.confirmCode(c, e, secret.New(code))
		if err != nil {
			return h.notConfirmed(c, e, err)
		}
		h.added(c, e)
		return h.afterWizard(c)
	}
}

func (h *Handlers) confirmCode(c echo.Context, e account.Enrolment, code secret.Secret) (account.Enrolment, error) {
	ctx, current := c.Request().Context(), ScopeOf(c).Session
	if e.Kind == account.MethodApp {
		return h.Account.ConfirmApp(ctx, current.User(), current.Access(), e, code)
	}
	return h.Account.ConfirmMessage(ctx, current.User(), current.Access(), e, code)
}

// notConfirmed keeps the attempt with its count and says why the code was not
// taken; only after too many wrong codes is the attempt over.
func (h *Handlers) notConfirmed(c echo.Context, e account.Enrolment, err error) error {
	current := ScopeOf(c).Session
	kind := account.KindOf(err)
	if kind == account.KindDiscarded {
		current.DropEnrolment(e)
		if e.Kind != account.MethodApp {
			keepTyped(current, e.Kind, account.Typed{To: e.Message.To, Channel: e.Message.Channel})
		}
		h.noteRefusal(c, kind)
		return h.show(c, http.StatusUnprocessableEntity, h.discarded(c, e))
	}
	current.ReplaceEnrolment(e, e)
	switch kind {
	case account.KindWrongCode:
		return h.codeAgain(c, e, wrongCode(e))
	case account.KindOtherEntry:
		return h.codeAgain(c, e, codeProblem{problem: templates.CodeOther})
	case account.KindNotDone:
		ScopeOf(c).shown(err)
		return h.codeAgain(c, e, codeProblem{problem: templates.CodeUnchecked})
	case account.KindExpired:
		return h.codeAgain(c, e, codeProblem{problem: templates.CodeExpired})
	case account.KindTooManyCodes, account.KindRateLimited:
		h.noteRefusal(c, kind)
		return h.codeAgain(c, e, codeProblem{problem: templates.CodeTooMany, until: account.UntilOf(err)})
	}
	return h.failed(c, err)
}

// discarded is the page from which the next attempt starts, with what was typed
// for the last one.
func (h *Handlers) discarded(c echo.Context, e account.Enrolment) templates.View {
	switch e.Kind {
	case account.MethodPhone:
		view := h.phoneForm(c, phoneFormOf(draftOf(ScopeOf(c).Session, e.Kind).Typed))
		view.Discarded = true
		return view
	case account.MethodEmail:
		view := h.emailForm(ScopeOf(c), e.Message.To)
		view.Discarded = true
		return view
	default:
		return templates.AddAppIntro{Page: h.page(ScopeOf(c)), Discarded: true}
	}
}

// codeAgain shows the attempt again with what was wrong.
func (h *Handlers) codeAgain(c echo.Context, e account.Enrolment, p codeProblem) error {
	view, err := h.attempt(ScopeOf(c), e, p)
	if err != nil {
		return err
	}
	status := http.StatusUnprocessableEntity
	switch p.problem {
	case templates.CodeTooMany, templates.CodeTooSoon, templates.CodeMessages:
		status = http.StatusTooManyRequests
		h.retryAfter(c, p.until)
	}
	return h.show(c, status, view)
}

// attempt draws an attempt that waits for a code, from the session's state:
// nothing of it comes from the request.
func (h *Handlers) attempt(scope *Scope, e account.Enrolment, p codeProblem) (templates.View, error) {
	if e.Kind == account.MethodApp {
		return h.wizard(scope, e, p)
	}
	return h.message(scope, e, p), nil
}

// fewAttempts is from when on the attempts left are told.
const fewAttempts = 2

func wrongCode(e account.Enrolment) codeProblem {
	p := codeProblem{problem: templates.CodeWrong}
	if left := e.AttemptsLeft(); left <= fewAttempts {
		p.left = left
	}
	if off, known := e.Key.ClockOff(); known && off.Abs() >= time.Minute {
		p.problem, p.minutes = templates.CodeClockSlow, int(off.Abs().Round(time.Minute).Minutes())
		if off > 0 {
			p.problem = templates.CodeClockFast
		}
	}
	return p
}
