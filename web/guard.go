package web

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"mysecurity/handlers"
	"mysecurity/internal/account"
	"mysecurity/internal/site"
	"mysecurity/templates"
)

// at notes which place a route belongs to, for the way back from a detour.
func at(key templates.PageKey) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			handlers.ScopeOf(c).Place = handlers.PlaceFrom(string(key), c.Param("handle"))
			return next(c)
		}
	}
}

// requireSignIn lets signed-in users pass.
func requireSignIn(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if !handlers.ScopeOf(c).Session.SignedIn() {
			return account.Fail(account.KindNeedSignIn, nil)
		}
		return next(c)
	}
}

// requireSavedCode sends users with an unsaved recovery code to its page first:
// nothing else on the site is as important as that code.
func requireSavedCode(s site.Site) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if _, due := handlers.ScopeOf(c).Session.DueRecoveryCode(); due {
				return handlers.MoveTo(c, s.URL("recovery-code"))
			}
			return next(c)
		}
	}
}

// requireFreshProof lets sessions pass that may add (and so change) methods
// now; the account package checks again before it acts.
func requireFreshProof(service *account.Service) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if !service.Rights(handlers.ScopeOf(c).Session.Access()).Change {
				return account.Fail(account.KindNeedProof, nil)
			}
			return next(c)
		}
	}
}

// requireOffer answers links and forms for a kind of method that the company does
// not offer.
func requireOffer(offered bool) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		if offered {
			return next
		}
		return func(echo.Context) error { return account.Fail(account.KindNotOffered, nil) }
	}
}

// notFromElsewhere answers a link or script of another site that wants to start
// a sign-in with the landing page: starting is an act of the user (CS-06).
func notFromElsewhere(s site.Site) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			from := c.Request().Header.Get("Sec-Fetch-Site")
			if from == "cross-site" || from == "same-site" {
				return c.Redirect(http.StatusSeeOther, s.URL())
			}
			return next(c)
		}
	}
}
