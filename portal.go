package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"runtime/debug"
	"time"

	"mysecurity/handlers"
	"mysecurity/internal/account"
	"mysecurity/internal/auth0"
	"mysecurity/internal/config"
	"mysecurity/internal/i18n"
	"mysecurity/internal/limit"
	"mysecurity/internal/metrics"
	"mysecurity/internal/secret"
	"mysecurity/internal/session"
	"mysecurity/internal/site"
	"mysecurity/static"
	"mysecurity/web"
)

// sweepEvery is how often expired records are removed.
const sweepEvery = 5 * time.Minute

// portalOptions is what serve and demo know and the portal needs.
type portalOptions struct {
	Site           site.Site
	Tenant         auth0.Config
	SessionKeys    []secret.Secret
	SessionFile    string
	Mode           string
	MinMethods     int
	Methods        config.Methods
	Company        string
	SupportURL     string
	TrustedProxies []netip.Prefix
	PrefixStripped bool
	Now            func() time.Time
	Log            *slog.Logger
	Metrics        *metrics.Metrics
}

// portal is the assembled site with what has to be looked after.
type portal struct {
	handler  http.Handler
	sessions *session.Manager
	store    *session.Bolt
	tenant   *auth0.Client
	metrics  *metrics.Metrics
	log      *slog.Logger
	every    time.Duration // between two sweeps
}

// newPortal assembles the portal. Only configuration and the session file can
// make it fail; a tenant that is out of reach makes it not ready.
func newPortal(o portalOptions) (*portal, error) {
	bundle, err := i18n.New()
	if err != nil {
		return nil, err
	}
	files, err := static.New()
	if err != nil {
		return nil, err
	}
	o.Tenant.RedirectURL, o.Tenant.PostLogoutURL = o.Site.URL("callback"), o.Site.URL("signed-out")
	o.Tenant.Now, o.Tenant.Logger, o.Tenant.Meter = o.Now, o.Log, o.Metrics
	tenant, err := auth0.New(o.Tenant)
	if err != nil {
		return nil, err
	}
	store, err := session.OpenBolt(session.BoltOptions{Path: o.SessionFile, Now: o.Now, Logger: o.Log})
	if err != nil {
		return nil, err
	}
	sessions, err := session.NewManager(session.Options{
		Backend: store, Keys: o.SessionKeys,
		HTTPS: o.Site.HTTPS(), PrefixPath: o.Site.Prefix(),
		Issuer: o.Tenant.Issuer, Mode: o.Mode, Now: o.Now, Logger: o.Log,
	})
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	service := account.New(account.Options{
		Tenant: tenant, Limiter: limit.New(o.Now), Ledger: sessions.Ledger(),
		Now: o.Now, MinMethods: o.MinMethods, Offers: account.Offers(o.Methods), Logger: o.Log,
	})
	pages := handlers.New(handlers.Options{
		Account: service, Sessions: sessions, Site: o.Site, Asset: files.Name,
		Company: o.Company, SupportURL: o.SupportURL, Now: o.Now, Log: o.Log, Meter: o.Metrics,
	})
	o.Metrics.WatchCalls(tenant.InFlight)
	o.Metrics.WatchCircuits(tenant.OpenCircuits)
	metrics.WatchStore(o.Metrics, store.Size)
	return &portal{
		handler: web.New(web.Options{
			Site: o.Site, Handlers: pages, Account: service, Sessions: sessions, Bundle: bundle,
			Files: files, TrustedProxies: o.TrustedProxies, PrefixStripped: o.PrefixStripped, Now: o.Now, Log: o.Log, Meter: o.Metrics,
		}),
		sessions: sessions, store: store, tenant: tenant, metrics: o.Metrics, log: o.Log, every: sweepEvery,
	}, nil
}

// addresses are where a portal listens.
type addresses struct{ portal, admin string }

// serve serves the portal, its admin listener and what stands beside it, and
// sweeps the session file, until ctx ends. The admin listener closes last, so that
// whoever watches readiness sees the end coming.
func (p *portal) serve(ctx context.Context, at addresses, announce func() error, beside ...listener) error {
	return serveAll(ctx, p.log, announce, append(beside,
		listener{name: "portal", address: at.portal, handler: p.handler},
		listener{name: "admin", address: at.admin, handler: web.Admin(p.readiness(ctx), p.metrics.Handler()), outlasts: true},
	), p.sweep)
}

// readiness answers the admin listener's question, and says no from the moment
// the process was told to end.
func (p *portal) readiness(ctx context.Context) func(context.Context) error {
	return func(request context.Context) error {
		if ctx.Err() != nil {
			return errors.New("shutting down")
		}
		return p.tenant.Ready(request)
	}
}

// close lets go of connections and of the session file.
func (p *portal) close() error {
	p.tenant.Close()
	return p.store.Close()
}

// sweep removes expired records until ctx ends.
func (p *portal) sweep(ctx context.Context) error {
	tick := time.NewTicker(p.every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			attempt(ctx, p.log, "expired sessions not removed", p.sessions.Sweep)
		}
	}
}

// attempt runs a piece of background work and logs its failure, a panic included:
// the process and the next attempt go on (ME-07). The panic's own text may hold
// anything and stays out of the log.
func attempt(ctx context.Context, log *slog.Logger, failure string, work func(context.Context) error) {
	defer func() {
		if cause := recover(); cause != nil {
			log.ErrorContext(ctx, failure, "panic", fmt.Sprintf("%T", cause), "stack", string(debug.Stack()))
		}
	}()
	if err := work(ctx); err != nil {
		log.ErrorContext(ctx, failure, "error", err)
	}
}
