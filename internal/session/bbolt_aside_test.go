package session

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// TestDamagedFilesAreBounded: a disk that damages the file again and again does not
// fill up with what was put aside. The last few stay, and files of other names.
func TestDamagedFilesAreBounded(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "sessions[1].db") // no pattern
	others := []string{filepath.Base(path), "sessions[1].db.damaged-by-somebody", "sessions1.db.damaged-20200101T000000", "sessions[1].db.damaged-20200101T000000.txt"}
	for _, name := range others[1:] {
		write(t, filepath.Join(dir, name))
	}
	now := start()
	damage := func() {
		t.Helper()
		write(t, path)
		b, err := OpenBolt(BoltOptions{Path: path, Now: func() time.Time { return now }})
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
	}
	aside := func() string { return filepath.Base(path) + damagedMark + now.UTC().Format("20060102T150405") }
	var kept []string
	for range 5 {
		now = now.Add(time.Second)
		damage()
		kept = append(kept, aside())
	}
	kept = kept[2:]
	want(t, dir, slices.Concat(others, kept))

	now = now.Add(-100 * time.Hour) // a clock that was set back: the one just put aside stays
	damage()
	kept = append(kept[1:], aside())
	want(t, dir, slices.Concat(others, kept))

	damage() // twice in one second
	want(t, dir, slices.Concat(others, kept[:2], []string{aside() + "-2"}))
}

// write makes a file that is no store.
func write(t *testing.T, path string) {
	t.Helper()
	if err := os.WriteFile(path, make([]byte, 64<<10), 0o600); err != nil {
		t.Fatal(err)
	}
}

// want compares what is in a folder.
func want(t *testing.T, dir string, names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	names = slices.Clone(names)
	slices.Sort(names)
	if slices.Sort(got); !slices.Equal(got, names) {
		t.Errorf("the folder has\n%q, want\n%q", got, names)
	}
}
