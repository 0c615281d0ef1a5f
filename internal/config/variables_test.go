package config

import (
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// TestVariables: the table, the code, the README and .env.example name the same
// settings.
func TestVariables(t *testing.T) {
	read := append(namesOf(reflect.TypeFor[serveVariables]()), namesOf(reflect.TypeFor[demoVariables]())...)
	var listed []string
	for _, v := range Variables() {
		listed = append(listed, v.Name)
		if !slices.Contains(read, v.Name) {
			t.Errorf("%s is in the table and nobody reads it", v.Name)
		}
	}
	for _, name := range read {
		if !slices.Contains(listed, name) {
			t.Errorf("%s is read and not in the table", name)
		}
	}
	for _, file := range []string{"../../README.md", "../../.env.example"} {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range listed {
			if !strings.Contains(string(content), name) {
				t.Errorf("%s does not mention %s", file, name)
			}
		}
	}
}
