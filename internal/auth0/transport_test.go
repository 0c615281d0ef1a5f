package auth0

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"mysecurity/internal/secret"
)

// impatient are limits for tests that wait for a deadline.
func impatient() limits {
	l := standardLimits()
	l.connect, l.tls, l.header, l.total, l.slot = 50*time.Millisecond, 50*time.Millisecond, 50*time.Millisecond, 150*time.Millisecond, 10*time.Millisecond
	return l
}

// newTLSTenant is a tenant with a certificate of an authority nobody knows.
func newTLSTenant(t *testing.T) *tenant {
	t.Helper()
	tn := newTenant(t)
	tn.server.Close()
	tn.server = httptest.NewUnstartedServer(tn)
	silent(tn.server)
	tn.server.StartTLS()
	t.Cleanup(tn.server.Close)
	tn.discovery = discoveryOf(tn.issuer())
	return tn
}

// silent drops what the test's own server says about failed handshakes.
func silent(s *httptest.Server) {
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
}

// trusting are limits of a client that knows the tenant's authority.
func (tn *tenant) trusting() limits {
	l := standardLimits()
	l.roots = x509.NewCertPool()
	l.roots.AddCert(tn.server.Certificate())
	return l
}

// calls is every method that uses the network, and what its failure below HTTP
// means: nothing was done, or nobody knows.
func calls() map[string]struct {
	run  func(context.Context, *Client, Login) error
	lost Kind
} {
	type row = struct {
		run  func(context.Context, *Client, Login) error
		lost Kind
	}
	return map[string]row{
		"ready": {func(ctx context.Context, c *Client, _ Login) error { return c.Ready(ctx) }, KindNotReady},
		"sign in": {func(ctx context.Context, c *Client, l Login) error {
			_, _, err := c.SignIn(ctx, callback(), l)
			return err
		}, KindNotReady},
		"list": {func(ctx context.Context, c *Client, _ Login) error {
			_, err := c.ListAuthenticators(ctx, accessToken())
			return err
		}, KindUnavailable},
		"associate": {func(ctx context.Context, c *Client, _ Login) error {
			_, err := c.AssociateApp(ctx, accessToken())
			return err
		}, KindUnknownOutcome},
		"confirm": {func(ctx context.Context, c *Client, _ Login) error {
			return c.ConfirmApp(ctx, accessToken(), secret.New("123456"))
		}, KindUnknownOutcome},
		"phone": {func(ctx context.Context, c *Client, _ Login) error {
			_, err := c.AssociatePhone(ctx, accessToken(), ChannelSMS, "+441632960147")
			return err
		}, KindUnknownOutcome},
		"email": {func(ctx context.Context, c *Client, _ Login) error {
			_, err := c.AssociateEmail(ctx, accessToken(), "ada@example.com")
			return err
		}, KindUnknownOutcome},
		"push": {func(ctx context.Context, c *Client, _ Login) error {
			_, err := c.AssociatePush(ctx, accessToken())
			return err
		}, KindUnknownOutcome},
		"message": {func(ctx context.Context, c *Client, _ Login) error {
			return c.ConfirmMessage(ctx, accessToken(), secret.New(testOOB), secret.New("123456"))
		}, KindUnknownOutcome},
		"check": {func(ctx context.Context, c *Client, _ Login) error {
			return c.CheckPush(ctx, accessToken(), secret.New(testOOB))
		}, KindUnknownOutcome},
		"delete": {func(ctx context.Context, c *Client, _ Login) error {
			return c.DeleteAuthenticator(ctx, accessToken(), "totp|dev_1")
		}, KindUnknownOutcome},
	}
}

// routeOf is where a call of the MFA API goes.
func routeOf(name string) string {
	switch name {
	case "list":
		return listRoute
	case "associate", "phone", "email", "push":
		return associateRoute
	case "confirm", "message", "check":
		return confirmRoute
	case "delete":
		return deleteRoute
	default:
		panic("no call of the MFA API: " + name)
	}
}

// changingCalls are the names of the calls that alter something at the tenant.
func changingCalls() []string {
	return []string{"associate", "phone", "email", "push", "confirm", "message", "check", "delete"}
}

