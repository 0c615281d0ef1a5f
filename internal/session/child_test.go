package session

import (
	"os"
	"os/exec"
	"testing"
)

// childVariable marks a process that a test has started to be killed or limited;
// its value is the file to work with.
const childVariable = "SESSION_TEST_CHILD"

// child prepares a process of this test program that runs nothing but the test.
func child(t *testing.T, path string) *exec.Cmd {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), childVariable+"="+path)
	return cmd
}
