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
		return h.show(c, http.StatusOK, h.message(scope, e, codeProblem{}))
	}
	return h.show(c, http.StatusOK, h.phoneForm(c, phoneFormOf(draftOf(scope.Session, account.MethodPhone))))
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
	number, problem := typed.check()
	if problem != templates.NumberFine {
		return h.numberAgain(c, typed, problem, time.Time{})
	}
	e, code, err := h.Account.StartPhone(c.Request().Context(), current.User(), current.Access(), number.E164, typed.channel)
	switch account.KindOf(err) {
	case account.KindBadNumber:
		problem = templates.NumberRefused
	case account.KindTooManyMessages:
		h.noteRefusal(c, account.KindTooManyMessages)
		problem = templates.NumberTooMany
	default:
		return h.began(c, e, code, err)
	}
	current.KeepRecoveryCode(code)
	return h.numberAgain(c, typed, problem, account.UntilOf(err))
}

// numberAgain shows the form again with what was wrong, or with the question
// about a landline.
func (h *Handlers) numberAgain(c echo.Context, typed phoneForm, problem templates.NumberProblem, until time.Time) error {
	view := h.phoneForm(c, typed)
	view.Problem, view.RetryAt = problem, until
	view.HasError = problem != templates.NumberLandline
	status := http.StatusUnprocessableEntity
	if problem == templates.NumberTooMany {
		status = http.StatusTooManyRequests
		h.retryAfter(c, until)
	}
	return h.show(c, status, view)
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

func phoneFormOf(m account.Message) phoneForm { return phoneForm{number: m.To, channel: m.Channel} }

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

// known reports whether the channel is one of those that there are.
func (f phoneForm) known() bool {
	return f.channel == account.ChannelText || f.channel == account.ChannelCall
}

// check judges the form before the tenant sees anything of it (MF-04). A text
// message to a landline is a question, not a mistake.
func (f phoneForm) check() (phone.Number, templates.NumberProblem) {
	number, problem := phone.Parse(f.country, f.number)
	switch {
	case problem != phone.Fine:
		return phone.Number{}, templates.NumberProblem(problem)
	case !f.known():
		return phone.Number{}, templates.NumberChannel
	case number.Landline && f.channel == account.ChannelText && !f.landline:
		return phone.Number{}, templates.NumberLandline
	}
	return number, templates.NumberFine
}

// draft is the form as it is kept: the number with its country in it, if it can
// be read.
func (f phoneForm) draft() account.Message {
	m := account.Message{To: f.number}
	if number, problem := phone.Parse(f.country, f.number); problem == phone.Fine {
		m.To = number.E164
	}
	if f.known() {
		m.Channel = f.channel
	}
	return m
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