// rawTenant is a listener whose connections a test handles by hand. Its client
// never speaks to anything else.
func rawTenant(t *testing.T, scheme string, l limits, handle func(net.Conn)) *Client {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go handle(conn)
		}
	}()
	t.Cleanup(func() { listener.Close(); <-done })
	cfg := newTenant(t).config()
	cfg.Issuer = scheme + "://" + listener.Addr().String() + "/"
	return newTestClient(t, cfg, l)
}

// TestUnreachable is UP-01: nothing was sent, so nothing can have happened.
func TestUnreachable(t *testing.T) {
	for name, call := range calls() {
		certain := KindUnavailable
		if call.lost == KindNotReady {
			certain = KindNotReady
		}
		t.Run("UP-01 refused, "+name, func(t *testing.T) {
			tn := newTenant(t)
			tn.server.Close()
			err := call.run(t.Context(), tn.client(), tn.login())
			wantError(t, err, certain, reasonConnect)
		})
		t.Run("UP-01 handshake stalls, "+name, func(t *testing.T) {
			c := rawTenant(t, "https", impatient(), swallow)
			err := call.run(t.Context(), c, newTenant(t).login())
			wantError(t, err, certain, reasonTimeout)
		})
	}
}

// Each phase has a deadline of its own, so that a retry still fits into the total.
func TestPhasesHaveDeadlines(t *testing.T) {
	patient := impatient()
	patient.total = 10 * time.Second
	for name, start := range map[string]func() *Client{
		"UP-01 handshake": func() *Client { return rawTenant(t, "https", patient, swallow) },
		"UP-02 header":    func() *Client { return rawTenant(t, "http", patient, swallow) },
	} {
		t.Run(name, func(t *testing.T) {
			c, began := start(), time.Now()
			wantError(t, c.Ready(t.Context()), KindNotReady, reasonTimeout)
			if took := time.Since(began); took > patient.total/2 {
				t.Errorf("took %v", took)
			}
		})
	}
}

// swallow reads until the other side gives up.
func swallow(conn net.Conn) {
	_, _ = io.Copy(io.Discard, conn)
	conn.Close()
}

// TestStalls is UP-02: the call ends at the deadline, and a changing one has an
// unknown outcome.
func TestStalls(t *testing.T) {
	untilGone := func(r *http.Request) { <-r.Context().Done() }
	stalls := map[string]http.HandlerFunc{
		"never answers": func(_ http.ResponseWriter, r *http.Request) { untilGone(r) },
		"stops after the header": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusOK)
			w.(http.Flusher).Flush()
			untilGone(r)
		},
		"a byte at a time": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			tick := time.NewTicker(5 * time.Millisecond)
			defer tick.Stop()
			for r.Context().Err() == nil {
				fmt.Fprint(w, " ")
				w.(http.Flusher).Flush()
				<-tick.C
			}
		},
	}
	for stall, handler := range stalls {
		for name, call := range calls() {
			t.Run("UP-02 "+stall+", "+name, func(t *testing.T) {
				t.Parallel() // each waits for a deadline
				tn := newTenant(t)
				tn.onAll(readFirst(handler))
				err := call.run(t.Context(), tn.clientWith(impatient()), tn.login())
				wantError(t, err, call.lost, reasonTimeout)
				if !errors.Is(err, context.DeadlineExceeded) {
					t.Error("the cause is not passed on")
				}
			})
		}
	}
}

// readFirst reads the request's body, as net/http notices a client that has
// left only then.
func readFirst(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		h(w, r)
	}
}

// TestCut: the connection ends after the request was read. The call is never
// sent a second time, on a fresh connection or on a kept one.
func TestCut(t *testing.T) {
	for name, call := range calls() {
		if call.lost != KindUnknownOutcome {
			continue
		}
		for _, kept := range []bool{false, true} {
			t.Run(fmt.Sprintf("UP-06 %s, kept connection %v", name, kept), func(t *testing.T) {
				tn := newTenant(t)
				var changed atomic.Int32
				tn.onAll(readFirst(func(w http.ResponseWriter, r *http.Request) {
					if r.Method == http.MethodGet {
						writeJSON(w, http.StatusOK, "[]")
						return
					}
					changed.Add(1)
					panic(http.ErrAbortHandler)
				}))
				c := tn.client()
				if kept {
					if _, err := c.ListAuthenticators(t.Context(), accessToken()); err != nil {
						t.Fatal(err)
					}
				}
				err := call.run(t.Context(), c, tn.login())
				wantError(t, err, KindUnknownOutcome, reasonCut)
				if n := changed.Load(); n != 1 {
					t.Errorf("sent %d times", n)
				}
			})
		}
	}
}

