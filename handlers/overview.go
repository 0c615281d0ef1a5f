package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"mysecurity/internal/account"
	"mysecurity/templates"
)

// Home is the overview or, for visitors, the landing page.
func (h *Handlers) Home(c echo.Context) error {
	scope := ScopeOf(c)
	current := scope.Session
	if !current.SignedIn() {
		view := h.landing(c)
		if view.Reason == templates.LandingSignInFirst {
			view.Reason = templates.LandingPlain
		}
		return h.show(c, http.StatusOK, view)
	}
	if _, due := current.DueRecoveryCode(); due {
		return h.move(c, h.Site.URL("recovery-code"))
	}
	overview, err := h.Account.Overview(c.Request().Context(), current.User(), current.Access())
	if err != nil {
		return h.failed(c, err)
	}
	if !looking(c) && h.catchUp(c, overview) {
		return h.afterWizard(c)
	}
	return h.show(c, http.StatusOK, h.overview(scope, overview))
}

// catchUp settles what the list shows to have happened unseen: a QR code that
// was scanned after its page was closed, a confirmation whose answer was lost,
// or one in another browser, after which the recovery code that only this
// session holds is the one in force and has to be saved.
func (h *Handlers) catchUp(c echo.Context, o account.Overview) bool {
	current := ScopeOf(c).Session
	caught := false
	for _, e := range current.Enrolments() {
		if !o.Has(e) {
			continue
		}
		h.Account.Settle(c.Request().Context(), current.User(), o, e)
		h.added(c, e)
		caught = true
	}
	if _, held := current.RecoveryCode(); held && o.HasRecovery {
		current.MarkRecoveryDue()
		caught = true
	}
	return caught
}

// overview builds the page of what protects the account.
func (h *Handlers) overview(scope *Scope, o account.Overview) templates.Overview {
	view := templates.Overview{
		Page: h.page(scope), Offers: h.offers(), Protected: o.Protected, More: o.More, Recovery: recoveryState(o),
	}
	changed := ""
	if kind, args, held := scope.Session.TakeNotice(); held {
		view.Notice, changed = templates.Notice(kind), args["method"]
	}
	view.Apps = make([]templates.Method, 0, len(o.Methods))
	for _, m := range o.Methods {
		row := methodView(m)
		row.Changed = m.Handle == changed
		section := sectionOf(&view, m.Kind)
		*section = append(*section, row)
	}
	return view
}

// sectionOf is the part of the page where methods of a kind stand.
func sectionOf(view *templates.Overview, kind account.MethodKind) *[]templates.Method {
	switch kind {
	case account.MethodApp:
		return &view.Apps
	case account.MethodPush:
		return &view.Pushes
	case account.MethodPhone:
		return &view.Phones
	case account.MethodEmail:
		return &view.Emails
	default:
		return &view.Others
	}
}

func recoveryState(o account.Overview) templates.RecoveryState {
	switch {
	case o.HasRecovery:
		return templates.RecoveryActive
	case o.Protected:
		return templates.RecoveryNone
	default:
		return templates.RecoveryLater
	}
}

func methodView(m account.Method) templates.Method {
	return templates.Method{
		Handle: m.Handle, Kind: templates.MethodKind(m.Kind), Name: m.Name,
		Number: m.Number, Removable: m.Removable,
		Text: m.Text, Call: m.Call, Codes: m.Codes, Unsure: m.Unsure,
	}
}

// failed notes in the session what an error says about it, and passes the
// error on: a token that the tenant refuses is dead for the rest of the session.
func (h *Handlers) failed(c echo.Context, err error) error {
	if account.KindOf(err) == account.KindNeedProof {
		ScopeOf(c).Session.MarkAccessDead()
	}
	return err
}
