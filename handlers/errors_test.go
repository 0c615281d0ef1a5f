package handlers

import (
	"slices"
	"testing"

	"mysecurity/internal/account"
	"mysecurity/templates"
)

// TestEveryKindHasItsPage: the statuses and the words of error pages cover the
// same kinds.
func TestEveryKindHasItsPage(t *testing.T) {
	kinds := templates.ErrorKinds()
	for kind := range statuses {
		if !slices.Contains(kinds, templates.ErrorKind(kind)) {
			t.Errorf("there are no words for %q", kind)
		}
	}
	for _, kind := range kinds {
		if statuses[account.Kind(kind)] == 0 {
			t.Errorf("nothing leads to the page of %q", kind)
		}
	}
}
