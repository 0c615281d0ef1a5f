package main

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"mysecurity/internal/emulator/emulatortest"
	"mysecurity/web"
)

// TestDrain (MI-14): from the signal on readiness says no, and can still be asked,
// while a form that is being sent gets its answer; the log tells of both ends.
func TestDrain(t *testing.T) {
	tenant := emulatortest.Start(t)
	w := newWorld(t)
	w.servedBy(tenant)
	end, ended := w.begin("serve")
	if status, body := w.get("http://" + w.admin + "/readyz"); status != http.StatusOK {
		t.Fatalf("before the signal: %d %s", status, body)
	}
	form := "lang=en&page=overview"
	slow, answers := w.sendHead("POST /language HTTP/1.1\r\nHost: " + strings.Replace(w.portal, "127.0.0.1", "localhost", 1) +
		"\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: " + strconv.Itoa(len(form)))
	end()
	if status, body := w.get("http://" + w.admin + "/readyz"); status != http.StatusServiceUnavailable || !strings.Contains(body, "shutting down") {
		t.Errorf("while draining: %d %s", status, body)
	}
	w.waitFor(`"INFO","msg":"ending","listener":"portal","busy":1}`)
	if _, err := io.WriteString(slow, form); err != nil {
		t.Fatal(err)
	}
	if answer, err := http.ReadResponse(answers, nil); err != nil || answer.StatusCode != http.StatusSeeOther {
		t.Errorf("the form that was being sent got %v, %v", answer, err)
	}
	if err := <-ended; err != nil {
		t.Errorf("ended with %v", err)
	}
	for _, told := range []string{`"INFO","msg":"drained","listener":"portal","milliseconds":`, `"msg":"drained","listener":"admin"`} {
		if !strings.Contains(w.out.String(), told) {
			t.Errorf("%s is not in the log:\n%s", told, w.out.String())
		}
	}
}

// waitFor waits until the program has logged something, for at most ten seconds.
func (w *world) waitFor(told string) {
	w.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !strings.Contains(w.out.String(), told); runtime.Gosched() {
		if time.Now().After(deadline) {
			w.t.Fatalf("%s is not in the log:\n%s", told, w.out.String())
		}
	}
}

// sendHead sends a request without its body, and returns when its handler waits
// for that (RFC 9110 section 10.1.1).
func (w *world) sendHead(head string) (net.Conn, *bufio.Reader) {
	w.t.Helper()
	var dialer net.Dialer
	conn, err := dialer.DialContext(w.t.Context(), "tcp", w.portal)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { conn.Close() })
	if _, err := io.WriteString(conn, head+"\r\nExpect: 100-continue\r\n\r\n"); err != nil {
		w.t.Fatal(err)
	}
	answers := bufio.NewReader(conn)
	if answer, err := http.ReadResponse(answers, nil); err != nil || answer.StatusCode != http.StatusContinue {
		w.t.Fatalf("%v, %v", answer, err)
	}
	return conn, answers
}

// TestDrainHasAnEnd: an answer that takes too long is cut, with its connection, and
// the log says so.
func TestDrainHasAnEnd(t *testing.T) {
	w := newWorld(t)
	listener, err := web.Listen(t.Context(), w.portal)
	if err != nil {
		t.Fatal(err)
	}
	arrived, over := make(chan struct{}), make(chan struct{})
	server := newServed(&http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done()
		close(over)
	})}, listener)
	stopped, answer := make(chan error, 1), make(chan error, 1)
	go func() { stopped <- server.serve() }()
	go func() {
		response, err := http.Get("http://" + w.portal + "/")
		if err == nil {
			response.Body.Close()
		}
		answer <- err
	}()
	<-arrived
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // as the program's is by then
	if err := server.drain(ctx, time.Now().Add(20*time.Millisecond), slog.New(slog.NewJSONHandler(&w.out, nil))); err != nil {
		t.Errorf("drain: %v", err)
	}
	select {
	case <-over:
	case <-time.After(10 * time.Second):
		t.Fatal("its connection was not closed")
	}
	if err := <-answer; err == nil {
		t.Error("the request got an answer")
	}
	if err := <-stopped; err != nil {
		t.Errorf("serve: %v", err)
	}
	if log := w.out.String(); !strings.Contains(log, `"level":"WARN","msg":"answers were owed at the end and are lost","busy":1}`) || strings.Contains(log, "drained") {
		t.Error(log)
	}
}