// A caller who leaves while a change is under way learns that it is open.
func TestCallerLeaves(t *testing.T) {
	tn := newTenant(t)
	arrived := make(chan struct{})
	tn.on("DELETE /mfa/authenticators/totp%7Cdev_1", func(_ http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done()
	})
	ctx, leave := context.WithCancel(t.Context())
	go func() { <-arrived; leave() }()
	err := tn.client().DeleteAuthenticator(ctx, accessToken(), "totp|dev_1")
	wantError(t, err, KindUnknownOutcome, reasonCanceled)
	if !errors.Is(err, context.Canceled) {
		t.Error("the cause is not passed on")
	}
}

// TestByteLimit is UP-04: reading stops at the limit, decompressed bytes counted.
func TestByteLimit(t *testing.T) {
	const piece = 64 << 10
	var written atomic.Int64
	endless := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for chunk := bytes.Repeat([]byte(" "), piece); r.Context().Err() == nil; written.Add(piece) {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	}
	bomb := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		for chunk := make([]byte, piece); written.Load() < 4<<20; written.Add(piece) {
			_, _ = z.Write(chunk)
		}
		z.Close()
	}
	for name, handler := range map[string]http.HandlerFunc{"endless": endless, "gzip bomb": bomb} {
		for op, call := range calls() {
			t.Run("UP-04 "+name+", "+op, func(t *testing.T) {
				written.Store(0)
				tn := newTenant(t)
				tn.onAll(handler)
				err := call.run(t.Context(), tn.client(), tn.login())
				wantError(t, err, call.lost, reasonTooLarge)
				if n := written.Load(); name == "endless" && n > 32<<20 {
					t.Errorf("the tenant could send %d bytes", n)
				}
			})
		}
	}
	t.Run("UP-04 1 GB behind a small Content-Length", func(t *testing.T) {
		tn := newTenant(t)
		tn.on(listRoute, func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				return
			}
			defer conn.Close()
			fmt.Fprint(conn, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: 2\r\n\r\n[]")
			for chunk, sent := make([]byte, piece), 0; sent < 1<<30; sent += piece {
				if _, err := conn.Write(chunk); err != nil {
					return
				}
			}
			t.Error("everything was read")
		})
		list, err := tn.client().ListAuthenticators(t.Context(), accessToken())
		if err != nil || len(list) != 0 {
			t.Errorf("%v %v", list, err)
		}
	})
	t.Run("compressed answers are read", func(t *testing.T) {
		tn := newTenant(t)
		tn.on("GET /mfa/authenticators", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			fmt.Fprint(z, `[{"id":"totp|dev_1","authenticator_type":"otp","active":true}]`)
			z.Close()
		})
		list, err := tn.client().ListAuthenticators(t.Context(), accessToken())
		if err != nil || len(list) != 1 {
			t.Errorf("%v %v", list, err)
		}
	})
}

func TestLimitedBody(t *testing.T) {
	for size, want := range map[int]error{9: nil, 10: nil, 11: errTooLarge, 4000: errTooLarge} {
		body := &limitedBody{ReadCloser: io.NopCloser(strings.NewReader(strings.Repeat("x", size))), left: 10}
		data, err := io.ReadAll(body)
		if !errors.Is(err, want) || len(data) > 11 {
			t.Errorf("%d bytes: read %d, %v", size, len(data), err)
		}
		if _, again := body.Read(make([]byte, 1)); want != nil && !errors.Is(again, errTooLarge) {
			t.Errorf("%d bytes: reading goes on after the limit", size)
		}
	}
}

