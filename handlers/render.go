package handlers

import (
	"bytes"
	"errors"
	"net/http"
	"strconv"
	"sync"

	"github.com/a-h/templ"
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
	return h.render(c, status, view)
}

// render writes a page: the whole document, or its main element when htmx
// asked.
func (h *Handlers) render(c echo.Context, status int, view templates.View) error {
	if isHTMX(c) {
		return h.draw(c, status, view.Main())
	}
	return h.draw(c, status, view.Full())
}

// draw writes a component. It draws into a buffer first, so that a fault
// half-way can still become an error page.
func (h *Handlers) draw(c echo.Context, status int, component templ.Component) error {
	page := h.pages.take()
	if err := component.Render(c.Request().Context(), page); err != nil {
		return account.Fail(account.KindInternal, err)
	}
	defer h.pages.giveBack(page)
	// With a length net/http sends the page whole and not in chunks, with one write less.
	c.Response().Header().Set(echo.HeaderContentLength, strconv.Itoa(page.Len()))
	return c.Blob(status, "text/html; charset=utf-8", page.Bytes())
}

// buffers keeps those that pages were sent from for the next ones: growing one
// anew would be the greater part of what a page allocates (performance.md, G1).
type buffers struct{ pool sync.Pool }

// largestKept is the largest buffer that is kept, in bytes; a usual page has
// about ten thousand.
const largestKept = 64 << 10

func (b *buffers) take() *bytes.Buffer {
	if kept, ok := b.pool.Get().(*bytes.Buffer); ok {
		return kept
	}
	return new(bytes.Buffer)
}

func (b *buffers) giveBack(page *bytes.Buffer) {
	if page.Cap() <= largestKept {
		page.Reset()
		b.pool.Put(page)
	}
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
// is never sent before that has worked. HEAD changes nothing: it neither keeps a
// session alive nor uses up a message that nobody has seen (CS-08).
func commit(c echo.Context) error {
	current := ScopeOf(c).Session
	if current == nil || looking(c) {
		return nil
	}
	err := current.Commit(c.Response())
	ScopeOf(c).saved()
	switch {
	case err == nil:
		return nil
	case errors.Is(err, session.ErrGone): // signed out in another window meanwhile
		return account.Fail(account.KindNeedSignIn, err)
	default:
		return account.Fail(KindStoreDown, err)
	}
}

// looking reports whether only the head of the answer is wanted.
func looking(c echo.Context) bool { return c.Request().Method == http.MethodHead }
