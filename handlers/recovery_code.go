package handlers

import (
	"mime"
	"net/http"

	"github.com/labstack/echo/v4"

	"mysecurity/internal/account"
	"mysecurity/templates"
)

// RecoveryCode shows the code on the first visit; a reload or Back explains
// instead and offers to show it again, so that it never lies around in a
// browser's history.
func (h *Handlers) RecoveryCode(c echo.Context) error {
	scope := ScopeOf(c)
	code, due := scope.Session.DueRecoveryCode()
	if !due {
		return h.show(c, http.StatusOK, templates.RecoveryCodeHidden{Page: h.page(scope)})
	}
	if !h.Account.Rights(scope.Session.Access()).Change || !scope.Session.TakeReveal() {
		return h.show(c, http.StatusOK, templates.RecoveryCodeHidden{Page: h.page(scope), Unsaved: true})
	}
	h.audit.record(c, auditRecovery, "done", "", scope.Session.User())
	return h.show(c, http.StatusOK, h.recoveryView(scope, code))
}

func (h *Handlers) recoveryView(scope *Scope, code account.RecoveryCode) templates.RecoveryCode {
	return templates.RecoveryCode{Page: h.page(scope), Code: code.Code.Reveal(), Received: code.Received}
}

// ShowRecoveryCode permits one more view.
func (h *Handlers) ShowRecoveryCode(c echo.Context) error {
	ScopeOf(c).Session.AllowReveal()
	return h.move(c, h.Site.URL("recovery-code"))
}

// SaveRecoveryCode forgets the code once the user states to have saved it.
func (h *Handlers) SaveRecoveryCode(c echo.Context) error {
	scope := ScopeOf(c)
	code, due := scope.Session.DueRecoveryCode()
	if !due {
		return h.move(c, h.Site.URL())
	}
	saved, err := ticked(c, "saved")
	if err != nil {
		return err
	}
	if !saved {
		return h.unticked(c, code)
	}
	scope.Session.RecoverySaved()
	_, args, _ := scope.Session.TakeNotice() // keeps the mark of the row that was added
	scope.Session.SetNotice(string(templates.NoticeRecoverySaved), args)
	h.audit.record(c, auditSaved, "done", "", scope.Session.User())
	return h.move(c, h.Site.URL())
}

// unticked shows the page again. The code is on it only while the proof that
// showing it needs is fresh.
func (h *Handlers) unticked(c echo.Context, code account.RecoveryCode) error {
	scope := ScopeOf(c)
	if !h.Account.Rights(scope.Session.Access()).Change {
		return h.show(c, http.StatusUnprocessableEntity, templates.RecoveryCodeHidden{Page: h.page(scope), Unsaved: true})
	}
	view := h.recoveryView(scope, code)
	view.HasError, view.Unticked = true, true
	h.audit.record(c, auditRecovery, "done", "", scope.Session.User())
	return h.show(c, http.StatusUnprocessableEntity, view)
}

// DownloadRecoveryCode hands the code out as a text file.
func (h *Handlers) DownloadRecoveryCode(c echo.Context) error {
	scope := ScopeOf(c)
	code, due := scope.Session.DueRecoveryCode()
	if !due {
		return h.move(c, h.Site.URL("recovery-code"))
	}
	if err := commit(c); err != nil {
		return err
	}
	ctx, user := c.Request().Context(), scope.Session.User()
	h.audit.record(c, auditDownload, "done", "", user)
	file := templates.RecoveryFile{
		Code: code.Code.Reveal(), Account: user.Email, Company: h.Company, Received: code.Received,
	}
	if file.Account == "" {
		file.Account = user.Name
	}
	c.Response().Header().Set(echo.HeaderContentDisposition,
		mime.FormatMediaType("attachment", map[string]string{"filename": file.Name(ctx)}))
	return c.Blob(http.StatusOK, "text/plain; charset=utf-8", []byte(file.Text(ctx)))
}
