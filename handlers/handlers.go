package handlers

import (
	"log/slog"
	"time"

	"mysecurity/internal/account"
	"mysecurity/internal/i18n"
	"mysecurity/internal/session"
	"mysecurity/internal/site"
	"mysecurity/templates"
)

// Options are what the handlers work with; all are required but Company and
// SupportURL.
type Options struct {
	Account    *account.Service
	Sessions   *session.Manager
	Site       site.Site
	Asset      func(name string) string // hashed name of a static file
	Company    string
	SupportURL string
	Now        func() time.Time
	Log        *slog.Logger
	Meter      Meter // nil: nobody counts
}

// Handlers answers the requests of the site, one method per route.
type Handlers struct {
	Options
	audit      audit
	violations violations
	pages      buffers
	countries  map[i18n.Lang][]templates.Country
}

// New returns the handlers.
func New(o Options) *Handlers {
	return &Handlers{
		Options:    o,
		audit:      audit{log: o.Log, name: o.Sessions.UserName, meter: o.Meter},
		violations: newViolations(o.Now), countries: countries(),
	}
}

// page fills the base of every view model from what is known of the request.
func (h *Handlers) page(scope *Scope) templates.Page {
	p := templates.Page{
		Site: h.Site, Asset: h.Asset, Nonce: scope.Nonce,
		Company: h.Company, SupportURL: h.SupportURL, Place: scope.Place,
	}
	if p.Place.Key == "" {
		p.Place.Key = templates.PageOverview
	}
	current := scope.Session
	if current == nil || !current.SignedIn() {
		return p
	}
	user := current.User()
	p.SignedIn, p.FormToken, p.Today = true, current.FormToken(), h.Now()
	p.User = templates.Person{Name: user.Name, Email: user.Email}
	p.Proof.Until = h.Now() // over, unless there are rights that last longer
	if rights := h.Account.Rights(current.Access()); rights.Change {
		p.Proof = templates.Proof{Until: rights.Until, Left: rights.Until.Sub(h.Now())}
	}
	return p
}

// uiLocales asks the sign-in page for the language of this request.
func uiLocales(scope *Scope) string { return i18n.UILocales(scope.Lang) }
