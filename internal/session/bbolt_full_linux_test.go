package session

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// disk is a place that can be made to take nothing more.
type disk struct {
	dir           string
	fill, relieve func()
}

// TestFullDisk is the rest of MI-12, in processes of their own: once with the
// system's limit on the length of files, which works everywhere, and once on a
// small file system, which only root can mount.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	if os.Getenv(childVariable) == "" {
		dir := t.TempDir()
		if out, err := child(t, dir).CombinedOutput(); err != nil {
			t.Fatalf("MI-12: %v\n%s", err, out)
		} else if testing.Verbose() {
			t.Logf("%s", out)
		}
		return
	}
	for name, newDisk := range map[string]func(*testing.T) disk{"limited files": limitedFiles, "small file system": smallFileSystem} {
		t.Run(name, func(t *testing.T) {
			d := newDisk(t)
			t.Run("while it runs", func(t *testing.T) { fullWhileRunning(t, d) })
			t.Run("at the next start", func(t *testing.T) { fullAtStart(t, d) })
			t.Run("at the first start", func(t *testing.T) { fullAtFirstStart(t, d) })
		})
	}
}

func limitedFiles(t *testing.T) disk {
	signal.Ignore(syscall.SIGXFSZ) // comes with the refusal
	limit := func(bytes uint64) {
		var now syscall.Rlimit
		if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &now); err != nil {
			t.Fatal(err)
		}
		now.Cur = min(bytes, now.Max)
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &now); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { limit(1 << 62) })
	return disk{t.TempDir(), func() { limit(10_000) }, func() { limit(1 << 62) }}
}

func smallFileSystem(t *testing.T) disk {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=2m"); err != nil {
		t.Skip("cannot mount:", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, 0) })
	filler := filepath.Join(dir, "filler")
	fill := func() {
		f, err := os.Create(filler)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for _, size := range []int{1 << 16, 1 << 10, 1} {
			for err = nil; err == nil; {
				_, err = f.Write(make([]byte, size))
			}
		}
	}
	return disk{dir, fill, func() { _ = os.Remove(filler) }}
}

// fullWhileRunning: what is stored can be read, what is refused changes nothing,
// and once there is room all goes on.
func fullWhileRunning(t *testing.T, d disk) {
	path := filepath.Join(d.dir, "running.db")
	b := openTestBolt(t, path)
	c := contract{b, t}
	for i := range 50 {
		c.put(Sessions, spread(i), sample(1), 0, nil)
	}
	d.fill()
	refused := 0
	for i := 50; i < 400; i++ {
		err := b.Put(t.Context(), Sessions, spread(i), sample(1), 0)
		switch {
		case errors.Is(err, ErrNotFound), errors.Is(err, ErrConflict), errors.Is(err, ErrDamaged):
			t.Fatalf("a full disk looks like %v", err)
		case err != nil:
			refused++
			c.wantGone(Sessions, spread(i))
		default:
			c.wantRecord(Sessions, spread(i), sample(1), 1)
		}
	}
	if refused == 0 {
		t.Fatal("the disk is not full")
	}
	for i := range 50 {
		c.wantRecord(Sessions, spread(i), sample(1), 1)
	}
	if err := b.Swap(t.Context(), Sessions, spread(1), 1, Key{1}, sample(2)); err != nil {
		c.wantRecord(Sessions, spread(1), sample(1), 1)
		c.wantGone(Sessions, Key{1})
	}
	if err := b.Delete(t.Context(), Sessions, spread(2)); err != nil {
		c.wantRecord(Sessions, spread(2), sample(1), 1)
	}
	if _, err := b.Sweep(t.Context(), start()); err != nil {
		t.Errorf("a sweep that finds nothing needs no room: %v", err)
	}
	d.relieve()
	c.want(b.Delete(t.Context(), Sessions, spread(2)), nil)
	c.wantGone(Sessions, spread(2))
	c.put(Sessions, Key{2}, sample(3), 0, nil)
	c.want(b.Close(), nil)
	c.Backend = openTestBolt(t, path)
	c.wantRecord(Sessions, Key{2}, sample(3), 1)
	c.wantGone(Sessions, spread(2))
	c.wantRecord(Sessions, spread(3), sample(1), 1)
}

// fullAtStart: people who are signed in stay so.
func fullAtStart(t *testing.T, d disk) {
	path := filepath.Join(d.dir, "start.db")
	c := contract{openTestBolt(t, path), t}
	for i := range 50 {
		c.put(Sessions, spread(i), sample(1), 0, nil)
	}
	c.want(c.Delete(t.Context(), Sessions, spread(7)), nil)
	c.want(c.Close(), nil)
	for range 2 { // it is no crash loop
		d.fill()
		var log bytes.Buffer
		b, err := OpenBolt(BoltOptions{Path: path, Now: start, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(log.String(), "not rebuilt") {
			t.Errorf("nobody was told: %q", log.String())
		}
		c.Backend = b
		c.wantRecord(Sessions, spread(8), sample(1), 1)
		c.wantGone(Sessions, spread(7))
		d.relieve()
		c.put(Sessions, newTicket().recordKey(), sample(1), 0, nil)
		c.want(b.Close(), nil)
	}
	if left, _ := filepath.Glob(path + ".*"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// fullAtFirstStart: the refusal names file and reason, and what it leaves behind
// is no obstacle.
func fullAtFirstStart(t *testing.T, d disk) {
	path := filepath.Join(d.dir, "first.db")
	d.fill()
	for range 3 {
		b, err := OpenBolt(BoltOptions{Path: path, Now: start})
		if err == nil {
			t.Fatal("opened", b.Close())
		}
		if !strings.Contains(err.Error(), path) || !errors.Is(err, syscall.ENOSPC) && !errors.Is(err, syscall.EFBIG) {
			t.Errorf("the refusal says %v", err)
		}
	}
	d.relieve()
	contract{openTestBolt(t, path), t}.put(Sessions, Key{1}, sample(1), 0, nil)
	if left, _ := filepath.Glob(path + ".*"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
