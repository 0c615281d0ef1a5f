package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "mysecurity"

// mayImport is the architecture: for each package, ours that it may import.
// Arrows point one way, from the browser's side to the tenant's.
var mayImport = map[string][]string{
	"": {
		"web", "handlers", "static", "internal/account", "internal/auth0", "internal/config", "internal/emulator",
		"internal/i18n", "internal/limit", "internal/metrics", "internal/secret", "internal/session", "internal/site",
	},
	"web": {
		"handlers", "internal/account", "internal/i18n", "internal/session", "internal/site", "static",
		"templates", // the keys of pages in the route table
	},
	"handlers": {
		"templates", "internal/account", "internal/session", "internal/i18n", "internal/site", "internal/phone",
		"internal/secret", // a typed code is one from the moment it is read
	},
	"templates":                      {"templates/ui", "internal/i18n", "internal/site", "static"},
	"templates/ui":                   {"internal/i18n"},
	"static":                         {},
	"internal/account":               {"internal/auth0", "internal/limit", "internal/secret"},
	"internal/auth0":                 {"internal/secret"},
	"internal/config":                {"internal/secret"},
	"internal/session":               {"internal/account", "internal/secret"},
	"internal/secret":                {},
	"internal/site":                  {},
	"internal/limit":                 {},
	"internal/metrics":               {},
	"internal/phone":                 {},
	"internal/i18n":                  {},
	"internal/emulator":              {},
	"internal/emulator/emulatortest": {"internal/emulator"},
	"internal/nginxtest":             {"internal/porttest"},
	"internal/porttest":              {},
	"internal/bench":                 {"templates", "static", "internal/i18n", "internal/site"}, // the limit server draws the page
}

// onlyIn names packages of others that only some of ours may use, and why.
var onlyIn = map[string]struct {
	packages []string
	reason   string
}{
	"github.com/labstack/echo/v4":     {[]string{"web", "handlers"}, "only the site's edge speaks Echo"},
	"github.com/gorilla/sessions":     {[]string{"internal/session"}, "everybody else sees the typed session"},
	"github.com/coreos/go-oidc/v3":    {[]string{"internal/auth0"}, "tokens are judged in one place"},
	"golang.org/x/oauth2":             {[]string{"internal/auth0"}, "tokens are fetched in one place"},
	"github.com/go-jose/go-jose/v4":   {[]string{"internal/emulator", "internal/emulator/emulatortest"}, "the portal verifies tokens, it never makes any"},
	"github.com/prometheus":           {[]string{"internal/metrics"}, "labels are judged in one place"},
	"github.com/sony/gobreaker":       {[]string{"internal/auth0"}, "the tenant's health is judged in one place"},
	"github.com/nyaruka/phonenumbers": {[]string{"internal/phone"}, "numbers are judged in one place"},
	"net/http":                        {[]string{"", "web", "handlers", "static", "internal/auth0", "internal/metrics", "internal/session", "internal/emulator", "internal/emulator/emulatortest", "internal/bench"}, "the domain knows no HTTP"},
	"encoding/json":                   {[]string{"static", "handlers", "internal/auth0", "internal/session", "internal/i18n", "internal/emulator", "internal/emulator/emulatortest", "internal/bench"}, "wire formats stay at the edges"},
}

// TestImports holds every package to the table above. Tests may also import
// the emulator: they fake the server, never the client.
func TestImports(t *testing.T) {
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (strings.HasPrefix(entry.Name(), ".") && path != "." || entry.Name() == "node_modules") {
			return filepath.SkipDir
		}
		if strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
			checkFile(t, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestPackagesAreDescribed: the page for newcomers has a line for each package.
func TestPackagesAreDescribed(t *testing.T) {
	page, err := os.ReadFile("ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for line := range strings.Lines(string(page)) {
		if names, _, found := strings.Cut(strings.TrimPrefix(line, "| `"), "` | "); found {
			rows = append(rows, strings.Split(names, "`, `")...)
		}
	}
	for pkg := range mayImport {
		if pkg != "" && !slices.Contains(rows, pkg) {
			t.Errorf("ARCHITECTURE.md does not say what %s is", pkg)
		}
	}
}

func checkFile(t *testing.T, path string) {
	t.Helper()
	pkg := strings.TrimPrefix(filepath.ToSlash(filepath.Dir(path)), ".")
	allowed, known := mayImport[pkg]
	if !known {
		t.Errorf("%s: package %q is not in the table of imports_test.go: add it with what it may import, or put the file elsewhere", path, pkg)
		return
	}
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		if own, ours := strings.CutPrefix(imported, module+"/"); ours && !slices.Contains(allowed, own) {
			t.Errorf("%s imports %s: %q may import only %q; an arrow in the other direction ties the layers together", path, own, pkg, allowed)
		}
		for prefix, rule := range onlyIn {
			if (imported == prefix || strings.HasPrefix(imported, prefix+"/") && prefix != "net/http") && !slices.Contains(rule.packages, pkg) {
				t.Errorf("%s imports %s, which belongs to %q only: %s", path, imported, rule.packages, rule.reason)
			}
		}
	}
}
