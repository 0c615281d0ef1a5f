package handlers

import (
	"net/http"
	"regexp"
	"strings"

	"github.com/labstack/echo/v4"

	"mysecurity/internal/account"
	"mysecurity/internal/i18n"
	"mysecurity/templates"
)

// RecoveryCode shows the code on the first visit; a reload or Back explains
// instead and offers to show it again, so that it never lies around in a
// browser's history.
func (h *Handlers) RecoveryCode(c echo.Context) error {
	scope := ScopeOf(c)
	code, held := scope.Session.RecoveryCode()
	if !held || !code.Due {
		return h.show(c, http.StatusOK, templates.RecoveryCodeHidden{Page: h.page(scope)})
	}
	if !scope.Session.TakeReveal() {
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
	code, held := scope.Session.RecoveryCode()
	if !held || !code.Due {
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
	return h.show(c, http.StatusUnprocessableEntity, view)
}

// DownloadRecoveryCode hands the code out as a text file.
func (h *Handlers) DownloadRecoveryCode(c echo.Context) error {
	scope := ScopeOf(c)
	code, held := scope.Session.RecoveryCode()
	if !held || !code.Due {
		return h.move(c, h.Site.URL("recovery-code"))
	}
	if err := commit(c); err != nil {
		return err
	}
	ctx, user := c.Request().Context(), scope.Session.User()
	text := i18n.T(ctx, "recovery.file",
		"Company", h.Company, "Account", user.Email,
		"Date", i18n.Date(ctx, code.Received), "Code", grouped(code.Code.Reveal()))
	name := "recovery-code-" + fileWord(h.Company) + "-" + fileWord(user.Email) + ".txt"
	c.Response().Header().Set(echo.HeaderContentDisposition, `attachment; filename="`+name+`"`)
	return c.Blob(http.StatusOK, "text/plain; charset=utf-8", []byte(text))
}

var notFileWord = regexp.MustCompile(`[^a-z0-9]+`)

// fileWord makes a part of a file name that every system accepts.
func fileWord(text string) string {
	return strings.Trim(notFileWord.ReplaceAllString(strings.ToLower(text), "-"), "-")
}

// grouped writes a code in groups of four, as the page does.
func grouped(code string) string {
	var groups []string
	for len(code) > 4 {
		groups, code = append(groups, code[:4]), code[4:]
	}
	return strings.Join(append(groups, code), " ")
}
