package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mysecurity/internal/auth0"
	"mysecurity/internal/config"
	"mysecurity/internal/emulator/emulatortest"
	"mysecurity/internal/metrics"
	"mysecurity/internal/secret"
	"mysecurity/internal/session"
	"mysecurity/internal/site"
)

// servedBy makes the world that of a portal of this tenant.
func (w *world) servedBy(tenant *emulatortest.Tenant) {
	_, port, _ := net.SplitHostPort(w.portal)
	w.environ = append(w.environ, "PORTAL_MODE=development", "PUBLIC_URL=http://localhost:"+port, "COMPANY_NAME=Acme",
		"AUTH0_ISSUER="+tenant.Issuer(), "AUTH0_CLIENT_ID="+tenant.ClientID, "AUTH0_CLIENT_SECRET="+tenant.ClientSecret,
		"SESSION_KEYS=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
}

// TestSweep: while the portal is served, what has expired goes.
func TestSweep(t *testing.T) {
	tenant := emulatortest.Start(t)
	w, now := newWorld(t), time.Now()
	own, err := site.Parse("http://localhost:8080/")
	if err != nil {
		t.Fatal(err)
	}
	p, err := newPortal(portalOptions{
		Site: own, SessionKeys: []secret.Secret{secret.New(doctorKey)}, SessionFile: filepath.Join(t.TempDir(), "sessions.db"), Mode: config.Development,
		Tenant: auth0.Config{
			Issuer: tenant.Issuer(), ClientID: tenant.ClientID, ClientSecret: secret.New(tenant.ClientSecret),
			MFAAudience: tenant.MFAAudience, AllowLoopbackHTTP: true,
		},
		Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler), Metrics: metrics.New("test"),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.store.Put(t.Context(), session.Sessions, session.Key{1}, session.Record{Blob: []byte("x"), Expires: now.Add(-time.Second)}, 0); err != nil {
		t.Fatal(err)
	}
	p.every = time.Millisecond
	ctx, end := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- p.serve(ctx, addresses{portal: w.portal, admin: w.admin}, func() error { return nil })
	}()
	for deadline := time.Now().Add(10 * time.Second); ; {
		_, body := w.get("http://" + w.admin + "/metrics")
		if strings.Contains(body, `mysecurity_store_records{bucket="sessions"} 0`+"\n") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the session was not removed:\n%s", body)
		}
	}
	end()
	if err := errors.Join(<-ended, p.close()); err != nil {
		t.Error(err)
	}
}
