// Command mysecurity serves "My security settings", a portal where people
// manage their own second factors on their company's Auth0 tenant, and a local
// emulator of such a tenant to run it without one.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"syscall"
)

// version is set at build time.
var version = "development"

const usage = `My security settings

usage: mysecurity <command>

  serve     the portal, against the tenant named by the environment
  demo      portal and emulated tenant together, on loopback only
  emulator  the emulated tenant alone, on loopback only
  doctor    check the settings of serve and the tenant, and say what to do
  version   print the version

Every setting is an environment variable; .env.example lists them all.
`

func main() {
	// net/http prints what it cannot place through the standard logger, bytes of
	// an upstream answer among it; everything of ours goes through slog.
	log.SetOutput(io.Discard)
	tuneCollector(os.Environ())
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// After the first signal the next one ends the process at once.
	context.AfterFunc(ctx, stop)
	err := run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "mysecurity:", err)
		os.Exit(1)
	}
}

// errUsage is a command line that names no command of ours.
var errUsage = errors.New("unknown command; run mysecurity without one to see them")

// run is the program as a function of its world, so that tests can be one. It
// returns when ctx ends, after requests in flight have been answered.
func run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) error {
	command := ""
	if len(args) > 0 {
		command = args[0]
	}
	switch command {
	case "serve":
		return runServe(ctx, environ, stdout, stderr)
	case "demo":
		return runDemo(ctx, environ, stdout, stderr)
	case "emulator":
		return runEmulator(ctx, environ, stdout, stderr)
	case "doctor":
		return runDoctor(ctx, environ, stdout, stderr)
	case "version":
		_, err := fmt.Fprintln(stdout, "mysecurity", version)
		return err
	case "", "help", "-h", "--help":
		_, err := io.WriteString(stdout, usage)
		return err
	default:
		return errUsage
	}
}
