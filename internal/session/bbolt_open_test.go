package session

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// records is how many sessions writeSample stores: enough for branch pages.
const records = 120

// writeSample makes a store file with some records, half of a page's worth
// deleted, and returns what of it is in use.
func writeSample(t *testing.T, path string) []byte {
	t.Helper()
	b, err := OpenBolt(BoltOptions{Path: path, Now: start})
	if err != nil {
		t.Fatal(err)
	}
	fillStore(t, b, 0, records+10)
	for i := records; i < records+10; i++ {
		if err := b.Delete(t.Context(), Sessions, spread(i)); err != nil {
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
	used := len(bytes.TrimRight(content, "\x00")) // the file grows ahead of its content
	return content[:(used+os.Getpagesize()-1)/os.Getpagesize()*os.Getpagesize()]
}

func TestOpenPermissions(t *testing.T) {
	t.Parallel()
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

// TestLockIsAwaitedByTheClock is MI-11 where each attempt takes its time.
func TestLockIsAwaitedByTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		err := awaitLock(func() error {
			time.Sleep(200 * time.Millisecond)
			return errInUse
		})
		if took := time.Since(began); !errors.Is(err, errInUse) || took > 2*time.Second {
			t.Errorf("MI-11: %v after %v", err, took)
		}
		if err := awaitLock(func() error { return nil }); err != nil {
			t.Error(err)
		}
	})
}

// TestOpenTwice is MI-11. The lock belongs to the open file, so that a second
// opening in this process meets the same refusal as one in another process.
func TestOpenTwice(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sessions.db")
	first := openTestBolt(t, path)
	var err error
	synctest.Test(t, func(t *testing.T) { // time passes while all wait, and no faster on a slow machine
		began := time.Now()
		_, err = OpenBolt(BoltOptions{Path: path})
		if took := time.Since(began); took > 2*time.Second || took < time.Second {
			t.Errorf("MI-11: took %v", took)
		}
	})
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
	t.Parallel()
	whole := writeSample(t, filepath.Join(t.TempDir(), "sessions.db"))
	zeros := make([]byte, len(whole))
	for name, content := range map[string][]byte{
		"MI-12 truncated by a page":  whole[:len(whole)-os.Getpagesize()],
		"MI-12 truncated to a half":  whole[:len(whole)/2],
		"MI-12 truncated to 3 KB":    whole[:3000],
		"MI-12 one byte":             whole[:1],
		"MI-12 zero-filled":          zeros,
		"MI-12 zero-filled middle":   append(append(bytes.Clone(whole[:2*os.Getpagesize()]), zeros[:len(whole)/2]...), whole[2*os.Getpagesize()+len(whole)/2:]...),
		"MI-12 page in itself":       selfContaining(t, whole),
		"MI-12 inline page branches": withInlinePage(t, whole, 1, 1),
		"MI-12 inline page too long": withInlinePage(t, whole, 2, 200),
		"MI-12 not a database":       []byte(strings.Repeat("hello ", 10_000)),
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
			contract{b, t}.wantGone(Sessions, spread(1))
			contract{b, t}.put(Sessions, Key{1}, sample(1), 0, nil)
		})
	}
}

// selfContaining makes every branch page lead back to itself; some are free ones
// that nobody reads.
func selfContaining(t *testing.T, whole []byte) []byte {
	t.Helper()
	content := bytes.Clone(whole)
	size, found := os.Getpagesize(), false
	for at := 2 * size; at+size <= len(content); at += size {
		page := content[at:]
		if id := binary.NativeEndian.Uint64(page); page[8] == 1 && id == uint64(at/size) {
			binary.NativeEndian.PutUint64(page[16+8:], id)
			found = true
		}
	}
	if !found {
		t.Fatal("the sample has no branch page")
	}
	return content
}

// withInlinePage changes the page within a page that an empty bucket is, in every
// version of it that the file has: 1 makes it a branch, 2 is the leaf it was.
func withInlinePage(t *testing.T, whole []byte, kind, count byte) []byte {
	t.Helper()
	content := append(bytes.Clone(whole), make([]byte, 32)...) // its last value may end in zeros
	found := false
	for at, name := 0, times(Transactions); ; found = true {
		next := bytes.Index(content[at:], name)
		if next < 0 {
			break
		}
		at += next + len(name)
		content[at+16+8], content[at+16+10] = kind, count
	}
	if !found {
		t.Fatal("the sample has no such page")
	}
	return content
}

