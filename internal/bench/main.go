// Command bench measures the portal against the least that the same work can
// cost: a plain net/http server that makes the same upstream call and draws the
// same page. docs/performance.md tells the method and the results.
//
// Everything it starts listens on loopback, is bounded in number and time, and
// ends with it. It is a tool of the repository and part of no release.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1) //nolint:forbidigo // this is a main too
	}
}

// longest is how long a whole run may take, builds included and the soak left out.
const longest = 6 * time.Minute

// settings bound a run.
type settings struct {
	parts       []string
	connections []int
	rounds      int
	round       time.Duration // of one target in one round, after the warm-up
	warmUp      time.Duration
	starts      int // of the portal and of the emulator, for their first answers
	people      int // signed in to look at pages, enough for nobody to do so too often
	sessions    int // signed in to see what they cost in memory
	delay       time.Duration
	length      time.Duration // of the soak
	kept        string        // folder for the built binaries; empty: a temporary one
}

// partSoak takes as long as it is told to, so that it is no part of a usual run.
const partSoak = "soak"

// allParts are those that a usual run measures, in their order.
func allParts() []string { return []string{"benchmarks", "throughput", "delay", "memory", "emulator"} }

// run is the command. With the argument "limit" it is the server of that name,
// which the command starts as a process of its own.
func run(ctx context.Context, args []string, stdout io.Writer) error {
	if len(args) > 0 && args[0] == roleLimit {
		if len(args) != 3 {
			return errors.New("limit wants its address and the upstream's")
		}
		return serveLimit(ctx, args[1], args[2])
	}
	s, err := parse(args, stdout)
	if err != nil {
		return err
	}
	allowed := longest
	if slices.Contains(s.parts, partSoak) {
		allowed += s.length
	}
	ctx, cancel := context.WithTimeout(ctx, allowed)
	defer cancel()
	return measure(ctx, s, stdout)
}

func parse(args []string, stdout io.Writer) (settings, error) {
	s := settings{
		rounds: 7, round: 1500 * time.Millisecond, warmUp: 300 * time.Millisecond,
		starts: 9, people: 4000, sessions: 10_000, delay: 50 * time.Millisecond,
	}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stdout)
	parts := flags.String("parts", strings.Join(allParts(), ","), "what to measure, separated by commas; soak is the one that has to be asked for")
	length := flags.Duration("length", time.Hour, "how long the part soak takes")
	connections := flags.String("connections", "16,64", "numbers of connections for the throughput")
	short := flags.Bool("short", false, "see within seconds that everything but the Go benchmarks works; the numbers mean nothing")
	flags.IntVar(&s.rounds, "rounds", s.rounds, "interleaved rounds; medians are printed")
	flags.DurationVar(&s.round, "round", s.round, "length of one round of one target")
	flags.IntVar(&s.sessions, "sessions", s.sessions, "sign-ins made to see what sessions cost in memory")
	flags.StringVar(&s.kept, "keep", "", "folder to leave the built binaries in")
	if err := flags.Parse(args); err != nil {
		return settings{}, err
	}
	s.parts, s.length = strings.Split(*parts, ","), *length
	if *short {
		s.shorten()
		*connections = "4"
	}
	for text := range strings.SplitSeq(*connections, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > maxConnections {
			return settings{}, fmt.Errorf("-connections lists numbers from 1 to %d", maxConnections)
		}
		s.connections = append(s.connections, n)
	}
	return s, s.check()
}

// shorten leaves just enough to see every part work. A single Go benchmark would
// take longer than all the rest.
func (s *settings) shorten() {
	s.rounds, s.round, s.warmUp, s.starts, s.people, s.sessions, s.delay = 1, 50*time.Millisecond, 10*time.Millisecond, 1, 64, 20, 5*time.Millisecond
	s.parts = slices.DeleteFunc(s.parts, func(part string) bool { return part == "benchmarks" })
}

func (s settings) check() error {
	for _, part := range s.parts {
		if !slices.Contains(allParts(), part) && part != partSoak {
			return fmt.Errorf("-parts lists some of %s,%s, not %q", strings.Join(allParts(), ","), partSoak, part)
		}
	}
	if s.rounds < 1 || s.rounds > 50 || s.round <= 0 || s.round > 10*time.Second || s.sessions < 1 || s.sessions > 100_000 {
		return errors.New("-rounds goes from 1 to 50, -round to 10s, -sessions from 1 to 100000")
	}
	if s.length < time.Second || s.length > 24*time.Hour {
		return errors.New("-length goes from 1s to 24h")
	}
	return nil
}
