//go:build !release

package main

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"mysecurity/internal/auth0"
	"mysecurity/internal/config"
	"mysecurity/internal/emulator"
	"mysecurity/internal/secret"
	"mysecurity/internal/site"
	"mysecurity/web"
)

// runDemo serves the portal and an emulated tenant in one process, with one
// clock. Everything is new at each start and gone at the end.
func runDemo(ctx context.Context, environ []string, stdout, stderr io.Writer) (err error) {
	cfg, warnings, err := config.LoadDemo(environ)
	if err != nil {
		return err
	}
	log := newLogger(stderr, cfg.Log)
	warn(ctx, log, warnings)
	if cfg.EmulatorTLSDir != "" {
		return errors.New("EMULATOR_TLS_DIR is for the emulator alone: in the demo the portal speaks to it in plain HTTP")
	}
	own, err := site.Parse(cfg.PublicURL)
	if err != nil {
		return err
	}
	tenant, err := newTenant(cfg, own.URL("callback"), own.URL("signed-out"))
	if err != nil {
		return err
	}
	defer tenant.Close()
	folder, err := os.MkdirTemp(cfg.DataDir, "mysecurity-demo-")
	if err != nil {
		return fmt.Errorf("no folder for the sessions of the demo: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()

	id, key := tenant.PortalApplication()
	p, err := newPortal(portalOptions{
		Site: own,
		Tenant: auth0.Config{
			Domain: own.Host(), Issuer: tenant.Issuer(), ClientID: id, ClientSecret: secret.New(key),
			MFAAudience: tenant.Issuer() + "mfa/", AllowLoopbackHTTP: true,
		},
		SessionKeys: []secret.Secret{newSessionKey()}, SessionFile: filepath.Join(folder, "sessions.db"),
		Mode: "demo", MinMethods: cfg.MinMethods, Company: cfg.CompanyName, SupportURL: cfg.SupportURL,
		Now: tenant.Clock().Now, Log: log,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()

	announce := func() error { return greet(stdout, tenant, own.Base()) }
	return serveAll(ctx, log, announce, []listener{
		{name: "emulator", address: cfg.EmulatorAddr, handler: tenant},
		{name: "portal", address: cfg.PortalAddr, handler: p.handler},
		{name: "admin", address: cfg.AdminAddr, handler: web.Admin(readiness(ctx, p)), outlasts: true},
	}, p.sweep)
}

// runEmulator serves the emulated tenant alone, by TLS if a folder for its
// certificate is named: Auth0's own SDKs speak nothing else.
func runEmulator(ctx context.Context, environ []string, stdout, stderr io.Writer) error {
	cfg, warnings, err := config.LoadDemo(environ)
	if err != nil {
		return err
	}
	log := newLogger(stderr, cfg.Log)
	warn(ctx, log, warnings)
	own, err := site.Parse(cfg.PublicURL)
	if err != nil {
		return err
	}
	tenant, err := newTenant(cfg, own.URL("callback"), own.URL("signed-out"))
	if err != nil {
		return err
	}
	defer tenant.Close()
	var certificate *tls.Config
	if cfg.EmulatorTLSDir != "" {
		if certificate, err = emulator.LoopbackTLS(cfg.EmulatorTLSDir, time.Now()); err != nil {
			return err
		}
	}
	announce := func() error { return greet(stdout, tenant, "") }
	return serveAll(ctx, log, announce, []listener{
		{name: "emulator", address: cfg.EmulatorAddr, handler: tenant, tls: certificate},
	})
}

// newTenant makes the emulated tenant from its seed.
func newTenant(cfg config.Demo, callback, signedOut string) (*emulator.Emulator, error) {
	options := emulator.Options{
		PublicURL: cfg.EmulatorPublicURL, Clock: emulator.NewClock(time.Now),
		Callbacks: []string{callback}, LogoutURLs: []string{signedOut},
	}
	if cfg.EmulatorSeedFile != "" {
		file, err := os.Open(cfg.EmulatorSeedFile)
		if err != nil {
			return nil, fmt.Errorf("EMULATOR_SEED_FILE: %w", err)
		}
		defer file.Close()
		if options.Seed, err = emulator.ReadSeed(file); err != nil {
			return nil, fmt.Errorf("EMULATOR_SEED_FILE: %w", err)
		}
	}
	return emulator.New(options)
}

func newSessionKey() secret.Secret {
	var key [32]byte
	_, _ = rand.Read(key[:]) // never fails since Go 1.24
	return secret.New(base64.StdEncoding.EncodeToString(key[:]))
}

// greet prints where things are and who may sign in. The passwords are those of
// made-up people in a tenant that ends with this process.
func greet(w io.Writer, tenant *emulator.Emulator, portalURL string) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table) // errors show when the table is written out
	if portalURL != "" {
		fmt.Fprintf(table, "  My security settings\t%s\n", portalURL)
	}
	fmt.Fprintf(table, "  Emulated tenant\t%s\n", tenant.Issuer())
	fmt.Fprintf(table, "  Simulated phones, clock, log\t%sconsole\n\n", tenant.Issuer())
	if portalURL == "" {
		id, key := tenant.PortalApplication()
		fmt.Fprintf(table, "  Client id\t%s\n  Client secret\t%s\n\n", id, key)
	}
	fmt.Fprintln(table, "  Demo user\tPassword\tHas")
	for _, u := range tenant.Users() {
		has := "nothing yet"
		if len(u.Authenticators) > 0 {
			has = "authenticator app (on the simulated phone)"
		}
		fmt.Fprintf(table, "  %s\t%s\t%s\n", u.Email, u.Password, has)
	}
	fmt.Fprintf(table, "\n  Stop with Ctrl+C.\n\n")
	return table.Flush()
}
