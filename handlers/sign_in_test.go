package handlers

import (
	"net/url"
	"strings"
	"testing"

	"mysecurity/internal/account"
)

// TestRefusedByTenant (OP-39): what a page says follows from a known code; what
// the log says holds nothing that the provider made up.
func TestRefusedByTenant(t *testing.T) {
	const markup = `"><img src=x onerror=alert(1)>`
	tests := []struct {
		code string
		kind account.Kind
		log  string
	}{
		{"access_denied", account.KindSignInDenied, "access_denied"},
		{"login_required", account.KindSignInDenied, "login_required"},
		{"unauthorized", account.KindSignInDenied, "unauthorized"},
		{"temporarily_unavailable", account.KindUnavailable, "temporarily_unavailable"},
		{"server_error", account.KindUnavailable, "server_error"},
		{"invalid_scope", account.KindSignInRefused, "invalid_scope"},
		{"", account.KindSignInRefused, "unknown"},
		{"ACCESS_DENIED", account.KindSignInRefused, "unknown"},
		{markup, account.KindSignInRefused, "unknown"},
		{strings.Repeat("x", 10_000), account.KindSignInRefused, "unknown"},
	}
	for _, tt := range tests {
		err := refusedByTenant(tt.code)
		if kind := account.KindOf(err); kind != tt.kind {
			t.Errorf("OP-39 %.40q is %q, want %q", tt.code, kind, tt.kind)
		}
		if text := Describe(err); !strings.HasSuffix(text, " "+tt.log) || len(text) > 100 {
			t.Errorf("OP-39 %.40q is logged as %.200q", tt.code, text)
		}
	}
}

// TestOnly (OP-25): a parameter counts if it came once and says something.
func TestOnly(t *testing.T) {
	for query, want := range map[string]bool{
		"state=a": true, "state=a&code=b": true, "": false, "state=": false, "state": false,
		"state=a&state=a": false, "state=a&state=b": false, "State=a": false,
	} {
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		if value, ok := only(values, "state"); ok != want || ok && value != "a" {
			t.Errorf("OP-25 %q: %q, %v", query, value, ok)
		}
	}
}
