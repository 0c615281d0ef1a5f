package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"mysecurity/internal/account"
	"mysecurity/templates"
)

// SignOut ends the session here and then at the tenant. A recovery code that
// nobody has saved would be lost with it: the first click only warns.
func (h *Handlers) SignOut(c echo.Context) error {
	scope := ScopeOf(c)
	current := scope.Session
	if !current.SignedIn() { // the session has ended or was just replaced, the tenant's own may live on
		if err := current.SignOut(c.Response()); err != nil {
			return account.Fail(KindStoreDown, err)
		}
		return h.leave(c, h.Account.SignOutURL(account.Access{}))
	}
	lose, err := ticked(c, "lose_code")
	if err != nil {
		return err
	}
	if _, due := current.DueRecoveryCode(); due && !lose {
		return h.show(c, http.StatusOK, templates.SignOutWarning{Page: h.page(scope)})
	}
	user, target := current.User(), h.Account.SignOutURL(current.Access())
	for _, enrolment := range current.Enrolments() {
		h.Account.Forget(c.Request().Context(), user, enrolment)
	}
	if err := current.SignOut(c.Response()); err != nil {
		return account.Fail(KindStoreDown, err)
	}
	h.Account.Revoke(c.Request().Context(), user, current.Orphan())
	h.audit.record(c, auditSignOut, "done", "", user)
	if h.Site.Prefix() == "/" {
		c.Response().Header().Set("Clear-Site-Data", `"cache", "storage"`)
	}
	return h.leave(c, target)
}

// leave goes on to the tenant's sign-out. A form must not redirect to another
// origin: the policy's form-action would stop it after the session has ended.
// The page goes on by itself.
func (h *Handlers) leave(c echo.Context, target string) error {
	c.Response().Header().Set("Refresh", "0; url="+target)
	return h.show(c, http.StatusOK, templates.SigningOut{Page: h.page(ScopeOf(c)), Target: target})
}

// SignedOut is where the tenant sends the browser after its own sign-out.
func (h *Handlers) SignedOut(c echo.Context) error {
	return h.show(c, http.StatusOK, templates.SignedOut{Page: h.page(ScopeOf(c))})
}
