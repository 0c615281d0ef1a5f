package handlers

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"mysecurity/internal/account"
	"mysecurity/internal/secret"
	"mysecurity/internal/session"
	"mysecurity/templates"
)

// StartSignIn sends the browser to the tenant's sign-in page. A signed-in
// user comes here to confirm who they are; the answer then has to be the same
// person, proven anew.
func (h *Handlers) StartSignIn(c echo.Context) error {
	scope := ScopeOf(c)
	tx := session.NewTransaction()
	place := PlaceFrom(c.QueryParam("page"), c.QueryParam("method"))
	scope.Place = place
	tx.Page, tx.Method, tx.Started = string(place.Key), place.Method, h.Now()
	tx.MaxAge = account.SignInMaxAge
	if current := scope.Session; current.SignedIn() {
		tx.StepUpFor = current.User()
		tx.MaxAge = account.StepUpMaxAge(current.Access())
	}
	request := requestOf(tx)
	request.UILocales = uiLocales(scope)
	to, err := h.Account.SignInURL(c.Request().Context(), scope.Client, request)
	if err != nil {
		return err
	}
	if err := h.Sessions.Begin(c.Response(), c.Request(), tx); err != nil {
		return account.Fail(KindStoreDown, err)
	}
	return c.Redirect(http.StatusSeeOther, to)
}

func requestOf(tx session.Transaction) account.SignInRequest {
	return account.SignInRequest{
		State: tx.State, Nonce: tx.Nonce, Verifier: tx.Verifier, MaxAge: tx.MaxAge, Started: tx.Started,
	}
}

// FinishSignIn takes the tenant's answer. The transaction is used up before
// anything else happens, so that an answer counts once, whatever it says.
func (h *Handlers) FinishSignIn(c echo.Context) error {
	query := c.QueryParams()
	state, ok := only(query, "state")
	if !ok {
		return account.Fail(account.KindSignInExpired, nil)
	}
	tx, err := h.Sessions.Finish(c.Response(), c.Request(), state)
	if err != nil {
		return transactionError(err)
	}
	ScopeOf(c).Place = PlaceFrom(tx.Page, tx.Method)
	if query.Has("error") {
		return refusedByTenant(query.Get("error"))
	}
	code, ok := only(query, "code")
	if !ok {
		return account.Fail(account.KindSignInRefused, nil)
	}
	answer := account.SignInAnswer{Code: secret.New(code)}
	if answer.HasIssuer = query.Has("iss"); answer.HasIssuer {
		answer.Issuer, _ = only(query, "iss")
	}
	user, access, err := h.Account.SignIn(c.Request().Context(), requestOf(tx), answer)
	if err != nil {
		return err
	}
	return h.signedIn(c, tx, user, access)
}

// signedIn makes the session, under a new id, and goes to the wanted page.
func (h *Handlers) signedIn(c echo.Context, tx session.Transaction, user account.User, access account.Access) error {
	scope, ctx := ScopeOf(c), c.Request().Context()
	before := scope.Session.User() // whose refresh token is replaced
	if tx.StepUpFor.Subject != "" && !tx.StepUpFor.Is(user) {
		h.Account.Revoke(ctx, user, access.Renewal.Token)
		if err := scope.Session.SignOut(c.Response()); err != nil {
			return account.Fail(KindStoreDown, err)
		}
		h.Account.Revoke(ctx, before, scope.Session.Orphan())
		return account.Fail(account.KindOtherPerson, nil)
	}
	confirmed := scope.Session.SignedIn() && before.Is(user)
	switch err := scope.Session.SignIn(c.Response(), user, access); {
	case errors.Is(err, session.ErrGone): // signed out in another window meanwhile
		h.Account.Revoke(ctx, user, access.Renewal.Token)
		return account.Fail(account.KindNeedSignIn, err)
	case err != nil:
		h.Account.Revoke(ctx, user, access.Renewal.Token)
		return account.Fail(KindStoreDown, err)
	}
	h.Account.Revoke(ctx, before, scope.Session.Orphan())
	if confirmed && scope.Place.Key == templates.PageOverview {
		scope.Session.SetNotice(string(templates.NoticeConfirmed), nil)
	}
	for _, enrolment := range scope.Session.Enrolments() {
		h.Account.Keep(ctx, user, enrolment)
	}
	if access.Proof.Strong && !access.Proof.MFA {
		h.audit.record(c, auditRefusal, "refused", noSecondStep, user)
	}
	h.audit.record(c, auditSignIn, "done", "", user)
	return h.move(c, scope.Place.URL(h.Site))
}

// only returns a query parameter that was sent exactly once and is not empty.
func only(query url.Values, name string) (string, bool) {
	values := query[name]
	if len(values) != 1 || values[0] == "" {
		return "", false
	}
	return values[0], true
}

// refusedByTenant sorts the error codes of OpenID Connect Core 3.1.2.6 and of
// Auth0. A known code goes to the log, because an operator needs it; what the
// provider wrote beside it goes nowhere.
func refusedByTenant(code string) error {
	kind := account.KindSignInRefused
	switch code {
	case "access_denied", "unauthorized", "consent_required", "interaction_required", "login_required":
		kind = account.KindSignInDenied
	case "server_error", "temporarily_unavailable":
		kind = account.KindUnavailable
	case "invalid_request", "unauthorized_client", "unsupported_response_type", "invalid_scope",
		"unmet_authentication_requirements":
	default:
		code = "unknown"
	}
	return account.Fail(kind, account.Reason("the sign-in page answered "+code))
}

func transactionError(err error) error {
	if errors.Is(err, session.ErrNoTransaction) {
		return account.Fail(account.KindSignInExpired, nil)
	}
	return account.Fail(KindStoreDown, err)
}
