package handlers

import (
	"cmp"
	"net/http"

	"github.com/labstack/echo/v4"

	"mysecurity/internal/account"
	"mysecurity/internal/i18n"
	"mysecurity/internal/session"
	"mysecurity/templates"
)

// Scope is what the middleware knows about one request. It is made once, before
// anything can fail, and filled on the way in.
type Scope struct {
	ID      string           // short reference that links a page to its log record
	Nonce   string           // for the Content-Security-Policy of this answer
	Client  string           // network address of the client, for the log
	Lang    i18n.Lang        // language of the page
	Session *session.Session // nil on routes without one
	Place   templates.Place  // where a hop through the sign-in page comes back to
	Failure error            // what went wrong, for the access log
	Meant   int              // the failure's status, where the browser was sent another one; else 0

	settled []func() // what waits for the session to be saved
}

// then postpones what tells of a change in the session until the change is saved,
// or cannot be: until then another request may turn out to have been first.
func (s *Scope) then(tell func()) { s.settled = append(s.settled, tell) }

// saved runs what was postponed.
func (s *Scope) saved() {
	waiting := s.settled
	s.settled = nil
	for _, tell := range waiting {
		tell()
	}
}

// shown notes a failure that a form shows in place, which goes out as 422. What
// the tenant does not take is none: that is for the person to mend.
func (s *Scope) shown(err error) {
	if status := statuses[account.KindOf(err)]; status >= http.StatusInternalServerError {
		s.Failure, s.Meant = err, status
	}
}

const scopeKey = "scope"

// SetScope attaches the scope to a request.
func SetScope(c echo.Context, s *Scope) { c.Set(scopeKey, s) }

// ScopeOf returns the request's scope.
func ScopeOf(c echo.Context) *Scope {
	if s, ok := c.Get(scopeKey).(*Scope); ok {
		return s
	}
	return &Scope{}
}

// StatusOf is what an answer means, for the log and for metrics: a failure that
// went out as 422, because a form has to show it, is still a failure.
func StatusOf(c echo.Context) int { return cmp.Or(ScopeOf(c).Meant, c.Response().Status) }

// isHTMX reports whether htmx asked for a fragment.
func isHTMX(c echo.Context) bool { return c.Request().Header.Get("HX-Request") == "true" }
