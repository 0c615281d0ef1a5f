//go:build !release

package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"mysecurity/internal/auth0"
	"mysecurity/internal/config"
	"mysecurity/internal/emulator"
	"mysecurity/internal/metrics"
	"mysecurity/internal/secret"
	"mysecurity/internal/site"
)

// emulated is a tenant that is ready to be served, with what it was made from.
type emulated struct {
	*emulator.Emulator
	cfg    config.Demo
	portal site.Site // whose addresses the tenant knows
	log    *slog.Logger
	tls    *tls.Config // what it is served with, nil for plain HTTP
}

// newEmulated makes the tenant that the environment describes. Beside a portal it
// is served in plain HTTP.
func newEmulated(ctx context.Context, environ []string, stderr io.Writer, besidePortal bool) (*emulated, error) {
	cfg, warnings, err := config.LoadDemo(environ)
	portal, err := publicSite(cfg.PublicURL, err)
	if err != nil {
		return nil, err
	}
	if besidePortal && cfg.EmulatorTLSDir != "" {
		return nil, errors.New("EMULATOR_TLS_DIR is for the emulator alone: in the demo the portal speaks to it in plain HTTP")
	}
	log := newLogger(stderr, cfg.Log)
	warn(ctx, log, warnings)
	options := emulator.Options{
		PublicURL: cfg.EmulatorPublicURL, Clock: emulator.NewClock(time.Now), Logger: log,
		Callbacks: []string{portal.URL("callback")}, LogoutURLs: []string{portal.URL("signed-out")},
	}
	if options.Seed, err = readSeed(cfg.EmulatorSeedFile); err != nil {
		return nil, fmt.Errorf("EMULATOR_SEED_FILE: %w", err)
	}
	options.Chaos = chaosSeed(cfg.EmulatorChaos)
	if cfg.EmulatorTLSDir != "" {
		if options.TLS, err = emulator.LoopbackTLS(cfg.EmulatorTLSDir, time.Now()); err != nil {
			return nil, err
		}
	}
	tenant, err := emulator.New(options)
	if err != nil {
		return nil, err
	}
	return &emulated{tenant, cfg, portal, log, options.TLS}, nil
}

// chaosSeed is the seed that the configuration, which has checked it, asks for.
func chaosSeed(text string) *uint32 {
	if text == "" {
		return nil
	}
	seed, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		random := emulator.RandomChaos()
		return &random
	}
	given := uint32(seed)
	return &given
}

// readSeed reads a tenant's initial state; without a file the built-in one is
// taken.
func readSeed(name string) (*emulator.Seed, error) {
	if name == "" {
		return nil, nil
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return emulator.ReadSeed(file)
}

// runDemo serves the portal and an emulated tenant in one process, with one
// clock. Everything is new at each start and gone at the end.
func runDemo(ctx context.Context, environ []string, stdout, stderr io.Writer) (err error) {
	tenant, err := newEmulated(ctx, environ, stderr, true)
	if err != nil {
		return err
	}
	defer tenant.Close()
	cfg := tenant.cfg
	folder, err := os.MkdirTemp(cfg.DataDir, "mysecurity-demo-")
	if err != nil {
		return fmt.Errorf("no folder for the sessions of the demo: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()

	id, key := tenant.PortalApplication()
	p, err := newPortal(portalOptions{
		Site: tenant.portal,
		Tenant: auth0.Config{
			Issuer: tenant.Issuer(), ClientID: id, ClientSecret: secret.New(key),
			MFAAudience: tenant.Issuer() + "mfa/", AllowLoopbackHTTP: true, OfflineAccess: cfg.Refresh,
		},
		SessionKeys: []secret.Secret{newSessionKey()}, SessionFile: filepath.Join(folder, "sessions.db"),
		Mode: "demo", MinMethods: cfg.MinMethods, Methods: cfg.Methods, Company: cfg.CompanyName, SupportURL: cfg.SupportURL,
		Now: tenant.Clock().Now, Log: tenant.log, Metrics: metrics.New(version),
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()

	announce := func() error { return greet(stdout, tenant.Emulator, tenant.portal.Base()) }
	return p.serve(ctx, addresses{portal: cfg.PortalAddr, admin: cfg.AdminAddr}, announce,
		listener{name: "emulator", address: cfg.EmulatorAddr, handler: tenant})
}

// runEmulator serves the emulated tenant alone, by TLS if a folder for its
// certificate is named: Auth0's own SDKs speak nothing else.
func runEmulator(ctx context.Context, environ []string, stdout, stderr io.Writer) error {
	tenant, err := newEmulated(ctx, environ, stderr, false)
	if err != nil {
		return err
	}
	defer tenant.Close()
	announce := func() error { return greet(stdout, tenant.Emulator, "") }
	return serveAll(ctx, tenant.log, announce, []listener{
		{name: "emulator", address: tenant.cfg.EmulatorAddr, handler: tenant, tls: tenant.tls},
	})
}

func newSessionKey() secret.Secret {
	var key [32]byte
	_, _ = rand.Read(key[:]) // never fails since Go 1.24
	return secret.New(base64.StdEncoding.EncodeToString(key[:]))
}

// greet prints where things are and who may sign in. The passwords are those of
// made-up people in a tenant that ends with this process.
func greet(w io.Writer, tenant *emulator.Emulator, portalURL string) error {
	console := tenant.Issuer() + "console"
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table) // errors show when the table is written out
	if portalURL != "" {
		fmt.Fprintf(table, "  My security settings\t%s\n", portalURL)
	}
	fmt.Fprintf(table, "  Emulated tenant\t%s\n", tenant.Issuer())
	fmt.Fprintf(table, "  Simulated phones: scan QR codes, approve\t%s/phones\n", console)
	fmt.Fprintf(table, "  Text messages, calls, e-mails\t%s/messages\n", console)
	fmt.Fprintf(table, "  Clock, faults, users, log\t%s\n\n", console)
	if seed, on := tenant.Chaos(); on {
		fmt.Fprintf(table, "  Chaos is on, its seed\t%d\n\n", seed)
	}
	if portalURL == "" {
		id, key := tenant.PortalApplication()
		fmt.Fprintf(table, "  Client id\t%s\n  Client secret\t%s\n\n", id, key)
	}
	fmt.Fprintln(table, "  Demo user\tPassword\tHas")
	for _, u := range tenant.Users() {
		fmt.Fprintf(table, "  %s\t%s\t%s\n", u.Email, u.Password, possessions(u))
	}
	fmt.Fprintf(table, "\n  Stop with Ctrl+C.\n\n")
	return table.Flush()
}

// possessions says what a user can prove themselves with.
func possessions(u emulator.SeedUser) string {
	names := map[string]string{
		"otp": "authenticator app", "phone": "phone number", "email": "e-mail address", "push": "push notifications", "recovery-code": "recovery code",
	}
	var all []string
	for _, a := range u.Authenticators {
		all = append(all, cmp.Or(names[a.Type], a.Type))
	}
	if len(all) == 0 {
		return "nothing yet"
	}
	return strings.Join(all, ", ")
}
