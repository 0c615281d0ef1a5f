package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"sync"
	"time"
)

// maxConnections bounds the load; the portal's own listener takes 2048.
const maxConnections = 512

// largestAnswer is what a connection reads at most, in bytes.
const largestAnswer = 64 << 10

// target is what one closed loop asks: connection i of n sends requests[i], waits
// for the whole answer, and goes on with requests[i+n], in a circle. So everybody's
// allowance is used alike.
type target struct {
	name     string
	address  string
	requests [][]byte
	process  *process // nil: not one of its own
}

// from returns what connection i of n sends, one after the other.
func (t target) from(i, n int) func() []byte {
	return func() []byte {
		request := t.requests[i%len(t.requests)]
		i += n
		return request
	}
}

// sample is one round against one target.
type sample struct {
	perSecond float64
	p50, p99  time.Duration
	cost      time.Duration // of the processor, for one answer
	bytes     int           // of the body that came last
	answers   int           // those of the warm-up too
}

// load keeps n connections busy for the warm-up and then for a round. Answers
// count that arrived within the round, of each connection at least one. Any answer but 200 ends it with an error.
func load(ctx context.Context, t target, n int, warmUp, round time.Duration) (sample, error) {
	begin := time.Now().Add(warmUp)
	clients, err := connectAll(ctx, t.address, n, begin.Add(round+10*time.Second))
	defer closeAll(clients)
	if err != nil {
		return sample{}, err
	}
	var all sync.WaitGroup
	failed := make([]error, n)
	for i, c := range clients {
		all.Go(func() { failed[i] = c.repeat(t.from(i, n), begin, begin.Add(round)) })
	}
	all.Wait()
	if err := errors.Join(failed...); err != nil {
		return sample{}, fmt.Errorf("%s: %w", t.name, err)
	}
	var times []time.Duration
	answers := 0
	for _, c := range clients {
		times = append(times, c.times...)
		answers += c.answers
	}
	slices.Sort(times)
	return sample{
		perSecond: float64(len(times)) / round.Seconds(),
		p50:       times[len(times)/2], p99: times[len(times)*99/100], bytes: clients[0].body, answers: answers,
	}, nil
}

// client is one connection. It speaks just enough HTTP/1.1 to cost little
// beside the server that it measures.
type client struct {
	net.Conn
	buffer  []byte
	times   []time.Duration
	answers int // all of them, those of the warm-up too
	body    int // bytes of the last one's body
}

func connect(ctx context.Context, address string, deadline time.Time) (*client, error) {
	var dialer net.Dialer
	connection, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return &client{Conn: connection, buffer: make([]byte, largestAnswer), times: make([]time.Duration, 0, 1<<12)}, connection.SetDeadline(deadline)
}

// connectAll opens n connections; what it returns with an error has to be
// closed as well.
func connectAll(ctx context.Context, address string, n int, deadline time.Time) ([]*client, error) {
	var clients []*client
	for range n {
		c, err := connect(ctx, address, deadline)
		if err != nil {
			return clients, err
		}
		clients = append(clients, c)
	}
	return clients, nil
}

func closeAll(clients []*client) {
	for _, c := range clients {
		_ = c.Close()
	}
}

// repeat asks until the end and notes what arrived after the beginning. One
// answer is noted in any case: a server that kept the connection waiting all the
// round long must not look better for it.
func (c *client) repeat(next func() []byte, begin, end time.Time) error {
	for {
		sent := time.Now()
		if !sent.Before(end) && len(c.times) > 0 {
			return nil
		}
		if err := c.ask(next()); err != nil {
			return err
		}
		c.answers++
		if got := time.Now(); got.After(begin) && (got.Before(end) || len(c.times) == 0) {
			c.times = append(c.times, got.Sub(sent))
		}
	}
}

var (
	headEnd  = []byte("\r\n\r\n")
	lastPart = []byte("\r\n0\r\n\r\n")
	chunked  = []byte("\r\nTransfer-Encoding: chunked\r\n")
	length   = []byte("\r\nContent-Length: ")
	good     = []byte("HTTP/1.1 200 ")
)

// ask sends one request and reads its answer to the end.
func (c *client) ask(request []byte) error {
	if _, err := c.Write(request); err != nil {
		return err
	}
	for filled := 0; filled < len(c.buffer); {
		n, err := c.Read(c.buffer[filled:])
		if err != nil {
			return err
		}
		filled += n
		if done, err := c.whole(c.buffer[:filled]); done || err != nil {
			return err
		}
	}
	return errors.New("an answer of more than 64 KiB")
}

// whole reports whether an answer has arrived to its end.
func (c *client) whole(got []byte) (bool, error) {
	end := bytes.Index(got, headEnd)
	if end < 0 {
		return false, nil
	}
	head := got[:end+2]
	if !bytes.HasPrefix(head, good) {
		return false, fmt.Errorf("answered %q", head[:bytes.IndexByte(head, '\r')])
	}
	c.body = len(got) - end - len(headEnd)
	if bytes.Contains(head, chunked) {
		return bytes.HasSuffix(got, lastPart), nil // nothing follows: requests are never pipelined
	}
	_, rest, found := bytes.Cut(head, length)
	text, _, _ := bytes.Cut(rest, []byte("\r"))
	want, err := strconv.Atoi(string(text))
	if !found || err != nil {
		return false, errors.New("an answer without a length")
	}
	return c.body >= want, nil
}

// median of a list that is not empty.
func median[T int | int64 | float64 | time.Duration](list []T) T {
	sorted := slices.Clone(list)
	slices.Sort(sorted)
	return sorted[len(sorted)/2]
}
