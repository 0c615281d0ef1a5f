package web_test

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"mysecurity/handlers"
	"mysecurity/internal/account"
	"mysecurity/internal/auth0"
	"mysecurity/internal/emulator"
	"mysecurity/internal/emulator/emulatortest"
	"mysecurity/internal/limit"
	"mysecurity/internal/metrics"
	"mysecurity/internal/nginxtest"
	"mysecurity/internal/secret"
	"mysecurity/internal/session"
	"mysecurity/internal/site"
	"mysecurity/static"
	"mysecurity/web"
)

// portal is the whole site on a real port, in front of a running emulator, with
// one clock: what main assembles, minus the process.
type portal struct {
	t        *testing.T
	site     site.Site
	url      string           // with trailing slash
	addr     string           // where it listens, whatever its public address says
	proxy    *nginxtest.Proxy // in front of it, if not nil
	handler  http.Handler
	tenant   *emulatortest.Tenant
	upstream *upstream
	client   *auth0.Client
	sessions *session.Manager
	log      *syncBuffer
	metrics  *metrics.Metrics
	store    string // the file of the sessions
	backend  session.Backend
	closeIt  func()       // ends the use of that file
	given    *given       // what the portal gave to browsers
	panics   *atomic.Bool // makes the next page fall over half-way
	always   *atomic.Bool // and every one after it
	numbers  *atomic.Int32
}

type portalOptions struct {
	minMethods int
	url        string        // public address; empty is http://localhost:PORT/
	skew       time.Duration // of the portal's clock against the tenant's
	issuer     string        // another tenant than the emulated one
	patience   time.Duration // with the tenant; 0: the usual
	prefix     string        // of the path, for the address on localhost
	proxies    []netip.Prefix
	paths      string         // nginxtest.Kept or Stripped: nginx in front, with its own address
	offers     account.Offers // nothing: everything
	refresh    bool           // REFRESH=on

	limitsNow func() time.Time // the limiter's own clock; nil: everybody's
}

