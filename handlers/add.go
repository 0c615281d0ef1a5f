package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"mysecurity/internal/account"
	"mysecurity/internal/secret"
	"mysecurity/internal/session"
	"mysecurity/templates"
)

// Add is the page on which the kind of the new method is chosen.
func (h *Handlers) Add(c echo.Context) error {
	return h.show(c, http.StatusOK, templates.AddChoose{Page: h.page(ScopeOf(c)), Offers: h.offers()})
}

func (h *Handlers) offers() templates.Offers { return templates.Offers(h.Account.Offers()) }

// addURL is the page of an attempt with a method of one kind.
func (h *Handlers) addURL(kind account.MethodKind) string { return h.Site.URL("add", string(kind)) }

// running is the attempt of a kind that was started and not yet confirmed. A
// session holds one of each kind, so two of them may run in two tabs.
func running(current *session.Session, kind account.MethodKind) (account.Enrolment, bool) {
	e, held := current.Enrolment(kind)
	return e, held && !e.Started.IsZero()
}

// began keeps what a start has brought and leads to the attempt. The tenant
// hands the recovery code out once, with whichever attempt comes first: it is
// kept before anything else, also if the start failed after all.
func (h *Handlers) began(c echo.Context, e account.Enrolment, code secret.Secret, err error) error {
	current := ScopeOf(c).Session
	current.KeepRecoveryCode(code)
	if err != nil {
		return h.failed(c, err)
	}
	current.SetEnrolment(e)
	return h.move(c, h.addURL(e.Kind))
}

// added ends an attempt: its method protects the user now, and a recovery code
// that came with it has to be saved.
func (h *Handlers) added(c echo.Context, e account.Enrolment) {
	current := ScopeOf(c).Session
	user := current.User()
	first := current.FinishEnrolment(e, string(addedNotice(e.Kind)), map[string]string{"method": account.HandleOf(user, e.ID)})
	ScopeOf(c).then(func() {
		if first() {
			h.audit.record(c, auditAdd, "done", string(e.Kind), user)
		}
	})
}

func addedNotice(kind account.MethodKind) templates.Notice {
	switch kind {
	case account.MethodPhone:
		return templates.NoticePhoneAdded
	case account.MethodEmail:
		return templates.NoticeEmailAdded
	case account.MethodPush:
		return templates.NoticePushAdded
	default:
		return templates.NoticeAppAdded
	}
}

// afterWizard leads to the recovery code while one waits to be saved, else to
// the overview.
func (h *Handlers) afterWizard(c echo.Context) error {
	current := ScopeOf(c).Session
	if _, due := current.DueRecoveryCode(); due {
		current.AllowReveal()
		return h.move(c, h.Site.URL("recovery-code"))
	}
	return h.move(c, h.Site.URL())
}

// overElsewhere answers a form of an attempt that this session does not have any
// more: it was finished or cancelled in another window. What that left to say, or
// to save, is said first; a second click finds what the first one has left.
func (h *Handlers) overElsewhere(c echo.Context) error {
	current := ScopeOf(c).Session
	if current.NoticeKind() == "" {
		current.SetNotice(string(templates.NoticeAttemptOver), nil)
	}
	return h.afterWizard(c)
}

// Cancel gives an attempt up, and with it what was typed for the next one. It
// leads to the overview, which settles an attempt that has become a method, at
// once or as soon as the list can be read.
func (h *Handlers) Cancel(kind account.MethodKind) echo.HandlerFunc {
	return func(c echo.Context) error {
		current := ScopeOf(c).Session
		e, live := running(current, kind)
		if !live {
			return h.move(c, h.Site.URL())
		}
		switch h.Account.Abandon(c.Request().Context(), current.User(), current.Access(), e) {
		case account.EndedUnused:
			current.DropEnrolment(e)
			current.SetNotice(string(cancelledNotice(kind)), nil)
		case account.EndedUnknown:
			current.ReplaceEnrolment(e, givenUp(e))
			current.SetNotice(string(templates.NoticeCancelUnknown), nil)
		}
		return h.move(c, h.Site.URL())
	}
}

func cancelledNotice(kind account.MethodKind) templates.Notice {
	switch kind {
	case account.MethodApp, account.MethodPush:
		return templates.NoticeScanCancelled
	default:
		return templates.NoticeAddCancelled
	}
}
