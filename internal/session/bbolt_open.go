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

// errDamagedFile marks a file whose content cannot be trusted, as opposed to
// one that cannot be reached.
var errDamagedFile = errors.New("damaged")

// boltFile is an open database with the file under it, whose lock it holds.
type boltFile struct {
	db   *bolt.DB
	file *os.File
}

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

// openRebuilt opens the store by way of a rebuild. When the error is
// errDamagedFile, the file has been put aside.
func openRebuilt(o BoltOptions) (*bolt.DB, error) {
	old, err := openFile(o.Path)
	if err == nil && !old.isAt(o.Path) {
		// Another process rebuilt the store while this one waited for the lock of
		// what has become a file without a name.
		return nil, errors.Join(bolterrors.ErrTimeout, old.db.Close())
	}
	var fresh *bolt.DB
	if err == nil {
		fresh, err = rebuild(old, o)
	}
	if errors.Is(err, errDamagedFile) {
		if err := old.putAside(o, err); err != nil {
			return nil, err
		}
	}
	return fresh, err
}

// openFile opens the database and keeps hold of the file, because a database
// that failed half-way can no longer be closed itself.
func openFile(path string) (f boltFile, err error) {
	err = guarded(func() (err error) {
		f.db, err = bolt.Open(path, 0o600, &bolt.Options{
			Timeout:      openTimeout,
			FreelistType: bolt.FreelistMapType,
			OpenFile: func(name string, flag int, perm os.FileMode) (*os.File, error) {
				file, err := os.OpenFile(name, flag, perm)
				if err == nil {
					f.file, err = file, ownerOnly(file)
				}
				return file, err
			},
		})
		if err != nil && !isSystemError(err) {
			return fmt.Errorf("%w: %w", errDamagedFile, err)
		}
		return err
	})
	return f, err
}

// ownerOnly takes the file away from everybody else.
func ownerOnly(file *os.File) error {
	info, err := file.Stat()
	if err != nil || info.Mode().Perm()&0o077 == 0 {
		return err
	}
	return file.Chmod(0o600)
}

// isSystemError tells trouble with the system from damage, for most kinds of
// which the library has no name.
func isSystemError(err error) bool {
	var system syscall.Errno
	return errors.Is(err, bolterrors.ErrTimeout) || errors.As(err, &system)
}

// isAt reports whether the open file is still the one under that name.
func (f boltFile) isAt(path string) bool {
	opened, err1 := f.file.Stat()
	named, err2 := os.Stat(path)
	return err1 == nil && err2 == nil && os.SameFile(opened, named)
}

// putAside renames a damaged file, so that somebody can look at it, and then
// gives up its lock. It holds nothing but sealed records.
func (f boltFile) putAside(o BoltOptions, cause error) error {
	aside, err := rename(o.Path, o.Now())
	if f.file != nil {
		_ = f.file.Close() // after a failed opening the library has closed it
	}
	if err != nil {
		return fmt.Errorf("damaged, and cannot be put aside: %w", err)
	}
	o.Logger.Error("session store was damaged; starting with an empty one",
		slog.String("file", o.Path), slog.String("kept_as", aside), slog.Any("cause", cause))
	return nil
}

// rename finds a name that is not in use.
func rename(path string, now time.Time) (string, error) {
	base := path + ".damaged-" + now.UTC().Format("20060102T150405")
	aside := base
	for n := 2; ; n++ {
		if _, err := os.Lstat(aside); errors.Is(err, fs.ErrNotExist) {
			return aside, os.Rename(path, aside)
		} else if err != nil {
			return "", err
		}
		aside = fmt.Sprintf("%s-%d", base, n)
	}
}

// explain says what an administrator can do.
func explain(path string, err error) error {
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return fmt.Errorf("session store %s is in use by another process: stop that one, or set SESSION_STORE to another file", path)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("session store %s: this process may not read and write the file: %w", path, err)
	default:
		return fmt.Errorf("session store %s cannot be opened: %w", path, err)
	}
}
