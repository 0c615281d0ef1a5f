package web

import (
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"mysecurity/handlers"
	"mysecurity/internal/account"
	"mysecurity/templates"
)

// route is one line of the site map. place is the page that a detour through
// the sign-in page comes back to.
type route struct {
	method, path string
	handler      echo.HandlerFunc
	place        templates.PageKey
}

// routes is the whole site. A group carries the guards, so that no route can
// forget one. Echo's own groups are not used: each would answer unknown paths
// and wrong methods behind its guards.
func (o Options) routes(e *echo.Echo) {
	h := o.Handlers
	const get, post = http.MethodGet, http.MethodPost

	o.group(e, guards{h.Renewed}, []route{
		{get, "/", h.Home, templates.PageOverview},
	})
	o.group(e, nil, []route{
		{get, "/callback", h.FinishSignIn, templates.PageOverview},
		{post, "/sign-out", h.SignOut, templates.PageOverview},
		{get, "/signed-out", h.SignedOut, templates.PageOverview},
		{post, "/language", h.ChooseLanguage, templates.PageOverview},
		{post, reportRoute, h.ReportViolation, templates.PageOverview},
		{get, "/assets/*", o.assets(), templates.PageOverview},
	})
	if bare := strings.TrimSuffix(o.Site.Prefix(), "/"); bare != "" { // as people type it
		e.GET(bare, func(c echo.Context) error { return handlers.MoveTo(c, o.Site.URL()) })
	}
	o.group(e, guards{notFromElsewhere(o.Site)}, []route{
		{get, "/sign-in", h.StartSignIn, templates.PageOverview},
	})
	signedIn := guards{requireSignIn}
	o.group(e, signedIn, []route{
		{get, "/confirm", h.Confirm, templates.PageOverview},
		{get, "/recovery-code", h.RecoveryCode, templates.PageRecoveryCode},
		{post, "/recovery-code/saved", h.SaveRecoveryCode, templates.PageRecoveryCode},
	})
	o.group(e, signedIn.and(requireFreshProof(o.Account)), []route{
		{post, "/recovery-code/show", h.ShowRecoveryCode, templates.PageRecoveryCode},
		{post, "/recovery-code/download", h.DownloadRecoveryCode, templates.PageRecoveryCode},
	})
	settled := signedIn.and(requireSavedCode(o.Site))
	fresh := requireFreshProof(o.Account)
	o.group(e, settled.and(fresh), []route{
		{get, "/add", h.Add, templates.PageAdd},
	})
	o.group(e, settled.and(fresh).and(h.Renewed), []route{
		{get, "/methods/:handle/remove", h.AskRemove, templates.PageRemove},
		{post, "/methods/:handle/remove", h.Remove, templates.PageRemove},
	})
	o.adding(e, settled, fresh)
}

// adding are the pages of attempts, one group for each kind of method. What was
// typed into a form outlives the detour that the last guard may ask for.
func (o Options) adding(e *echo.Echo, settled guards, fresh echo.MiddlewareFunc) {
	h := o.Handlers
	const get, post = http.MethodGet, http.MethodPost
	const app, phone, email, push = account.MethodApp, account.MethodPhone, account.MethodEmail, account.MethodPush

	o.group(e, settled, []route{
		{post, "/add/app/cancel", h.Cancel(app), templates.PageAddApp},
		{post, "/add/phone/cancel", h.Cancel(phone), templates.PageAddPhone},
		{post, "/add/email/cancel", h.Cancel(email), templates.PageAddEmail},
		{post, "/add/push/cancel", h.Cancel(push), templates.PageAddPush},
	})
	offers := o.Account.Offers()
	o.group(e, settled.and(requireOffer(offers.App)).and(fresh), []route{
		{get, "/add/app", h.AddApp, templates.PageAddApp},
		{post, "/add/app", h.StartApp, templates.PageAddApp},
		{post, "/add/app/confirm", h.ConfirmCode(app), templates.PageAddApp},
	})
	o.group(e, settled.and(requireOffer(offers.Phone())).and(h.KeepTyped(phone)).and(fresh), []route{
		{get, "/add/phone", h.AddPhone, templates.PageAddPhone},
		{post, "/add/phone", h.StartPhone, templates.PageAddPhone},
		{post, "/add/phone/confirm", h.ConfirmCode(phone), templates.PageAddPhone},
		{post, "/add/phone/resend", h.Resend(phone), templates.PageAddPhone},
		{post, "/add/phone/change", h.ChangeRecipient(phone), templates.PageAddPhone},
	})
	o.group(e, settled.and(requireOffer(offers.Email)).and(h.KeepTyped(email)).and(fresh), []route{
		{get, "/add/email", h.AddEmail, templates.PageAddEmail},
		{post, "/add/email", h.StartEmail, templates.PageAddEmail},
		{post, "/add/email/confirm", h.ConfirmCode(email), templates.PageAddEmail},
		{post, "/add/email/resend", h.Resend(email), templates.PageAddEmail},
		{post, "/add/email/change", h.ChangeRecipient(email), templates.PageAddEmail},
	})
	o.group(e, settled.and(requireOffer(offers.Push)).and(fresh), []route{
		{get, "/add/push", h.AddPush, templates.PageAddPush},
		{post, "/add/push", h.StartPush, templates.PageAddPush},
		{post, "/add/push/check", h.CheckPush, templates.PageAddPush},
		{post, "/add/push/renew", h.RenewPush, templates.PageAddPush},
	})
}

