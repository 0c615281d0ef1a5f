package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// cores says who runs where: the load and the upstream stand-in share one core,
// the server that is measured has another.
type cores struct {
	taskset      string // path of util-linux's taskset; empty: nobody is pinned
	load, server string
}

func findCores() cores {
	taskset, err := exec.LookPath("taskset")
	if err != nil || runtime.NumCPU() < 2 {
		return cores{}
	}
	return cores{taskset: taskset, load: "0", server: "1"}
}

func (c cores) String() string {
	if c.taskset == "" {
		return "nobody pinned to a core (one core only, or no taskset): do not compare these numbers"
	}
	return "load and upstream stand-in on core " + c.load + ", server on core " + c.server
}

// pinSelf moves all of this process to the load's core.
func (c cores) pinSelf(ctx context.Context) error {
	if c.taskset == "" {
		return nil
	}
	//nolint:gosec // the path is that of taskset
	if out, err := exec.CommandContext(ctx, c.taskset, "-a", "-c", "-p", c.load, strconv.Itoa(os.Getpid())).CombinedOutput(); err != nil {
		return fmt.Errorf("taskset: %w: %s", err, out)
	}
	runtime.GOMAXPROCS(1)
	return nil
}

// process is a server under measurement.
type process struct {
	name    string
	command *exec.Cmd
	address string
	admin   string // where its metrics are; empty if it has none
	started time.Time
	log     *os.File // what it writes, as to a log collector
	ended   chan struct{}
}

// start runs a server on its core, with this environment and no other. The
// address is the one it was told to listen on.
func (b *bench) start(ctx context.Context, name, address string, environ []string, program string, args ...string) (*process, error) {
	if b.cores.taskset != "" {
		program, args = b.cores.taskset, append([]string{"-c", b.cores.server, program}, args...)
	}
	log, err := os.OpenFile(filepath.Join(b.folder, name+".log"), os.O_CREATE|os.O_TRUNC|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	command := exec.CommandContext(ctx, program, args...) //nolint:gosec // programs that this command has built
	command.Env, command.Stdout, command.Stderr = append([]string{}, environ...), log, log
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	command.WaitDelay = 5 * time.Second
	p := &process{name: name, command: command, address: address, log: log, ended: make(chan struct{}), started: time.Now()}
	if err := command.Start(); err != nil {
		log.Close()
		return nil, err
	}
	go func() {
		_ = command.Wait() // that it ended is seen by whoever asks it next
		close(p.ended)
	}()
	return p, nil
}

// target is the process as what the load asks.
func (p *process) target(requests [][]byte) target {
	return target{name: p.name, address: p.address, requests: requests, process: p}
}

// stop ends the process and waits until it is gone.
func (p *process) stop() {
	_ = p.command.Process.Signal(syscall.SIGTERM) // it may have ended already
	select {
	case <-p.ended:
	case <-time.After(10 * time.Second):
		_ = p.command.Process.Kill()
		<-p.ended
	}
	p.log.Close()
}

// answers waits for the first good answer and tells how long after the start it
// came.
func (p *process) answers(ctx context.Context, request string) (time.Duration, error) {
	for {
		c, err := connect(ctx, p.address, time.Now().Add(5*time.Second))
		if err == nil {
			err = c.ask([]byte(request))
			_ = c.Close()
			if err == nil {
				return time.Since(p.started), nil
			}
			return 0, fmt.Errorf("%s: %w", p.name, err)
		}
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-p.ended:
			said, _ := os.ReadFile(p.log.Name())
			return 0, fmt.Errorf("%s ended at once and said:\n%s", p.name, said)
		case <-time.After(200 * time.Microsecond):
		}
		if time.Since(p.started) > 20*time.Second {
			return 0, fmt.Errorf("%s does not answer: %w", p.name, err)
		}
	}
}

// forgetLog keeps the log, which the process writes as long as it is asked, from
// growing beyond one round.
func (p *process) forgetLog() { _ = p.log.Truncate(0) }

// memory is what the process has in memory now, in bytes: all of it, and the
// part that maps files (its program and the session file).
func (p *process) memory() (resident, files int64, err error) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(p.command.Process.Pid) + "/status")
	if err != nil {
		return 0, 0, err
	}
	return statusBytes(string(text), "VmRSS:"), statusBytes(string(text), "RssFile:"), nil
}

// ticks is the unit in which the kernel tells processor time (USER_HZ).
const ticks = 100

// processor is the time on a core that the process has used so far. Unlike what
// a clock says it does not grow while others have the core.
func (p *process) processor() time.Duration {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(p.command.Process.Pid) + "/stat")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), ") ") // behind the name, which may hold anything
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * time.Second / ticks
}

func statusBytes(status, name string) int64 {
	_, rest, _ := strings.Cut(status, name)
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	kilobytes, _ := strconv.ParseInt(fields[0], 10, 64) // a kernel that writes otherwise shows as 0
	return kilobytes << 10
}

// freeAddress is an address of this machine that nobody listens on.
func freeAddress(ctx context.Context) (string, error) {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
