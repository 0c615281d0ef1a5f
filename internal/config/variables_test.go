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
	sample, err := os.ReadFile("../../.env.example")
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range Variables() {
		if !strings.Contains(string(sample), v.Name) {
			t.Errorf(".env.example does not mention %s", v.Name)
		}
		if row := row(v); !strings.Contains(string(readme), row) {
			t.Errorf("the README's table lacks this row:\n%s", row)
		}
	}
}

// row is a variable as the README's table has it.
func row(v Variable) string {
	value := ""
	if v.Default != "" {
		value = "`" + v.Default + "`"
	}
	return "| `" + v.Name + "` | " + value + " | " + v.Commands + " | " + v.Meaning + " |\n"
}
