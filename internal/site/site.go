// Package site builds every URL that the portal writes: links, form targets,
// redirects, content security policy sources. All of them start with the public
// base URL from the configuration; nothing here, and nothing that calls it,
// looks at a request's Host or X-Forwarded headers (security decisions 3, 13).
package site

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// Site is the portal's public address. The zero value is not usable; get one
// from Parse.
type Site struct {
	scheme string // "https" or "http"
	host   string // "host" or "host:port", lower case, default port left out
	prefix string // "/" or "/prefix/"
	base   string // all of them: every page writes dozens of URLs
}

// Parse reads a public base URL such as "https://intranet.example/security". It
// folds the host's case, drops a default port and ends the path with exactly
// one slash. It refuses anything a browser could read in two ways, and plain
// http unless the host is this machine: the session cookie needs https.
func Parse(publicURL string) (Site, error) {
	u, err := url.Parse(publicURL)
	if err != nil {
		// The parser's error quotes the whole text, which may hold a password.
		return Site{}, errors.New("is not a URL")
	}
	switch {
	case u.Scheme != "https" && u.Scheme != "http":
		return Site{}, errors.New("must start with https:// (or http:// on this machine)")
	case u.Host == "" || u.Opaque != "":
		return Site{}, errors.New("has no host name")
	case u.User != nil:
		return Site{}, errors.New("must not contain a user name or password")
	case u.RawQuery != "" || u.ForceQuery:
		return Site{}, errors.New("must not contain a query")
	case strings.Contains(publicURL, "#"):
		return Site{}, errors.New("must not contain a fragment")
	}
	host, err := canonicalHost(u)
	if err != nil {
		return Site{}, err
	}
	prefix, err := canonicalPrefix(u)
	if err != nil {
		return Site{}, err
	}
	s := Site{scheme: u.Scheme, host: host, prefix: prefix, base: u.Scheme + "://" + host + prefix}
	if !s.HTTPS() && !s.Loopback() {
		return Site{}, errors.New("must use https: plain http is only for localhost")
	}
	return s, nil
}

// canonicalHost gives the host as browsers send it in the Host header. Names
// are ASCII (punycode for others), without the root's trailing dot.
func canonicalHost(u *url.URL) (string, error) {
	name := strings.ToLower(u.Hostname())
	port := u.Port()
	if strings.HasSuffix(u.Host, ":") {
		return "", errors.New("has an empty port")
	}
	if port != "" {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 {
			return "", errors.New("has a port that is not between 1 and 65535")
		}
		port = strconv.FormatUint(n, 10)
	}
	if addr, err := netip.ParseAddr(name); err == nil {
		if addr.Zone() != "" {
			return "", errors.New("must not contain an IPv6 zone")
		}
		name = addr.String()
		if addr.Is6() {
			name = "[" + name + "]"
		}
	} else if !validName(name) {
		return "", errors.New("has a host name with characters other than letters, digits, dots and hyphens")
	}
	if port == "" || u.Scheme == "https" && port == "443" || u.Scheme == "http" && port == "80" {
		return name, nil
	}
	return name + ":" + port, nil
}

func validName(name string) bool {
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") {
			return false
		}
		for _, c := range label {
			if c != '-' && (c < 'a' || c > 'z') && (c < '0' || c > '9') {
				return false
			}
		}
	}
	return true
}

// canonicalPrefix accepts only plain path segments, so that cookie paths,
// policy sources and router prefixes all mean the same thing.
func canonicalPrefix(u *url.URL) (string, error) {
	path := strings.TrimSuffix(u.EscapedPath(), "/")
	if path == "" {
		return "/", nil
	}
	for segment := range strings.SplitSeq(strings.TrimPrefix(path, "/"), "/") {
		if segment == "" || segment == "." || segment == ".." {
			return "", errors.New("has a path with empty or dot segments")
		}
		for _, c := range segment {
			plain := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("-._~", c)
			if !plain {
				return "", fmt.Errorf("has a path with the character %q: use letters, digits and -._~", c)
			}
		}
	}
	return path + "/", nil
}

// URL returns the absolute URL of a page: the base followed by the segments,
// joined with slashes. A segment may be a fixed route such as "add/app"; a value
// that is not ours goes through Segment first. No segments give the base URL.
func (s Site) URL(segments ...string) string {
	if len(segments) == 1 {
		return s.base + segments[0]
	}
	return s.base + strings.Join(segments, "/")
}

// Segment escapes a dynamic value for use as one path segment. Browsers treat
// "." and ".." as steps in the tree even when they are percent-encoded, so those
// two are encoded twice: they arrive as a value that names nothing.
func Segment(v string) string {
	if v == "." || v == ".." {
		return strings.Repeat("%252E", len(v))
	}
	return url.PathEscape(v)
}

// Base is the public base URL with its trailing slash: "https://host/prefix/".
func (s Site) Base() string { return s.base }

// Origin is what browsers send as Origin for our pages: "https://host".
func (s Site) Origin() string { return strings.TrimSuffix(s.base, s.prefix) }

// Host is the Host header of our pages: "host" or, with a port that is not the
// scheme's default, "host:port".
func (s Site) Host() string { return s.host }

// Prefix is the path under which all routes live: "/" or "/prefix/".
func (s Site) Prefix() string { return s.prefix }

// HTTPS reports whether browsers reach the portal over TLS.
func (s Site) HTTPS() bool { return s.scheme == "https" }

// Loopback reports whether the host is this machine: "localhost", a name below
// it, or a loopback address.
func (s Site) Loopback() bool {
	u := url.URL{Host: s.host}
	name := u.Hostname()
	if addr, err := netip.ParseAddr(name); err == nil {
		return addr.Unmap().IsLoopback()
	}
	return name == "localhost" || strings.HasSuffix(name, ".localhost")
}
