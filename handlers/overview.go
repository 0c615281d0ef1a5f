package handlers

import (
	"net/http"
	"slices"

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
	if h.catchUp(c, overview) {
		return h.afterWizard(c)
	}
	return h.show(c, http.StatusOK, h.overview(scope, overview))
}

// catchUp settles what the list shows to have happened unseen: a confirmation
// whose answer was lost, or one in another browser, after which the recovery
// code that only this session holds is the one in force and has to be saved.
func (h *Handlers) catchUp(c echo.Context, o account.Overview) bool {
	current := ScopeOf(c).Session
	if enrolment, live := current.Enrolment(account.MethodApp); live && enrolment.ID != "" {
		handle := account.HandleOf(current.User(), enrolment.ID)
		if slices.ContainsFunc(o.Methods, func(m account.Method) bool { return m.Handle == handle }) {
			h.appAdded(c, enrolment)
			return true
		}
	}
	_, held := current.RecoveryCode()
	if held && o.HasRecovery {
		current.MarkRecoveryDue()
		return true
	}
	return false
}

// overview builds the page of what protects the account.
func (h *Handlers) overview(scope *Scope, o account.Overview) templates.Overview {
	view := templates.Overview{
		Page: h.page(scope), Protected: o.Protected, Recovery: recoveryState(o),
	}
	changed := ""
	if kind, args, held := scope.Session.TakeNotice(); held {
		view.Notice, changed = templates.Notice(kind), args["method"]
	}
	view.Apps = make([]templates.Method, 0, len(o.Methods))
	for _, m := range o.Methods {
		row := methodView(m)
		row.Changed = m.Handle == changed
		switch m.Kind {
		case account.MethodApp:
			view.Apps = append(view.Apps, row)
		case account.MethodEmail:
			view.Emails = append(view.Emails, row)
		default:
			view.Others = append(view.Others, row)
		}
	}
	return view
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
