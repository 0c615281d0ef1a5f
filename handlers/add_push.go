package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"mysecurity/internal/account"
	"mysecurity/templates"
)

// AddPush is the page with the QR code if one was made, else the page that
// makes one.
func (h *Handlers) AddPush(c echo.Context) error {
	scope := ScopeOf(c)
	if e, live := running(scope.Session, account.MethodPush); live {
		if h.Now().Before(e.Expires()) {
			return h.showScan(c, e, templates.PushWaiting)
		}
		if looking(c) { // the list may have something to settle
			return h.showScan(c, e, templates.PushExpired)
		}
		state, err := h.afterScan(c)
		switch {
		case err != nil:
			return err
		case state == "":
			return h.afterWizard(c)
		}
		return h.showScan(c, e, state)
	}
	return h.show(c, http.StatusOK, templates.AddPushIntro{Page: h.page(scope), AppOffered: h.offers().App})
}

// StartPush makes a QR code for the notification app. While one is waiting, a
// second click leads to the same one (RC-03).
func (h *Handlers) StartPush(c echo.Context) error {
	current := ScopeOf(c).Session
	if _, live := running(current, account.MethodPush); live {
		return h.move(c, h.addURL(account.MethodPush))
	}
	e, code, err := h.Account.StartPush(c.Request().Context(), current.User(), current.Access())
	return h.began(c, e, code, err)
}

// RenewPush replaces the QR code, after it ran out as a rule.
func (h *Handlers) RenewPush(c echo.Context) error {
	current := ScopeOf(c).Session
	e, live := running(current, account.MethodPush)
	if !live {
		return h.move(c, h.addURL(account.MethodPush))
	}
	e, code, err := h.Account.RenewScan(c.Request().Context(), current.User(), current.Access(), e)
	if account.KindOf(err) == account.KindNoEnrolment { // scanned after all: the overview settles it
		return h.afterWizard(c)
	}
	return h.began(c, e, code, err)
}

// CheckPush looks whether the phone has scanned the code: for htmx, which asks
// at the rhythm of the session's state, and for the button of a page without it.
func (h *Handlers) CheckPush(c echo.Context) error {
	current := ScopeOf(c).Session
	before, live := running(current, account.MethodPush)
	if !live {
		return h.overElsewhere(c)
	}
	shown, err := field(c, "state") // what the page says now; it decides nothing but whether to draw it anew
	if err != nil {
		return err
	}
	e, err := h.Account.CheckPush(c.Request().Context(), current.User(), current.Access(), before)
	if err == nil {
		h.added(c, e)
		return h.afterWizard(c)
	}
	current.ReplaceEnrolment(before, e)
	state := pushState(err)
	if state == "" {
		return h.failed(c, err)
	}
	if state == templates.PushExpired {
		if state, err = h.afterScan(c); err != nil {
			return err
		}
	}
	if state == "" {
		return h.afterWizard(c)
	}
	return h.stillWaits(c, shown, e, state, e.Scan.Every != before.Scan.Every)
}

// stillWaits answers that the method is not there yet: nothing if the page, which
// says what shown tells, needs no change.
func (h *Handlers) stillWaits(c echo.Context, shown string, e account.Enrolment, state templates.PushState, slower bool) error {
	switch {
	case !isHTMX(c) && state == templates.PushWaiting:
		return h.showScan(c, e, templates.PushNotYet)
	case !isHTMX(c):
		return h.showScan(c, e, state)
	case saysSame(shown, state) && !slower:
		return h.unchanged(c)
	}
	return h.showStatus(c, e, state)
}

// afterScan looks at the list when a QR code is over: the phone may have scanned
// it after the last question, and then it must not be said that nothing was
// added, nor while the list cannot be read. It returns no state once the method is
// there.
func (h *Handlers) afterScan(c echo.Context) (templates.PushState, error) {
	current := ScopeOf(c).Session
	overview, err := h.Account.Overview(c.Request().Context(), current.User(), current.Access())
	switch kind := account.KindOf(err); {
	case kind == account.KindNeedProof:
		return "", h.failed(c, err)
	case kind != "":
		return templates.PushUnsure, nil
	case h.catchUp(c, overview):
		return "", nil
	}
	return templates.PushExpired, nil
}

// saysSame reports whether the part of the page that waits says the state
// already. What the button was answered stands above it.
func saysSame(shown string, state templates.PushState) bool {
	if shown == "" || shown == string(templates.PushNotYet) {
		shown = string(templates.PushWaiting)
	}
	return shown == string(state)
}

// pushState is how a scan stands after an answer that is not "done"; empty for
// an error that has a page of its own.
func pushState(err error) templates.PushState {
	switch account.KindOf(err) {
	case account.KindPending:
		return templates.PushWaiting
	case account.KindDenied:
		return templates.PushDenied
	case account.KindExpired:
		return templates.PushExpired
	case account.KindUnavailable, account.KindNotDone, account.KindUnknown, account.KindRateLimited:
		return templates.PushUnsure
	}
	return ""
}

// showScan is the whole page.
func (h *Handlers) showScan(c echo.Context, e account.Enrolment, state templates.PushState) error {
	view, err := h.scan(ScopeOf(c), e, state)
	if err != nil {
		return err
	}
	return h.show(c, http.StatusOK, view)
}

// showStatus is the part of the page that changes while it waits.
func (h *Handlers) showStatus(c echo.Context, e account.Enrolment, state templates.PushState) error {
	view, err := h.scan(ScopeOf(c), e, state)
	if err != nil {
		return err
	}
	if err := commit(c); err != nil {
		return err
	}
	return h.draw(c, http.StatusOK, view.Status())
}

// unchanged leaves the page as it is.
func (h *Handlers) unchanged(c echo.Context) error {
	if err := commit(c); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// scan draws the attempt from the session's state.
func (h *Handlers) scan(scope *Scope, e account.Enrolment, state templates.PushState) (templates.AddPushScan, error) {
	picture, err := qrCode(e.Scan.URI)
	if err != nil {
		return templates.AddPushScan{}, account.Fail(account.KindInternal, err)
	}
	if state == templates.PushWaiting && !h.Now().Before(e.Expires()) {
		state = templates.PushExpired
	}
	return templates.AddPushScan{
		Page: h.page(scope), QR: picture, Until: e.Scan.Expires, State: state, Every: e.Scan.Every,
		HasOther: scope.Session.Access().Proof.Strong, AppOffered: h.offers().App,
	}, nil
}
