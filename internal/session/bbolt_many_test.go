package session

import (
	"math"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"mysecurity/internal/secret"
)

// fillWith stores sessions like rec, of which every nth has expired at start.
func fillWith(tb testing.TB, b *Bolt, count, nth int, rec Record) {
	tb.Helper()
	b.db.NoSync = true
	defer func() { b.db.NoSync = false }()
	live, gone := rec, rec
	live.Expires, gone.Expires = start().Add(time.Hour), start()
	for from := 0; from < count; from += 20_000 {
		err := b.db.Update(func(tx *bolt.Tx) error {
			for i := from; i < min(count, from+20_000); i++ {
				r := live
				if i%nth == 0 {
					r = gone
				}
				if err := put(tx, Sessions, spread(i), r); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			tb.Fatal(err)
		}
	}
}

// commits is how many there have been.
func commits(tb testing.TB, b *Bolt) (n int) {
	tb.Helper()
	if err := b.db.View(func(tx *bolt.Tx) error { n = tx.ID(); return nil }); err != nil {
		tb.Fatal(err)
	}
	return n
}

// TestSweepLetsOthersIn is ME-05: a sweep of many records is many small writes,
// between which those of others get their turn, and reads never wait.
func TestSweepLetsOthersIn(t *testing.T) {
	b := openTestBolt(t, filepath.Join(t.TempDir(), "sessions.db"))
	const count, nth = 10_000, 2
	fillWith(t, b, count, nth, sample(1))
	before := commits(t, b)
	swept := make(chan int)
	go func() {
		n, err := b.Sweep(t.Context(), start())
		if err != nil {
			t.Error("ME-05:", err)
		}
		swept <- n
	}()
	written, longest := 0, time.Duration(0)
	for n := 0; n == 0; written++ {
		began := time.Now()
		k := newTicket().recordKey()
		if err := b.Put(t.Context(), Sessions, k, sample(1), 0); err != nil {
			t.Fatal("ME-05:", err)
		}
		if _, err := b.Get(t.Context(), Sessions, k); err != nil {
			t.Fatal("ME-05:", err)
		}
		longest = max(longest, time.Since(began))
		select {
		case n = <-swept:
			if n != count/nth {
				t.Errorf("ME-05: %d swept", n)
			}
		default:
		}
	}
	// Writes that come at the same time share a commit.
	if made := commits(t, b) - before; made < count/nth/sweepBatch {
		t.Errorf("ME-05: %d records in %d commits", count/nth, made)
	}
	if written < 3 {
		t.Errorf("ME-05: only %d writes found their way in", written)
	}
	t.Logf("%d writes meanwhile, the longest took %v", written, longest)
}

// TestSweepStartsAfterTheLastBatch: what is live is not read again for each batch.
func TestSweepStartsAfterTheLastBatch(t *testing.T) {
	t.Parallel()
	b := openTestBolt(t, filepath.Join(t.TempDir(), "sessions.db"))
	fillWith(t, b, 3*sweepBatch, 1, sample(1))
	first, err := b.expiredAfter(nil, Sessions, start())
	if err != nil || len(first) != sweepBatch {
		t.Fatal(len(first), err)
	}
	second, err := b.expiredAfter(first[sweepBatch-1][:], Sessions, start())
	if err != nil || len(second) != sweepBatch || second[0] == first[sweepBatch-1] {
		t.Fatal(len(second), err)
	}
}

// TestFileIsReused is ME-05: sessions that come and expire, generation after
// generation, do not make the file grow.
func TestFileIsReused(t *testing.T) {
	t.Parallel()
	b := openTestBolt(t, filepath.Join(t.TempDir(), "sessions.db"))
	size := func() (n int64) {
		if err := b.db.View(func(tx *bolt.Tx) error { n = tx.Size(); return nil }); err != nil {
			t.Fatal(err)
		}
		return n
	}
	first := int64(0)
	for generation := range 10 {
		fillWith(t, b, 5000, 1, sample(byte(generation)))
		if generation == 0 {
			first = size()
		}
		b.db.NoSync = true // for speed
		if n, err := b.Sweep(t.Context(), start()); n != 5000 || err != nil {
			t.Fatal("ME-05:", n, err)
		}
	}
	if last := size(); last > first*3/2 {
		t.Errorf("ME-05: %d bytes after ten generations, %d after one", last, first)
	}
}

// fullSession is a record as big as sessions get in practice: a token of 1.2 KB, an
// app being added, an unsaved recovery code.
func fullSession(t *testing.T) Record {
	t.Helper()
	w := newWorld(t)
	b := w.browser()
	b.visit(func(s *Session, rw http.ResponseWriter) {
		a := access(start())
		a.Token = secret.New(strings.Repeat("t", 1200))
		if err := s.SignIn(rw, ada(), a); err != nil {
			t.Fatal(err)
		}
		fill(s)
	})
	rec, err := w.backend.Get(t.Context(), Sessions, recordOf(t, b))
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

// TestMemoryPerSession is R4 for the store: what 10,000 more sessions take is the
// heap and, at most, the whole file, which is mapped into memory.
func TestMemoryPerSession(t *testing.T) {
	rec := fullSession(t)
	path := filepath.Join(t.TempDir(), "sessions.db")
	measure := func() (heap, file int) {
		b := openTestBolt(t, path)
		defer b.Close()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		if err := b.db.View(func(tx *bolt.Tx) error { file = int(tx.Size()); return nil }); err != nil {
			t.Fatal(err)
		}
		return int(m.HeapAlloc), file
	}
	heap, file := measure()
	b := openTestBolt(t, path)
	fillWith(t, b, 10_000, math.MaxInt, rec)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	moreHeap, moreFile := measure()
	t.Logf("10,000 sessions of %d bytes: %d KiB more heap, %d KiB more file", len(rec.Blob), (moreHeap-heap)>>10, (moreFile-file)>>10)
	if more := moreHeap - heap + moreFile - file; more > 35<<20 {
		t.Errorf("R4: %d bytes more", more)
	}
}

// BenchmarkReopen is a start with 100,000 sessions, half of which have expired
// (ME-05: below two seconds).
func BenchmarkReopen(b *testing.B) {
	path := filepath.Join(b.TempDir(), "sessions.db")
	for b.Loop() {
		b.StopTimer()
		_ = os.Remove(path)
		store, err := OpenBolt(BoltOptions{Path: path, Now: start})
		if err != nil {
			b.Fatal(err)
		}
		fillWith(b, store, 100_000, 2, sample(1))
		if err := store.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		store, err = OpenBolt(BoltOptions{Path: path, Now: start})
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if err := store.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}

// BenchmarkSweep removes 50,000 of 100,000 sessions while others sign in; "longest"
// is what the slowest of them waited.
func BenchmarkSweep(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		store := openTestBolt(b, filepath.Join(b.TempDir(), "sessions.db"))
		fillWith(b, store, 100_000, 2, sample(1))
		longest, done, end := time.Duration(0), make(chan struct{}), make(chan struct{})
		go func() {
			defer close(end)
			for {
				select {
				case <-done:
					return
				default:
				}
				began := time.Now()
				if err := store.Put(b.Context(), Sessions, newTicket().recordKey(), sample(1), 0); err != nil {
					b.Error(err)
				}
				longest = max(longest, time.Since(began))
			}
		}()
		b.StartTimer()
		if n, err := store.Sweep(b.Context(), start()); n != 50_000 || err != nil {
			b.Fatal(n, err)
		}
		b.StopTimer()
		close(done)
		<-end
		b.ReportMetric(float64(longest.Milliseconds()), "longest-ms")
		b.StartTimer()
	}
}
