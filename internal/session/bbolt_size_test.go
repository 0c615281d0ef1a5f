package session

import (
	"os"
	"path/filepath"
	"testing"
)

// TestSize: the file as it is on the disk, and each record counted once, in the
// file that a start has rebuilt as well.
func TestSize(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "sessions.db")
	b := openTestBolt(t, path)
	fillWith(t, b, 3000, 3, sample(1))
	if err := b.Put(t.Context(), Transactions, spread(1), sample(1), 0); err != nil {
		t.Fatal(err)
	}
	bytes, records, err := b.Size()
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if bytes != info.Size() || bytes == 0 {
		t.Errorf("%d bytes, the file has %d", bytes, info.Size())
	}
	if records[Sessions] != 3000 || records[Transactions] != 1 || records[Enrolments] != 0 {
		t.Errorf("%v", records)
	}
	if _, err := b.Sweep(t.Context(), start()); err != nil {
		t.Fatal(err)
	}
	if _, records, err := b.Size(); err != nil || records[Sessions] != 2000 {
		t.Errorf("after a sweep: %v, %v", records, err)
	}
}

func BenchmarkSize(b *testing.B) {
	s := openTestBolt(b, filepath.Join(b.TempDir(), "sessions.db"))
	fillWith(b, s, 100_000, 3, sample(1))
	for b.Loop() {
		if _, _, err := s.Size(); err != nil {
			b.Fatal(err)
		}
	}
}