// TestOpenBitFlips is the rest of MI-12: whatever changes in the file, opening,
// reading and writing go on with a store that works.
func TestOpenBitFlips(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	whole := writeSample(t, filepath.Join(dir, "whole.db"))
	rng := rand.New(rand.NewPCG(7, 7))
	aside, kept := 0, 0
	for range 100 {
		content := bytes.Clone(whole)
		// Page heads and element tables are where structure lives.
		at := min(rng.IntN(len(content)/os.Getpagesize()+1)*os.Getpagesize()+rng.IntN(128), len(content)-1)
		content[at] ^= 1 << rng.IntN(8)
		path := filepath.Join(dir, "sessions.db")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		b, err := OpenBolt(BoltOptions{Path: path, Now: start})
		if err != nil {
			t.Fatalf("MI-12 flip at %d: %v", at, err)
		}
		b.db.NoSync = true // for speed
		for i := range records {
			if _, err := b.Get(t.Context(), Sessions, spread(i)); err == nil {
				kept++
			} else if !errors.Is(err, ErrNotFound) {
				t.Errorf("MI-12 flip at %d: %v", at, err)
			}
		}
		fillStore(t, b, records, 2*records) // writes into every page
		if _, err := b.Sweep(t.Context(), start().Add(time.Hour)); err != nil {
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
	t.Logf("%d of 100 files put aside, %d of %d records kept", aside, kept, 100*records)
	if aside == 0 || kept == 0 {
		t.Error("nothing was noticed, or nothing was kept")
	}
}

func TestReopening(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "sessions.db")
	now := start()
	open := func() *Bolt {
		b, err := OpenBolt(BoltOptions{Path: path, Now: func() time.Time { return now }})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	b := open()
	fillStore(t, b, 0, 5000)
	late := sample(9)
	late.Expires = start().Add(time.Hour)
	c := contract{b, t}
	c.put(Sessions, Key{1}, late, 0, nil)
	c.put(Sessions, Key{1}, late, 1, nil)
	c.put(Enrolments, Key{2}, late, 0, nil)
	c.want(b.Touch(t.Context(), Sessions, Key{1}, start().Add(time.Minute), start().Add(2*time.Hour)), nil)
	c.want(b.Close(), nil)
	full, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}

	b = open()
	c = contract{b, t}
	for i := range 5000 {
		if _, err := b.Get(t.Context(), Sessions, spread(i)); err != nil {
			t.Fatal("a session was lost:", err)
		}
	}
	touched := late
	touched.Seen, touched.Expires = start().Add(time.Minute), start().Add(2*time.Hour)
	c.wantRecord(Sessions, Key{1}, touched, 2)
	c.wantRecord(Enrolments, Key{2}, late, 1)
	c.want(b.Close(), nil)

	now = start().Add(30 * time.Minute)
	b = open()
	defer b.Close()
	c = contract{b, t}
	c.wantGone(Sessions, spread(1))
	c.wantRecord(Sessions, Key{1}, touched, 2)
	if small, err := os.Stat(path); err != nil || small.Size() > full.Size()/10 {
		t.Errorf("ME-05: %d bytes of %d are left", small.Size(), full.Size())
	}
	if left, _ := filepath.Glob(path + ".*"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestNoRoomToRebuild stands for a full disk: the second file cannot be made.
func TestNoRoomToRebuild(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "sessions.db")
	writeSample(t, path)
	if err := os.MkdirAll(filepath.Join(path+".new", "occupied"), 0o700); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	b, err := OpenBolt(BoltOptions{Path: path, Now: start, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if _, err := b.Get(t.Context(), Sessions, spread(1)); err != nil || !strings.Contains(log.String(), "not rebuilt") {
		t.Errorf("MI-12: %v, log %q", err, log.String())
	}
}

// TestReplacedWhileWaiting: a process that waited for the lock of a file which
// another one has replaced meanwhile must not use the nameless rest.
func TestReplacedWhileWaiting(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "sessions.db")
	writeSample(t, path)
	f, err := openLocked(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if !isAt(f, path) {
		t.Error("MI-11: just opened, and said to be replaced")
	}
	if err := os.Rename(path, path+".moved"); err != nil {
		t.Fatal(err)
	}
	if isAt(f, path) {
		t.Error("MI-11: moved away, and said to be there")
	}
	writeSample(t, path)
	if isAt(f, path) {
		t.Error("MI-11: replaced, and not noticed")
	}
}

func TestPuttingAsideNeverOverwrites(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sessions.db")
	names := map[string]bool{}
	for range 3 {
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		aside, err := rename(path, start())
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