// TestRedirectsAreNotFollowed is UP-15: no secret leaves for another host.
func TestRedirectsAreNotFollowed(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("followed to %s", r.URL)
	}))
	defer elsewhere.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		for name, call := range calls() {
			for where, target := range map[string]string{"other host": elsewhere.URL + "/x", "same host": "/x"} {
				t.Run(fmt.Sprintf("UP-15 %d to %s, %s", status, where, name), func(t *testing.T) {
					tn := newTenant(t)
					tn.on("GET /x", func(http.ResponseWriter, *http.Request) { t.Error("followed") })
					tn.on("POST /x", func(http.ResponseWriter, *http.Request) { t.Error("followed") })
					redirect := func(w http.ResponseWriter, r *http.Request) {
						w.Header().Set("Location", target)
						w.WriteHeader(status)
					}
					for _, route := range []string{
						discoveryRoute, "GET /mfa/authenticators", "POST /mfa/associate", "POST /oauth/token",
						"DELETE /mfa/authenticators/totp%7Cdev_1",
					} {
						tn.on(route, redirect)
					}
					if err := call.run(t.Context(), tn.client(), tn.login()); KindOf(err) != call.lost {
						t.Errorf("%v", err)
					}
				})
			}
		}
	}
	t.Run("UP-15 token endpoint and key set", func(t *testing.T) {
		tn := newTenant(t)
		redirect := func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
		}
		tn.on(keysRoute, redirect)
		_, _, err := tn.signIn(tn.client(), nil)
		wantError(t, err, KindUnavailable, reasonMalformed)
		tn.on("POST /oauth/token", redirect)
		_, _, err = tn.signIn(tn.client(), nil)
		wantError(t, err, KindUnavailable, "")
	})
}

