package session

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/fnv"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// storeFile is the content of a store file that tests damage.
type storeFile struct {
	t       *testing.T
	content []byte
	size    int // of a page
}

func newStoreFile(t *testing.T) storeFile {
	t.Helper()
	return storeFile{t, writeSample(t, filepath.Join(t.TempDir(), "sessions.db")), os.Getpagesize()}
}

func (f storeFile) clone() storeFile {
	f.content = bytes.Clone(f.content)
	return f
}

// page gives a page as it is in the file, to change it.
func (f storeFile) page(id uint64) []byte { return f.content[int(id)*f.size:][:f.size] }

// read opens the file and reads every record of the sessions.
func (f storeFile) read() (keys []Key, err error) {
	err = guarded(func() error {
		tree := readTree(bytes.NewReader(f.content), int64(len(f.content)))
		for k := range tree.records(tree.buckets["sessions"]) {
			keys = append(keys, Key(k))
		}
		for range tree.records(tree.buckets["sessions.times"]) {
		}
		return nil
	})
	return keys, err
}

// parts finds the branch page of the sessions and the pages that nothing leads to.
func (f storeFile) parts() (branch uint64, free []uint64) {
	f.t.Helper()
	bucket := readTree(bytes.NewReader(f.content), int64(len(f.content))).buckets["sessions"]
	list := f.list()
	for n := range int(order.Uint16(list[10:])) {
		free = append(free, order.Uint64(list[unit+8*n:]))
	}
	branch = order.Uint64(bucket)
	if page := f.page(branch); order.Uint16(page[8:]) != branchPage || order.Uint16(page[10:]) < 3 || len(free) < 2 {
		f.t.Fatal("the sample has no branch page with three children, or no free pages")
	}
	return branch, free
}

// list is the page with the numbers of the free ones.
func (f storeFile) list() []byte {
	return f.page(readMeta(bytes.NewReader(f.content), f.newest()*uint64(f.size)).freelist)
}

// TestReadingEnds is the part of MI-12 that would never end: pages that lead in a
// circle, also by way of a page that counts as free, and pages that do not exist.
func TestReadingEnds(t *testing.T) {
	t.Parallel()
	whole := newStoreFile(t)
	branch, free := whole.parts()
	child := func(f storeFile, n int) []byte { return f.page(branch)[unit*(1+n)+8:] }
	put := func(at []byte, id uint64) { binary.NativeEndian.PutUint64(at, id) }
	for name, change := range map[string]func(f storeFile){
		"page in itself":       func(f storeFile) { put(child(f, 0), branch) },
		"last child in itself": func(f storeFile) { put(child(f, int(order.Uint16(f.page(branch)[10:]))-1), branch) },
		"free page in use": func(f storeFile) {
			binary.NativeEndian.PutUint64(f.list()[unit:], order.Uint64(child(f, 0)))
		},
		"free page listed twice":    func(f storeFile) { copy(f.list()[unit:unit+8], f.list()[unit+8:]) },
		"free page beyond the file": func(f storeFile) { put(f.list()[unit:], 1<<40) },
		"more free pages than room": func(f storeFile) { binary.NativeEndian.PutUint16(f.list()[10:], 0xfffe) },
		"old leaf found again":      func(f storeFile) { put(child(f, 0), free[0]) },
		"circle by a free page": func(f storeFile) {
			copy(f.page(free[0]), f.page(branch))
			put(f.page(free[0]), free[0])
			put(child(f, 1), free[0])
			put(f.page(free[0])[unit*2+8:], branch)
		},
		"one child twice":         func(f storeFile) { copy(child(f, 1)[:8], child(f, 0)[:8]) },
		"child is a meta":         func(f storeFile) { put(child(f, 0), 1) },
		"child beyond the file":   func(f storeFile) { put(child(f, 0), 1<<20) },
		"child beyond all files":  func(f storeFile) { put(child(f, 0), 1<<63) },
		"branch without children": func(f storeFile) { binary.NativeEndian.PutUint16(f.page(branch)[10:], 0) },
		"more elements than room": func(f storeFile) { binary.NativeEndian.PutUint16(f.page(branch)[10:], 0xffff) },
		"page of no kind":         func(f storeFile) { binary.NativeEndian.PutUint16(f.page(branch)[8:], 7) },
		"leaf as a branch": func(f storeFile) {
			binary.NativeEndian.PutUint16(f.page(order.Uint64(child(f, 0)))[8:], branchPage)
		},
		"page of the whole file": func(f storeFile) { binary.NativeEndian.PutUint32(f.page(branch)[12:], uint32(len(f.content)/f.size)) },
		"page beyond the file":   func(f storeFile) { binary.NativeEndian.PutUint32(f.page(branch)[12:], 0xffffffff) },
		"children in wrong order": func(f storeFile) {
			a, b := order.Uint64(child(f, 0)), order.Uint64(child(f, 1))
			put(child(f, 0), b)
			put(child(f, 1), a)
		},
		"the last commit is lost": func(f storeFile) { clear(f.page(f.newest())[unit : unit+metaLength]) },
		"a commit between is lost": func(f storeFile) {
			meta := f.page(1 - f.newest())[unit:]
			put(meta[48:], order.Uint64(meta[48:])-2)
			sum := fnv.New64a()
			sum.Write(meta[:metaLength])
			put(meta[metaLength:], sum.Sum64())
		},
		"the commit before is lost": func(f storeFile) { clear(f.page(1 - f.newest())[unit : unit+metaLength]) },
	} {
		t.Run("MI-12 "+name, func(t *testing.T) {
			f := whole.clone()
			change(f)
			if _, err := f.read(); !errors.Is(err, errDamagedFile) {
				t.Errorf("read: %v", err)
			}
			path := filepath.Join(t.TempDir(), "sessions.db")
			if err := os.WriteFile(path, f.content, 0o600); err != nil {
				t.Fatal(err)
			}
			b, err := OpenBolt(BoltOptions{Path: path, Now: start})
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			if aside, _ := filepath.Glob(path + ".damaged*"); len(aside) != 1 {
				t.Error("not put aside")
			}
			contract{b, t}.put(Sessions, Key{1}, sample(1), 0, nil)
		})
	}
}

