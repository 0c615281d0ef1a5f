package site_test

import (
	"net/url"
	"strings"
	"testing"

	"mysecurity/internal/site"
)

func TestParseCanonical(t *testing.T) {
	for _, c := range []struct{ in, base, origin, host, prefix string }{
		{"https://id.example", "https://id.example/", "https://id.example", "id.example", "/"},
		{"https://id.example/", "https://id.example/", "https://id.example", "id.example", "/"},
		{"HTTPS://ID.Example:443", "https://id.example/", "https://id.example", "id.example", "/"},
		{"https://id.example:8443/a/b", "https://id.example:8443/a/b/", "https://id.example:8443", "id.example:8443", "/a/b/"},
		{"https://id.example/security/", "https://id.example/security/", "https://id.example", "id.example", "/security/"},
		{"http://localhost:8080", "http://localhost:8080/", "http://localhost:8080", "localhost:8080", "/"},
		{"http://localhost:80", "http://localhost/", "http://localhost", "localhost", "/"},
		{"http://localhost:08080", "http://localhost:8080/", "http://localhost:8080", "localhost:8080", "/"},
		{"http://127.0.0.1:8080", "http://127.0.0.1:8080/", "http://127.0.0.1:8080", "127.0.0.1:8080", "/"},
		{"http://[::1]:8080/x", "http://[::1]:8080/x/", "http://[::1]:8080", "[::1]:8080", "/x/"},
		{"http://[0:0::1]", "http://[::1]/", "http://[::1]", "[::1]", "/"},
	} {
		t.Run(c.in, func(t *testing.T) {
			s, err := site.Parse(c.in)
			if err != nil {
				t.Fatal(err)
			}
			if s.Base() != c.base || s.Origin() != c.origin || s.Host() != c.host || s.Prefix() != c.prefix {
				t.Errorf("base %q origin %q host %q prefix %q", s.Base(), s.Origin(), s.Host(), s.Prefix())
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	for _, in := range []string{
		"", "/", "id.example", "//id.example", "ftp://id.example", "javascript:alert(1)", "https:id.example",
		"https://", "https:///path", "http://id.example", "http://localhost.evil.example", "http://10.0.0.1",
		"https://user@id.example", "https://user:hunter2@id.example", "https://id.example/?a=b", "https://id.example/?",
		"https://id.example/#x", "https://id.example/#", "https://id.example./", "https://.example", "https://id..example",
		"https://id.example:", "https://id.example:0", "https://id.example:65536", "https://id.example:x",
		"https://id_x.example", "https://*.example", "https://\u00e9.example", "https://-a.example",
		"https://id.example//a", "https://id.example/a//b", "https://id.example/./a", "https://id.example/a/..", "https://id.example/a//",
		"https://id.example/%2e%2e/a", "https://id.example/a%2fb", "https://id.example/a b", "https://id.example/a;b", `https://id.example/a\b`,
		"https://[fe80::1%25eth0]/", " https://id.example", "https://id.example\r\n",
	} {
		t.Run(in, func(t *testing.T) {
			s, err := site.Parse(in)
			if err == nil {
				t.Fatalf("accepted as %q", s.Base())
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Fatalf("the error repeats the password: %v", err)
			}
		})
	}
}

func TestURL(t *testing.T) {
	s, err := site.Parse("https://intranet.example/security")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		got  string
		want string
	}{
		{"RD-12 base", s.URL(), "https://intranet.example/security/"},
		{"RD-12 fixed route", s.URL("add/app"), "https://intranet.example/security/add/app"},
		{"RD-12 several", s.URL("methods", site.Segment("h1"), "remove"), "https://intranet.example/security/methods/h1/remove"},
		{"RD-03 slash", s.URL("methods", site.Segment("a/b?c#d")), "https://intranet.example/security/methods/a%2Fb%3Fc%23d"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.got != c.want {
				t.Errorf("got %q, want %q", c.got, c.want)
			}
		})
	}
}

// TestSegmentStaysBelowBase resolves links as a browser would: no value of a
// dynamic segment may lead above its place or to another host (RD-03).
func TestSegmentStaysBelowBase(t *testing.T) {
	s, err := site.Parse("https://intranet.example/security")
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []string{".", "..", "../..", "%2e%2e", "//evil.example", `\\evil.example`, "a\r\nb", "\x00", "é"} {
		t.Run(v, func(t *testing.T) {
			link := s.URL("methods", site.Segment(v), "remove")
			u, err := url.Parse(link)
			if err != nil {
				t.Fatal(err)
			}
			// A browser folds dot segments, encoded ones too, before it sends the path.
			folded := strings.NewReplacer("%2E", ".", "%2e", ".").Replace(u.EscapedPath())
			resolved := u.ResolveReference(&url.URL{Path: folded}).Path
			if u.Host != "intranet.example" || !strings.HasPrefix(resolved, "/security/methods/") || !strings.HasSuffix(resolved, "/remove") {
				t.Errorf("%q leads to %q", link, resolved)
			}
		})
	}
}

func TestLoopback(t *testing.T) {
	for in, want := range map[string]bool{
		"http://localhost:8080":        true,
		"http://portal.localhost:8080": true,
		"http://127.9.9.9":             true,
		"https://[::1]":                true,
		"https://id.example":           false,
		"https://localhost.example":    false,
		"https://10.0.0.1":             false,
	} {
		s, err := site.Parse(in)
		if err != nil {
			t.Fatal(in, err)
		}
		if s.Loopback() != want {
			t.Errorf("%s: loopback %v", in, s.Loopback())
		}
		if s.HTTPS() != strings.HasPrefix(in, "https:") {
			t.Errorf("%s: https %v", in, s.HTTPS())
		}
	}
}
