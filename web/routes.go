package web

import (
	"github.com/labstack/echo/v4"

	"mysecurity/templates"
)

// routes is the whole site. A group carries the guards, so that no route can
// forget one; at names the page that a detour comes back to.
func (o Options) routes(e *echo.Echo) {
	h := o.Handlers
	root := e.Group(o.Site.Prefix()[:len(o.Site.Prefix())-1])
	root.GET("/assets/*", o.assets())
	root.POST("/csp-report", h.ReportViolation)

	public := root.Group("", withSession(o.Sessions, o.Bundle), formToken)
	public.GET("/", h.Home, at(templates.PageOverview))
	public.GET("/sign-in", h.StartSignIn, notFromElsewhere(o.Site))
	public.GET("/callback", h.FinishSignIn)
	public.POST("/sign-out", h.SignOut)
	public.GET("/signed-out", h.SignedOut)
	public.POST("/language", h.ChooseLanguage)

	signedIn := public.Group("", requireSignIn)
	recovery := signedIn.Group("/recovery-code", at(templates.PageRecoveryCode))
	recovery.GET("", h.RecoveryCode)
	recovery.POST("/saved", h.SaveRecoveryCode)
	recoveryProven := recovery.Group("", requireFreshProof(o.Account))
	recoveryProven.POST("/show", h.ShowRecoveryCode)
	recoveryProven.POST("/download", h.DownloadRecoveryCode)

	proven := signedIn.Group("", requireSavedCode(o.Site))
	addApp := proven.Group("/add/app", at(templates.PageAddApp), requireFreshProof(o.Account))
	addApp.GET("", h.AddApp)
	addApp.POST("", h.StartApp)
	addApp.POST("/confirm", h.ConfirmApp)
	addApp.POST("/cancel", h.CancelApp)
	remove := proven.Group("/methods/:handle/remove", at(templates.PageRemove), requireFreshProof(o.Account))
	remove.GET("", h.AskRemove)
	remove.POST("", h.Remove)

	// Each group above answers unknown paths below it behind its own guards; the
	// last word on all others is said here, where nobody has to be signed in.
	public.RouteNotFound("/*", func(echo.Context) error { return echo.ErrNotFound })
}
