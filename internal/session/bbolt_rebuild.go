package session

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	bolt "go.etcd.io/bbolt"
)

// rebuildBatch is how many records one write moves; it bounds memory.
const rebuildBatch = 2000

// rebuild moves the live records of old to a new file that takes the old one's
// name. The error is errDamagedFile if old cannot be read. With any error, nothing
// has changed.
func rebuild(old *os.File, o BoltOptions) (*bolt.DB, error) {
	path := o.Path + ".new"
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) { // of a start that was cut short
		return nil, err
	}
	fresh, err := openDatabase(path, os.OpenFile)
	if err != nil {
		_ = os.Remove(path)
		return nil, err
	}
	if err = guarded(func() error { return move(old, fresh, o.Now()) }); err == nil {
		err = os.Rename(path, o.Path)
	}
	if err != nil {
		return nil, errors.Join(err, fresh.Close(), os.Remove(path))
	}
	syncFolder(o.Path)
	return fresh, nil
}

// syncFolder makes a rename last: without it the old file, with sessions that end
// from now on, could be back after a power cut. Some systems have no such call.
func syncFolder(path string) {
	if folder, err := os.Open(filepath.Dir(path)); err == nil {
		_ = folder.Sync()
		_ = folder.Close()
	}
}

// move copies every record that is still of use, and ends with one sync.
func move(old *os.File, fresh *bolt.DB, now time.Time) error {
	fresh.NoSync = true
	defer func() { fresh.NoSync = false }()
	if err := fresh.Update(createBuckets); err != nil {
		return err
	}
	info, err := old.Stat()
	if err != nil {
		return err
	}
	t := readTree(old, info.Size())
	for _, b := range buckets() {
		if err := moveBucket(t, fresh, b, now); err != nil {
			return err
		}
	}
	return fresh.Sync()
}

// moveBucket copies the records that can be read and have not expired. One that
// cannot be read is lost alone.
func moveBucket(t *tree, fresh *bolt.DB, b Bucket, now time.Time) error {
	body, hasBody := t.buckets[string(bodies(b))]
	when, hasWhen := t.buckets[string(times(b))]
	need(hasBody == hasWhen, "half of a bucket is missing")
	if !hasBody {
		return nil // written by a version that did not have this kind
	}
	live := map[Key][]byte{}
	for k, v := range t.records(when) {
		if len(k) == len(Key{}) && !isExpired(v, now) {
			live[Key(k)] = v
		}
	}
	var some []moved
	for k, v := range t.records(body) {
		if len(k) != len(Key{}) {
			continue
		}
		if rec, err := decodeRecord(v, live[Key(k)]); err == nil {
			some = append(some, moved{Key(k), rec})
		}
		if len(some) == rebuildBatch {
			if err := putAll(fresh, b, some); err != nil {
				return err
			}
			some = some[:0]
		}
	}
	return putAll(fresh, b, some)
}

type moved struct {
	key    Key
	record Record
}

func putAll(fresh *bolt.DB, b Bucket, some []moved) error {
	return fresh.Update(func(tx *bolt.Tx) error {
		for _, m := range some {
			if err := put(tx, b, m.key, m.record); err != nil {
				return err
			}
		}
		return nil
	})
}

// checkWhole reads what the database would, if it has to work with the file.
func checkWhole(file *os.File) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	t := readTree(file, info.Size())
	for _, bucket := range t.buckets {
		for range t.records(bucket) {
		}
	}
	return nil
}
