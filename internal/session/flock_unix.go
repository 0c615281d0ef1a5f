//go:build unix

package session

import (
	"errors"
	"os"
	"syscall"
)

// tryLock takes the lock that the database takes as well, or answers errInUse.
func tryLock(file *os.File) error {
	err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return errInUse
	}
	return err
}
