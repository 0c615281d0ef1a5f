package handlers

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"mysecurity/internal/account"
	"mysecurity/internal/secret"
	"mysecurity/templates"
)

// AddApp is the wizard if one is running, else the page that starts one.
func (h *Handlers) AddApp(c echo.Context) error {
	scope := ScopeOf(c)
	enrolment, live := scope.Session.Enrolment(account.MethodApp)
	if !live {
		return h.show(c, http.StatusOK, templates.AddAppIntro{Page: h.page(scope)})
	}
	view, err := h.wizard(scope, enrolment)
	if err != nil {
		return err
	}
	return h.show(c, http.StatusOK, view)
}

// StartApp begins an attempt. While one is running, a second click leads to
// the same one (RC-03).
func (h *Handlers) StartApp(c echo.Context) error {
	current := ScopeOf(c).Session
	if _, live := current.Enrolment(account.MethodApp); live {
		return h.move(c, h.Site.URL("add/app"))
	}
	enrolment, code, err := h.Account.StartApp(c.Request().Context(), current.User(), current.Access())
	if err != nil {
		return h.failed(c, err)
	}
	current.SetEnrolment(enrolment)
	if !code.IsZero() {
		current.KeepRecoveryCode(code)
	}
	return h.move(c, h.Site.URL("add/app"))
}

// ConfirmApp takes the first code of the new app. Without a running attempt
// nothing is asked of the tenant: the second answer of a double click tells
// what the first one did (RC-01, MF-01, MF-02).
func (h *Handlers) ConfirmApp(c echo.Context) error {
	current := ScopeOf(c).Session
	enrolment, live := current.Enrolment(account.MethodApp)
	if !live {
		return h.afterWizard(c)
	}
	typed, err := field(c, "code")
	if err != nil {
		return err
	}
	code, problem := parseCode(typed)
	if problem != templates.CodeFine {
		return h.wizardAgain(c, enrolment, wizardProblem{problem: problem, typed: typed})
	}
	enrolment, err = h.Account.ConfirmApp(c.Request().Context(), current.User(), current.Access(), enrolment, secret.New(code))
	if err != nil {
		return h.notConfirmed(c, enrolment, err)
	}
	h.appAdded(c, enrolment)
	return h.afterWizard(c)
}

// appAdded ends the attempt: its app protects the user now, and a recovery code
// that came with it has to be saved.
func (h *Handlers) appAdded(c echo.Context, e account.Enrolment) {
	current := ScopeOf(c).Session
	current.DropEnrolment(account.MethodApp)
	current.MarkRecoveryDue()
	current.SetNotice(string(templates.NoticeAppAdded), map[string]string{"method": account.HandleOf(current.User(), e.ID)})
	h.audit.record(c, auditAdd, "done", "app", current.User())
}

// afterWizard leads to the recovery code while one waits to be saved, else to
// the overview.
func (h *Handlers) afterWizard(c echo.Context) error {
	current := ScopeOf(c).Session
	if _, due := current.DueRecoveryCode(); due {
		current.AllowReveal()
		return h.move(c, h.Site.URL("recovery-code"))
	}
	return h.move(c, h.Site.URL())
}

// notConfirmed keeps the attempt with its count and says why the code was not
// taken; only after too many wrong codes is the attempt over.
func (h *Handlers) notConfirmed(c echo.Context, e account.Enrolment, err error) error {
	current := ScopeOf(c).Session
	kind := account.KindOf(err)
	if kind == account.KindDiscarded {
		current.DropEnrolment(account.MethodApp)
		h.audit.record(c, auditRefusal, "refused", string(kind), current.User())
		return h.show(c, http.StatusUnprocessableEntity, templates.AddAppIntro{Page: h.page(ScopeOf(c)), Discarded: true})
	}
	current.SetEnrolment(e)
	switch kind {
	case account.KindWrongCode:
		return h.wizardAgain(c, e, wrongCode(e))
	case account.KindOtherEntry:
		return h.wizardAgain(c, e, wizardProblem{problem: templates.CodeOther})
	case account.KindNotDone:
		return h.wizardAgain(c, e, wizardProblem{problem: templates.CodeUnchecked})
	case account.KindTooManyCodes, account.KindRateLimited:
		return h.wizardAgain(c, e, wizardProblem{problem: templates.CodeTooMany, until: account.UntilOf(err)})
	}
	return h.failed(c, err)
}

// CancelApp gives the attempt up.
func (h *Handlers) CancelApp(c echo.Context) error {
	current := ScopeOf(c).Session
	if enrolment, live := current.Enrolment(account.MethodApp); live {
		h.Account.Abandon(c.Request().Context(), current.User(), current.Access(), enrolment)
		current.DropEnrolment(account.MethodApp)
		current.SetNotice(string(templates.NoticeAddCancelled), nil)
	}
	return h.move(c, h.Site.URL())
}

// wizardProblem is why a code was not taken.
type wizardProblem struct {
	problem templates.CodeProblem
	typed   string // kept for mistakes of form only; a wrong code is cleared
	minutes int
	left    int
	until   time.Time
}

// fewAttempts is from when on the attempts left are told.
const fewAttempts = 2

func wrongCode(e account.Enrolment) wizardProblem {
	p := wizardProblem{problem: templates.CodeWrong}
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

func (h *Handlers) wizardAgain(c echo.Context, e account.Enrolment, p wizardProblem) error {
	view, err := h.wizard(ScopeOf(c), e)
	if err != nil {
		return err
	}
	status := http.StatusUnprocessableEntity
	if p.problem == templates.CodeTooMany {
		status = http.StatusTooManyRequests
	}
	view.HasError, view.Problem, view.Code = true, p.problem, p.typed
	view.Minutes, view.AttemptsLeft, view.RetryAt = p.minutes, p.left, p.until
	return h.show(c, status, view)
}

// wizard draws the attempt from the session's state; nothing of it comes from
// the request.
func (h *Handlers) wizard(scope *Scope, e account.Enrolment) (templates.AddAppWizard, error) {
	key, err := appKey(e)
	if err != nil {
		return templates.AddAppWizard{}, account.Fail(account.KindInternal, err)
	}
	return templates.AddAppWizard{Page: h.page(scope), Key: key, HasOther: scope.Session.Access().Proof.Strong}, nil
}
