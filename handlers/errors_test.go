package handlers

import (
	"errors"
	"fmt"
	"slices"
	"strings"
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

// TestDescribeQuotesOnlyOurWords (SL-11): libraries put what they read into
// their messages; the log names their type.
func TestDescribeQuotesOnlyOurWords(t *testing.T) {
	foreign := fmt.Errorf("unexpected answer: %w", errors.New("canary-token"))
	for _, err := range []error{foreign, account.Fail(account.KindUnavailable, foreign), fmt.Errorf("wrapped: %w", foreign)} {
		if text := Describe(err); strings.Contains(text, "canary") || !strings.Contains(text, ": *fmt.") {
			t.Errorf("Describe = %q", text)
		}
	}
	if text := Describe(account.Fail(account.KindSignInDenied, account.Reason("fixed words"))); text != "sign-in-denied: fixed words" {
		t.Errorf("Describe = %q", text)
	}
	if text := Describe(account.Fail(KindStoreDown, nil)); text != "store-down" {
		t.Errorf("Describe = %q", text)
	}
}
