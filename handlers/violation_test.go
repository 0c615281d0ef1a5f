package handlers

import "testing"

// TestKnownDirective (XS-12): only names of our own policy reach the log.
func TestKnownDirective(t *testing.T) {
	for sent, want := range map[string]string{
		"script-src-elem": "script-src-elem", "trusted-types": "trusted-types",
		"": "other", "Script-Src": "other", "script-src\nlevel=ERROR": "other", "https://evil.example": "other",
	} {
		if got := knownDirective(sent); got != want {
			t.Errorf("XS-12 %q is logged as %q, want %q", sent, got, want)
		}
	}
}
