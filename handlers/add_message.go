package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"mysecurity/internal/account"
	"mysecurity/internal/phone"
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
		current.SetEnrolment(next)
		if err != nil {
			return h.notSent(c, next, err)
		}
		view := h.message(ScopeOf(c), next, codeProblem{})
		view.Resent = true
		return h.show(c, http.StatusOK, view)
	}
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
		if e, live := running(current, kind); live {
			if h.Account.Abandon(c.Request().Context(), current.User(), current.Access(), e) {
				return h.move(c, h.Site.URL())
			}
			keepDraft(current, kind, e.Message)
		}
		return h.move(c, h.addURL(kind))
	}
}
