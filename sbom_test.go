package main

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestListOfParts: an old list never passes for that of this release. It is skipped
// only where it may be and its tool's modules cannot be fetched; whatever else goes
// wrong is a failure.
func TestListOfParts(t *testing.T) {
	for name, tt := range map[string]struct {
		list, build string // what stands in for go does: a line of shell
		flags       []string
		fails       bool
		says        string
	}{
		"no network":               {"echo dial tcp >&2; exit 1", "exit 1", nil, true, "sbom: not written, the modules"},
		"no network, may skip":     {"echo dial tcp >&2; exit 1", "exit 1", []string{"--may-skip"}, false, "sbom: not written, the modules"},
		"other modules, may skip":  {"echo checksum mismatch >&2; exit 1", "exit 1", []string{"--may-skip"}, true, "checksum mismatch"},
		"does not build, may skip": {"true", "echo cannot build >&2; exit 1", []string{"--may-skip"}, true, "cannot build"},
	} {
		t.Run(name, func(t *testing.T) {
			tree := t.TempDir()
			script, err := os.ReadFile("scripts/sbom.sh")
			must(t, err)
			for file, content := range map[string]string{
				"scripts/sbom.sh": string(script), "bin/sbom.json": "of an older release", "bin/mysecurity-release": "",
				"path/go": "#!/bin/sh\ncase $1 in list) " + tt.list + " ;; build) " + tt.build + " ;; esac\n",
			} {
				must(t, os.MkdirAll(filepath.Join(tree, filepath.Dir(file)), 0o700))
				must(t, os.WriteFile(filepath.Join(tree, file), []byte(content), 0o700))
			}
			command := exec.CommandContext(t.Context(), "bash", append([]string{filepath.Join(tree, "scripts/sbom.sh"), "v1"}, tt.flags...)...)
			command.Env = append(os.Environ(), "PATH="+filepath.Join(tree, "path")+":"+os.Getenv("PATH"))
			output, err := command.CombinedOutput()
			if (err != nil) != tt.fails || !strings.Contains(string(output), tt.says) {
				t.Errorf("%v\n%s", err, output)
			}
			if _, err := os.Stat(filepath.Join(tree, "bin/sbom.json")); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("the old list is still there: %v", err)
			}
		})
	}
}
