package session

import (
	"bufio"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestKilled is MI-12 and MI-08 for the store: a process that makes, changes and
// ends sessions is killed at some moment, again and again, at times while it still
// opens the store. What it has confirmed holds afterwards: sessions are there,
// ended ones are not, and nothing is ever taken for damage.
func TestKilled(t *testing.T) {
	t.Parallel()
	if path := os.Getenv(childVariable); path != "" {
		writeUntilKilled(t, path)
		return
	}
	rounds := 25
	if testing.Short() {
		rounds = 5
	}
	path := filepath.Join(t.TempDir(), "sessions.db")
	rng := rand.New(rand.NewPCG(11, 12))
	known, confirmed := journal{}, 0
	for round := range rounds {
		cmd := child(t, path)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		timer := time.AfterFunc(time.Duration(rng.IntN(150))*time.Millisecond, func() { _ = cmd.Process.Kill() })
		confirmed += known.follow(t, out)
		timer.Stop()
		if err := cmd.Wait(); err == nil || cmd.ProcessState.Exited() {
			t.Fatalf("round %d: the process ended by itself: %v", round, err)
		}
		known.check(t, round, path)
	}
	t.Logf("%d sessions in %d rounds, %d writes confirmed", len(known), rounds, confirmed)
	if confirmed < 2*rounds {
		t.Error("too few to mean anything")
	}
}

// writeUntilKilled says on its output what it is about to do with which session,
// and what is done: "try put 00ff", "put 00ff".
func writeUntilKilled(t *testing.T, path string) {
	b, err := OpenBolt(BoltOptions{Path: path, Now: start})
	if err != nil {
		t.Fatal(err)
	}
	step := func(what string, k Key, do func() error) {
		line := what + " " + hex.EncodeToString(k[:]) + "\n"
		_, _ = io.WriteString(os.Stdout, "try "+line)
		if err := do(); err != nil {
			t.Error(what, err)
		}
		_, _ = io.WriteString(os.Stdout, line)
	}
	ctx := context.Background()
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for {
				k := newTicket().recordKey()
				step("put", k, func() error { return b.Put(ctx, Sessions, k, sample(1), 0) })
				step("change", k, func() error { return b.Put(ctx, Sessions, k, sample(2), 1) })
				if k[0]%2 == 0 {
					step("end", k, func() error { return b.Delete(ctx, Sessions, k) })
				}
			}
		})
	}
	group.Wait()
}

// journal is what the killed processes have said about each session.
type journal map[string]struct{ tried, confirmed string }

func (j journal) follow(t *testing.T, out io.Reader) (confirmed int) {
	t.Helper()
	for lines := bufio.NewScanner(out); lines.Scan(); {
		words := strings.Fields(lines.Text())
		switch {
		case len(words) == 3 && words[0] == "try":
			s := j[words[2]]
			s.tried = words[1]
			j[words[2]] = s
		case len(words) == 2 && (words[0] == "put" || words[0] == "change" || words[0] == "end"):
			s := j[words[1]]
			s.confirmed = words[0]
			j[words[1]] = s
			confirmed++
		case len(words) > 0 && words[0] != "===":
			t.Errorf("the process says %q", lines.Text())
		}
	}
	return confirmed
}

// check opens the store as the next start does.
func (j journal) check(t *testing.T, round int, path string) {
	t.Helper()
	b, err := OpenBolt(BoltOptions{Path: path, Now: start})
	if err != nil {
		t.Fatalf("MI-12 round %d: %v", round, err)
	}
	defer b.Close()
	if aside, _ := filepath.Glob(path + ".damaged*"); len(aside) > 0 {
		t.Fatalf("MI-12 round %d: taken for damage", round)
	}
	for name, s := range j {
		k, err := hex.DecodeString(name)
		if err != nil {
			t.Fatal(err)
		}
		rec, err := b.Get(t.Context(), Sessions, Key(k))
		if err != nil && !errors.Is(err, ErrNotFound) {
			t.Fatalf("MI-12 round %d: %v", round, err)
		}
		if err := possible(s.tried, s.confirmed, rec.Version); err != nil {
			t.Fatalf("MI-12 round %d: %v", round, err)
		}
		s.confirmed = map[uint64]string{0: "end", 1: "put", 2: "change"}[rec.Version]
		s.tried = s.confirmed // settled: from now on nothing but this is right
		j[name] = s
	}
}

// possible compares what is stored (0: nothing) with what was confirmed or, as the
// last thing, only tried.
func possible(tried, confirmed string, version uint64) error {
	stored := map[string]uint64{"": 0, "put": 1, "change": 2, "end": 0}
	if version == stored[confirmed] || version == stored[tried] {
		return nil
	}
	return fmt.Errorf("%q was confirmed and %q tried, but version %d is stored", confirmed, tried, version)
}
