package emulator

import (
	"math/rand/v2"
	"testing"
	"time"
)

// TestBucketAgainstModel compares the bucket with the vendor's formula, tokens =
// min(10, tokens + elapsed/6 min), over random histories.
func TestBucketAgainstModel(t *testing.T) {
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 1))
		now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
		var b bucket
		units := int64(bucketSize) * int64(bucketEvery) // the model's tokens in nanoseconds
		for range 300 {
			passed := time.Duration(random.Int64N(int64(8 * time.Minute)))
			if random.IntN(3) == 0 {
				passed = 0
			}
			now = now.Add(passed)
			units = min(units+int64(passed), int64(bucketSize)*int64(bucketEvery))
			want := int(units / int64(bucketEvery))
			if got := b.left(now); got != want {
				t.Fatalf("seed %d at %v: %d left, want %d", seed, now, got, want)
			}
			if random.IntN(2) == 0 {
				b.take(now)
				if want > 0 {
					units -= int64(bucketEvery)
				}
			}
		}
	}
}

func TestBucketClockMovedBack(t *testing.T) {
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	var b bucket
	for range bucketSize {
		b.take(now)
	}
	past := now.Add(-24 * time.Hour)
	if got := b.left(past); got != 0 {
		t.Errorf("moving back gave %d", got)
	}
	if got := b.left(past.Add(bucketEvery)); got != 1 {
		t.Errorf("six minutes later: %d", got)
	}
}

func TestBucketRefusalsCostNothing(t *testing.T) {
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	var b bucket
	for range 5 * bucketSize {
		b.take(now)
	}
	if got := b.left(now.Add(bucketEvery)); got != 1 {
		t.Errorf("%d left after six minutes, want 1", got)
	}
}
