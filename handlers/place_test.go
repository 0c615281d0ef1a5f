package handlers

import (
	"strings"
	"testing"

	"mysecurity/internal/site"
)

// TestPlaceFrom (RD-01, RD-02): whatever a request names, the browser is only
// ever sent to one of a few pages of ours.
func TestPlaceFrom(t *testing.T) {
	s, err := site.Parse("https://intranet.example/security")
	if err != nil {
		t.Fatal(err)
	}
	handle := "abcdefghijklmn23"
	tests := []struct{ key, method, want string }{
		{"overview", "", "https://intranet.example/security/"},
		{"add", "", "https://intranet.example/security/add"},
		{"add-app", "", "https://intranet.example/security/add/app"},
		{"add-phone", handle, "https://intranet.example/security/add/phone"},
		{"add-email", "", "https://intranet.example/security/add/email"},
		{"add-push", "", "https://intranet.example/security/add/push"},
		{"add-other", "", "https://intranet.example/security/"},
		{"recovery-code", handle, "https://intranet.example/security/recovery-code"},
		{"remove", handle, "https://intranet.example/security/methods/" + handle + "/remove"},
		{"remove", "", "https://intranet.example/security/"},
		{"remove", "../../x", "https://intranet.example/security/"},
		{"remove", strings.ToUpper(handle), "https://intranet.example/security/"},
		{"ADD-APP", "", "https://intranet.example/security/"},
		{"add-app ", "", "https://intranet.example/security/"},
		{"https://evil.example", "", "https://intranet.example/security/"},
		{"//evil.example", "", "https://intranet.example/security/"},
		{`/\evil.example`, "", "https://intranet.example/security/"},
		{"%2f%2fevil.example", "", "https://intranet.example/security/"},
		{strings.Repeat("a", 8192), "", "https://intranet.example/security/"},
	}
	for _, tt := range tests {
		if got := PlaceFrom(tt.key, tt.method).URL(s); got != tt.want {
			t.Errorf("place %.40q %q leads to %s, want %s", tt.key, tt.method, got, tt.want)
		}
	}
}
