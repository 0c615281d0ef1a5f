package session

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"
)

// fillStore writes sessions from number first to number last, in few commits
// and in the order of their keys, which is what the database does fastest.
func fillStore(tb testing.TB, b *Bolt, first, last int) {
	tb.Helper()
	b.db.NoSync = true
	defer func() { b.db.NoSync = false }()
	var keys []Key
	for i := first; i < last; i++ {
		keys = append(keys, spread(i))
	}
	slices.SortFunc(keys, func(a, b Key) int { return bytes.Compare(a[:], b[:]) })
	rec := sample(1)
	rec.Blob = rec.Blob[:600]
	for some := range slices.Chunk(keys, 20_000) {
		err := b.db.Update(func(tx *bolt.Tx) error {
			for _, k := range some {
				if err := put(tx, Sessions, k, rec); err != nil {
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

// spread gives the i-th key a random-looking place, as hashes have.
func spread(i int) Key {
	var k Key
	binary.BigEndian.PutUint64(k[:], uint64(i)*0x9e3779b97f4a7c15)
	return k
}

// TestLookUpIsFlat is G5: finding one session among 100,000 costs about what it
// costs among 100. The memory it takes is compared exactly, the time by the best
// of several rounds and with much room for a busy machine: a search that grows
// with the number of sessions would take a thousand times as long.
func TestLookUpIsFlat(t *testing.T) {
	b := openTestBolt(t, filepath.Join(t.TempDir(), "sessions.db"))
	measure := func(n int) (time.Duration, float64) {
		step := 0
		get := func() {
			step++
			if _, err := b.Get(t.Context(), Sessions, spread(step*7919%n)); err != nil {
				t.Fatal(err)
			}
		}
		var rounds []time.Duration
		for range 9 {
			began := time.Now()
			for range 1000 {
				get()
			}
			rounds = append(rounds, time.Since(began))
		}
		return slices.Min(rounds), testing.AllocsPerRun(200, get)
	}
	fillStore(t, b, 0, 100)
	fewTime, fewAllocs := measure(100)
	fillStore(t, b, 100, 100_000)
	manyTime, manyAllocs := measure(100_000)
	if manyAllocs > fewAllocs+8 { // a tree of two more levels
		t.Errorf("G5: %v allocations instead of %v", manyAllocs, fewAllocs)
	}
	if manyTime > 20*fewTime {
		t.Errorf("G5: 1000 look-ups take %v instead of %v", manyTime, fewTime)
	}
	if n, err := b.Sweep(t.Context(), start()); n != 0 || err != nil {
		t.Error("ME-05", n, err)
	}
}

// BenchmarkLookUp shows the same as ns/op.
func BenchmarkLookUp(b *testing.B) {
	for _, n := range []int{100, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			store := openTestBolt(b, filepath.Join(b.TempDir(), "sessions.db"))
			fillStore(b, store, 0, n)
			b.ReportAllocs()
			step := 0
			for b.Loop() {
				step++
				if _, err := store.Get(b.Context(), Sessions, spread(step*7919%n)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
