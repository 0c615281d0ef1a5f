package handlers

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"mysecurity/internal/account"
	"mysecurity/internal/metrics"
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

// TestRefusalsAreCounted: the metrics begin with every reason that the audit stream
// has for a refusal, and with no other.
func TestRefusalsAreCounted(t *testing.T) {
	w := httptest.NewRecorder()
	metrics.New("test").Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody))
	var begun []string
	for _, found := range regexp.MustCompile(`(?m)^mysecurity_refusals_total\{kind="(.*)"\} 0$`).FindAllStringSubmatch(w.Body.String(), -1) {
		begun = append(begun, found[1])
	}
	want := []string{noSecondStep, string(account.KindRefreshRefused), string(account.KindFixed)} // without a table
	for kind := range refusals {
		want = append(want, string(kind))
	}
	slices.Sort(want)
	if slices.Sort(begun); !slices.Equal(begun, want) {
		t.Errorf("the metrics begin with %q, there are %q", begun, want)
	}
}
