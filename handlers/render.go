package handlers

import (
	"bytes"
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"mysecurity/internal/account"
	"mysecurity/internal/session"
	"mysecurity/templates"
)

// show saves the session and writes a page.
func (h *Handlers) show(c echo.Context, status int, view templates.View) error {
	if err := commit(c); err != nil {
		return err
	}
	return render(c, status, view)
}

// render writes a page: the whole document, or its main element when htmx
// asked. It draws into a buffer first, so that a fault half-way can still
// become an error page.
func render(c echo.Context, status int, view templates.View) error {
	component := view.Full()
	if isHTMX(c) {
		component = view.Main()
	}
	var page bytes.Buffer
	if err := component.Render(c.Request().Context(), &page); err != nil {
		return account.Fail(account.KindInternal, err)
	}
	return c.Blob(status, "text/html; charset=utf-8", page.Bytes())
}

// move sends the browser to another page of ours after the session is saved.
func (h *Handlers) move(c echo.Context, to string) error {
	if err := commit(c); err != nil {
		return err
	}
	return MoveTo(c, to)
}

// MoveTo sends the browser to another page: a redirect that changes the method
// to GET or, for htmx, which would swap the page into a box, its own header.
func MoveTo(c echo.Context, to string) error {
	if isHTMX(c) {
		c.Response().Header().Set("HX-Redirect", to)
		return c.NoContent(http.StatusOK)
	}
	return c.Redirect(http.StatusSeeOther, to)
}

// commit saves what a handler changed in the session. A page that says "done"
// is never sent before that has worked.
func commit(c echo.Context) error {
	current := ScopeOf(c).Session
	if current == nil {
		return nil
	}
	err := current.Commit(c.Response())
	switch {
	case err == nil:
		return nil
	case errors.Is(err, session.ErrGone): // signed out in another window meanwhile
		return account.Fail(account.KindNeedSignIn, err)
	default:
		return account.Fail(KindStoreDown, err)
	}
}
