package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"mysecurity/internal/account"
	"mysecurity/templates"
)

// AskRemove says what removing a method means; it changes nothing (MF-24).
func (h *Handlers) AskRemove(c echo.Context) error {
	scope := ScopeOf(c)
	if scope.Place.Key != templates.PageRemove {
		return account.Fail(account.KindNotFound, nil)
	}
	r, err := h.Account.Removal(c.Request().Context(), scope.Session.User(), scope.Session.Access(), scope.Place.Method)
	if err != nil && account.KindOf(err) != account.KindFixed {
		return h.failed(c, err)
	}
	return h.show(c, http.StatusOK, h.removeView(scope, r, err))
}

// Remove removes a method. One that was removed a moment ago, by a second click or
// in another window, counts as removed.
func (h *Handlers) Remove(c echo.Context) error {
	scope := ScopeOf(c)
	if scope.Place.Key != templates.PageRemove {
		return account.Fail(account.KindNotFound, nil)
	}
	understood, err := ticked(c, "understood")
	if err != nil {
		return err
	}
	current := scope.Session
	r, err := h.Account.Remove(c.Request().Context(), current.User(), current.Access(), scope.Place.Method, understood)
	if r.Gone {
		current.SetNotice(string(templates.NoticeAlreadyRemoved), nil)
		return h.move(c, h.Site.URL())
	}
	switch account.KindOf(err) {
	case account.KindLastMethod, account.KindFixed:
		h.audit.record(c, auditRefusal, "refused", string(account.KindOf(err)), current.User())
		return h.show(c, http.StatusConflict, h.removeView(scope, r, err))
	case account.KindUnderstand:
		view := h.removeView(scope, r, nil)
		view.HasError, view.Unticked = true, true
		return h.show(c, http.StatusUnprocessableEntity, view)
	}
	if err != nil {
		return h.failed(c, err)
	}
	current.SetNotice(string(templates.NoticeRemoved), nil)
	h.audit.record(c, auditRemove, "done", string(r.Method.Kind), current.User())
	return h.move(c, h.Site.URL())
}

func (h *Handlers) removeView(scope *Scope, r account.Removal, err error) templates.Remove {
	view := templates.Remove{
		Page: h.page(scope), Target: methodView(r.Method), Next: nextSignIn(r),
		Last: r.Last, Minimum: r.Minimum,
	}
	for _, a := range r.Along {
		view.Along = append(view.Along, templates.Along(a))
	}
	for _, m := range r.Remain {
		view.Remaining = append(view.Remaining, methodView(m))
	}
	switch {
	case account.KindOf(err) == account.KindFixed:
		view.Refused = templates.RefusedFixed
	case r.Refused:
		view.Refused = templates.RefusedLast
	}
	return view
}

// nextSignIn says what the tenant will ask for at the next sign-in.
func nextSignIn(r account.Removal) templates.NextSignIn {
	switch {
	case len(r.Remain) > 0:
		return templates.NextOther
	case r.Email:
		return templates.NextEmail
	default:
		return templates.NextPassword
	}
}