// guards run in order before a handler.
type guards []echo.MiddlewareFunc

// and returns the guards with one more.
func (g guards) and(next echo.MiddlewareFunc) guards { return append(slices.Clone(g), next) }

// group adds routes that share their guards, below the public URL's prefix. The
// place is known before any guard refuses, so that each refusal leads back.
func (o Options) group(e *echo.Echo, shared guards, routes []route) {
	prefix := strings.TrimSuffix(o.Site.Prefix(), "/")
	for _, r := range routes {
		chain := append(guards{at(r.place), formToken}, shared...)
		e.Add(r.method, prefix+r.path, r.handler, chain...)
		switch {
		case r.method == http.MethodGet && !acts[r.path]:
			e.Add(http.MethodHead, prefix+r.path, r.handler, chain...)
		case takesFormsOnly(r, routes):
			e.Add(http.MethodGet, prefix+r.path, o.toPage, chain...)
			e.Add(http.MethodHead, prefix+r.path, o.toPage, chain...)
		}
	}
}

// toPage leads people who read an address that only takes forms to the page that
// the form is on: they reload the answer to a mistake by the address bar, or come
// back from somewhere.
func (o Options) toPage(c echo.Context) error {
	return handlers.MoveTo(c, handlers.ScopeOf(c).Place.URL(o.Site))
}

func takesFormsOnly(r route, routes []route) bool {
	return r.method == http.MethodPost && !pageless[r.path] &&
		!slices.ContainsFunc(routes, func(other route) bool { return other.path == r.path && other.method == http.MethodGet })
}

// pageless are the addresses for forms of every page, and for reports. Reading them
// is refused, with the methods that they have: a link to the sign-out that led
// anywhere would look as if it had signed somebody out.
var pageless = map[string]bool{"/sign-out": true, "/language": true, reportRoute: true}

// acts are the routes that use something up, or begin something, when they are
// read: a sign-in, its answer, the view of a recovery code. They have no HEAD, which
// link previews and monitors send without anybody wanting it (ADR 16, CS-08).
var acts = map[string]bool{"/sign-in": true, "/callback": true, "/recovery-code": true}

// sessionless reports the routes that have no use for a session: static files,
// which must not depend on a cookie, and reports, which anybody may send.
func (o Options) sessionless(c echo.Context) bool {
	return o.isRoute(c, "/assets/*") || o.isReport(c)
}

// reportRoute takes reports of browsers, which send them from wherever they
// like: it changes nothing and is exempt from the rule for our own pages.
const reportRoute = "/csp-report"

func (o Options) isReport(c echo.Context) bool { return o.isRoute(c, reportRoute) }

// isRoute reports whether the router chose the route with that path.
func (o Options) isRoute(c echo.Context, path string) bool {
	return c.Path() == strings.TrimSuffix(o.Site.Prefix(), "/")+path
}
