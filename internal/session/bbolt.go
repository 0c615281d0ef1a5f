package session

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"time"

	bolt "go.etcd.io/bbolt"
)

// sweepBatch is how many expired records one write removes, so that sweeping a
// large store never holds up sign-ins for long.
const sweepBatch = 500

// Bolt is the embedded backend: one file, one process. Concurrent writes share
// a synced commit.
type Bolt struct {
	db   *bolt.DB
	path string
}

// BoltOptions say how to open a Bolt. Path is required.
type BoltOptions struct {
	Path   string           // created with its folder if absent, readable by its owner only
	Now    func() time.Time // tells what has expired, and names a damaged file that is put aside; nil means time.Now
	Logger *slog.Logger
}

// OpenBolt opens the file, or says which process problem prevents it: another
// process has it (within two seconds) or the folder is not writable. A damaged
// file is renamed and an empty one takes its place: sessions are disposable,
// people sign in again. The file is rebuilt at each opening, which takes about a
// second for 100,000 records.
func OpenBolt(o BoltOptions) (*Bolt, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	db, err := openSound(o)
	if err != nil {
		return nil, err
	}
	// Writes that arrive within this time share one sync to disk. It is also
	// what a lone write waits, so it stays below what anybody notices.
	db.MaxBatchDelay = 2 * time.Millisecond
	return &Bolt{db: db, path: o.Path}, nil
}

func buckets() []Bucket { return []Bucket{Sessions, Transactions, Enrolments} }

// createBuckets makes both parts of each bucket.
func createBuckets(tx *bolt.Tx) error {
	for _, b := range buckets() {
		for _, part := range [][]byte{bodies(b), times(b)} {
			if _, err := tx.CreateBucketIfNotExists(part); err != nil {
				return err
			}
		}
	}
	return nil
}

func bodies(b Bucket) []byte { return []byte(b) }
func times(b Bucket) []byte  { return []byte(b + ".times") }

// Get implements Backend.
func (s *Bolt) Get(_ context.Context, b Bucket, k Key) (rec Record, err error) {
	err = s.db.View(func(tx *bolt.Tx) error {
		rec, err = read(tx, b, k)
		return err
	})
	return rec, err
}

// Put implements Backend.
func (s *Bolt) Put(_ context.Context, b Bucket, k Key, rec Record, expected uint64) error {
	rec.Version = expected + 1
	return s.write(func(tx *bolt.Tx) error {
		if err := expect(tx, b, k, expected); err != nil {
			return err
		}
		return put(tx, b, k, rec)
	})
}

// Touch implements Backend. It writes 16 bytes in a bucket of their own, many
// of which share a page, and leaves the page of the blob alone.
func (s *Bolt) Touch(_ context.Context, b Bucket, k Key, seen, expires time.Time) error {
	return s.write(func(tx *bolt.Tx) error {
		bucket := tx.Bucket(times(b))
		if bucket.Get(k[:]) == nil {
			return ErrNotFound
		}
		return bucket.Put(k[:], encodeTimes(seen, expires))
	})
}

// Swap implements Backend.
func (s *Bolt) Swap(_ context.Context, b Bucket, old Key, expected uint64, fresh Key, rec Record) error {
	rec.Version = 1
	return s.write(func(tx *bolt.Tx) error {
		if err := expect(tx, b, old, expected); err != nil {
			return err
		}
		if err := expect(tx, b, fresh, 0); err != nil {
			return err
		}
		return errors.Join(remove(tx, b, old), put(tx, b, fresh, rec))
	})
}

// Take implements Backend.
func (s *Bolt) Take(_ context.Context, b Bucket, k Key) (Record, error) {
	var taken Record
	err := s.write(func(tx *bolt.Tx) error {
		rec, err := read(tx, b, k)
		if err != nil {
			return err
		}
		taken = rec
		return remove(tx, b, k)
	})
	if err != nil {
		return Record{}, err
	}
	return taken, nil
}

// Delete implements Backend.
func (s *Bolt) Delete(_ context.Context, b Bucket, k Key) error {
	return s.write(func(tx *bolt.Tx) error { return remove(tx, b, k) })
}

