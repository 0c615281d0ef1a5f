package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"mysecurity/internal/config"
	"mysecurity/internal/metrics"
	"mysecurity/internal/site"
	"mysecurity/web"
)

// runServe serves the portal against the tenant that the environment names.
func runServe(ctx context.Context, environ []string, _, stderr io.Writer) (err error) {
	cfg, warnings, err := config.Load(environ)
	own, err := publicSite(cfg.PublicURL, err)
	if err != nil {
		return err
	}
	if err := web.CheckAddress(cfg.PortalAddr); err != nil {
		return fmt.Errorf("PORTAL_ADDR: %w", err)
	}
	log := newLogger(stderr, cfg.Log)
	warn(ctx, log, warnings)
	p, err := newPortal(portalOptions{
		Site: own, Tenant: tenantConfig(cfg),
		SessionKeys: cfg.SessionKeys, SessionFile: cfg.SessionFile,
		Mode: cfg.Mode, MinMethods: cfg.MinMethods, Methods: cfg.Methods, Company: cfg.CompanyName, SupportURL: cfg.SupportURL,
		TrustedProxies: cfg.TrustedProxies, PrefixStripped: cfg.PrefixStripped, Now: time.Now, Log: log, Metrics: metrics.New(version),
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()

	announce := func() error {
		log.InfoContext(ctx, "serving", "portal", cfg.PortalAddr, "admin", cfg.AdminAddr, "url", own.Base(), "version", version)
		if own.Prefix() != "/" {
			log.WarnContext(ctx, "other applications on the same host can act in the name of people who use this one: give the portal a host name of its own")
		}
		return nil
	}
	return p.serve(ctx, addresses{portal: cfg.PortalAddr, admin: cfg.AdminAddr}, announce)
}

// publicSite is the site at a public URL. The error is that of the configuration,
// with what is wrong with the URL beside it, so that all mistakes are told at once;
// about a URL that is missing or refused the configuration has told already.
func publicSite(publicURL string, mistakes error) (site.Site, error) {
	if publicURL == "" {
		return site.Site{}, mistakes
	}
	own, err := site.Parse(publicURL)
	if err != nil {
		mistakes = errors.Join(mistakes, fmt.Errorf("PUBLIC_URL %w", err))
	}
	return own, mistakes
}

// newLogger writes one record per line, times in UTC.
func newLogger(w io.Writer, l config.Log) *slog.Logger {
	options := &slog.HandlerOptions{Level: l.Level, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			a.Value = slog.TimeValue(a.Value.Time().UTC())
		}
		return a
	}}
	if l.Format == "text" {
		return slog.New(slog.NewTextHandler(w, options))
	}
	return slog.New(slog.NewJSONHandler(w, options))
}

func warn(ctx context.Context, log *slog.Logger, warnings []string) {
	for _, w := range warnings {
		log.WarnContext(ctx, w)
	}
}
