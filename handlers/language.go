package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"mysecurity/internal/account"
	"mysecurity/internal/i18n"
)

// languageLifetime is how long a browser remembers the choice, in seconds.
const languageLifetime = 365 * 24 * 60 * 60

// ChooseLanguage remembers the language of this browser and goes back to the
// page the form was on.
func (h *Handlers) ChooseLanguage(c echo.Context) error {
	var values [3]string
	for i, name := range []string{"lang", "page", "method"} {
		value, err := field(c, name)
		if err != nil {
			return err
		}
		values[i] = value
	}
	if !i18n.Lang(values[0]).Valid() {
		return account.Fail(KindBadRequest, nil)
	}
	c.SetCookie(&http.Cookie{
		Name: "lang", Value: values[0], Path: h.Site.Prefix(), MaxAge: languageLifetime,
		Secure: h.Site.HTTPS(), HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
	return h.move(c, PlaceFrom(values[1], values[2]).URL(h.Site))
}
