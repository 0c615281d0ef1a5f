package handlers

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"mysecurity/internal/account"
	"mysecurity/internal/session"
)

// Renewed gives a page that reads the list a living access token first, where
// sign-ins ask for a refresh token. A list that is refused all the same, because the
// tenant has withdrawn the token, is asked for once more with a new one; if that is
// refused as well, only a confirmation helps. Forms are left alone, because a
// refresh prolongs reading only, and so is HEAD, which changes nothing (ADR 16).
func (h *Handlers) Renewed(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if c.Request().Method != http.MethodGet {
			return next(c)
		}
		for current, renewed := ScopeOf(c).Session, false; ; {
			if h.Account.NeedsRenewal(current.Access()) {
				if err := h.renew(c); err != nil {
					return err
				}
				renewed = true
			}
			err := next(c)
			if account.KindOf(err) != account.KindNeedProof || !h.Account.NeedsRenewal(current.Access()) {
				return err
			}
			if renewed {
				h.Account.Revoke(c.Request().Context(), current.User(), current.DropRefresh())
				return err
			}
		}
	}
}

// renew ends the session if the tenant has answered with somebody else's token.
func (h *Handlers) renew(c echo.Context) error {
	current := ScopeOf(c).Session
	user := current.User()
	err := h.Account.Renew(c.Request().Context(), current)
	var told *account.Error
	switch {
	case err == nil:
		return nil
	case errors.Is(err, session.ErrGone): // signed out, or confirmed, in another window meanwhile
		return account.Fail(account.KindNeedSignIn, err)
	case !errors.As(err, &told):
		return account.Fail(KindStoreDown, err)
	case told.Kind == account.KindRefreshRefused:
		h.audit.record(c, auditRefusal, "refused", string(told.Kind), user)
		if err := current.SignOut(c.Response()); err != nil {
			return account.Fail(KindStoreDown, err)
		}
	}
	return err
}
