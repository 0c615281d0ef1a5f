// Package emulatortest runs an emulated tenant for one test: on a real port of
// localhost, with its own clock, cleaned up with the test.
package emulatortest

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"mysecurity/internal/emulator"
)

// Callback and LogoutURL are registered for the portal application unless a test
// gives others. Nothing listens there: Tenant's own client stops before it.
const (
	Callback  = "http://localhost:8080/callback"
	LogoutURL = "http://localhost:8080/signed-out"
)

// Tenant is a running emulator and what a client needs to know about it.
type Tenant struct {
	*emulator.Emulator
	URL          string // "http://localhost:PORT"
	ClientID     string // of the portal application
	ClientSecret string
	MFAAudience  string
	Callback     string // the first that is registered

	users  atomic.Int32
	t      testing.TB
	server *httptest.Server
	client *http.Client
}

// Option changes how a tenant is made.
type Option func(*settings)

type settings struct {
	emulator.Options
	host string
	tls  bool
	tap  func(http.Handler) http.Handler
}

// WithClock lets the tenant and the test's other parts share a clock. Without
// it the tenant has its own, which runs with the wall clock until it is moved.
func WithClock(clock *emulator.Clock) Option { return func(s *settings) { s.Clock = clock } }

// WithCallbacks replaces the portal application's callbacks and logout URLs.
func WithCallbacks(callbacks, logoutURLs []string) Option {
	return func(s *settings) { s.Callbacks, s.LogoutURLs = callbacks, logoutURLs }
}

// WithSeed replaces the built-in seed.
func WithSeed(seed emulator.Seed) Option { return func(s *settings) { s.Seed = &seed } }

// WithHost makes the public URL name the host: "127.0.0.1" instead of "localhost".
func WithHost(host string) Option { return func(s *settings) { s.host = host } }

// WithTLS serves https; Client trusts the certificate.
func WithTLS() Option { return func(s *settings) { s.tls = true } }

// WithChaos makes the tenant unsteady from the start on.
func WithChaos(seed uint32) Option { return func(s *settings) { s.Chaos = &seed } }

// WithTap lets a test watch or hold up what the tenant is asked: wrap gets the
// tenant's handler and returns the one that is served.
func WithTap(wrap func(http.Handler) http.Handler) Option {
	return func(s *settings) { s.tap = wrap }
}

// Start runs a tenant until the end of the test. It waits for every request that
// is under way then.
func Start(t testing.TB, options ...Option) *Tenant {
	t.Helper()
	s := settings{host: "localhost", tap: func(h http.Handler) http.Handler { return h }}
	s.Callbacks, s.LogoutURLs, s.Keys = []string{Callback}, []string{LogoutURL}, sharedKeys
	for _, option := range options {
		option(&s)
	}
	scheme, transport := "http", &http.Transport{MaxIdleConnsPerHost: 8, ResponseHeaderTimeout: time.Minute}
	if s.tls {
		scheme = "https"
		s.TLS, transport.TLSClientConfig = loopbackTLS(t)
	}
	server, port := listen(t)
	s.PublicURL = scheme + "://" + net.JoinHostPort(s.host, port)
	e, err := emulator.New(s.Options)
	if err != nil {
		server.Close()
		t.Fatalf("emulator: %v", err)
	}
	t.Cleanup(e.Close)
	server.Config.Handler = s.tap(e)
	tenant := &Tenant{Emulator: e, URL: s.PublicURL, MFAAudience: s.PublicURL + "/mfa/", t: t, server: server}
	if len(s.Callbacks) > 0 {
		tenant.Callback = s.Callbacks[0]
	}
	tenant.ClientID, tenant.ClientSecret = e.PortalApplication()
	tenant.run(s.TLS, transport)
	return tenant
}

func listen(t testing.TB) (server *httptest.Server, port string) {
	t.Helper()
	server = httptest.NewUnstartedServer(nil)
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatalf("listener: %v", err)
	}
	return server, port
}

// run starts the server, and stops it with the test.
func (x *Tenant) run(certificate *tls.Config, transport *http.Transport) {
	if certificate != nil {
		x.server.TLS = certificate.Clone() // the server changes its own
		x.server.StartTLS()
	} else {
		x.server.Start()
	}
	x.client = &http.Client{Transport: transport, Timeout: time.Minute, CheckRedirect: x.stayHome}
	x.t.Cleanup(func() {
		transport.CloseIdleConnections()
		x.server.Close()
	})
}

// loopbackTLS makes the tenant's certificate and what a client needs to trust it.
func loopbackTLS(t testing.TB) (server, client *tls.Config) {
	t.Helper()
	dir := t.TempDir()
	server, err := emulator.LoopbackTLS(dir, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return server, &tls.Config{RootCAs: authority(t, dir), MinVersion: tls.VersionTLS12}
}

// stayHome stops a client where the tenant sends it to an application: that
// redirect is then the answer.
func (x *Tenant) stayHome(r *http.Request, _ []*http.Request) error {
	if !strings.HasPrefix(r.URL.String(), x.Issuer()) {
		return http.ErrUseLastResponse
	}
	return nil
}

func authority(t testing.TB, dir string) *x509.CertPool {
	t.Helper()
	pem, err := os.ReadFile(filepath.Join(dir, "ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		t.Fatal("ca.pem holds no certificate")
	}
	return pool
}

// Client returns an HTTP client for the tenant's APIs: no cookies, no redirects
// away from the tenant, its own connections, which end with the test.
func (x *Tenant) Client() *http.Client { return x.client }

// request makes a request, with a form as its body unless the form is nil. It ends
// with the test.
func (x *Tenant) request(method, address string, form url.Values) *http.Request {
	x.t.Helper()
	r, err := http.NewRequestWithContext(x.t.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		x.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return r
}

// Post sends a form to a path of the tenant, without a leading slash.
func (x *Tenant) Post(path string, form url.Values) (status int, body []byte) {
	x.t.Helper()
	return x.send(x.request(http.MethodPost, x.Issuer()+path, form))
}

func (x *Tenant) send(r *http.Request) (status int, body []byte) {
	x.t.Helper()
	response, err := x.client.Do(r)
	if err != nil {
		x.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if body, err = io.ReadAll(response.Body); err != nil {
		x.t.Fatal(err)
	}
	return response.StatusCode, body
}

// Control calls the tenant's control API, path without "/control/", and returns
// the answer's body. The test ends if the call is refused.
func (x *Tenant) Control(method, path, body string) []byte {
	x.t.Helper()
	r, err := http.NewRequestWithContext(x.t.Context(), method, x.Issuer()+"control/"+path, strings.NewReader(body))
	if err != nil {
		x.t.Fatal(err)
	}
	status, answer := x.send(r)
	if status >= http.StatusBadRequest {
		x.t.Fatalf("%s /control/%s %s: %d %s", method, path, body, status, answer)
	}
	return answer
}

// Fault arms a fault, the JSON body of POST /control/faults.
func (x *Tenant) Fault(body string) {
	x.t.Helper()
	x.Control(http.MethodPost, "faults", body)
}

// sharedKeys hands out the same few RSA keys to all tenants of a test binary:
// making them takes longer than most tests. Neighbouring calls get different
// ones, as the current and the next key of a tenant must be.
func sharedKeys() (*rsa.PrivateKey, error) {
	return keys[nextKey.Add(1)%uint32(len(keys))]()
}

var (
	nextKey atomic.Uint32
	keys    = [4]func() (*rsa.PrivateKey, error){
		sync.OnceValues(newKey), sync.OnceValues(newKey), sync.OnceValues(newKey), sync.OnceValues(newKey),
	}
)

func newKey() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) }
