package handlers

import (
	"net/http"
	"net/mail"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"mysecurity/internal/account"
	"mysecurity/templates"
)

// AddEmail is the page for the code if one is on its way, else the form for the
// address.
func (h *Handlers) AddEmail(c echo.Context) error {
	scope := ScopeOf(c)
	if e, live := running(scope.Session, account.MethodEmail); live {
		return h.showMessage(c, e)
	}
	return h.show(c, http.StatusOK, h.emailForm(scope, draftOf(scope.Session, account.MethodEmail).Typed.To))
}

// StartEmail has a code sent to an address. While an attempt is running, the
// form leads to that one (RC-03).
func (h *Handlers) StartEmail(c echo.Context) error {
	current := ScopeOf(c).Session
	if _, live := running(current, account.MethodEmail); live {
		return h.move(c, h.addURL(account.MethodEmail))
	}
	typed, err := field(c, "address")
	if err != nil {
		return err
	}
	keepTyped(current, account.MethodEmail, account.Typed{To: typed})
	again := func(problem templates.AddressProblem, until time.Time) error {
		return h.addressAgain(c, typed, problem, until)
	}
	address, problem := parseAddress(typed)
	if user := current.User(); user.EmailVerified && strings.EqualFold(address, user.Email) {
		problem = templates.AddressOwn
	}
	if problem != templates.AddressFine {
		return again(problem, time.Time{})
	}
	if until := draftOf(current, account.MethodEmail).SendAgainTo(address); h.Now().Before(until) {
		return again(templates.AddressTooSoon, until)
	}
	e, code, err := h.Account.StartEmail(c.Request().Context(), current.User(), current.Access(), address)
	return startedSending(h, c, e, code, err, addressProblems, again)
}

// addressProblems are the tenant's refusals in the words of the form.
var addressProblems = map[account.Kind]templates.AddressProblem{
	account.KindBadAddress: templates.AddressRefused, account.KindTooManyMessages: templates.AddressTooMany,
}

func (h *Handlers) addressAgain(c echo.Context, typed string, problem templates.AddressProblem, until time.Time) error {
	view := h.emailForm(ScopeOf(c), typed)
	view.HasError, view.Problem, view.RetryAt, view.RetryIn = true, problem, until, until.Sub(h.Now())
	return h.formAgain(c, view, problem == templates.AddressTooMany || problem == templates.AddressTooSoon, until)
}

// emailForm is the form with what was typed. It names the address that comes
// with the account: codes can go there without it being added.
func (h *Handlers) emailForm(scope *Scope, typed string) templates.AddEmailForm {
	view := templates.AddEmailForm{Page: h.page(scope), Address: typed}
	if user := scope.Session.User(); user.EmailVerified {
		view.Profile = user.Email
	}
	return view
}

// longestAddress is the longest address that mail can be sent to (RFC 5321,
// section 4.5.3.1.3, without the angle brackets).
const longestAddress = 254

// parseAddress takes an address as it stands in the head of a message (RFC 5322)
// without a name beside it, at a host name with a dot.
func parseAddress(typed string) (string, templates.AddressProblem) {
	typed = strings.TrimSpace(typed)
	if typed == "" {
		return "", templates.AddressEmpty
	}
	parsed, err := mail.ParseAddress(typed)
	if err != nil || parsed.Address != typed || len(typed) > longestAddress || !strings.Contains(typed[strings.LastIndex(typed, "@"):], ".") {
		return "", templates.AddressInvalid
	}
	return typed, templates.AddressFine
}
