package main

import (
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"
)

// The groups of cases that docs/security-cases.md is about.
var (
	caseName = regexp.MustCompile(`\b(?:OP|SE|CS|XS|RD|RC|ME|LD|SL|EM)-[0-9]{2}\b`)
	caseRow  = regexp.MustCompile(`(?m)^\| ([A-Z]{2}-[0-9]{2}) \| ([^|]+) \| ([^|]+) \|$`)
	caseFile = regexp.MustCompile(`\]\(\.\./([^)]+)\)`)
)

// TestSecurityCases holds the page that says where each case is proven to the tests:
// a file that is named there names the case, a case that any test names is there
// once, and one that no test proves says why.
func TestSecurityCases(t *testing.T) {
	page, err := os.ReadFile("docs/security-cases.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]bool{}
	for _, row := range caseRow.FindAllStringSubmatch(string(page), -1) {
		id, about, where := row[1], row[2], row[3]
		if rows[id] {
			t.Errorf("%s is there twice", id)
		}
		rows[id] = true
		files := caseFile.FindAllStringSubmatch(where, -1)
		if (len(files) == 0) != (about == "not proven by a test of its own") {
			t.Errorf("%s: %d files, and it is %q", id, len(files), about)
		}
		for _, f := range files {
			content, err := os.ReadFile(f[1])
			if err != nil || !strings.Contains(string(content), id) || !isTest(f[1]) {
				t.Errorf("%s: %s does not prove it (%v)", id, f[1], err)
			}
		}
	}
	if len(rows) < 100 {
		t.Errorf("%d cases are read", len(rows))
	}
	for id, file := range casesOfTests(t) {
		if !rows[id] {
			t.Errorf("%s is named by %s and missing in docs/security-cases.md", id, file)
		}
	}
}

// casesOfTests are the cases that tests name, each with one of its files.
func casesOfTests(t *testing.T) map[string]string {
	t.Helper()
	named := map[string]string{}
	err := fs.WalkDir(os.DirFS("."), ".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "node_modules" || len(d.Name()) > 1 && strings.HasPrefix(d.Name(), ".")):
			return fs.SkipDir
		case d.IsDir() || !isTest(path):
			return nil
		}
		content, err := os.ReadFile(path)
		for _, id := range caseName.FindAllString(string(content), -1) {
			named[id] = path
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return named
}

func isTest(path string) bool {
	return strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, ".spec.ts")
}