// TestDamagedAndNoRoom: a file that cannot be rebuilt is read to its end before the
// database gets it.
func TestDamagedAndNoRoom(t *testing.T) {
	t.Parallel()
	f := newStoreFile(t)
	branch, _ := f.parts()
	binary.NativeEndian.PutUint64(f.page(branch)[unit+8:], branch)
	path := filepath.Join(t.TempDir(), "sessions.db")
	if err := os.WriteFile(path, f.content, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(path+".new", "occupied"), 0o700); err != nil {
		t.Fatal(err)
	}
	b := openTestBolt(t, path)
	if aside, _ := filepath.Glob(path + ".damaged*"); len(aside) != 1 {
		t.Error("MI-12: not put aside")
	}
	contract{b, t}.put(Sessions, Key{1}, sample(1), 0, nil)
}

// newest is the meta of the last commit.
func (f storeFile) newest() uint64 {
	if order.Uint64(f.page(0)[unit+48:]) > order.Uint64(f.page(1)[unit+48:]) {
		return 0
	}
	return 1
}

// TestStructuralBits flips each bit of metas, free list, branch pages and some
// leaf pages, as far as it is structure: reading ends, never faults, and never
// brings back a session that has ended.
func TestStructuralBits(t *testing.T) {
	t.Parallel()
	whole := newStoreFile(t)
	all, err := whole.read()
	if err != nil || len(all) != records {
		t.Fatal(len(all), err)
	}
	ended := map[Key]bool{}
	for i := records; i < records+10; i++ {
		ended[spread(i)] = true
	}
	flips, noticed := 0, 0
	for _, at := range whole.structure() {
		for bit := range 8 {
			whole.content[at] ^= 1 << bit
			keys, err := whole.read()
			whole.content[at] ^= 1 << bit
			flips++
			switch {
			case errors.Is(err, errDamagedFile):
				noticed++
			case err != nil:
				t.Fatalf("MI-12: bit %d of %d: %v", bit, at, err)
			}
			for _, k := range keys {
				if ended[k] {
					t.Errorf("MI-12: bit %d of %d brings back a session", bit, at)
				}
			}
		}
	}
	t.Logf("%d flips, %d noticed", flips, noticed)
	if noticed < flips/2 {
		t.Error("MI-12: most were not noticed")
	}
}

// structure gives the places of everything in the file that leads somewhere.
func (f storeFile) structure() (places []int) {
	_, free := f.parts()
	for id := range len(f.content) / f.size {
		page := f.page(uint64(id))
		length, count := 0, int(order.Uint16(page[10:]))
		switch kind := order.Uint16(page[8:]); {
		case slices.Contains(free, uint64(id)):
		case id < 2:
			length = unit + metaLength + 8
		case kind == freePage:
			length = unit + 8*count
		case kind == branchPage:
			length = unit * (1 + count)
		case id%16 == 0 || count > 20: // pages full of blobs are all alike
			length = unit * (1 + min(count, 8))
		}
		for at := range length {
			places = append(places, id*f.size+at)
		}
	}
	return places
}

// FuzzTree reads pages of 64 bytes, the first of which is the root. It must end,
// and nobody may get a key twice or out of order.
func FuzzTree(f *testing.F) {
	const size = 64
	leaf := func(id byte, key string) []byte {
		page := make([]byte, size)
		page[0], page[8], page[10] = id, leafPage, 1
		page[unit+4], page[unit+8], page[unit+12] = unit, byte(len(key)), 3
		copy(page[2*unit:], key+"abc")
		return page
	}
	branch := make([]byte, size)
	branch[8], branch[10] = branchPage, 2
	branch[unit], branch[unit+4], branch[unit+8] = 2*unit, 1, 1
	branch[2*unit], branch[2*unit+4], branch[2*unit+8] = unit+1, 1, 2
	copy(branch[3*unit:], "kp")
	small := slices.Concat(branch, leaf(1, "kk"), leaf(2, "pp"))
	f.Add(small)
	f.Add(small[:2*size])
	f.Add(slices.Concat(branch, leaf(1, "kk"), leaf(2, "aa")))
	f.Add(slices.Concat(branch, branch, branch))
	f.Fuzz(func(t *testing.T, content []byte) {
		found := 0
		err := guarded(func() error {
			tree := &tree{bytes.NewReader(content), size, make([]bool, len(content)/size), nil}
			last := []byte(nil)
			for key := range tree.below(tree.page(0), isRecord) {
				if found++; bytes.Compare(last, key) > 0 {
					t.Fatal("keys out of order")
				}
				last = key
			}
			return nil
		})
		if bytes.Equal(content, small) && (err != nil || found != 2) {
			t.Fatalf("a sound tree: %d keys, %v", found, err)
		}
	})
}
