package handlers

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"mysecurity/internal/account"
	"mysecurity/internal/session"
	"mysecurity/templates"
)

// The kinds of error that arise at the site's edge. The others are the
// account's.
const (
	KindStoreDown        account.Kind = "store-down"   // sessions cannot be read or written now
	KindForged           account.Kind = "forged"       // the request did not come from our own page
	KindFormExpired      account.Kind = "form-expired" // the form belongs to another or an older session
	KindWrongHost        account.Kind = "wrong-host"   // asked under a name that is not ours
	KindPageNotFound     account.Kind = "page-not-found"
	KindMethodNotAllowed account.Kind = "method-not-allowed"
	KindTooLarge         account.Kind = "too-large"
	KindBadRequest       account.Kind = "bad-request"
)

// statuses is how each kind of error meets the user, by RFC 9110. The words of
// its page have the same name. A kind that is not in the table is internal and
// says nothing; kinds with a page of their own are settled where they arise.
var statuses = map[account.Kind]int{
	account.KindInternal:        http.StatusInternalServerError,
	account.KindTooManyCodes:    http.StatusTooManyRequests,
	account.KindTooManyTries:    http.StatusTooManyRequests,
	account.KindTooManyMessages: http.StatusTooManyRequests,
	account.KindRateLimited:     http.StatusTooManyRequests,
	account.KindNoEnrolment:     http.StatusConflict,
	account.KindLimitReached:    http.StatusConflict,
	account.KindNotOffered:      http.StatusConflict,
	account.KindNotFound:        http.StatusNotFound,
	account.KindUnavailable:     http.StatusServiceUnavailable,
	account.KindNotDone:         http.StatusBadGateway,
	account.KindUnknown:         http.StatusBadGateway,
	account.KindMisconfigured:   http.StatusBadGateway,
	account.KindSignInRefused:   http.StatusForbidden,
	account.KindSignInStale:     http.StatusForbidden,
	account.KindSignInDenied:    http.StatusForbidden,
	account.KindSignInExpired:   http.StatusBadRequest,
	account.KindOtherPerson:     http.StatusForbidden,
	account.KindRefreshRefused:  http.StatusForbidden,
	KindStoreDown:               http.StatusServiceUnavailable,
	KindForged:                  http.StatusForbidden,
	KindFormExpired:             http.StatusForbidden,
	KindWrongHost:               http.StatusMisdirectedRequest,
	KindPageNotFound:            http.StatusNotFound,
	KindMethodNotAllowed:        http.StatusMethodNotAllowed,
	KindTooLarge:                http.StatusRequestEntityTooLarge,
	KindBadRequest:              http.StatusBadRequest,
}

// refusals are the kinds that an operator wants to see in the audit stream.
var refusals = map[account.Kind]bool{
	account.KindSignInRefused: true, account.KindSignInStale: true, account.KindSignInDenied: true,
	account.KindSignInExpired: true, account.KindOtherPerson: true, KindForged: true,
	KindFormExpired: true, account.KindTooManyCodes: true, account.KindTooManyTries: true,
	account.KindDiscarded: true, account.KindLastMethod: true, KindWrongHost: true, account.KindTooManyMessages: true,
}

// Error turns any error into a status and a page. It is the site's only error
// handler and runs once per request.
func (h *Handlers) Error(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	failed := asAccountError(err)
	scope := ScopeOf(c)
	scope.Failure = failed
	_ = commit(c) // what the session learned on the way is kept; the page must not fail because of it
	h.noteRefusal(c, failed.Kind)
	if h.present(c, scope, failed) != nil && !c.Response().Committed {
		_ = c.NoContent(http.StatusInternalServerError)
	}
}

// noteRefusal records an error of the kinds that an operator wants to see.
func (h *Handlers) noteRefusal(c echo.Context, kind account.Kind) {
	if refusals[kind] {
		h.audit.record(c, auditRefusal, "refused", string(kind), userOf(ScopeOf(c)))
	}
}