// Sweep implements Backend. It reads only the times, and between two batches it
// lets others write.
func (s *Bolt) Sweep(ctx context.Context, now time.Time) (int, error) {
	swept := 0
	for _, b := range buckets() {
		for last := []byte(nil); ; {
			expired, err := s.expiredAfter(last, b, now)
			if err != nil {
				return swept, err
			}
			n, err := s.removeExpired(expired, b, now)
			swept += n
			if err != nil {
				return swept, err
			}
			if len(expired) < sweepBatch {
				break
			}
			if err := ctx.Err(); err != nil {
				return swept, err
			}
			last = expired[sweepBatch-1][:]
		}
	}
	return swept, nil
}

// expiredAfter returns the first expired keys of a bucket, up to a batch, that are
// greater than last.
func (s *Bolt) expiredAfter(last []byte, b Bucket, now time.Time) (expired []Key, err error) {
	err = s.db.View(func(tx *bolt.Tx) error {
		c := tx.Bucket(times(b)).Cursor()
		for k, v := c.Seek(last); k != nil && len(expired) < sweepBatch; k, v = c.Next() {
			if isExpired(v, now) && len(k) == len(Key{}) && !bytes.Equal(k, last) {
				expired = append(expired, Key(k))
			}
		}
		return nil
	})
	return expired, err
}

func (s *Bolt) removeExpired(expired []Key, b Bucket, now time.Time) (removed int, err error) {
	if len(expired) == 0 {
		return 0, nil
	}
	err = s.write(func(tx *bolt.Tx) error {
		removed = 0
		for _, k := range expired {
			if !isExpired(tx.Bucket(times(b)).Get(k[:]), now) {
				continue // touched meanwhile
			}
			if err := remove(tx, b, k); err != nil {
				return err
			}
			removed++
		}
		return nil
	})
	return removed, err
}

// Close implements Backend. It waits for open transactions.
func (s *Bolt) Close() error { return s.db.Close() }

// write runs fn together with other writers in one commit. fn may run twice.
// The outcomes that are no trouble leave nothing to undo, so they must not make
// the shared transaction fail for the others.
func (s *Bolt) write(fn func(tx *bolt.Tx) error) error {
	var outcome error
	err := s.db.Batch(func(tx *bolt.Tx) error {
		outcome = fn(tx)
		if errors.Is(outcome, ErrNotFound) || errors.Is(outcome, ErrConflict) || errors.Is(outcome, ErrDamaged) {
			return nil
		}
		return outcome
	})
	if err != nil {
		return err
	}
	return outcome
}

func read(tx *bolt.Tx, b Bucket, k Key) (Record, error) {
	body := tx.Bucket(bodies(b)).Get(k[:])
	if body == nil {
		return Record{}, ErrNotFound
	}
	return decodeRecord(body, tx.Bucket(times(b)).Get(k[:]))
}

// expect checks the version of what is stored; 0 stands for nothing.
func expect(tx *bolt.Tx, b Bucket, k Key, version uint64) error {
	rec, err := read(tx, b, k)
	switch {
	case errors.Is(err, ErrNotFound):
		if version == 0 {
			return nil
		}
		return err
	case err != nil:
		return err
	case rec.Version != version:
		return ErrConflict
	}
	return nil
}

func put(tx *bolt.Tx, b Bucket, k Key, rec Record) error {
	if err := tx.Bucket(bodies(b)).Put(k[:], encodeRecord(rec)); err != nil {
		return err
	}
	return tx.Bucket(times(b)).Put(k[:], encodeTimes(rec.Seen, rec.Expires))
}

func remove(tx *bolt.Tx, b Bucket, k Key) error {
	if err := tx.Bucket(bodies(b)).Delete(k[:]); err != nil {
		return err
	}
	return tx.Bucket(times(b)).Delete(k[:])
}

// isExpired also reports entries that cannot be read: nobody can use them.
func isExpired(times []byte, now time.Time) bool {
	return len(times) != timesLength || !now.Before(readTime(times[8:]))
}