func startPortal(t *testing.T, o portalOptions) *portal {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	addr := server.Listener.Addr().String()
	if o.paths != "" {
		o.url, o.proxies = nginxtest.PublicURL, []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
	}
	if o.url == "" {
		_, port, _ := strings.Cut(addr, ":")
		o.url = "http://localhost:" + port + "/" + o.prefix
	}
	own, err := site.Parse(o.url)
	must(t, err)
	p := &portal{
		t: t, site: own, url: own.Base(), addr: addr, upstream: newUpstream(), log: &syncBuffer{}, given: &given{values: map[string]string{}},
		store: filepath.Join(t.TempDir(), "sessions.db"), panics: &atomic.Bool{}, always: &atomic.Bool{}, numbers: &atomic.Int32{},
	}
	p.tenant = emulatortest.Start(t, emulatortest.WithTap(p.upstream.tap), emulatortest.WithClock(stopped()),
		emulatortest.WithCallbacks([]string{own.URL("callback")}, []string{own.URL("signed-out")}))
	log := slog.New(slog.NewJSONHandler(p.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	p.handler = p.assemble(t, o, p.config(o, log))
	server.Config = web.Server(p.handler, log)
	server.Start()
	t.Cleanup(server.Close)
	if o.paths != "" {
		p.proxy = nginxtest.Start(t, addr, o.paths)
	}
	return p
}

// stopped is a clock that only moves when a test moves it, so that no result
// depends on how fast the machine is.
func stopped() *emulator.Clock {
	start := time.Now()
	return emulator.NewClock(func() time.Time { return start })
}

// in is the same portal for a subtest.
func (p *portal) in(t *testing.T) *portal {
	here := *p
	here.t = t
	return &here
}

// assemble puts the site together as main does, in front of a tenant.
func (p *portal) assemble(t testing.TB, o portalOptions, tenant auth0.Config) http.Handler {
	t.Helper()
	now, log := tenant.Now, tenant.Logger
	bundle, err := sentences()
	must(t, err)
	files, err := static.New()
	must(t, err)
	tenant.RedirectURL, tenant.PostLogoutURL, tenant.AllowLoopbackHTTP = p.site.URL("callback"), p.site.URL("signed-out"), true
	p.metrics = metrics.New(testVersion)
	tenant.Meter = p.metrics
	p.client, err = auth0.New(tenant)
	must(t, err)
	t.Cleanup(p.client.Close)
	if p.backend == nil {
		p.open(t, now, log)
	}
	p.sessions, err = session.NewManager(session.Options{
		Backend: p.backend, Keys: []secret.Secret{secret.New(sessionKey)},
		HTTPS: p.site.HTTPS(), PrefixPath: p.site.Prefix(),
		Issuer: tenant.Issuer, Mode: "test", Now: now, Logger: log,
	})
	must(t, err)
	if o.offers == (account.Offers{}) {
		o.offers = account.Offers{App: true, Text: true, Call: true, Email: true, Push: true}
	}
	limiter := limit.New(now)
	if o.limitsNow != nil {
		limiter = limit.New(o.limitsNow)
	}
	service := account.New(account.Options{
		Tenant: p.client, Limiter: limiter, Ledger: p.sessions.Ledger(), Now: now,
		MinMethods: o.minMethods, Offers: o.offers, Logger: log,
	})
	asset := func(name string) string {
		if p.panics.CompareAndSwap(true, p.always != nil && p.always.Load()) {
			panic("half a page, and a " + panicMarker)
		}
		return files.Name(name)
	}
	pages := handlers.New(handlers.Options{
		Account: service, Sessions: p.sessions, Site: p.site, Asset: asset,
		Company: "Example Company", SupportURL: supportURL, Now: now, Log: log, Meter: p.metrics,
	})
	return web.New(web.Options{
		Site: p.site, Handlers: pages, Account: service, Sessions: p.sessions, Bundle: bundle,
		Files: files, TrustedProxies: o.proxies, PrefixStripped: o.paths == nginxtest.Stripped, Now: now, Log: log, Meter: p.metrics,
	})
}

// twin is another instance of the portal at the same store and the same public
// address, as behind a load balancer.
func (p *portal) twin(o portalOptions) *portal {
	p.t.Helper()
	twin, server := *p, httptest.NewUnstartedServer(nil)
	twin.addr = server.Listener.Addr().String()
	log := slog.New(slog.NewJSONHandler(p.log, nil))
	twin.handler = twin.assemble(p.t, o, p.config(o, log))
	server.Config = web.Server(twin.handler, log)
	server.Start()
	p.t.Cleanup(server.Close)
	return &twin
}

// config names the tenant and the application.
func (p *portal) config(o portalOptions, log *slog.Logger) auth0.Config {
	return auth0.Config{
		Issuer: cmp.Or(o.issuer, p.tenant.Issuer()), ClientID: p.tenant.ClientID,
		ClientSecret: secret.New(p.tenant.ClientSecret), MFAAudience: p.tenant.MFAAudience, OfflineAccess: o.refresh, Patience: o.patience,
		Now: func() time.Time { return p.tenant.Clock().Now().Add(o.skew) }, Logger: log,
	}
}

// open opens the file of the sessions.
func (p *portal) open(t testing.TB, now func() time.Time, log *slog.Logger) {
	t.Helper()
	store, err := session.OpenBolt(session.BoltOptions{Path: p.store, Now: now, Logger: log})
	must(t, err)
	p.backend, p.closeIt = store, func() { must(t, store.Close()) }
	t.Cleanup(p.closeIt)
	p.metrics.WatchCalls(p.client.InFlight)
	p.metrics.WatchCircuits(p.client.OpenCircuits)
	metrics.WatchStore(p.metrics, store.Size)
}

const (
	supportURL  = "https://help.example.com/"
	panicMarker = "secret that a panic carries"
)

// sessionKey is the server's key of all test sites.
var sessionKey = base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32))

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// syncBuffer collects the log of concurrent requests.
type syncBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
