package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"mysecurity/templates"
)

// Confirm asks for a fresh proof before the place that is named, after a form
// that came too late. With one at hand there is nothing to ask.
func (h *Handlers) Confirm(c echo.Context) error {
	scope := ScopeOf(c)
	scope.Place = PlaceFrom(c.QueryParam("page"), c.QueryParam("method"))
	if h.Account.Rights(scope.Session.Access()).Change {
		return h.move(c, scope.Place.URL(h.Site))
	}
	return h.show(c, http.StatusOK, h.confirm(scope))
}

// confirm is the page that asks, with what waits behind it.
func (h *Handlers) confirm(scope *Scope) templates.Confirm {
	_, code := scope.Session.RecoveryCode()
	proof := scope.Session.Access().Proof
	view := templates.Confirm{
		Page: h.page(scope), Kept: code || begun(scope.Session), NoSecondStep: proof.Strong && !proof.MFA,
	}
	view.Notice = takeOnly(scope.Session, templates.NoticeCancelUnknown)
	return view
}
