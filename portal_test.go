package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"mysecurity/web"
)

// TestDrain (MI-14): from the signal on readiness says no, and can still be
// asked, while a request in flight gets its answer.
func TestDrain(t *testing.T) {
	w := newWorld(t)
	ctx, end := context.WithCancel(t.Context())
	arrived, release := make(chan struct{}), make(chan struct{})
	slow := http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		close(arrived)
		<-release
		rw.WriteHeader(http.StatusTeapot)
	})
	ready := web.Admin(func(context.Context) error {
		if ctx.Err() != nil {
			return errors.New("shutting down")
		}
		return nil
	}, http.NotFoundHandler())
	ended := make(chan error, 1)
	go func() {
		ended <- serveAll(ctx, slog.New(slog.DiscardHandler), func() error { return nil }, []listener{
			{name: "portal", address: w.portal, handler: slow},
			{name: "admin", address: w.admin, handler: ready, outlasts: true},
		})
	}()
	answered := make(chan int, 1)
	go func() {
		status, _ := w.get("http://" + w.portal + "/")
		answered <- status
	}()
	<-arrived
	if status, _ := w.get("http://" + w.admin + "/readyz"); status != http.StatusOK {
		t.Errorf("before the signal: %d", status)
	}
	end()
	if status, body := w.get("http://" + w.admin + "/readyz"); status != http.StatusServiceUnavailable {
		t.Errorf("while draining: %d %s", status, body)
	}
	close(release)
	if status := <-answered; status != http.StatusTeapot {
		t.Errorf("the request in flight got %d", status)
	}
	if err := <-ended; err != nil {
		t.Errorf("ended with %v", err)
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
		ended := make(chan error, 1)
		go func() {
			ended <- serveOpened(ctx, slog.New(slog.DiscardHandler), []listener{
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
		if took := time.Since(signal); took != drainTime+adminTime || took >= 30*time.Second || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("ended %v after the signal with %v", took, err)
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
