package session

import (
	"bytes"
	"errors"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// writeSample makes a store file with some records and returns its content.
func writeSample(t *testing.T, path string) []byte {
	t.Helper()
	b, err := OpenBolt(BoltOptions{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	for i := range byte(40) {
		if err := b.Put(t.Context(), Sessions, Key{i}, sample(i), 0); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func TestOpenPermissions(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	path := filepath.Join(dir, "sessions.db")
	writeSample(t, path)
	for name, want := range map[string]fs.FileMode{dir: 0o700, path: 0o600} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	openTestBolt(t, path)
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("a readable file stays readable: %v", info.Mode())
	}
}

// TestOpenTwice is MI-11. The lock belongs to the open file, so that a second
// opening in this process meets the same refusal as one in another process.
func TestOpenTwice(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sessions.db")
	first := openTestBolt(t, path)
	began := time.Now()
	_, err := OpenBolt(BoltOptions{Path: path})
	if took := time.Since(began); took > openTimeout {
		t.Errorf("MI-11: took %v", took)
	}
	if err == nil || !strings.Contains(err.Error(), "in use by another process") || !strings.Contains(err.Error(), path) {
		t.Fatalf("MI-11: %v", err)
	}
	if err := first.Put(t.Context(), Sessions, Key{1}, sample(1), 0); err != nil {
		t.Errorf("MI-11: the first one suffered: %v", err)
	}
	if found, _ := filepath.Glob(path + ".damaged*"); len(found) > 0 {
		t.Errorf("MI-11: a file in use was put aside: %v", found)
	}
}

func TestOpenDamaged(t *testing.T) {
	whole := writeSample(t, filepath.Join(t.TempDir(), "sessions.db"))
	whole = bytes.TrimRight(whole, "\x00") // the file grows ahead of its content
	zeros := make([]byte, len(whole))
	for name, content := range map[string][]byte{
		"MI-12 truncated by a page": whole[:len(whole)-os.Getpagesize()],
		"MI-12 truncated to a half": whole[:len(whole)/2],
		"MI-12 truncated to 3 KB":   whole[:3000],
		"MI-12 one byte":            whole[:1],
		"MI-12 zero-filled":         zeros,
		"MI-12 zero-filled middle":  append(append(bytes.Clone(whole[:2*os.Getpagesize()]), zeros[:len(whole)/2]...), whole[2*os.Getpagesize()+len(whole)/2:]...),
		"MI-12 not a database":      []byte(strings.Repeat("hello ", 10_000)),
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "sessions.db")
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
			var log bytes.Buffer
			b, err := OpenBolt(BoltOptions{Path: path, Now: start, Logger: slog.New(slog.NewTextHandler(&log, nil))})
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			kept, err := os.ReadFile(path + ".damaged-20261122T090000")
			if err != nil || !bytes.Equal(kept, content) {
				t.Errorf("the damaged file was not kept: %v", err)
			}
			if !strings.Contains(log.String(), "session store was damaged") {
				t.Errorf("nobody was told: %s", log.String())
			}
			contract{b, t}.wantGone(Sessions, Key{1})
			contract{b, t}.put(Sessions, Key{1}, sample(1), 0, nil)
		})
	}
}

// TestOpenBitFlips is the rest of MI-12: whatever single byte changes, opening
// and reading end with a store that works.
func TestOpenBitFlips(t *testing.T) {
	dir := t.TempDir()
	whole := writeSample(t, filepath.Join(dir, "whole.db"))
	rng := rand.New(rand.NewPCG(7, 7))
	aside := 0
	for range 150 {
		content := bytes.Clone(whole)
		// Page headers and element tables are where structure lives.
		at := rng.IntN(len(content)/os.Getpagesize())*os.Getpagesize() + rng.IntN(256)
		content[at] ^= 1 << rng.IntN(8)
		path := filepath.Join(dir, "sessions.db")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		b, err := OpenBolt(BoltOptions{Path: path, Now: start})
		if err != nil {
			t.Fatalf("MI-12 flip at %d: %v", at, err)
		}
		for i := range byte(40) {
			if _, err := b.Get(t.Context(), Sessions, Key{i}); err != nil && !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrDamaged) {
				t.Errorf("MI-12 flip at %d: %v", at, err)
			}
		}
		if err := b.Put(t.Context(), Sessions, Key{200}, sample(1), 0); err != nil {
			t.Errorf("MI-12 flip at %d: %v", at, err)
		}
		if err := b.Close(); err != nil {
			t.Errorf("MI-12 flip at %d: %v", at, err)
		}
		found, _ := filepath.Glob(path + ".damaged*")
		aside += len(found)
		for _, name := range found {
			_ = os.Remove(name)
		}
	}
	if aside == 0 {
		t.Error("no flip was noticed at all")
	}
}

func TestPutAsideNeverOverwrites(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sessions.db")
	names := map[string]bool{}
	for range 3 {
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		aside, err := putAside(path, start())
		if err != nil || names[aside] {
			t.Fatal(aside, err)
		}
		names[aside] = true
	}
}

func TestOpenUnreachable(t *testing.T) {
	dir := t.TempDir()
	if _, err := OpenBolt(BoltOptions{Path: dir}); err == nil {
		t.Error("MI-12: a folder was opened as a file")
	}
	if entries, _ := os.ReadDir(filepath.Dir(dir)); len(entries) != 1 {
		t.Errorf("MI-12: something was put aside: %v", entries)
	}
}
