package session

import (
	"bytes"
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
	if isNew(old.db) {
		return old.db, nil
	}
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

// isNew reports a file that was created just now.
func isNew(db *bolt.DB) bool {
	empty := false
	err := guarded(func() error {
		return db.View(func(tx *bolt.Tx) error {
			name, _ := tx.Cursor().First()
			empty = name == nil
			return nil
		})
	})
	return err == nil && empty
}

// move copies every record that is still of use, and ends with one sync.
func move(old boltFile, fresh *bolt.DB, now time.Time) error {
	fresh.NoSync = true
	defer func() { fresh.NoSync = false }()
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
	k, v := c.First()
	for k != nil {
		err := fresh.Update(func(into *bolt.Tx) error {
			if err := create(into, b); err != nil {
				return err
			}
			for n := 0; k != nil && n < rebuildBatch; n++ {
				if err := moveRecord(into, b, k, v, whens.Get(k), now); err != nil {
					return err
				}
				next, value := c.Next()
				if next != nil && bytes.Compare(k, next) >= 0 {
					return fmt.Errorf("%w: records out of order", errDamagedFile)
				}
				k, v = next, value
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

// checkPages makes sure that walking the file comes to an end: no branch page
// may lead back to itself.
func checkPages(tx *bolt.Tx, file io.ReaderAt, pageSize int) error {
	children := map[int][]int{}
	for id := 2; id < int(tx.Size())/pageSize; id++ { // 0 and 1 were verified when the file was opened
		page, err := tx.Page(id)
		if err != nil {
			return err
		}
		if page.Type == "free" {
			continue
		}
		if page.Type == "branch" {
			if children[id], err = branchChildren(file, id*pageSize, page.Count); err != nil {
				return err
			}
		}
		id += page.OverflowCount
	}
	return checkNoLoop(children)
}

// branchChildren reads which pages a branch page leads to: after a head of 16
// bytes come elements of 16 bytes, whose second half is a page number.
func branchChildren(file io.ReaderAt, offset, count int) ([]int, error) {
	elements := make([]byte, 16*count)
	if _, err := file.ReadAt(elements, int64(offset+16)); err != nil {
		return nil, err
	}
	children := make([]int, count)
	for i := range children {
		children[i] = int(binary.NativeEndian.Uint64(elements[16*i+8:]))
	}
	return children, nil
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
