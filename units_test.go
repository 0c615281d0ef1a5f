package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// units are those of docs/deployment.md, by their names.
func units(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("docs/deployment.md")
	must(t, err)
	found := map[string]string{}
	for _, unit := range regexp.MustCompile("(?s)`/etc/systemd/system/([a-z.-]+)`[^`]*(?:`[^`]+`[^`]*)*?\n```ini\n(.*?)```").FindAllSubmatch(text, -1) {
		found[string(unit[1])] = string(unit[2])
	}
	return found
}

// TestUnits: systemd takes the units of the documentation, and the doctor sees what
// the service sees. Another user would be given the state folder of the running one.
func TestUnits(t *testing.T) {
	all := units(t)
	service, doctor := strings.Split(all["mysecurity.service"], "\n"), strings.Split(all["mysecurity-doctor.service"], "\n")
	if len(all) != 3 || all["mysecurity.socket"] == "" || len(service) < 2 || len(doctor) < 2 {
		t.Fatalf("found %d units: %q", len(all), all)
	}
	for _, setting := range []string{"User=", "DynamicUser=", "Environment=", "EnvironmentFile=", "LoadCredential=", "StateDirectory="} {
		of := func(unit []string) []string {
			return slices.DeleteFunc(slices.Clone(unit), func(line string) bool { return !strings.HasPrefix(line, setting) })
		}
		if want := of(service); len(want) == 0 || !slices.Equal(of(doctor), want) {
			t.Errorf("the doctor has %q, the service %q", of(doctor), want)
		}
	}
	verify(t, all)
}

// verify has systemd read the units, where there is one.
func verify(t *testing.T, units map[string]string) {
	t.Helper()
	program, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Log("the units were not verified: there is no systemd-analyze")
		return
	}
	folder := t.TempDir()
	var files []string
	for name, content := range units {
		content = strings.ReplaceAll(content, "/usr/local/bin/mysecurity", os.Args[0])
		content = strings.ReplaceAll(content, "=/etc/mysecurity/environment", "="+os.DevNull)
		files = append(files, filepath.Join(folder, name))
		must(t, os.WriteFile(files[len(files)-1], []byte(content), 0o600))
	}
	output, err := exec.CommandContext(t.Context(), program, append([]string{"verify", "--man=no"}, files...)...).CombinedOutput()
	if complaints := regexp.MustCompile(`(?m)^.*mysecurity.*$`).FindAllString(string(output), -1); len(complaints) > 0 {
		t.Error(fmt.Sprint(err), strings.Join(complaints, "\n"))
	}
}
