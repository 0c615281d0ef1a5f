package web

import (
	"net/http"
	"testing"
)

// TestFromOwnPages is the first layer against forged requests.
func TestFromOwnPages(t *testing.T) {
	const own = "https://security.example"
	tests := []struct {
		name, method             string
		site, mode, dest, origin string
		want                     bool
	}{
		{"own form", "POST", "same-origin", "navigate", "document", own, true},
		{"own htmx", "POST", "same-origin", "same-origin", "empty", own, true},
		{"CS-01 foreign form", "POST", "cross-site", "navigate", "document", "https://evil.example", false},
		{"CS-02 sibling form", "POST", "same-site", "navigate", "document", "https://app.example", false},
		{"CS-04 old browser, own origin", "POST", "", "", "", own, true},
		{"CS-04 old browser, other scheme", "POST", "", "", "", "http://security.example", false},
		{"CS-04 old browser, other port", "POST", "", "", "", own + ":8443", false},
		{"CS-04 old browser, null origin", "POST", "", "", "", "null", false},
		{"CS-04 neither header", "POST", "", "", "", "", false},
		{"CS-05 typed address cannot post", "POST", "none", "navigate", "document", "", false},
		{"CS-08 any other unsafe method", "DELETE", "cross-site", "cors", "empty", "https://evil.example", false},
		{"link from elsewhere", "GET", "cross-site", "navigate", "document", "", true},
		{"typed address", "GET", "none", "navigate", "document", "", true},
		{"no metadata", "GET", "", "", "", "", true},
		{"CS-10 as a script", "GET", "cross-site", "no-cors", "script", "", false},
		{"CS-10 as an image", "GET", "same-site", "no-cors", "image", "", false},
		{"CS-07 in a foreign frame", "GET", "cross-site", "navigate", "iframe", "", false},
		{"FR-15 in an own frame", "GET", "same-origin", "navigate", "iframe", "", false},
		{"FR-15 as an object", "GET", "same-origin", "navigate", "object", "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := &http.Request{Method: tt.method, Header: http.Header{}}
			for name, value := range map[string]string{
				"Sec-Fetch-Site": tt.site, "Sec-Fetch-Mode": tt.mode, "Sec-Fetch-Dest": tt.dest, "Origin": tt.origin,
			} {
				if value != "" {
					r.Header.Set(name, value)
				}
			}
			if got := fromOwnPages(r, own); got != tt.want {
				t.Fatalf("fromOwnPages = %v, want %v", got, tt.want)
			}
		})
	}
}
