package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// served is a server with what it takes to end it without losing a request.
// http.Server.Shutdown alone is not enough: a connection that was accepted just
// before it, and whose request is read just after it, is closed without an answer.
type served struct {
	server   *http.Server
	listener net.Listener
	stopped  chan struct{} // closed when nothing is accepted any more

	mu       sync.Mutex
	busy     map[net.Conn]struct{} // connections that owe an answer, or may be about to
	draining bool
	quiet    chan struct{} // closed when draining and nobody is busy
}

func newServed(server *http.Server, listener net.Listener) *served {
	s := &served{
		server: server, listener: listener, stopped: make(chan struct{}),
		busy: map[net.Conn]struct{}{}, quiet: make(chan struct{}),
	}
	server.ConnState = s.note
	return s
}

// note keeps track of a connection. A new one is busy before its first byte:
// somebody has been told that we listen.
func (s *served) note(c net.Conn, state http.ConnState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if state == http.StateNew || state == http.StateActive {
		s.busy[c] = struct{}{}
		return
	}
	delete(s.busy, c)
	s.closeIfQuiet()
}

// closeIfQuiet is called with the lock held.
func (s *served) closeIfQuiet() {
	if !s.draining || len(s.busy) > 0 {
		return
	}
	select {
	case <-s.quiet:
	default:
		close(s.quiet)
	}
}

// serve answers until drain stops it.
func (s *served) serve() error {
	defer close(s.stopped)
	if err := s.server.Serve(s.listener); !errors.Is(err, net.ErrClosed) && !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// drain stops accepting, waits until the given time at most for the answers that
// are owed, and ends every connection, those whose answer took longer among them.
// Who is connected and says nothing is waited for as long as the limit for headers
// permits.
func (s *served) drain(ctx context.Context, until time.Time, log *slog.Logger) error {
	begun := time.Now()
	ctx, cancel := context.WithDeadline(context.WithoutCancel(ctx), until)
	defer cancel()
	s.server.SetKeepAlivesEnabled(false) // first: who is refused knows that nobody else is kept
	err := s.listener.Close()
	<-s.stopped // from here on every connection is known
	log.InfoContext(ctx, "ending", "busy", s.begin())
	select {
	case <-s.quiet:
	case <-ctx.Done():
		log.WarnContext(ctx, "answers were owed at the end and are lost", "busy", s.owed())
		return errors.Join(err, s.server.Close())
	}
	if s.server.Shutdown(ctx) != nil { // the time was over while the last connections closed
		err = errors.Join(err, s.server.Close())
	}
	log.InfoContext(ctx, "drained", "milliseconds", time.Since(begun).Milliseconds())
	return err
}

// begin lets quiet close, and tells how many connections are waited for.
func (s *served) begin() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.draining = true
	s.closeIfQuiet()
	return len(s.busy)
}

func (s *served) owed() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.busy)
}