// TestDrainOwesAnAnswer (MI-14): whoever got a connection before the signal gets an
// answer, even if the request comes after it.
func TestDrainOwesAnAnswer(t *testing.T) {
	w := newWorld(t)
	ctx, end := context.WithCancel(t.Context())
	hello := http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusTeapot) })
	ended := make(chan error, 1)
	go func() {
		ended <- serveAll(ctx, slog.New(slog.DiscardHandler), func() error { return nil }, []listener{{name: "portal", address: w.portal, handler: hello}})
	}()
	w.get("http://" + w.portal + "/")
	var dialer net.Dialer
	early, err := dialer.DialContext(t.Context(), "tcp", w.portal)
	if err != nil {
		t.Fatal(err)
	}
	defer early.Close()
	http.DefaultClient.CloseIdleConnections()
	w.get("http://" + w.portal + "/") // on a later connection: the early one has been accepted
	http.DefaultClient.CloseIdleConnections()
	end()
	for err == nil {
		var late net.Conn
		if late, err = dialer.DialContext(t.Context(), "tcp", w.portal); err == nil {
			late.Close()
		}
	}
	if _, err := io.WriteString(early, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(early), nil)
	if err != nil || answer.StatusCode != http.StatusTeapot || !answer.Close {
		t.Fatalf("%v, %v", answer, err)
	}
	if err := <-ended; err != nil {
		t.Errorf("ended with %v", err)
	}
}

// TestDrainTime (MI-14): requests that never end on both listeners hold up the end of
// the process for less than a service manager waits before it kills, and the admin
// listener is not cut with the others.
func TestDrainTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, end := context.WithCancel(t.Context())
		asked, release := make(chan struct{}, 2), make(chan struct{})
		stuck := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			asked <- struct{}{}
			<-release
		})
		portal, admin := newPipes(), newPipes()
		var log lockedBuffer
		ended := make(chan error, 1)
		go func() {
			ended <- serveOpened(ctx, slog.New(slog.NewJSONHandler(&log, nil)), []listener{
				{name: "portal", handler: stuck}, {name: "admin", handler: stuck, outlasts: true},
			}, []net.Listener{portal, admin})
		}()
		for _, l := range []*pipes{portal, admin} {
			connection := l.dial()
			defer connection.Close()
			if _, err := io.WriteString(connection, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
				t.Fatal(err)
			}
			<-asked
		}
		signal := time.Now()
		end()
		<-admin.closed
		if waited := time.Since(signal); waited != drainTime {
			t.Errorf("the admin listener was closed %v after the signal", waited)
		}
		err := <-ended
		if took := time.Since(signal); took != drainTime+adminTime || took >= 30*time.Second || err != nil {
			t.Errorf("ended %v after the signal with %v", took, err)
		}
		if n := strings.Count(log.String(), `"level":"WARN","msg":"answers were owed at the end and are lost","listener"`); n != 2 {
			t.Errorf("%d warnings:\n%s", n, log.String())
		}
		close(release)
	})
}

// pipes is a listener without a network.
type pipes struct {
	waiting chan net.Conn
	closed  chan struct{}
	close   func()
}

func newPipes() *pipes {
	p := &pipes{waiting: make(chan net.Conn), closed: make(chan struct{})}
	p.close = sync.OnceFunc(func() { close(p.closed) })
	return p
}

func (p *pipes) dial() net.Conn {
	ours, theirs := net.Pipe()
	p.waiting <- theirs
	return ours
}

// Accept implements net.Listener.
func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.waiting:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (p *pipes) Close() error { p.close(); return nil }

// Addr implements net.Listener.
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }
