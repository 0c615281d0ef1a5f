package session

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestBoltContract(t *testing.T) {
	testBackend(t, func(t *testing.T) Backend { return openTestBolt(t, filepath.Join(t.TempDir(), "sessions.db")) })
}

func openTestBolt(t testing.TB, path string) *Bolt {
	t.Helper()
	return openBoltAt(t, path, start)
}

// openBoltAt opens a file at a time of the test's: opening drops what has expired.
func openBoltAt(t testing.TB, path string, now func() time.Time) *Bolt {
	t.Helper()
	b, err := OpenBolt(BoltOptions{Path: path, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}

func start() time.Time { return time.Date(2026, 11, 22, 9, 0, 0, 123_000_000, time.UTC) }

// sample is a record with every field set.
func sample(mark byte) Record {
	return Record{
		Created: start(), Seen: start().Add(time.Minute), Expires: start().Add(15 * time.Minute),
		User: Tag{mark, 1}, SID: Tag{mark, 2}, Blob: bytes.Repeat([]byte{mark}, 1500),
	}
}

func equal(a, b Record) bool {
	return a.Version == b.Version && a.Created.Equal(b.Created) && a.Seen.Equal(b.Seen) && a.Expires.Equal(b.Expires) &&
		a.User == b.User && a.SID == b.SID && bytes.Equal(a.Blob, b.Blob)
}

// contract is one backend under test.
type contract struct {
	Backend
	t *testing.T
}

func (c contract) put(b Bucket, k Key, rec Record, expected uint64, want error) {
	c.t.Helper()
	if err := c.Put(c.t.Context(), b, k, rec, expected); !errors.Is(err, want) {
		c.t.Errorf("put: got %v, want %v", err, want) // also called beside the test's goroutine
	}
}

func (c contract) wantRecord(b Bucket, k Key, want Record, version uint64) {
	c.t.Helper()
	want.Version = version
	got, err := c.Get(c.t.Context(), b, k)
	if err != nil || !equal(got, want) {
		c.t.Fatalf("got version %d, %v, or other fields differ", got.Version, err)
	}
}

func (c contract) wantGone(b Bucket, k Key) {
	c.t.Helper()
	if rec, err := c.Get(c.t.Context(), b, k); !errors.Is(err, ErrNotFound) {
		c.t.Fatalf("still there: version %d, %v", rec.Version, err)
	}
}

func (c contract) want(err, want error) {
	c.t.Helper()
	if !errors.Is(err, want) {
		c.t.Fatalf("got %v, want %v", err, want)
	}
}

// testBackend is the one contract of all backends (MI-01).
func testBackend(t *testing.T, open func(*testing.T) Backend) {
	k1, k2, k3 := Key{1}, Key{2}, Key{3}
	for name, run := range map[string]func(c contract, ctx context.Context){
		"get of nothing": func(c contract, _ context.Context) { c.wantGone(Sessions, k1) },
		"create and get": func(c contract, _ context.Context) {
			c.put(Sessions, k1, sample(1), 0, nil)
			c.wantRecord(Sessions, k1, sample(1), 1)
			c.wantGone(Sessions, k2)
		},
		"times keep milliseconds and UTC": func(c contract, ctx context.Context) {
			rec := sample(1)
			rec.Seen = rec.Seen.In(time.FixedZone("x", 3600))
			c.put(Sessions, k1, rec, 0, nil)
			got, err := c.Get(ctx, Sessions, k1)
			c.want(err, nil)
			if got.Seen.Location() != time.UTC || !got.Seen.Equal(rec.Seen) {
				c.t.Fatal(got.Seen)
			}
		},
		"empty blob and zero tags": func(c contract, _ context.Context) {
			rec := sample(1)
			rec.Blob, rec.User, rec.SID = nil, Tag{}, Tag{}
			c.put(Enrolments, k1, rec, 0, nil)
			c.wantRecord(Enrolments, k1, rec, 1)
		},
		"large blob": func(c contract, _ context.Context) {
			rec := sample(1)
			rec.Blob = bytes.Repeat([]byte("x"), 100_000)
			c.put(Sessions, k1, rec, 0, nil)
			c.wantRecord(Sessions, k1, rec, 1)
		},
		"buckets are apart": func(c contract, ctx context.Context) {
			c.put(Sessions, k1, sample(1), 0, nil)
			c.put(Transactions, k1, sample(2), 0, nil)
			c.wantGone(Enrolments, k1)
			c.want(c.Delete(ctx, Sessions, k1), nil)
			c.wantRecord(Transactions, k1, sample(2), 1)
		},
		"create twice": func(c contract, _ context.Context) {
			c.put(Sessions, k1, sample(1), 0, nil)
			c.put(Sessions, k1, sample(2), 0, ErrConflict)
			c.wantRecord(Sessions, k1, sample(1), 1)
		},
		"replace by version": func(c contract, _ context.Context) {
			c.put(Sessions, k1, sample(1), 0, nil)
			c.put(Sessions, k1, sample(2), 1, nil)
			c.put(Sessions, k1, sample(3), 2, nil)
			c.wantRecord(Sessions, k1, sample(3), 3)
		},
		"replace with an old version": func(c contract, _ context.Context) {
			c.put(Sessions, k1, sample(1), 0, nil)
			c.put(Sessions, k1, sample(2), 1, nil)
			c.put(Sessions, k1, sample(3), 1, ErrConflict)
			c.put(Sessions, k1, sample(3), 7, ErrConflict)
			c.wantRecord(Sessions, k1, sample(2), 2)
		},
		"the version in the record is not looked at": func(c contract, _ context.Context) {
			rec := sample(1)
			rec.Version = 99
			c.put(Sessions, k1, rec, 0, nil)
			c.wantRecord(Sessions, k1, sample(1), 1)
		},
		"RC-05 replace what is gone": func(c contract, ctx context.Context) {
			c.put(Sessions, k1, sample(1), 0, nil)
			c.want(c.Delete(ctx, Sessions, k1), nil)
			c.put(Sessions, k1, sample(2), 1, ErrNotFound)
			c.wantGone(Sessions, k1)
		},
		"touch moves the times only": func(c contract, ctx context.Context) {
			rec := sample(1)
			c.put(Sessions, k1, rec, 0, nil)
			rec.Seen, rec.Expires = start().Add(5*time.Minute), start().Add(20*time.Minute)
			c.want(c.Touch(ctx, Sessions, k1, rec.Seen, rec.Expires), nil)
			c.wantRecord(Sessions, k1, rec, 1)
			c.put(Sessions, k1, sample(2), 1, nil)
		},
		"RC-05 touch of nothing": func(c contract, ctx context.Context) {
			c.want(c.Touch(ctx, Sessions, k1, start(), start()), ErrNotFound)
			c.wantGone(Sessions, k1)
			c.put(Sessions, k1, sample(1), 0, nil)
		},
		"swap": func(c contract, ctx context.Context) {
			c.put(Sessions, k1, sample(1), 0, nil)
			c.put(Sessions, k1, sample(1), 1, nil)
			c.want(c.Swap(ctx, Sessions, k1, 2, k2, sample(2)), nil)
			c.wantGone(Sessions, k1)
			c.wantRecord(Sessions, k2, sample(2), 1)
		},
		"swap of what is gone": func(c contract, ctx context.Context) {
			c.want(c.Swap(ctx, Sessions, k1, 1, k2, sample(2)), ErrNotFound)
			c.wantGone(Sessions, k2)
		},
		"swap with an old version": func(c contract, ctx context.Context) {
			c.put(Sessions, k1, sample(1), 0, nil)
			c.put(Sessions, k1, sample(2), 1, nil)
			c.want(c.Swap(ctx, Sessions, k1, 1, k2, sample(3)), ErrConflict)
			c.wantRecord(Sessions, k1, sample(2), 2)
			c.wantGone(Sessions, k2)
		},
		"swap onto a key in use": func(c contract, ctx context.Context) {
			c.put(Sessions, k1, sample(1), 0, nil)
			c.put(Sessions, k2, sample(2), 0, nil)
			c.want(c.Swap(ctx, Sessions, k1, 1, k2, sample(3)), ErrConflict)
			c.wantRecord(Sessions, k1, sample(1), 1)
			c.wantRecord(Sessions, k2, sample(2), 1)
		},
		"take": func(c contract, ctx context.Context) {
			c.put(Transactions, k1, sample(1), 0, nil)
			got, err := c.Take(ctx, Transactions, k1)
			want := sample(1)
			want.Version = 1
			if err != nil || !equal(got, want) {
				c.t.Fatal(got, err)
			}
			c.wantGone(Transactions, k1)
			_, err = c.Take(ctx, Transactions, k1)
			c.want(err, ErrNotFound)
		},
		"delete twice": func(c contract, ctx context.Context) {
			c.put(Sessions, k1, sample(1), 0, nil)
			c.want(c.Delete(ctx, Sessions, k1), nil)
			c.want(c.Delete(ctx, Sessions, k1), nil)
			c.wantGone(Sessions, k1)
		},
		"create again after delete": func(c contract, ctx context.Context) {
			c.put(Sessions, k1, sample(1), 0, nil)
			c.want(c.Delete(ctx, Sessions, k1), nil)
			c.put(Sessions, k1, sample(2), 0, nil)
			c.wantRecord(Sessions, k1, sample(2), 1)
		},
		"ME-05 sweep": func(c contract, ctx context.Context) {
			c.put(Sessions, k1, sample(1), 0, nil)
			late := sample(2)
			late.Expires = late.Expires.Add(time.Minute)
			c.put(Sessions, k2, late, 0, nil)
			c.put(Transactions, k3, sample(3), 0, nil)
			for _, step := range []struct {
				at   time.Duration
				want int
			}{{15*time.Minute - time.Millisecond, 0}, {15 * time.Minute, 2}, {15 * time.Minute, 0}} {
				if n, err := c.Sweep(ctx, start().Add(step.at)); err != nil || n != step.want {
					c.t.Fatalf("at %v swept %d, %v", step.at, n, err)
				}
			}
			c.wantGone(Sessions, k1)
			c.wantGone(Transactions, k3)
			c.wantRecord(Sessions, k2, late, 1)
		},
		"sweep spares what was touched": func(c contract, ctx context.Context) {
			c.put(Sessions, k1, sample(1), 0, nil)
			c.want(c.Touch(ctx, Sessions, k1, start(), start().Add(time.Hour)), nil)
			if n, err := c.Sweep(ctx, start().Add(30*time.Minute)); err != nil || n != 0 {
				c.t.Fatal(n, err)
			}
		},
		"sweep of many": func(c contract, ctx context.Context) {
			var group sync.WaitGroup
			for i := range 1200 {
				group.Go(func() { c.put(Sessions, Key{byte(i), byte(i >> 8), 9}, sample(1), 0, nil) })
			}
			group.Wait()
			if n, err := c.Sweep(ctx, start().Add(time.Hour)); err != nil || n != 1200 {
				c.t.Fatal(n, err)
			}
		},
		"an expired record is still readable": func(c contract, _ context.Context) {
			rec := sample(1)
			rec.Expires = rec.Created.Add(-time.Hour)
			c.put(Sessions, k1, rec, 0, nil)
			c.wantRecord(Sessions, k1, rec, 1)
		},
		"the caller's memory stays its own": func(c contract, ctx context.Context) {
			rec := sample(1)
			c.put(Sessions, k1, rec, 0, nil)
			rec.Blob[0] = 'X'
			got, err := c.Get(ctx, Sessions, k1)
			c.want(err, nil)
			got.Blob[1] = 'Y'
			c.wantRecord(Sessions, k1, sample(1), 1)
		},
		"RC-07 of many takers one wins": func(c contract, ctx context.Context) {
			c.put(Transactions, k1, sample(1), 0, nil)
			c.wantOneOf(50, func() error { _, err := c.Take(ctx, Transactions, k1); return err }, ErrNotFound)
		},
		"of many creators one wins": func(c contract, ctx context.Context) {
			c.wantOneOf(50, func() error { return c.Put(ctx, Sessions, k1, sample(1), 0) }, ErrConflict)
		},
		"of many writers one wins": func(c contract, ctx context.Context) {
			c.put(Sessions, k1, sample(1), 0, nil)
			c.wantOneOf(50, func() error { return c.Put(ctx, Sessions, k1, sample(2), 1) }, ErrConflict)
			c.wantRecord(Sessions, k1, sample(2), 2)
		},
		"of many swaps one wins": func(c contract, ctx context.Context) {
			c.put(Sessions, k1, sample(1), 0, nil)
			var n atomic.Uint32
			c.wantOneOf(50, func() error { return c.Swap(ctx, Sessions, k1, 1, Key{9, byte(n.Add(1))}, sample(2)) }, ErrNotFound)
		},
		"neighbours of a conflict are written": func(c contract, ctx context.Context) {
			c.put(Sessions, k1, sample(1), 0, nil)
			var group sync.WaitGroup
			for i := range 100 {
				group.Go(func() { c.put(Sessions, Key{7, byte(i)}, sample(2), 0, nil) })
				group.Go(func() { c.put(Sessions, k1, sample(3), 5, ErrConflict) })
			}
			group.Wait()
			for i := range 100 {
				c.wantRecord(Sessions, Key{7, byte(i)}, sample(2), 1)
			}
			c.wantRecord(Sessions, k1, sample(1), 1)
		},
	} {
		t.Run("MI-01 "+name, func(t *testing.T) {
			t.Parallel()
			run(contract{open(t), t}, t.Context())
		})
	}
}

// wantOneOf runs try many times at once: exactly one succeeds, the others get
// lost.
func (c contract) wantOneOf(n int, try func() error, lost error) {
	c.t.Helper()
	var wins atomic.Int32
	var group sync.WaitGroup
	barrier := make(chan struct{})
	for range n {
		group.Go(func() {
			<-barrier
			switch err := try(); {
			case err == nil:
				wins.Add(1)
			case !errors.Is(err, lost):
				c.t.Errorf("loser got %v, want %v", err, lost)
			}
		})
	}
	close(barrier)
	group.Wait()
	if wins.Load() != 1 {
		c.t.Fatalf("%d winners", wins.Load())
	}
}
