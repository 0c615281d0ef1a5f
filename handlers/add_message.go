package handlers

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"mysecurity/internal/account"
	"mysecurity/internal/phone"
	"mysecurity/internal/secret"
	"mysecurity/internal/session"
	"mysecurity/templates"
)

// message draws an attempt whose code is on its way to a phone or an address.
func (h *Handlers) message(scope *Scope, e account.Enrolment, p codeProblem) templates.AddMessage {
	now, offers := h.Now(), h.Account.Offers()
	view := templates.AddMessage{
		Page: h.page(scope), Kind: templates.MethodKind(e.Kind), To: e.Message.To, Channel: string(e.Message.Channel),
		CallInstead: e.Message.Channel == account.ChannelText && offers.Call,
		TextInstead: e.Message.Channel == account.ChannelCall && offers.Text,
		Until:       e.Expires(), AgainAt: e.SendAgainAt(), AgainIn: e.SendAgainAt().Sub(now),
		Expired:  !now.Before(e.Expires()),
		HasOther: scope.Session.Access().Proof.Strong,
		Code:     p.typed, Problem: p.problem, AttemptsLeft: p.left, RetryAt: p.until,
	}
	if e.Kind == account.MethodPhone {
		view.To = phone.Ending(e.Message.To)
	}
	view.HasError = p.problem != templates.CodeFine
	return view
}

// Resend has another code sent: to a phone by either channel. Only the newest
// code counts then, which the page says.
func (h *Handlers) Resend(kind account.MethodKind) echo.HandlerFunc {
	return func(c echo.Context) error {
		current := ScopeOf(c).Session
		e, live := running(current, kind)
		if !live {
			return h.move(c, h.addURL(kind))
		}
		channel, err := otherChannel(c, e)
		if err != nil {
			return err
		}
		next, code, err := h.Account.Resend(c.Request().Context(), current.User(), current.Access(), e, channel)
		current.KeepRecoveryCode(code)
		current.ReplaceEnrolment(e, next)
		if err != nil {
			return h.notSent(c, next, err)
		}
		if !isHTMX(c) { // a reload of the answer must not send once more
			current.SetNotice(string(templates.NoticeResent), nil)
			return h.move(c, h.addURL(kind))
		}
		view := h.message(ScopeOf(c), next, codeProblem{})
		view.Notice = templates.NoticeResent
		return h.show(c, http.StatusOK, view)
	}
}

// showMessage is the page of an attempt whose code is on its way, as it is read.
func (h *Handlers) showMessage(c echo.Context, e account.Enrolment) error {
	scope := ScopeOf(c)
	view := h.message(scope, e, codeProblem{})
	view.Notice = takeOnly(scope.Session, templates.NoticeResent)
	return h.show(c, http.StatusOK, view)
}

// takeOnly takes the message for the next page if it is of the given kind. Any
// other one is left for the page that it is meant for.
func takeOnly(current *session.Session, wanted templates.Notice) templates.Notice {
	if current.NoticeKind() != string(wanted) {
		return templates.NoticeNone
	}
	_, _, _ = current.TakeNotice()
	return wanted
}

// otherChannel is how the next code is to go to a phone: as the form says, or as
// the last one did. An address has no channels.
func otherChannel(c echo.Context, e account.Enrolment) (account.Channel, error) {
	value, err := field(c, "channel")
	if err != nil || e.Kind != account.MethodPhone || value == "" {
		return e.Message.Channel, err
	}
	return account.Channel(value), nil
}

// notSent says why no new code was sent; the last one still counts. An attempt
// that has become a method meanwhile is the overview's to settle.
func (h *Handlers) notSent(c echo.Context, e account.Enrolment, err error) error {
	p := codeProblem{until: account.UntilOf(err)}
	switch account.KindOf(err) {
	case account.KindTooSoon:
		p.problem = templates.CodeTooSoon
	case account.KindTooManyMessages, account.KindRateLimited:
		h.noteRefusal(c, account.KindOf(err))
		p.problem = templates.CodeMessages
	case account.KindNotDone, account.KindUnavailable, account.KindUnknown, account.KindBadNumber, account.KindBadAddress:
		ScopeOf(c).shown(err)
		p.problem = templates.CodeNotSent
	case account.KindNoEnrolment:
		return h.afterWizard(c)
	default:
		return h.failed(c, err)
	}
	return h.codeAgain(c, e, p)
}

// ChangeRecipient gives an attempt up for another number or address, and leads
// to the form with the last one in it. An attempt that has become a method is the
// overview's to settle.
func (h *Handlers) ChangeRecipient(kind account.MethodKind) echo.HandlerFunc {
	return func(c echo.Context) error {
		current := ScopeOf(c).Session
		e, live := running(current, kind)
		if !live {
			return h.move(c, h.addURL(kind))
		}
		switch h.Account.Abandon(c.Request().Context(), current.User(), current.Access(), e) {
		case account.EndedActive:
			return h.move(c, h.Site.URL())
		case account.EndedUnused:
			e.ID = ""
		}
		current.ReplaceEnrolment(e, toRetype(e))
		return h.move(c, h.addURL(kind))
	}
}

// startedSending ends the start of an attempt whose code is sent. What only the
// tenant knows of the number or address, or of what may be sent there, goes back to
// the form, in its own words for it.
func startedSending[P ~string](h *Handlers, c echo.Context, e account.Enrolment, code secret.Secret, err error,
	told map[account.Kind]P, again func(problem P, until time.Time) error,
) error {
	kind := account.KindOf(err)
	problem, known := told[kind]
	if !known {
		return h.began(c, e, code, err)
	}
	h.noteRefusal(c, kind)
	ScopeOf(c).Session.KeepRecoveryCode(code)
	return again(problem, account.UntilOf(err))
}

// formAgain shows the form for a number or an address again. later says that it
// may be sent as it is, but not now.
func (h *Handlers) formAgain(c echo.Context, view templates.View, later bool, until time.Time) error {
	if !later {
		return h.show(c, http.StatusUnprocessableEntity, view)
	}
	h.retryAfter(c, until)
	return h.show(c, http.StatusTooManyRequests, view)
}
