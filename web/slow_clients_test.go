package web_test

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"mysecurity/web"
)

// slowClients are how many at once; the named case has ten thousand, of which this
// is what a test run can afford.
const slowClients = 300

// TestSlowClients (ME-02): who sends a head or a body by the byte, or nothing at all,
// is cut off, and nobody else notices. The limits are those of the server, scaled
// down together.
func TestSlowClients(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	server := web.Server(p.handler, slog.New(slog.DiscardHandler))
	for name, limit := range map[string]time.Duration{
		"head": server.ReadHeaderTimeout, "request": server.ReadTimeout, "answer": server.WriteTimeout, "idle": server.IdleTimeout,
	} {
		if limit <= 0 || limit > time.Minute {
			t.Errorf("ME-02 the limit of a %s is %v", name, limit)
		}
	}
	server.ReadHeaderTimeout, server.ReadTimeout = 500*time.Millisecond, time.Second
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })

	head := "POST /sign-out HTTP/1.1\r\nHost: " + p.site.Host() + "\r\n"
	starts := []string{"", "GET / HT", head + "X-Slow: ", head + "Sec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\na"}
	slow := make([]net.Conn, slowClients)
	for i := range slow {
		slow[i], err = net.Dial("tcp", listener.Addr().String())
		must(t, err)
		defer slow[i].Close()
		_, err = io.WriteString(slow[i], starts[i%len(starts)])
		must(t, err)
	}
	b := p.browser()
	b.client.Transport = toServer{listener.Addr().String(), http.DefaultTransport}
	for range 20 {
		b.wantStatus(b.get(""), http.StatusOK)
	}
	for i, c := range slow {
		must(t, c.SetReadDeadline(time.Now().Add(20*time.Second)))
		if _, err := io.Copy(io.Discard, c); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("ME-02 connection %d (%.10q) is still open", i, starts[i%len(starts)])
		}
	}
}

// scarce is a listener on a system that has no file descriptors left for a while.
type scarce struct {
	net.Listener
	left atomic.Int32
}

func (s *scarce) Accept() (net.Conn, error) {
	if s.left.Add(-1) >= 0 {
		return nil, &net.OpError{Op: "accept", Net: "tcp", Err: os.NewSyscallError("accept4", syscall.EMFILE)}
	}
	return s.Listener.Accept()
}

// TestNoFilesLeft (ME-08): while the system has no descriptor for a new connection,
// open ones are served; the new one waits and is served then.
func TestNoFilesLeft(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	short := &scarce{Listener: listener}
	page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	log := &syncBuffer{}
	server := web.Server(page, slog.New(slog.NewJSONHandler(log, nil)))
	go func() { _ = server.Serve(short) }()
	t.Cleanup(func() { _ = server.Close() })
	ask := func(client *http.Client) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+listener.Addr().String()+"/", http.NoBody)
		must(t, err)
		response, err := client.Do(r)
		must(t, err)
		must(t, response.Body.Close())
		if response.StatusCode != http.StatusNoContent {
			t.Errorf("ME-08 %d", response.StatusCode)
		}
	}
	open, fresh := &http.Client{Transport: &http.Transport{}}, &http.Client{Transport: &http.Transport{}}
	ask(open) // its connection stays
	short.left.Store(5)
	ask(fresh) // the accept that was waiting takes this one; the next ones fail
	ask(open)
	ask(&http.Client{Transport: &http.Transport{DisableKeepAlives: true}})
	if left := short.left.Load(); left >= 0 {
		t.Errorf("ME-08 the system was short %d times less than it should have been", left+1)
	}
}
