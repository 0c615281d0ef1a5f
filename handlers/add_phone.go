package handlers

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"mysecurity/internal/account"
	"mysecurity/internal/i18n"
	"mysecurity/internal/phone"
	"mysecurity/templates"
)

// AddPhone is the page for the code if one is on its way, else the form for the
// number.
func (h *Handlers) AddPhone(c echo.Context) error {
	scope := ScopeOf(c)
	if e, live := running(scope.Session, account.MethodPhone); live {
		return h.showMessage(c, e)
	}
	return h.show(c, http.StatusOK, h.phoneForm(c, phoneFormOf(draftOf(scope.Session, account.MethodPhone).Typed)))
}

// StartPhone has a code sent to a number. While an attempt is running, the form
// leads to that one (RC-03).
func (h *Handlers) StartPhone(c echo.Context) error {
	current := ScopeOf(c).Session
	if _, live := running(current, account.MethodPhone); live {
		return h.move(c, h.addURL(account.MethodPhone))
	}
	typed, err := readPhoneForm(c)
	if err != nil {
		return err
	}
	keepTyped(current, account.MethodPhone, typed.typed())
	again := func(problem templates.NumberProblem, until time.Time) error {
		return h.numberAgain(c, typed, problem, until)
	}
	number, problem := typed.check()
	if problem != templates.NumberFine {
		return again(problem, time.Time{})
	}
	if until := draftOf(current, account.MethodPhone).SendAgainTo(number.E164); h.Now().Before(until) {
		return again(templates.NumberTooSoon, until)
	}
	e, code, err := h.Account.StartPhone(c.Request().Context(), current.User(), current.Access(), number.E164, typed.channel)
	return startedSending(h, c, e, code, err, numberProblems, again)
}

// numberProblems are the tenant's refusals in the words of the form.
var numberProblems = map[account.Kind]templates.NumberProblem{
	account.KindBadNumber: templates.NumberRefused, account.KindTooManyMessages: templates.NumberTooMany,
}

// numberAgain shows the form again with what was wrong, or with the question
// about a landline.
func (h *Handlers) numberAgain(c echo.Context, typed phoneForm, problem templates.NumberProblem, until time.Time) error {
	view := h.phoneForm(c, typed)
	view.Problem, view.RetryAt, view.RetryIn = problem, until, until.Sub(h.Now())
	view.HasError = problem != templates.NumberLandline
	return h.formAgain(c, view, problem == templates.NumberTooMany || problem == templates.NumberTooSoon, until)
}

// phoneForm is the form with what was typed, in the visitor's own country if
// they have chosen none.
func (h *Handlers) phoneForm(c echo.Context, typed phoneForm) templates.AddPhoneForm {
	scope := ScopeOf(c)
	if !typed.sent {
		typed.country = i18n.CountryOf(scope.Session.User().Locale, c.Request().Header.Get("Accept-Language"))
	}
	return templates.AddPhoneForm{
		Page: h.page(scope), Offers: h.offers(), Countries: h.countries[scope.Lang],
		Country: typed.country, Number: typed.number, Channel: string(typed.channel),
	}
}

// phoneForm is what somebody has typed to add a phone.
type phoneForm struct {
	country, number string
	channel         account.Channel
	landline        bool // sure about a text message to a landline
	sent            bool // the form came from a browser: an empty country is their choice
}

// phoneFormOf is the form as it was kept.
func phoneFormOf(t account.Typed) phoneForm {
	return phoneForm{country: t.Country, number: t.To, channel: t.Channel, sent: t.Country != ""}
}

// typed is the form as it is kept.
func (f phoneForm) typed() account.Typed {
	return account.Typed{Country: f.country, To: f.number, Channel: f.channel}
}

func readPhoneForm(c echo.Context) (phoneForm, error) {
	var values [3]string
	for i, name := range []string{"country", "number", "channel"} {
		value, err := field(c, name)
		if err != nil {
			return phoneForm{}, err
		}
		values[i] = value
	}
	landline, err := ticked(c, "landline")
	return phoneForm{values[0], values[1], account.Channel(values[2]), landline, true}, err
}

// check judges the form before the tenant sees anything of it (MF-04). A text
// message to a landline is a question, not a mistake.
func (f phoneForm) check() (phone.Number, templates.NumberProblem) {
	number, problem := phone.Parse(f.country, f.number)
	switch {
	case problem != phone.Fine:
		return phone.Number{}, templates.NumberProblem(problem)
	case f.channel != account.ChannelText && f.channel != account.ChannelCall:
		return phone.Number{}, templates.NumberChannel
	case number.Landline && f.channel == account.ChannelText && !f.landline:
		return phone.Number{}, templates.NumberLandline
	}
	return number, templates.NumberFine
}

// countries lists the countries in each language, once for all pages.
func countries() map[i18n.Lang][]templates.Country {
	calling, codes := map[string]string{}, []string{}
	for _, country := range phone.Countries() {
		calling[country.Code], codes = country.Calling, append(codes, country.Code)
	}
	all := map[i18n.Lang][]templates.Country{}
	for _, lang := range i18n.Langs() {
		for _, country := range i18n.Countries(lang, codes) {
			all[lang] = append(all[lang], templates.Country{Code: country.Code, Name: country.Name, Calling: calling[country.Code]})
		}
	}
	return all
}
