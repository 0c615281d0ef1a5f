package limit

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// fakeClock is a clock that moves only when told to.
type fakeClock struct{ nanos atomic.Int64 }

func newClock() *fakeClock {
	c := &fakeClock{}
	c.nanos.Store(time.Date(2026, 11, 22, 10, 0, 0, 500_000_000, time.UTC).UnixNano())
	return c
}

func (c *fakeClock) now() time.Time          { return time.Unix(0, c.nanos.Load()).UTC() }
func (c *fakeClock) advance(d time.Duration) { c.nanos.Add(int64(d)) }

// codes is the bucket of wrong codes: ten at once, one more every six minutes.
func codes() Rule { return Rule{Name: "code", Burst: 10, Every: 6 * time.Minute} }

func mustTake(t *testing.T, l *Limiter, rule Rule, key string) Attempt {
	t.Helper()
	a, err := l.Take(rule, key)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func mustExceed(t *testing.T, l *Limiter, rule Rule, key string) *Exceeded {
	t.Helper()
	_, err := l.Take(rule, key)
	var exceeded *Exceeded
	if !errors.As(err, &exceeded) {
		t.Fatalf("want *Exceeded, got %v", err)
	}
	return exceeded
}

func TestTake(t *testing.T) {
	t.Run("MF-06 ten at once, then one per six minutes", func(t *testing.T) {
		clock := newClock()
		l := New(clock.now)
		for range 10 {
			mustTake(t, l, codes(), "u")
		}
		for range 5 { // asking again does not push the time away
			until := mustExceed(t, l, codes(), "u").Until
			if wait := until.Sub(clock.now()); wait < 6*time.Minute || wait > 6*time.Minute+time.Second || until.Nanosecond() != 0 {
				t.Fatalf("wait %v until %v", wait, until)
			}
		}
		until := mustExceed(t, l, codes(), "u").Until
		clock.advance(until.Sub(clock.now()))
		mustTake(t, l, codes(), "u") // the announced time is true
		mustExceed(t, l, codes(), "u")
	})
	t.Run("MF-07 another user and another rule count apart", func(t *testing.T) {
		l := New(newClock().now)
		for range 10 {
			mustTake(t, l, codes(), "u")
		}
		mustExceed(t, l, codes(), "u")
		mustTake(t, l, codes(), "v")
		mustTake(t, l, Rule{Name: "start", Burst: 1, Every: time.Minute}, "u")
	})
	t.Run("MF-06 parallel attempts cannot pass together", func(t *testing.T) {
		l := New(newClock().now)
		var passed atomic.Int32
		var group sync.WaitGroup
		for range 200 {
			group.Go(func() {
				if _, err := l.Take(codes(), "u"); err == nil {
					passed.Add(1)
				}
			})
		}
		group.Wait()
		if passed.Load() != 10 {
			t.Fatalf("%d passed", passed.Load())
		}
	})
	t.Run("a clock that steps back does not refill", func(t *testing.T) {
		clock := newClock()
		l := New(clock.now)
		for range 10 {
			mustTake(t, l, codes(), "u")
		}
		clock.advance(-time.Hour)
		mustExceed(t, l, codes(), "u")
	})
	t.Run("the error names the rule and time, not the user", func(t *testing.T) {
		l := New(newClock().now)
		mustTake(t, l, Rule{"one", 1, time.Minute}, "ada|secret")
		text := mustExceed(t, l, Rule{"one", 1, time.Minute}, "ada|secret").Error()
		if strings.Contains(text, "ada") || !strings.Contains(text, `"one"`) || !strings.Contains(text, "2026-11-22T10:01:01Z") {
			t.Fatal(text)
		}
	})
}

func TestGiveBack(t *testing.T) {
	t.Run("right attempts do not count, even when they took a while", func(t *testing.T) {
		clock := newClock()
		l := New(clock.now)
		for range 9 {
			mustTake(t, l, codes(), "u")
		}
		for range 20 {
			a := mustTake(t, l, codes(), "u")
			clock.advance(3 * time.Second)
			a.GiveBack()
		}
		mustTake(t, l, codes(), "u")
		mustExceed(t, l, codes(), "u")
	})
	t.Run("an attempt is given back once", func(t *testing.T) {
		l := New(newClock().now)
		for range 9 {
			mustTake(t, l, codes(), "u")
		}
		a := mustTake(t, l, codes(), "u")
		copied := a
		a.GiveBack()
		a.GiveBack()
		copied.GiveBack()
		mustTake(t, l, codes(), "u")
		mustExceed(t, l, codes(), "u")
	})
	t.Run("giving back never exceeds the burst", func(t *testing.T) {
		clock := newClock()
		l := New(clock.now)
		a := mustTake(t, l, codes(), "u")
		clock.advance(time.Hour)
		a.GiveBack()
		for range 10 {
			mustTake(t, l, codes(), "u")
		}
		mustExceed(t, l, codes(), "u")
	})
	t.Run("the attempt of a refused take is harmless", func(t *testing.T) {
		Attempt{}.GiveBack()
	})
}

func TestMemoryIsBounded(t *testing.T) {
	clock := newClock()
	l := New(clock.now)
	l.max = 3000
	rule := Rule{"start", 2, time.Minute}

	for i := range 3000 {
		mustTake(t, l, rule, fmt.Sprint("u", i))
	}
	mustExceed(t, l, rule, "one too many") // strict: counts in use are not forgotten
	mustTake(t, l, rule, "u0")
	mustExceed(t, l, rule, "u0")

	clock.advance(time.Minute)
	mustTake(t, l, rule, "room again")
	if n := len(l.buckets); n != 2 { // u0 has one token left to regain
		t.Fatalf("%d buckets after the sweep", n)
	}
}
