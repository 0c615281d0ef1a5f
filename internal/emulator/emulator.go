// Package emulator is a local Auth0 tenant as an http.Handler: OpenID provider,
// Universal Login pages, Authentication API, MFA API and Guardian service, with a
// console and a control API to steer it. It is strict on purpose: whatever a real
// tenant refuses is refused here, with the vendor's status and body. Everything
// lives in memory; secrets, keys and ids are new at every start.
//
// The wire structs are the emulator's own, written from the vendor's
// documentation and not shared with any client: a shared struct would hide a
// wrong member name on both sides.
package emulator

import (
	"cmp"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
)

// Options are what a tenant is made from.
type Options struct {
	// PublicURL is what browsers and clients use, "http://localhost:8081". The
	// issuer is this plus "/".
	PublicURL string
	// Clock drives every lifetime; nil is the wall clock.
	Clock *Clock
	// Random feeds ids, codes and secrets, but not signing keys; nil is
	// crypto/rand. It is read by one goroutine at a time.
	Random io.Reader
	// Callbacks and LogoutURLs are those of the seeded application "portal".
	Callbacks, LogoutURLs []string
	// Seed is the initial state; nil is the built-in one (design section 5).
	Seed *Seed
	// Keys makes one RSA signing key of at least 2048 bits per call; nil
	// generates them. Tests share keys, because making one takes long.
	Keys KeySource
	// HTTPClient is what the simulated phones call the tenant with; nil is a
	// client that reaches this process wherever it listens.
	HTTPClient *http.Client
	// TLS is what the tenant is served with, nil for plain HTTP. The simulated
	// phones trust its certificate.
	TLS *tls.Config
	// Chaos is the seed of an unsteady tenant from the start on; nil is a steady one.
	Chaos *uint32
	// Logger gets what goes wrong inside the emulator; nil discards it.
	Logger *slog.Logger
}

// Emulator is one tenant. Make it with New; it is safe for concurrent use.
type Emulator struct {
	s         *store
	clock     *Clock
	rand      io.Reader // read under the store's lock
	publicURL string    // without trailing slash
	issuer    string    // publicURL + "/"
	seed      Seed      // resolved: ids and secrets filled in, so that a reset keeps them
	keys      *keyring
	pages     *pages
	phones    *http.Client // of the simulated phones
	grants    map[string]grantFunc
	chaos     chaos
	initial   *uint32 // seed of the chaos that there is at the start and after a reset
	log       *slog.Logger
	handler   http.Handler
}

// New makes a tenant from its seed. It returns before the signing keys are
// ready: the first answer that needs one waits for it.
func New(o Options) (*Emulator, error) {
	base, err := parsePublicURL(o.PublicURL)
	if err != nil {
		return nil, err
	}
	e := &Emulator{
		s:         newStore(),
		clock:     o.Clock,
		rand:      o.Random,
		publicURL: base,
		issuer:    base + "/",
		initial:   o.Chaos,
		log:       o.Logger,
	}
	if e.rand == nil {
		e.rand = rand.Reader
	}
	if e.clock == nil {
		e.clock = NewClock(nil)
	}
	if e.log == nil {
		e.log = slog.New(slog.DiscardHandler)
	}
	if e.seed, err = e.resolveSeed(o); err != nil {
		return nil, err
	}
	if e.pages, err = loadPages(); err != nil {
		return nil, err
	}
	e.keys = newKeyring(o.Keys, e.clock.Now)
	e.phones = cmp.Or(o.HTTPClient, phoneClient(e.publicURL, o.TLS))
	e.s.mu.Lock()
	defer e.s.mu.Unlock()
	e.reset()
	e.registerGrants()
	e.handler = e.middleware(e.routes())
	return e, nil
}

// Close waits for work that New started in the background.
func (e *Emulator) Close() {
	e.keys.wait()
	e.phones.CloseIdleConnections()
}

// ServeHTTP implements http.Handler.
func (e *Emulator) ServeHTTP(w http.ResponseWriter, r *http.Request) { e.handler.ServeHTTP(w, r) }

// Clock returns the tenant's clock; moving it moves every lifetime.
func (e *Emulator) Clock() *Clock { return e.clock }

// Issuer returns the exact issuer, with its trailing slash.
func (e *Emulator) Issuer() string { return e.issuer }

// PortalApplication returns the credentials of the seeded application "portal".
func (e *Emulator) PortalApplication() (clientID, clientSecret string) {
	return e.applicationNamed(portalName)
}

// ManagementApplication returns the credentials of the seeded application
// "portal-management".
func (e *Emulator) ManagementApplication() (clientID, clientSecret string) {
	return e.applicationNamed(managementName)
}

func (e *Emulator) applicationNamed(name string) (clientID, clientSecret string) {
	for _, app := range e.seed.Applications {
		if app.Name == name {
			return app.ClientID, app.ClientSecret
		}
	}
	return "", ""
}

// routes is the tenant's site map.
func (e *Emulator) routes() *http.ServeMux {
	mux := http.NewServeMux()
	e.routesOIDC(mux)
	e.routesLogin(mux)
	e.routesToken(mux)
	e.routesLogout(mux)
	e.routesMFA(mux)
	e.routesGuardian(mux)
	e.routesControl(mux)
	e.routesConsole(mux)
	return mux
}

// parsePublicURL checks the base URL and returns it without a trailing slash.
func parsePublicURL(raw string) (string, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return "", fmt.Errorf("emulator: public URL: %w", err)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return "", errors.New("emulator: public URL must be http(s)://host[:port]")
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "" {
		return "", errors.New("emulator: public URL must have no path, query, fragment or user")
	}
	return u.Scheme + "://" + u.Host, nil
}
