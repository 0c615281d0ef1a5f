package main

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// memoryAndStart is R4: the first answer after exec, and what stays in memory.
func (b *bench) memoryAndStart(ctx context.Context) error {
	fmt.Fprintln(b.out, "\nR4: start and memory of the portal")
	if err := b.firstAnswers(ctx, "first answer of the portal", func() (*process, string, error) {
		p, err := b.startPortal(ctx)
		return p, string(view("")), err
	}); err != nil {
		return err
	}
	if err := b.underLoad(ctx); err != nil {
		return err
	}
	return b.perSession(ctx)
}

// firstAnswers starts a program several times.
func (b *bench) firstAnswers(ctx context.Context, what string, start func() (*process, string, error)) error {
	var times []time.Duration
	for range b.starts {
		p, request, err := start()
		if err != nil {
			return err
		}
		took, err := p.answers(ctx, request)
		p.stop()
		if err != nil {
			return err
		}
		times = append(times, took)
	}
	fmt.Fprintf(b.out, "  %s %s after exec (median of %d, worst %s)\n", what, milliseconds(median(times)), b.starts, milliseconds(slices.Max(times)))
	return nil
}

// underLoad tells the memory of an idle portal, and its highest with 64
// connections that ask without a pause.
func (b *bench) underLoad(ctx context.Context) error {
	const n = 64
	p, err := b.readyPortal(ctx)
	if err != nil {
		return err
	}
	defer p.stop()
	if err := b.tell(p, "idle"); err != nil {
		return err
	}
	views, err := b.signIns(ctx, p, 0, min(b.people, 500)) // sessions cost memory too
	if err != nil {
		return err
	}
	ended, highest := make(chan error, 1), int64(0)
	go func() {
		_, err := load(ctx, p.target(views), n, b.warmUp, 2*b.round)
		ended <- err
	}()
	for {
		resident, _, err := p.memory()
		if err != nil {
			return err
		}
		highest = max(highest, resident)
		select {
		case err := <-ended:
			fmt.Fprintf(b.out, "  with %d connections at most %s\n", n, mebibytes(highest))
			return err
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// perSession signs many people in. What the first of them cost, for code and
// buffers that are needed once, is not counted.
func (b *bench) perSession(ctx context.Context) error {
	p, err := b.readyPortal(ctx)
	if err != nil {
		return err
	}
	defer p.stop()
	few := max(1, b.sessions/50)
	if _, err := b.signIns(ctx, p, 0, few); err != nil {
		return err
	}
	time.Sleep(b.warmUp)
	before, filesBefore, err := p.memory()
	if err != nil {
		return err
	}
	began := time.Now()
	if _, err := b.signIns(ctx, p, few, b.sessions); err != nil {
		return err
	}
	took := time.Since(began)
	time.Sleep(b.warmUp)
	after, filesAfter, err := p.memory()
	if err != nil {
		return err
	}
	fmt.Fprintf(b.out, "  %d sessions more: %s more, of which the mapped session file %s (%.0f sign-ins/s, the tenant's signing included)\n",
		b.sessions, mebibytes(after-before), mebibytes(filesAfter-filesBefore), float64(b.sessions)/took.Seconds())
	return nil
}

// readyPortal is a portal that has given one answer and then rested.
func (b *bench) readyPortal(ctx context.Context) (*process, error) {
	p, err := b.startPortal(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := p.answers(ctx, string(view(""))); err != nil {
		p.stop()
		return nil, err
	}
	time.Sleep(b.warmUp)
	return p, nil
}

func (b *bench) tell(p *process, when string) error {
	resident, files, err := p.memory()
	if err != nil {
		return err
	}
	fmt.Fprintf(b.out, "  %s %s, of which the mapped program and session file %s\n", when, mebibytes(resident), mebibytes(files))
	return nil
}

func mebibytes(n int64) string { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) }

// emulated is R5: the MFA API of the emulator, and its start.
func (b *bench) emulated(ctx context.Context) error {
	fmt.Fprintf(b.out, "\nR5: emulator, list of %d authenticators with an access token\n", authenticators)
	if err := b.firstAnswers(ctx, "first answer of the emulator", func() (*process, string, error) {
		p, err := b.startEmulator(ctx)
		if err != nil {
			return nil, "", err
		}
		return p, emulatorStart(p.address), nil
	}); err != nil {
		return err
	}
	p, err := b.startEmulator(ctx)
	if err != nil {
		return err
	}
	defer p.stop()
	if _, err := p.answers(ctx, emulatorStart(p.address)); err != nil {
		return err
	}
	request, err := listOf(ctx, p.address)
	if err != nil {
		return err
	}
	samples, err := b.alternate(ctx, 16, p.target([][]byte{request}))
	if err != nil {
		return err
	}
	fmt.Fprintf(b.out, "  16 connections  %.0f calls/s  p99 %s\n",
		medianOf(samples[0], func(s sample) float64 { return s.perSecond }),
		milliseconds(medianOf(samples[0], func(s sample) time.Duration { return s.p99 })))
	return nil
}
