package session

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"
)

// damagedMark stands between the name of the session file and the time when it was
// put aside.
const damagedMark = ".damaged-"

// damagedKept is how many damaged files are kept: enough for somebody to look at.
const damagedKept = 3

// putAside renames a damaged file, so that somebody can look at it, and returns
// the cause. The file holds nothing but sealed records.
func putAside(o BoltOptions, cause error) error {
	aside, err := rename(o.Path, o.Now())
	if err != nil {
		return fmt.Errorf("damaged, and cannot be put aside: %w", err)
	}
	o.Logger.Error("session store was damaged; starting with an empty one",
		slog.String("file", o.Path), slog.String("kept_as", aside), slog.Any("cause", cause))
	if err := forgetOldest(o.Path, aside); err != nil {
		o.Logger.Warn("older damaged session stores not removed", slog.Any("error", err))
	}
	return cause
}

// rename finds a name that is not in use.
func rename(path string, now time.Time) (string, error) {
	base := path + damagedMark + now.UTC().Format("20060102T150405")
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

// forgetOldest removes what was put aside before the last few times, so that a disk
// that damages the file at each start is not filled as well. just is the newest.
func forgetOldest(path, just string) error {
	all, err := damagedFiles(path)
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(name string) bool { return name == filepath.Base(just) })
	var failed []error
	for _, name := range all[:max(0, len(all)-(damagedKept-1))] {
		failed = append(failed, os.Remove(filepath.Join(filepath.Dir(path), name)))
	}
	return errors.Join(failed...)
}

// damagedFiles are the names of all that rename has made, the oldest first. Which of
// one second is older, names do not tell, and nobody asks.
func damagedFiles(path string) ([]string, error) {
	entries, err := os.ReadDir(filepath.Dir(path)) // by name
	if err != nil {
		return nil, err
	}
	ours := regexp.MustCompile("^" + regexp.QuoteMeta(filepath.Base(path)+damagedMark) + `\d{8}T\d{6}(-\d+)?$`)
	var names []string
	for _, e := range entries {
		if e.Type().IsRegular() && ours.MatchString(e.Name()) {
			names = append(names, e.Name())
		}
	}
	return names, nil
}
