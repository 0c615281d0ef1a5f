package web_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"mysecurity/internal/account"
	"mysecurity/internal/auth0"
	"mysecurity/internal/secret"
	"mysecurity/internal/site"
)

// plainTenant answers every request with the same list and allocates nothing,
// so that what is measured is the portal.
func plainTenant(t testing.TB, authenticators int) (issuer string) {
	t.Helper()
	var list strings.Builder
	for i := range authenticators {
		fmt.Fprintf(&list, `,{"id":"totp|dev_%016d","authenticator_type":"otp","active":true}`, i)
	}
	body := "[" + list.String()[1:] + "]"
	answer := fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nCache-Control: no-store\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { must(t, listener.Close()) })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go serve(connection, answer)
		}
	}()
	return "http://" + listener.Addr().String() + "/"
}

func serve(connection net.Conn, answer []byte) {
	defer connection.Close()
	request, end := make([]byte, 16<<10), []byte("\r\n\r\n")
	for filled := 0; ; {
		n, err := connection.Read(request[filled:])
		if err != nil {
			return
		}
		if filled += n; bytes.HasSuffix(request[:filled], end) {
			filled = 0
			if _, err := connection.Write(answer); err != nil {
				return
			}
		}
	}
}

// views returns what one user asks for, again and again: the overview, and an
// answer that takes all the same steps but the handler's.
func views(t testing.TB, authenticators int) (overview, bare func()) {
	t.Helper()
	own, err := site.Parse("http://localhost:8080")
	must(t, err)
	p := &portal{site: own, store: filepath.Join(t.TempDir(), "sessions.db"), panics: &atomic.Bool{}}
	issuer := plainTenant(t, authenticators)
	looks := time.Now() // a second apart for the limiter, or one user could not have so many
	slow := func() time.Time { looks = looks.Add(time.Second); return looks }
	handler := p.assemble(t, portalOptions{limitsNow: slow}, auth0.Config{
		Issuer: issuer, ClientID: "client", ClientSecret: secret.New("secret"), MFAAudience: issuer + "mfa/",
		Now: time.Now, Logger: slog.New(slog.NewJSONHandler(discarded{}, nil)),
	})
	ticket := p.ticket(t, issuer)
	view := func(path string, status, size int) func() {
		r := httptest.NewRequest(http.MethodGet, own.URL(path), http.NoBody)
		r.AddCookie(ticket)
		r.Header.Set("Sec-Fetch-Site", "none")
		r.Header.Set("Accept-Language", "en")
		page := &reused{header: http.Header{}}
		return func() {
			clear(page.header)
			page.status, page.bytes = 0, 0
			handler.ServeHTTP(page, r)
			if page.status != status || page.bytes < size {
				t.Fatalf("/%s: %d, %d bytes", path, page.status, page.bytes)
			}
		}
	}
	return view("", http.StatusOK, 4000), view("confirm", http.StatusSeeOther, 0)
}

// ticket signs a user in, past the tenant.
func (p *portal) ticket(t testing.TB, issuer string) *http.Cookie {
	t.Helper()
	w := httptest.NewRecorder()
	visitor, err := p.sessions.Open(w, httptest.NewRequest(http.MethodGet, "/", http.NoBody), false)
	must(t, err)
	now := time.Now()
	must(t, visitor.SignIn(w, account.User{Issuer: issuer, Subject: "auth0|1", Name: "Ada Lovelace", Email: "ada@example.com"}, account.Access{
		Token:   secret.New(strings.Repeat("t", 900)), // as long as a real one
		Expires: now.Add(10 * time.Minute), Proof: account.Proof{At: now, MFA: true, Strong: true},
	}))
	return w.Result().Cookies()[0]
}

// reused is a ResponseWriter that keeps nothing.
type reused struct {
	header        http.Header
	status, bytes int
}

func (r *reused) Header() http.Header    { return r.header }
func (r *reused) WriteHeader(status int) { r.status = status }
func (r *reused) Write(p []byte) (int, error) {
	r.bytes += len(p)
	return len(p), nil
}

// discarded is a log that nobody reads; slog knows io.Discard and would do nothing.
type discarded struct{}

func (discarded) Write(p []byte) (int, error) { return len(p), nil }

// cost is what one view allocates, all goroutines together.
func cost(view func()) (allocations, size float64) {
	const warm, views = 50, 300
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	for range warm {
		view()
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range views {
		view()
	}
	runtime.ReadMemStats(&after)
	return float64(after.Mallocs-before.Mallocs) / views, float64(after.TotalAlloc-before.TotalAlloc) / views
}

// TestOverviewCost (G1): the handler with its upstream call and its page, and
// for the whole request, session, headers and log included, a bound of its own.
func TestOverviewCost(t *testing.T) {
	overview, bare := views(t, 5)
	allocations, size := cost(overview)
	bareAllocations, bareSize := cost(bare)
	overview25, _ := views(t, 25)
	allocations25, _ := cost(overview25)
	more := (allocations25 - allocations) / 20
	t.Logf("five authenticators: %.0f allocations, %.0f bytes, of which the handler %.0f and %.0f; each further one: %.1f allocations",
		allocations, size, allocations-bareAllocations, size-bareSize, more)
	for _, gate := range []struct {
		name       string
		got, limit float64
	}{
		{"allocations of the request", allocations, 450},
		{"bytes of the request", size, 32 << 10},
		{"bytes of the handler", size - bareSize, 24 << 10},
		{"allocations of one more authenticator", more, 40},
	} {
		if gate.got > gate.limit*tolerance {
			t.Errorf("G1 %s: %.0f, at most %.0f", gate.name, gate.got, gate.limit*tolerance)
		}
	}
}

func BenchmarkOverview(b *testing.B) {
	overview, _ := views(b, 5)
	b.ReportAllocs()
	for b.Loop() {
		overview()
	}
}
