package session

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// openTimeout is how long to wait for another process to let go of the file: the
// refusal has to come within two seconds (MI-11).
const openTimeout = 1500 * time.Millisecond

// openRetry is how long to wait between two attempts.
const openRetry = 50 * time.Millisecond

var (
	// errDamagedFile marks a file whose content cannot be trusted, as opposed to
	// one that cannot be reached.
	errDamagedFile = errors.New("damaged")
	errInUse       = errors.New("in use")
)

// openSound opens the store, or an empty one after a damaged one.
func openSound(o BoltOptions) (*bolt.DB, error) {
	if err := os.MkdirAll(filepath.Dir(o.Path), 0o700); err != nil {
		return nil, fmt.Errorf("session store: the folder cannot be made: %w", err)
	}
	db, err := openRebuilt(o)
	if errors.Is(err, errDamagedFile) {
		db, err = openRebuilt(o)
	}
	if err != nil {
		return nil, explain(o.Path, err)
	}
	return db, nil
}

// openRebuilt opens the store by way of a rebuild. If the disk does not take a
// second file, the old one goes on: who is signed in stays signed in. When the
// error is errDamagedFile, the file has been put aside.
func openRebuilt(o BoltOptions) (*bolt.DB, error) {
	old, err := openLocked(o.Path)
	if err != nil {
		return nil, err
	}
	db, err := rebuild(old, o)
	if err == nil {
		return db, old.Close()
	}
	if !errors.Is(err, errDamagedFile) && !isNewOnFullDisk(old, err) {
		cause := err
		if err = guarded(func() error { return checkWhole(old) }); err == nil {
			o.Logger.Warn("session store not rebuilt; going on with the file as it is", slog.Any("cause", cause))
			return goOn(old, o.Path)
		}
	}
	if errors.Is(err, errDamagedFile) {
		err = putAside(o, err)
	}
	return nil, errors.Join(err, old.Close())
}

// isNewOnFullDisk reports a file that is better left empty: half of a first page
// would be taken for damage at the next start.
func isNewOnFullDisk(file *os.File, err error) bool {
	info, failed := file.Stat()
	full := errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG)
	return full && failed == nil && info.Size() == 0
}

// goOn works with the file as it is. It has been read from end to end. Unless a
// bucket is missing nothing is written, which a full disk would not take.
func goOn(old *os.File, path string) (*bolt.DB, error) {
	db, err := openDatabase(path, func(string, int, os.FileMode) (*os.File, error) { return old, nil })
	if err != nil {
		return nil, err
	}
	missing := false
	err = db.View(func(tx *bolt.Tx) error {
		for _, b := range buckets() {
			missing = missing || tx.Bucket(bodies(b)) == nil || tx.Bucket(times(b)) == nil
		}
		return nil
	})
	if err == nil && missing {
		err = db.Update(createBuckets)
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// openLocked opens the file, or creates it, for this process alone.
func openLocked(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(awaitLock(func() error { return tryLock(file) }), ownerOnly(file)); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	if !isAt(file, path) {
		// Another process rebuilt the store while this one waited for the lock of
		// what has become a file without a name.
		return nil, errors.Join(errInUse, file.Close())
	}
	return file, nil
}

// awaitLock takes the lock of a file, which ends with the file or its process, by
// trying until the time is over.
func awaitLock(try func() error) error {
	end := time.Now().Add(openTimeout)
	err := try()
	for errors.Is(err, errInUse) && time.Now().Before(end) {
		time.Sleep(openRetry)
		err = try()
	}
	return err
}

// ownerOnly takes the file away from everybody else.
func ownerOnly(file *os.File) error {
	info, err := file.Stat()
	if err != nil || info.Mode().Perm()&0o077 == 0 {
		return err
	}
	return file.Chmod(0o600)
}

// isAt reports whether the open file is still the one under that name.
func isAt(file *os.File, path string) bool {
	opened, err1 := file.Stat()
	named, err2 := os.Stat(path)
	return err1 == nil && err2 == nil && os.SameFile(opened, named)
}

// openDatabase hands a file to the database: a new one, or one that was read from
// end to end.
func openDatabase(path string, open func(string, int, os.FileMode) (*os.File, error)) (*bolt.DB, error) {
	return bolt.Open(path, 0o600, &bolt.Options{
		Timeout:      openTimeout,
		FreelistType: bolt.FreelistMapType,
		OpenFile:     open,
	})
}

// explain says what an administrator can do.
func explain(path string, err error) error {
	switch {
	case errors.Is(err, errInUse), errors.Is(err, bolterrors.ErrTimeout):
		return fmt.Errorf("session store %s is in use by another process: stop that one, or set SESSION_STORE to another file", path)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("session store %s: this process may not read and write the file: %w", path, err)
	default:
		return fmt.Errorf("session store %s cannot be opened: %w", path, err)
	}
}
