package session

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"runtime/debug"
	"time"

	bolt "go.etcd.io/bbolt"
)

// The database maps its file into memory and trusts it: a flipped bit can end
// the process with a memory fault at once, or with a panic weeks later, when the
// page around it is written. No check finds all of that, so the old file is only
// read, with care, and what it holds moves to a new one at each start. That also
// gives back the room of expired records.

// rebuildBatch is how many records one write moves; it bounds memory.
const rebuildBatch = 2000

// guarded runs fn so that a panic or a memory fault on this goroutine becomes
// damage to report.
func guarded(fn func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", errDamagedFile, p)
		}
	}()
	return fn()
}

// rebuild moves the live records of old to a new file that takes the old one's
// name. The error is errDamagedFile if old cannot be read; then it is left open,
// and with it the lock. If the disk does not take a second file, old goes on:
// who is signed in stays signed in.
func rebuild(old boltFile, o BoltOptions) (*bolt.DB, error) {
	path := o.Path + ".new"
	var fresh boltFile
	err := os.Remove(path) // of a start that was cut short
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		fresh, err = openFile(path)
	}
	if err == nil {
		err = guarded(func() error { return move(old, fresh.db, o.Now()) })
	}
	if err == nil {
		err = os.Rename(path, o.Path)
	}
	if err == nil {
		return fresh.db, old.db.Close()
	}
	if fresh.db != nil {
		_ = fresh.db.Close()
		_ = os.Remove(path)
	}
	if errors.Is(err, errDamagedFile) {
		return nil, err
	}
	o.Logger.Warn("session store not rebuilt; going on with the file as it is", slog.Any("cause", err))
	return old.db, nil
}

// move copies every record that is still of use, and ends with one sync.
func move(old boltFile, fresh *bolt.DB, now time.Time) error {
	fresh.NoSync = true
	defer func() { fresh.NoSync = false }()
	if err := fresh.Update(createBuckets); err != nil {
		return err
	}
	err := old.db.View(func(tx *bolt.Tx) error {
		if err := checkPages(tx, old.file, old.db.Info().PageSize); err != nil {
			return fmt.Errorf("%w: %w", errDamagedFile, err)
		}
		for _, b := range buckets() {
			if err := moveBucket(tx, fresh, b, now); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return fresh.Sync()
}

func moveBucket(tx *bolt.Tx, fresh *bolt.DB, b Bucket, now time.Time) error {
	from, whens := tx.Bucket(bodies(b)), tx.Bucket(times(b))
	switch {
	case from == nil && whens == nil:
		return nil // written by a version that did not have this kind
	case from == nil || whens == nil:
		return fmt.Errorf("%w: half of %s is missing", errDamagedFile, b)
	}
	c := from.Cursor()
	for k, v := c.First(); k != nil; {
		err := fresh.Update(func(into *bolt.Tx) error {
			for n := 0; k != nil && n < rebuildBatch; n++ {
				if err := moveRecord(into, b, k, v, whens.Get(k), now); err != nil {
					return err
				}
				k, v = c.Next()
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// moveRecord copies one record if it can be read and has not expired. One that
// cannot be read is lost alone.
func moveRecord(into *bolt.Tx, b Bucket, k, body, when []byte, now time.Time) error {
	if len(k) != len(Key{}) || isExpired(when, now) {
		return nil
	}
	rec, err := decodeRecord(body, when)
	if errors.Is(err, ErrDamaged) {
		return nil
	}
	return put(into, b, Key(k), rec)
}

// The format of the file, as far as it is read here: a page has a head of 16
// bytes, with kind and count, and then elements of 16 bytes. One of a branch ends
// with the number of the page it leads to. One of a leaf is four numbers: what it
// is, how far from its own start its key is, and the lengths of key and value. The
// value of a bucket is a head of 16 bytes and, where that starts with zero, a page
// within the page.
const (
	formatUnit   = 16
	formatLeaf   = 2 // kind of a page
	formatBucket = 1 // kind of an element
)

// checkPages makes sure that walking the file comes to an end: no branch page
// may lead back to itself, neither by number nor as a page within a page.
func checkPages(tx *bolt.Tx, file io.ReaderAt, pageSize int) error {
	children := map[int][]int{}
	for id := 2; id < int(tx.Size())/pageSize; id++ { // 0 and 1 were verified when the file was opened
		page, err := tx.Page(id)
		if err != nil {
			return err
		}
		switch page.Type {
		case "branch":
			children[id], err = branchChildren(file, id*pageSize, page.Count)
		case "leaf":
			err = checkBuckets(file, id*pageSize, page.Count, pageSize)
		}
		if err != nil {
			return err
		}
		if page.Type != "free" {
			id += page.OverflowCount
		}
	}
	return checkNoLoop(children)
}

func readElements(file io.ReaderAt, offset, count int) ([]byte, error) {
	elements := make([]byte, formatUnit*count)
	_, err := file.ReadAt(elements, int64(offset+formatUnit))
	return elements, err
}

// branchChildren reads which pages a branch page leads to.
func branchChildren(file io.ReaderAt, offset, count int) ([]int, error) {
	elements, err := readElements(file, offset, count)
	if err != nil {
		return nil, err
	}
	children := make([]int, count)
	for i := range children {
		children[i] = int(binary.NativeEndian.Uint64(elements[formatUnit*i+8:]))
	}
	return children, nil
}

// checkBuckets looks at the small buckets that live within a leaf page.
func checkBuckets(file io.ReaderAt, offset, count, pageSize int) error {
	elements, err := readElements(file, offset, count)
	if err != nil {
		return err
	}
	for i := range count {
		kind, pos, key, length := leafElement(elements[formatUnit*i:])
		if kind&formatBucket == 0 {
			continue
		}
		value := make([]byte, min(length, pageSize))
		if _, err := file.ReadAt(value, int64(offset+formatUnit*(1+i)+pos+key)); err != nil {
			return err
		}
		if len(value) < formatUnit || binary.NativeEndian.Uint64(value) == 0 && !isSoundLeaf(value[formatUnit:]) {
			return errors.New("a bucket within a page is not sound")
		}
	}
	return nil
}

// isSoundLeaf checks a page within a page. As a branch it would lead to itself,
// having no number; and as the database copies it, what lies beyond its end is
// our own memory, where no fault gives a wrong address away.
func isSoundLeaf(page []byte) bool {
	if len(page) < formatUnit || binary.NativeEndian.Uint16(page[8:]) != formatLeaf {
		return false
	}
	count := int(binary.NativeEndian.Uint16(page[10:]))
	if formatUnit*(1+count) > len(page) {
		return false
	}
	for at := formatUnit; at < formatUnit*(1+count); at += formatUnit {
		if _, pos, key, value := leafElement(page[at:]); at+pos+key+value > len(page) {
			return false
		}
	}
	return true
}

func leafElement(e []byte) (kind, pos, key, value int) {
	number := func(at int) int { return int(binary.NativeEndian.Uint32(e[at:])) }
	return number(0), number(4), number(8), number(12)
}

// checkNoLoop walks down from every branch.
func checkNoLoop(children map[int][]int) error {
	const onPath, done = 1, 2
	state := make(map[int]int, len(children))
	var walk func(id int) error
	walk = func(id int) error {
		switch state[id] {
		case onPath:
			return fmt.Errorf("page %d contains itself", id)
		case done:
			return nil
		}
		state[id] = onPath
		for _, child := range children[id] {
			if err := walk(child); err != nil {
				return err
			}
		}
		state[id] = done
		return nil
	}
	for id := range children {
		if err := walk(id); err != nil {
			return err
		}
	}
	return nil
}
