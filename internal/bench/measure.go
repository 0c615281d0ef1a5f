package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// bench is one run: the stand-in, the built programs, and where to report.
type bench struct {
	settings
	out      io.Writer
	folder   string // temporary: logs, session files
	cores    cores
	upstream *upstream
	portal   string // path of the release binary
	emulator string // path of the binary that holds the emulator
}

// measure builds the programs, pins everybody to a core, and goes through the
// parts.
func measure(ctx context.Context, s settings, out io.Writer) (err error) {
	folder, err := os.MkdirTemp("", "mysecurity-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	b := &bench{settings: s, out: out, folder: folder, cores: findCores()}
	fmt.Fprintln(out, "machine:", machine(ctx))
	fmt.Fprintln(out, "cores:  ", b.cores)
	if err := b.build(ctx); err != nil {
		return err
	}
	if slices.Contains(s.parts, "benchmarks") {
		if err := b.benchmarks(ctx); err != nil {
			return err
		}
	}
	if err := b.cores.pinSelf(ctx); err != nil {
		return err
	}
	if b.upstream, err = startUpstream(ctx); err != nil {
		return err
	}
	defer b.upstream.close()
	parts := map[string]func(context.Context) error{
		"throughput": b.throughput, "delay": b.overDelay, "memory": b.memoryAndStart, "emulator": b.emulated, partSoak: b.soak,
	}
	for _, name := range append(allParts(), partSoak) {
		if parts[name] == nil || !slices.Contains(s.parts, name) {
			continue
		}
		if err := parts[name](ctx); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	fmt.Fprintln(out, "\nload of the machine at the end:", loadAverage())
	return nil
}

// build makes the portal as it is released, and the program with the emulator.
func (b *bench) build(ctx context.Context) error {
	folder := b.folder
	if b.kept != "" {
		folder = b.kept
	}
	b.portal, b.emulator = filepath.Join(folder, "portal"), filepath.Join(folder, "emulator")
	for _, args := range [][]string{{"-tags", "release", "-o", b.portal}, {"-o", b.emulator}} {
		args = append(append([]string{"build", "-trimpath", "-ldflags", "-s -w"}, args...), "mysecurity")
		command := exec.CommandContext(ctx, "go", args...) //nolint:gosec // arguments of ours
		command.Env = append(command.Environ(), "CGO_ENABLED=0")
		if out, err := command.CombinedOutput(); err != nil {
			return fmt.Errorf("go build: %w\n%s", err, out)
		}
	}
	return nil
}

// benchmarks are Go's own, on any core: what the budgets G1 and G5 count, beside
// the time that it takes here.
func (b *bench) benchmarks(ctx context.Context) error {
	fmt.Fprintln(b.out, "\nG1, G5: Go benchmarks")
	command := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-benchmem", "-benchtime", "1s",
		"-bench", "^Benchmark(Overview|OverviewGrowth|Open|LookUp|ListAuthenticators)$",
		"mysecurity/web", "mysecurity/templates", "mysecurity/internal/session", "mysecurity/internal/emulator")
	out, err := command.CombinedOutput()
	if err != nil {
		return fmt.Errorf("go test: %w\n%s", err, out)
	}
	for line := range strings.Lines(string(out)) {
		if strings.HasPrefix(line, "Benchmark") || strings.HasPrefix(line, "pkg:") {
			fmt.Fprint(b.out, "  ", line)
		}
	}
	return nil
}

// pair starts the limit server and the portal and signs people in.
func (b *bench) pair(ctx context.Context) (limit, portal *process, views [][]byte, err error) {
	if limit, err = b.startLimit(ctx); err != nil {
		return nil, nil, nil, err
	}
	if portal, err = b.startPortal(ctx); err != nil {
		limit.stop()
		return nil, nil, nil, err
	}
	_, err = limit.answers(ctx, string(view("")))
	if err == nil {
		_, err = portal.answers(ctx, string(view("")))
	}
	if err == nil {
		views, err = b.signIns(ctx, portal, 0, b.people)
	}
	if err != nil {
		limit.stop()
		portal.stop()
	}
	return limit, portal, views, err
}

// alternate loads the targets in turn, A B A B, and returns the samples of each.
func (b *bench) alternate(ctx context.Context, n int, targets ...target) ([][]sample, error) {
	samples := make([][]sample, len(targets))
	for range b.rounds {
		for i, t := range targets {
			got, err := b.once(ctx, n, t)
			if err != nil {
				return nil, err
			}
			samples[i] = append(samples[i], got)
		}
	}
	return samples, nil
}

// once is one round of one target, with the processor time that an answer cost.
func (b *bench) once(ctx context.Context, n int, t target) (sample, error) {
	if t.process == nil {
		return load(ctx, t, n, b.warmUp, b.round)
	}
	before := t.process.processor()
	got, err := load(ctx, t, n, b.warmUp, b.round)
	if err == nil {
		got.cost = (t.process.processor() - before) / time.Duration(got.answers)
	}
	t.process.forgetLog()
	return got, err
}

// throughput is R1 and R2.
func (b *bench) throughput(ctx context.Context) error {
	limit, portal, views, err := b.pair(ctx)
	if err != nil {
		return err
	}
	defer limit.stop()
	defer portal.stop()
	fmt.Fprintf(b.out, "\nR1, R2: overview with %d authenticators, one upstream call for each view; medians of %d rounds of %v\n", authenticators, b.rounds, b.round)
	for _, n := range b.connections {
		samples, err := b.alternate(ctx, n, limit.target(views), portal.target(views))
		if err != nil {
			return err
		}
		if limit, portal := samples[0][0].bytes, samples[1][0].bytes; max(limit, portal) > min(limit, portal)*11/10 {
			return fmt.Errorf("the limit server draws a page of %d bytes, the portal one of %d: make its view model the portal's", limit, portal)
		}
		for i, name := range []string{"limit ", "portal"} {
			fmt.Fprintf(b.out, "  %3d connections  %s %7.0f req/s  p50 %s  p99 %s  processor %3d µs a view  %d bytes\n", n, name,
				medianOf(samples[i], func(s sample) float64 { return s.perSecond }),
				milliseconds(medianOf(samples[i], func(s sample) time.Duration { return s.p50 })),
				milliseconds(medianOf(samples[i], func(s sample) time.Duration { return s.p99 })),
				medianOf(samples[i], func(s sample) time.Duration { return s.cost }).Microseconds(), samples[i][0].bytes)
		}
		rate := ratios(samples, func(s sample) float64 { return s.perSecond })
		tail := ratios(samples, func(s sample) float64 { return float64(s.p99) })
		cost := ratios(samples, func(s sample) float64 { return 1 / float64(max(s.cost, 1)) })
		fmt.Fprintf(b.out, "  %3d connections  R1 %.0f %% of the limit (rounds %.0f to %.0f; by processor time %.0f), R2 p99 %.2f times the limit's (rounds %.2f to %.2f)\n",
			n, 100*median(rate), 100*slices.Min(rate), 100*slices.Max(rate), 100*median(cost), median(tail), slices.Min(tail), slices.Max(tail))
	}
	return nil
}

// overDelay is R3: what the portal adds to a tenant that takes its time.
func (b *bench) overDelay(ctx context.Context) error {
	const n = 64
	limit, portal, views, err := b.pair(ctx)
	if err != nil {
		return err
	}
	defer limit.stop()
	defer portal.stop()
	b.upstream.delay.Store(int64(b.delay))
	defer b.upstream.delay.Store(0)
	direct := target{name: "upstream", address: b.upstream.listener.Addr().String(), requests: [][]byte{b.upstream.listRequest()}}
	samples, err := b.alternate(ctx, n, direct, limit.target(views), portal.target(views))
	if err != nil {
		return err
	}
	fmt.Fprintf(b.out, "\nR3: over an upstream that takes %v, %d connections; medians of %d rounds of %v\n", b.delay, n, b.rounds, b.round)
	for i, name := range []string{"upstream itself", "limit          ", "portal         "} {
		p50, p99 := func(s sample) time.Duration { return s.p50 }, func(s sample) time.Duration { return s.p99 }
		fmt.Fprintf(b.out, "  %s %6.0f req/s  p50 %s  p99 %s  added %s at the median, %s at p99\n", name,
			medianOf(samples[i], func(s sample) float64 { return s.perSecond }),
			milliseconds(medianOf(samples[i], p50)), milliseconds(medianOf(samples[i], p99)),
			milliseconds(medianOf(samples[i], p50)-medianOf(samples[0], p50)),
			milliseconds(medianOf(samples[i], p99)-medianOf(samples[0], p99)))
	}
	return nil
}

func medianOf[T float64 | time.Duration](samples []sample, of func(sample) T) T {
	var list []T
	for _, s := range samples {
		list = append(list, of(s))
	}
	return median(list)
}

// ratios are those of the second target to the first, round by round: both ran
// within seconds of each other, so what the machine did meanwhile cancels out.
func ratios(samples [][]sample, of func(sample) float64) []float64 {
	var list []float64
	for i := range samples[0] {
		list = append(list, of(samples[1][i])/of(samples[0][i]))
	}
	return list
}

func milliseconds(d time.Duration) string { return fmt.Sprintf("%.2f ms", d.Seconds()*1000) }

// machine is the line without which no number means anything.
func machine(ctx context.Context) string {
	return fmt.Sprintf("%s, %d cores, %s %s/%s, commit %s, load %s", processor(), runtime.NumCPU(), runtime.Version(),
		runtime.GOOS, runtime.GOARCH, commit(ctx), loadAverage())
}

func processor() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "unknown processor"
	}
	_, rest, _ := strings.Cut(string(text), "model name\t: ")
	name, _, _ := strings.Cut(rest, "\n")
	return name
}

func commit(ctx context.Context) string {
	out, err := exec.CommandContext(ctx, "git", "describe", "--always", "--dirty").Output()
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(out))
}

func loadAverage() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	return strings.Join(strings.Fields(string(text))[:2], " ")
}
