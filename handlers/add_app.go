package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"mysecurity/internal/account"
	"mysecurity/templates"
)

// AddApp is the wizard if one is running, else the page that starts one.
func (h *Handlers) AddApp(c echo.Context) error {
	scope := ScopeOf(c)
	e, live := running(scope.Session, account.MethodApp)
	if !live {
		return h.show(c, http.StatusOK, templates.AddAppIntro{Page: h.page(scope)})
	}
	view, err := h.wizard(scope, e, codeProblem{})
	if err != nil {
		return err
	}
	return h.show(c, http.StatusOK, view)
}

// StartApp begins an attempt. While one is running, a second click leads to
// the same one (RC-03).
func (h *Handlers) StartApp(c echo.Context) error {
	current := ScopeOf(c).Session
	if _, live := running(current, account.MethodApp); live {
		return h.move(c, h.addURL(account.MethodApp))
	}
	e, code, err := h.Account.StartApp(c.Request().Context(), current.User(), current.Access())
	return h.began(c, e, code, err)
}

// wizard draws the attempt.
func (h *Handlers) wizard(scope *Scope, e account.Enrolment, p codeProblem) (templates.AddAppWizard, error) {
	key, err := appKey(e)
	if err != nil {
		return templates.AddAppWizard{}, account.Fail(account.KindInternal, err)
	}
	view := templates.AddAppWizard{
		Page: h.page(scope), Key: key, HasOther: scope.Session.Access().Proof.Strong,
		Code: p.typed, Problem: p.problem, Minutes: p.minutes, AttemptsLeft: p.left, RetryAt: p.until,
	}
	view.HasError = p.problem != templates.CodeFine
	return view, nil
}