// TestPinnedToTheTenant: whatever URL gets as far as the client, only the
// issuer's scheme and host are spoken to.
func TestPinnedToTheTenant(t *testing.T) {
	tn := newTenant(t)
	c := tn.client()
	for _, address := range []string{
		"http://evil.example/", "https://" + strings.TrimPrefix(tn.server.URL, "http://") + "/", "http://127.0.0.1:1/", "file:///etc/passwd",
		"http://169.254.169.254/latest/meta-data/",
	} {
		_, err := c.send(t.Context(), call{op: opList, method: http.MethodGet, url: address})
		if KindOf(err) != KindUnavailable || len(tn.asked) != 0 {
			t.Errorf("%s: %v", address, err)
		}
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
		res, err := c.http.RoundTrip(req)
		if err == nil {
			res.Body.Close()
		}
		if !errors.Is(err, errForeignHost) {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// TestBulkhead is UP-09: beyond the limit callers are told quickly, and a free
// place is used.
func TestBulkhead(t *testing.T) {
	tn := newTenant(t)
	arrived, release := make(chan struct{}, 2), make(chan struct{})
	tn.on("GET /mfa/authenticators", func(w http.ResponseWriter, _ *http.Request) {
		arrived <- struct{}{}
		<-release
		writeJSON(w, http.StatusOK, "[]")
	})
	l := standardLimits()
	l.inFlight, l.slot = 2, 20*time.Millisecond
	c := tn.clientWith(l)
	results := make(chan error, 2)
	list := func(ctx context.Context) error {
		_, err := c.ListAuthenticators(ctx, accessToken())
		return err
	}
	for range 2 {
		go func() { results <- list(context.Background()) }()
		<-arrived
	}
	wantError(t, list(t.Context()), KindUnavailable, reasonBusy)
	wantError(t, c.DeleteAuthenticator(t.Context(), accessToken(), "totp|dev_1"), KindUnavailable, reasonBusy)
	gone, leave := context.WithCancel(t.Context())
	leave()
	wantError(t, list(gone), KindUnavailable, reasonCanceled)

	close(release)
	for range 2 {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	if err := list(t.Context()); err != nil {
		t.Errorf("a place that came free is not used: %v", err)
	}
}

// TestConnectionsAreKept is G3: a steady run opens no new connection.
func TestConnectionsAreKept(t *testing.T) {
	tn := newTenant(t)
	var mu sync.Mutex
	peers := map[string]bool{} // one address per connection
	tn.onAll(readFirst(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		peers[r.RemoteAddr] = true
		mu.Unlock()
		if r.Method == http.MethodGet {
			writeJSON(w, http.StatusOK, `[]`)
			return
		}
		writeJSON(w, http.StatusForbidden, `{"error":"access_denied"}`)
	}))
	c := tn.client()
	for range 10 {
		if _, err := c.ListAuthenticators(t.Context(), accessToken()); err != nil {
			t.Fatal(err)
		}
		_, err := c.AssociateApp(t.Context(), accessToken())
		wantError(t, err, KindProofNeeded, "")
	}
	mu.Lock()
	defer mu.Unlock()
	if n := len(peers); n != 1 {
		t.Errorf("%d connections for 20 calls", n)
	}
}

// TestTLS is UP-13.
func TestTLS(t *testing.T) {
	t.Run("trusted", func(t *testing.T) {
		tn := newTLSTenant(t)
		if err := newTestClient(t, tn.config(), tn.trusting()).Ready(t.Context()); err != nil {
			t.Error(err)
		}
	})
	t.Run("UP-13 unknown authority", func(t *testing.T) {
		tn := newTLSTenant(t)
		wantError(t, tn.client().Ready(t.Context()), KindNotReady, reasonTLS)
	})
	t.Run("UP-13 wrong name", func(t *testing.T) {
		tn := newTLSTenant(t)
		cfg := tn.config()
		cfg.Issuer = strings.Replace(tn.issuer(), "127.0.0.1", "localhost", 1)
		wantError(t, newTestClient(t, cfg, tn.trusting()).Ready(t.Context()), KindNotReady, reasonTLS)
	})
	t.Run("UP-13 only TLS 1.1", func(t *testing.T) {
		tn := newTenant(t)
		tn.server.Close()
		tn.server = httptest.NewUnstartedServer(tn)
		silent(tn.server)
		tn.server.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
		tn.server.StartTLS()
		t.Cleanup(tn.server.Close)
		wantError(t, newTestClient(t, tn.config(), tn.trusting()).Ready(t.Context()), KindNotReady, reasonTLS)
	})
}

func TestTransportReason(t *testing.T) {
	for want, err := range map[string]error{
		reasonName:     fmt.Errorf("get: %w", &net.DNSError{Err: "no such host", Name: "tenant.example", IsNotFound: true}),
		reasonConnect:  &net.OpError{Op: "dial", Err: errors.New("refused")},
		reasonTimeout:  context.DeadlineExceeded,
		reasonCanceled: context.Canceled,
		reasonTLS:      &net.OpError{Op: "remote error", Err: errors.New("tls: handshake failure")},
		reasonTooLarge: fmt.Errorf("read: %w", errTooLarge),
		reasonCut:      io.ErrUnexpectedEOF,
	} {
		if got := transportReason(err); got != want {
			t.Errorf("%v: %q, want %q", err, got, want)
		}
	}
}

// TestNew: only configuration facts stop the start, and they do.
func TestNew(t *testing.T) {
	good := Config{
		Issuer: "https://acme.eu.auth0.com/", MFAAudience: "https://acme.eu.auth0.com/mfa/",
		ClientID: "a", ClientSecret: secret.New("b"),
		RedirectURL: "https://portal.example/callback", PostLogoutURL: "https://portal.example/signed-out",
	}
	if _, err := New(good); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*Config){
		"no client":      func(c *Config) { c.ClientID = "" },
		"no secret":      func(c *Config) { c.ClientSecret = secret.Secret{} },
		"no redirect":    func(c *Config) { c.RedirectURL = "" },
		"no return":      func(c *Config) { c.PostLogoutURL = "" },
		"no issuer":      func(c *Config) { c.Issuer = "" },
		"no audience":    func(c *Config) { c.MFAAudience = "" },
		"EM-04 http":     func(c *Config) { c.Issuer = "http://localhost:8081/" },
		"http, not here": func(c *Config) { c.Issuer, c.AllowLoopbackHTTP = "http://acme.example/", true },
		"no slash":       func(c *Config) { c.Issuer = "https://acme.example" },
		"path":           func(c *Config) { c.Issuer = "https://acme.example/x/" },
		"query":          func(c *Config) { c.Issuer = "https://acme.example/?x" },
		"userinfo":       func(c *Config) { c.Issuer = "https://a:b@acme.example/" },
		"upper case":     func(c *Config) { c.Issuer = "https://Acme.example/" },
		"other scheme":   func(c *Config) { c.Issuer = "ftp://acme.example/" },
		"not even a URL": func(c *Config) { c.Issuer = "::" },
	} {
		t.Run(name, func(t *testing.T) {
			cfg := good
			spoil(&cfg)
			if _, err := New(cfg); err == nil {
				t.Error("accepted")
			}
		})
	}
	for _, issuer := range []string{"http://localhost:8081/", "http://127.0.0.1:8081/", "http://[::1]:8081/"} {
		cfg := good
		cfg.Issuer, cfg.AllowLoopbackHTTP = issuer, true
		if _, err := New(cfg); err != nil {
			t.Errorf("%s: %v", issuer, err)
		}
	}
}