// present chooses between the pages that lead back to work and the error page.
func (h *Handlers) present(c echo.Context, scope *Scope, failed *account.Error) error {
	if overtaken(c, failed) {
		return MoveTo(c, scope.Place.URL(h.Site))
	}
	switch failed.Kind {
	case account.KindNeedSignIn:
		return h.detour(c, http.StatusUnauthorized, h.landing(c), h.signInFirst(scope))
	case account.KindNeedProof:
		return h.detour(c, http.StatusForbidden, h.confirm(scope), scope.Place.ConfirmURL(h.Site))
	}
	kind, status := failed.Kind, statuses[failed.Kind]
	if status == 0 {
		kind, status = account.KindInternal, http.StatusInternalServerError
	}
	h.retryAfter(c, failed.Until)
	view := templates.ErrorPage{Page: h.page(scope), Kind: templates.ErrorKind(kind), Reference: scope.ID, When: failed.Until}
	if isHTMX(c) { // whatever part of the page has asked
		c.Response().Header().Set("HX-Retarget", "#main")
	}
	if isHTMX(c) && status >= http.StatusInternalServerError {
		// htmx keeps 5xx out of the page (frontend.md): answer with the page that
		// says so, as the request as such was served.
		scope.Meant = status
		return h.render(c, http.StatusUnprocessableEntity, view)
	}
	return h.render(c, status, view)
}

// retryAfter says when to come back (RFC 9110, section 10.2.3), if that is known.
func (h *Handlers) retryAfter(c echo.Context, until time.Time) {
	if !until.IsZero() {
		wait := int(math.Ceil(until.Sub(h.Now()).Seconds()))
		c.Response().Header().Set("Retry-After", strconv.Itoa(max(1, wait)))
	}
}

// overtaken reports that a page was drawn from a session that another request
// of the same browser has changed meanwhile, as after a double click. It is out
// of date before it is sent, and asked for anew.
func overtaken(c echo.Context, failed *account.Error) bool {
	return c.Request().Method == http.MethodGet && errors.Is(failed, session.ErrConflict)
}

// detour answers with a page that leads through the sign-in page and back to
// the wanted one. A form that was sent is not repeated: the browser moves on to
// a page of its own instead. Inside an htmx request the whole page moves, so
// that no sign-in ever lands in a box (XS-11).
func (h *Handlers) detour(c echo.Context, status int, view templates.View, elsewhere string) error {
	switch {
	case isHTMX(c):
		c.Response().Header().Set("HX-Redirect", elsewhere)
		return c.NoContent(status)
	case c.Request().Method != http.MethodGet && !looking(c):
		return c.Redirect(http.StatusSeeOther, elsewhere)
	}
	return h.render(c, status, view)
}

// endedMark is the query of the page after a form that came too late. The
// answer to the form has cleared the cookie, so that page could not say that a
// session has ended; the mark makes it say so and does nothing else.
const endedMark = "ended"

// signInFirst is where a form of a visitor leads: to the page it belongs to,
// which asks to sign in.
func (h *Handlers) signInFirst(scope *Scope) string {
	to := scope.Place.URL(h.Site)
	if scope.Session.HadCookie() {
		to += "?" + endedMark
	}
	return to
}

// landing is the page of a visitor who is not signed in.
func (h *Handlers) landing(c echo.Context) templates.Landing {
	scope := ScopeOf(c)
	view := templates.Landing{Page: h.page(scope), Reason: templates.LandingSignInFirst}
	if scope.Session.HadCookie() || c.QueryParams().Has(endedMark) {
		view.Reason = templates.LandingEnded
	}
	return view
}

func userOf(scope *Scope) account.User {
	if scope.Session == nil {
		return account.User{}
	}
	return scope.Session.User()
}

// asAccountError gives every error a kind, those of the router included.
func asAccountError(err error) *account.Error {
	var own *account.Error
	if errors.As(err, &own) {
		return own
	}
	var routing *echo.HTTPError
	if errors.As(err, &routing) {
		switch routing.Code {
		case http.StatusNotFound:
			return account.Fail(KindPageNotFound, nil)
		case http.StatusMethodNotAllowed:
			return account.Fail(KindMethodNotAllowed, nil)
		}
	}
	return account.Fail(account.KindInternal, err)
}

// Describe tells an error for the log: its kind, and its cause as far as the
// text of that cause is ours. Other causes are named by their type only,
// because libraries put what they read into their messages.
func Describe(err error) string {
	failed := asAccountError(err)
	cause := failed.LogText()
	if failed.Kind == KindStoreDown && failed.Cause != nil { // the store's texts name files and records, never what is in them
		cause = failed.Cause.Error()
	}
	if cause == "" {
		return string(failed.Kind)
	}
	return string(failed.Kind) + ": " + cause
}
