package session

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"syscall"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// openTimeout is how long to wait for another process to let go of the file.
const openTimeout = 2 * time.Second

// errDamagedFile marks a file whose content cannot be trusted, as opposed to
// one that cannot be reached.
var errDamagedFile = errors.New("damaged")

// openSound opens the file after a full check. A damaged one is put aside once.
func openSound(o BoltOptions) (*bolt.DB, error) {
	if err := os.MkdirAll(filepath.Dir(o.Path), 0o700); err != nil {
		return nil, fmt.Errorf("session store: the folder cannot be made: %w", err)
	}
	db, err := openChecked(o.Path)
	if errors.Is(err, errDamagedFile) {
		aside, renameErr := putAside(o.Path, o.Now())
		if renameErr != nil {
			return nil, fmt.Errorf("session store %s is damaged and cannot be put aside: %w", o.Path, renameErr)
		}
		o.Logger.Error("session store was damaged; starting with an empty one",
			slog.String("file", o.Path), slog.String("kept_as", aside), slog.Any("cause", err))
		db, err = openChecked(o.Path)
	}
	switch {
	case err == nil:
		return db, nil
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, fmt.Errorf("session store %s is in use by another process: stop that one, or set SESSION_STORE to another file", o.Path)
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("session store %s: this process may not read and write the file: %w", o.Path, err)
	default:
		return nil, fmt.Errorf("session store %s cannot be opened: %w", o.Path, err)
	}
}

// openChecked opens and reads the whole file. The database maps the file into
// memory and trusts it, so damage shows as a panic or as a memory fault, which
// would end the process; on this goroutine both become an error.
func openChecked(path string) (db *bolt.DB, err error) {
	var file *os.File
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			// The database is in the middle of something: it cannot be closed,
			// only its file and with it the lock can.
			db, err = nil, fmt.Errorf("%w: %v", errDamagedFile, p)
			if file != nil {
				err = errors.Join(err, file.Close())
			}
		}
	}()
	db, err = bolt.Open(path, 0o600, &bolt.Options{
		Timeout:      openTimeout,
		FreelistType: bolt.FreelistMapType,
		OpenFile: func(name string, flag int, perm os.FileMode) (*os.File, error) {
			f, err := os.OpenFile(name, flag, perm)
			file = f
			return f, err
		},
	})
	if err != nil {
		return nil, classifyOpen(err)
	}
	if err := check(db, file); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// classifyOpen tells damage from trouble with the system. The library has no
// name for most kinds of damage, but locks and the system's own errors have one.
func classifyOpen(err error) error {
	var system syscall.Errno
	if errors.Is(err, bolterrors.ErrTimeout) || errors.As(err, &system) {
		return err
	}
	return fmt.Errorf("%w: %w", errDamagedFile, err)
}

// check reads every record on this goroutine, where faults are caught, and then
// has the library verify the structure, which it does on one of its own.
func check(db *bolt.DB, file *os.File) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if info.Mode().Perm()&0o077 != 0 {
		if err := file.Chmod(0o600); err != nil {
			return err
		}
	}
	return db.View(func(tx *bolt.Tx) error {
		if tx.Size() > info.Size() {
			return fmt.Errorf("%w: the file is shorter than its content", errDamagedFile)
		}
		if err := readAll(tx); err != nil {
			return fmt.Errorf("%w: %w", errDamagedFile, err)
		}
		var first error
		for err := range tx.Check() { // drained: the checker blocks on its channel
			if first == nil {
				first = fmt.Errorf("%w: %w", errDamagedFile, err)
			}
		}
		return first
	})
}

// readAll touches every page that holds a record.
func readAll(tx *bolt.Tx) error {
	sum := byte(0)
	return tx.ForEach(func(_ []byte, bucket *bolt.Bucket) error {
		return bucket.ForEach(func(k, v []byte) error {
			for _, part := range [][]byte{k, v} {
				for i := 0; i < len(part); i += 512 {
					sum ^= part[i]
				}
			}
			return nil
		})
	})
}

// putAside renames a damaged file, so that somebody can look at it. It holds
// nothing but sealed records.
func putAside(path string, now time.Time) (string, error) {
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
