package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

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

const (
	drainTime  = 25 * time.Second // how long requests in flight may take to end
	adminTime  = 3 * time.Second  // how much longer those of a listener that outlasts the others
	sweepEvery = 5 * time.Minute
)

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
	log      *slog.Logger
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
	watch(o.Metrics, tenant, store)
	return &portal{
		handler: web.New(web.Options{
			Site: o.Site, Handlers: pages, Account: service, Sessions: sessions, Bundle: bundle,
			Files: files, TrustedProxies: o.TrustedProxies, PrefixStripped: o.PrefixStripped, Now: o.Now, Log: o.Log, Meter: o.Metrics,
		}),
		sessions: sessions, store: store, tenant: tenant, log: o.Log,
	}, nil
}

// watch shows what is not counted but looked up at each scrape.
func watch(m *metrics.Metrics, tenant *auth0.Client, store *session.Bolt) {
	m.WatchCalls(tenant.InFlight)
	m.WatchCircuits(tenant.OpenCircuits)
	m.WatchStore(func() (metrics.Store, error) {
		bytes, records, err := store.Size()
		size := metrics.Store{Bytes: bytes, Records: map[string]int{}}
		for bucket, n := range records {
			size.Records[string(bucket)] = n
		}
		return size, err
	})
}

// close lets go of connections and of the session file.
func (p *portal) close() error {
	p.tenant.Close()
	return p.store.Close()
}

// sweep removes expired records until ctx ends.
func (p *portal) sweep(ctx context.Context) error {
	tick := time.NewTicker(sweepEvery)
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

// listener is one address and what answers there.
type listener struct {
	name    string
	address string
	handler http.Handler
	tls     *tls.Config // nil: plain HTTP
	// outlasts keeps the listener open until the others have drained, so that
	// whoever watches readiness sees the end coming.
	outlasts bool
}

// serveAll serves every listener and runs the background work until ctx ends,
// then lets requests in flight finish. All addresses are taken before anything
// is served or announced, so that a start either works or fails as a whole.
func serveAll(ctx context.Context, log *slog.Logger, announce func() error, listeners []listener, background ...func(context.Context) error) error {
	opened, err := openAll(ctx, listeners)
	if err != nil {
		return err
	}
	if err := announce(); err != nil {
		return errors.Join(err, closeAll(opened))
	}
	return serveOpened(ctx, log, listeners, opened, background...)
}

// serveOpened is serveAll from there on. From the end of ctx it takes drainTime and
// adminTime at most, all listeners together: whoever stops the service waits for so
// long and then kills it.
func serveOpened(ctx context.Context, log *slog.Logger, listeners []listener, opened []net.Listener, background ...func(context.Context) error) error {
	group, ctx := errgroup.WithContext(ctx)
	var others sync.WaitGroup // those that admin outlasts
	drained := sync.OnceValue(func() time.Time { return time.Now().Add(drainTime) })
	for i, l := range listeners {
		server := newServed(web.Server(l.handler, log), opened[i])
		group.Go(func() error {
			if err := server.serve(); err != nil {
				return fmt.Errorf("%s: %w", l.name, err)
			}
			return nil
		})
		wait, done, longer := others.Wait, func() {}, adminTime
		if !l.outlasts {
			others.Add(1)
			wait, done, longer = func() {}, others.Done, 0
		}
		group.Go(func() error {
			defer done()
			<-ctx.Done()
			until := drained().Add(longer)
			wait()
			return server.drain(ctx, until)
		})
	}
	for _, work := range background {
		group.Go(func() error { return work(ctx) })
	}
	return group.Wait()
}

// openAll takes all addresses or none.
func openAll(ctx context.Context, listeners []listener) ([]net.Listener, error) {
	var opened []net.Listener
	for _, l := range listeners {
		taken, err := web.Listen(ctx, l.address)
		if err != nil {
			err = fmt.Errorf("%s cannot listen on %s: %w", l.name, l.address, err)
			return nil, errors.Join(err, closeAll(opened))
		}
		if l.tls != nil {
			taken = tls.NewListener(taken, l.tls)
		}
		opened = append(opened, taken)
	}
	return opened, nil
}

func closeAll(opened []net.Listener) error {
	var all []error
	for _, l := range opened {
		all = append(all, l.Close())
	}
	return errors.Join(all...)
}

// readiness answers the admin listener's question, and says no from the moment
// the process was told to end.
func readiness(ctx context.Context, p *portal) func(context.Context) error {
	return func(request context.Context) error {
		if ctx.Err() != nil {
			return errors.New("shutting down")
		}
		return p.tenant.Ready(request)
	}
}
