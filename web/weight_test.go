package web_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"mysecurity/internal/emulator/emulatortest"
)

// loads are the addresses that a browser fetches for a page by itself, each one
// once.
func (a answer) loads() []string {
	var all []string
	seen := map[string]bool{}
	for selector, attribute := range map[string]string{"[src]": "src", "link[href]": "href", "use[href]": "href", "[data]": "data", "[srcset]": "srcset", "[poster]": "poster"} {
		a.doc.Find(selector).Each(func(_ int, e *goquery.Selection) {
			address, _, _ := strings.Cut(e.AttrOr(attribute, ""), "#")
			if !seen[address] {
				seen[address] = true
				all = append(all, address)
			}
		})
	}
	return all
}

// headWeight is what the headers of an answer take in HTTP/1.1. A proxy that
// speaks HTTP/2 sends most of it once for a connection.
func (a answer) headWeight(t *testing.T) int {
	t.Helper()
	var head bytes.Buffer
	must(t, a.Header.Write(&head))
	return len("HTTP/1.1 200 OK\r\n\r\n") + head.Len()
}

// TestColdPage (G2): what a browser with an empty cache loads for the overview
// with five methods: the page as it is sent, the files compressed. What it may
// keep makes a repeated view one request.
func TestColdPage(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	app := emulatortest.WithApp()
	_, b := p.person(app, app, app, app, app, emulatortest.WithRecoveryCode())
	page := b.get("")
	b.wantHeading(page, "overview.title")
	total, script, style, requests, heads := len(page.body), 0, 0, 1, page.headWeight(t)
	for _, address := range page.loads() {
		if !strings.HasPrefix(address, p.url+"assets/") && !strings.HasPrefix(address, p.site.URL("assets")+"/") {
			t.Errorf("G2 %s is not a file of ours", address)
			continue
		}
		file := b.get(address, "Accept-Encoding", "gzip") // what every browser takes; most take better
		b.wantStatus(file, http.StatusOK)
		if kept := file.Header.Get("Cache-Control"); !strings.Contains(kept, "immutable") || !strings.Contains(kept, "max-age=31536000") {
			t.Errorf("G2 %s is asked for again: %s", address, kept)
		}
		weight := len(file.body)
		requests, total, heads = requests+1, total+weight, heads+file.headWeight(t)
		switch kind, _, _ := strings.Cut(file.Header.Get("Content-Type"), ";"); kind {
		case "text/javascript":
			script += weight
		case "text/css":
			style += weight
		case "image/svg+xml":
		default:
			t.Errorf("G2 %s is %q: neither script, style nor icons", address, kind)
		}
		t.Logf("%6d bytes %s", weight, strings.TrimPrefix(address, p.url))
	}
	t.Logf("%6d bytes in %d requests, of which the page %d; %d more for the headers", total, requests, len(page.body), heads)
	for _, budget := range []struct {
		what       string
		got, limit int
	}{
		{"bytes", total, 30 << 10}, {"bytes of script", script, 18 << 10}, {"bytes of style", style, 8 << 10}, {"requests", requests, 5},
	} {
		if budget.got > budget.limit || budget.got == 0 {
			t.Errorf("G2 %d %s, the budget is %d", budget.got, budget.what, budget.limit)
		}
	}
}

// TestStyleLoadsNothing (G2): no web font, no picture, no further sheet comes
// with the style sheet.
func TestStyleLoadsNothing(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	b := p.browser()
	sheets := b.get("").doc.Find("link[rel=stylesheet]")
	if sheets.Length() != 1 {
		t.Fatalf("%d style sheets", sheets.Length())
	}
	sheet := b.get(sheets.AttrOr("href", "")).body
	if len(sheet) < 1000 {
		t.Fatalf("the style sheet has %d bytes", len(sheet))
	}
	for _, loading := range []string{"url(", "@import", "@font-face", "image-set("} {
		if strings.Contains(sheet, loading) {
			t.Errorf("G2 the style sheet has %s", loading)
		}
	}
}
