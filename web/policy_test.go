package web_test

import (
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/PuerkitoBio/goquery"
)

// policy is a parsed Content-Security-Policy: sources by directive.
type policy map[string][]string

func parsePolicy(header string) (policy, error) {
	p := policy{}
	for directive := range strings.SplitSeq(header, ";") {
		words := strings.Fields(directive)
		if len(words) == 0 {
			return nil, fmt.Errorf("an empty directive in %q", header)
		}
		if _, twice := p[words[0]]; twice {
			return nil, fmt.Errorf("%s twice", words[0])
		}
		p[words[0]] = words[1:]
	}
	return p, nil
}

// nonce is what scripts and styles have to carry; empty if there is none.
func (p policy) nonce() string {
	sources := p["script-src"]
	if len(sources) != 1 {
		return ""
	}
	return strings.TrimSuffix(strings.TrimPrefix(sources[0], "'nonce-"), "'")
}

// weak finds sources that let in more than named places (XS-07).
func (p policy) weak() string {
	scheme := regexp.MustCompile(`^[a-z][a-z0-9+.-]*:$`)
	for directive, sources := range p {
		for _, source := range sources {
			switch {
			case strings.Contains(source, "unsafe"), strings.Contains(source, "*"), scheme.MatchString(source),
				directive != "require-trusted-types-for" && (source == "'self'" || source == "'strict-dynamic'"):
				return directive + " allows " + source
			}
		}
	}
	return ""
}

// contentPolicy holds the header of a page against e.2, and the page's own
// scripts and styles against its nonce.
func contentPolicy(p *portal, r *http.Request, a answer) string {
	if p.isAsset(r, a) {
		return ""
	}
	got, err := parsePolicy(a.Header.Get("Content-Security-Policy"))
	if err != nil {
		return err.Error()
	}
	if weak := got.weak(); weak != "" {
		return weak
	}
	nonce := got.nonce()
	if raw, err := base64.RawStdEncoding.DecodeString(nonce); err != nil || len(raw) < 16 {
		return "the nonce has fewer than 128 bits"
	}
	want := policy{
		"default-src": {"'none'"}, "script-src": {"'nonce-" + nonce + "'"}, "style-src": {"'nonce-" + nonce + "'"},
		"img-src": {p.url + "assets/"}, "font-src": {p.url + "assets/"}, "connect-src": {p.url}, "form-action": {p.url},
		"base-uri": {"'none'"}, "object-src": {"'none'"}, "frame-src": {"'none'"}, "worker-src": {"'none'"}, "manifest-src": {"'none'"},
		"frame-ancestors": {"'none'"}, "require-trusted-types-for": {"'script'"}, "trusted-types": {"htmx"},
		"report-to": {"csp"}, "report-uri": {p.url + "csp-report"},
	}
	if p.site.HTTPS() {
		want["upgrade-insecure-requests"] = nil
	}
	for directive, sources := range want {
		if _, there := got[directive]; !there || !slices.Equal(got[directive], sources) {
			return fmt.Sprintf("%s is %q, want %q", directive, got[directive], sources)
		}
	}
	if len(got) != len(want) {
		return fmt.Sprintf("directives %q", slices.Sorted(maps.Keys(got)))
	}
	return nonces(a, nonce)
}

// nonces: whole pages carry their answer's nonce on every script and style
// sheet, fragments carry none at all (XS-06).
func nonces(a answer, nonce string) string {
	if !strings.HasPrefix(a.body, "<!doctype") && !strings.HasPrefix(a.body, "<!DOCTYPE") {
		if strings.Contains(a.body, nonce) || strings.Contains(a.body, "nonce=") {
			return "a nonce in a fragment"
		}
		return ""
	}
	wrong := ""
	a.doc.Find("script, link[rel=stylesheet]").Each(func(_ int, e *goquery.Selection) {
		if e.AttrOr("nonce", "") != nonce {
			wrong = goquery.NodeName(e) + " without the nonce of its answer"
		}
	})
	return wrong
}
