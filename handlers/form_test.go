package handlers

import (
	"testing"

	"mysecurity/templates"
)

// TestParseCode (MF-09): people paste codes with spaces and dashes; anything
// that cannot be a code is told apart here and never reaches the tenant.
func TestParseCode(t *testing.T) {
	tests := []struct {
		typed, code string
		problem     templates.CodeProblem
	}{
		{"123456", "123456", templates.CodeFine},
		{"123 456", "123456", templates.CodeFine},
		{" 12-34-56\n", "123456", templates.CodeFine},
		{"123\u00a0456", "123456", templates.CodeFine},
		{"123\u202f456", "123456", templates.CodeFine},
		{"123\u2013456", "123456", templates.CodeFine},
		{"", "", templates.CodeEmpty},
		{"  - ", "", templates.CodeEmpty},
		{"12345", "", templates.CodeTooShort},
		{"1234567", "", templates.CodeTooLong},
		{"12345a", "", templates.CodeNotDigits},
		{"+12345", "", templates.CodeNotDigits},
		{"１２３４５６", "", templates.CodeNotDigits},
		{"١٢٣٤٥٦", "", templates.CodeNotDigits},
		{"12345\x00", "", templates.CodeNotDigits},
	}
	for _, tt := range tests {
		if code, problem := parseCode(tt.typed); code != tt.code || problem != tt.problem {
			t.Errorf("parseCode(%q) = %q, %q; want %q, %q", tt.typed, code, problem, tt.code, tt.problem)
		}
	}
}
