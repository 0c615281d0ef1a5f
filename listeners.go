package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"mysecurity/web"
)

const (
	drainTime = 25 * time.Second // how long requests in flight may take to end
	adminTime = 3 * time.Second  // how much longer those of a listener that outlasts the others
)

// listener is one address and what answers there.
type listener struct {
	name     string
	address  string
	handler  http.Handler
	tls      *tls.Config // nil: plain HTTP
	outlasts bool        // stays open until the others have drained
}

// serveAll serves every listener and runs the background work until ctx ends,
// then lets requests in flight finish. All addresses are taken before anything
// is served or announced, so that a start either works or fails as a whole.
func serveAll(ctx context.Context, log *slog.Logger, announce func() error, listeners []listener, background ...func(context.Context) error) error {
	opened, err := openAll(ctx, listeners)
	if err != nil {
		return err
	}
	if err := announce(); err != nil {
		return errors.Join(err, closeAll(opened))
	}
	return serveOpened(ctx, log, listeners, opened, background...)
}

// serveOpened is serveAll from there on. From the end of ctx it takes drainTime and
// adminTime at most, all listeners together: whoever stops the service waits for so
// long and then kills it.
func serveOpened(ctx context.Context, log *slog.Logger, listeners []listener, opened []net.Listener, background ...func(context.Context) error) error {
	group, ctx := errgroup.WithContext(ctx)
	var others sync.WaitGroup // those that admin outlasts
	drained := sync.OnceValue(func() time.Time { return time.Now().Add(drainTime) })
	for i, l := range listeners {
		server := newServed(web.Server(l.handler, log), opened[i])
		group.Go(func() error {
			if err := server.serve(); err != nil {
				return fmt.Errorf("%s: %w", l.name, err)
			}
			return nil
		})
		wait, done, longer := others.Wait, func() {}, adminTime
		if !l.outlasts {
			others.Add(1)
			wait, done, longer = func() {}, others.Done, 0
		}
		group.Go(func() error {
			defer done()
			<-ctx.Done()
			until := drained().Add(longer)
			wait()
			return server.drain(ctx, until, log.With("listener", l.name))
		})
	}
	for _, work := range background {
		group.Go(func() error { return work(ctx) })
	}
	return group.Wait()
}

// openAll takes all addresses or none.
func openAll(ctx context.Context, listeners []listener) ([]net.Listener, error) {
	var opened []net.Listener
	for _, l := range listeners {
		taken, err := web.Listen(ctx, l.address)
		if err != nil {
			err = fmt.Errorf("%s cannot listen on %s: %w", l.name, l.address, err)
			return nil, errors.Join(err, closeAll(opened))
		}
		if l.tls != nil {
			taken = tls.NewListener(taken, l.tls)
		}
		opened = append(opened, taken)
	}
	return opened, nil
}

func closeAll(opened []net.Listener) error {
	var all []error
	for _, l := range opened {
		all = append(all, l.Close())
	}
	return errors.Join(all...)
}
