package session

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Condition is what an examination found of a session file.
type Condition string

// The conditions of a session file with which a start works, the last one after
// the other process has ended.
const (
	FileAbsent  Condition = "absent"  // a start makes it
	FileSound   Condition = "sound"   // it can be read from end to end
	FileDamaged Condition = "damaged" // a start puts it aside, and everybody signs in again
	FileInUse   Condition = "in use"  // a process has it, the portal itself perhaps
)

// Examine looks at a session file and its folder and changes neither. It holds
// the file's lock while it reads, if nobody else does. The error says why a start
// would fail.
func Examine(path string) (Condition, error) {
	if err := examineFolder(filepath.Dir(path)); err != nil {
		return "", err
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return FileAbsent, nil
	}
	if err != nil {
		return "", explain(path, err)
	}
	defer file.Close()
	switch err := tryLock(file); {
	case errors.Is(err, errInUse):
		return FileInUse, nil
	case err != nil:
		return "", explain(path, err)
	}
	err = guarded(func() error { return checkWhole(file) })
	switch {
	case errors.Is(err, errDamagedFile):
		return FileDamaged, nil
	case err != nil:
		return "", explain(path, err)
	}
	return FileSound, nil
}

// examineFolder tries whether files can be made in a folder, or in the nearest
// one above it if it does not exist yet: a start makes the rest.
func examineFolder(folder string) error {
	for {
		_, err := os.Stat(folder)
		if parent := filepath.Dir(folder); errors.Is(err, fs.ErrNotExist) && parent != folder {
			folder = parent
			continue
		}
		break
	}
	trial, err := os.CreateTemp(folder, ".mysecurity-trial-*")
	if err != nil {
		return fmt.Errorf("session store: no file can be made in %s: %w", folder, err)
	}
	return errors.Join(trial.Close(), os.Remove(trial.Name()))
}
