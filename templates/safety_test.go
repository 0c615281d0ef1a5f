package templates

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"mysecurity/internal/i18n"
)

// TestHostileText is XS-01: whatever the tenant, the profile or the user put
// into a text is shown as text.
func TestHostileText(t *testing.T) {
	const hostile = `"'><img src=x onerror=alert(1)></title><script>alert(1)</script>`
	eachPage(t, hostile, func(t *testing.T, full, main string) {
		for _, part := range []string{full, "<body>" + main} {
			doc := parse(t, part)
			if n := doc.Find("img, main script, title script").Length(); n != 0 {
				t.Errorf("XS-01 %d elements came out of a text", n)
			}
			if n := doc.Find("script").Length(); n > 1 {
				t.Errorf("XS-01 %d scripts, want the page's own", n)
			}
		}
		if !strings.Contains(text(parse(t, full).Selection), "<img src=x onerror=alert(1)>") {
			t.Error("XS-01 the text is not shown as it is")
		}
	})
}

// TestHostileURLs is XS-02: no scheme that runs or hides anything becomes a link.
func TestHostileURLs(t *testing.T) {
	b := newBundle(t)
	bad := []string{
		"javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "vbscript:x",
		"otpauth://hotp/x?secret=A", "otpauth:alert", "https://totp/x?secret=A", "", "%zz",
	}
	for _, address := range bad {
		wizard := samples(t, "")["wizard"].(AddAppWizard)
		wizard.Key.URI = address
		wizard.SupportURL = "javascript:alert(1)"
		doc := parse(t, html(t, b, i18n.English, wizard.Full()))
		if doc.Find(".same-phone").Length() != 0 {
			t.Errorf("XS-02 %q became a link to an app", address)
		}
		if doc.Find("a[href^='javascript']").Length() != 0 {
			t.Error("XS-02 the support link runs a script")
		}
	}
	out := samples(t, "")["signing-out"].(SigningOut)
	out.Target = "javascript:alert(1)"
	if page := html(t, b, i18n.English, out.Full()); strings.Contains(page, "javascript:") {
		t.Error("XS-02 the sign-out leads to a script")
	}
}

// rhythm is the one trigger that pages use: a condition in brackets after it
// would be evaluated.
var rhythm = regexp.MustCompile(`^every [1-9][0-9]?s$`)

// unsafeAttr reports an attribute that the policy forbids or that htmx would
// evaluate.
func unsafeAttr(name, value string) bool {
	return name == "style" || strings.HasPrefix(name, "on") || strings.HasPrefix(name, "hx-on") ||
		name == "hx-vars" || name == "hx-vals" || name == "hx-boost" ||
		name == "hx-trigger" && !rhythm.MatchString(value) ||
		strings.HasPrefix(name, "hx-") && strings.Contains(value, "js:")
}

// TestRenderedPagesAreInert is the half of XS-04 that looks at the result.
func TestRenderedPagesAreInert(t *testing.T) {
	eachPage(t, "", func(t *testing.T, full, _ string) {
		doc := parse(t, full)
		doc.Find("*").Each(func(_ int, s *goquery.Selection) {
			for _, attr := range s.Get(0).Attr {
				if unsafeAttr(attr.Key, attr.Val) {
					t.Errorf("XS-04 %s=%q", attr.Key, attr.Val)
				}
			}
		})
		if n := doc.Find("style, iframe, object, embed, base").Length(); n != 0 {
			t.Errorf("XS-04 %d elements that the policy forbids", n)
		}
		doc.Find("script, link[rel=stylesheet]").Each(func(_ int, s *goquery.Selection) {
			if s.AttrOr("nonce", "") != "bm9uY2U" || s.Text() != "" {
				t.Error("XS-04 a script or sheet is inline or has no nonce")
			}
		})
	})
}

// TestTemplatesAreInert is the half of XS-04 that looks at the sources, and
// keeps the holes of templ shut (security.md a.7).
func TestTemplatesAreInert(t *testing.T) {
	forbidden := regexp.MustCompile(`\bstyle=|\bon[a-z]+=|hx-(on|vars|vals|boost|trigger=")|js:|<style|<script>|` +
		`templ\.(Raw|SafeURL|SafeCSS|SafeClass|SafeCSSProperty|JSUnsafeFuncCall|JSExpression|Attributes|ComponentScript)|@templ\.`)
	for _, file := range sources(t, ".templ") {
		for i, line := range strings.Split(file.text, "\n") {
			if found := forbidden.FindString(line); found != "" {
				t.Errorf("XS-04 %s:%d: %s", file.name, i+1, found)
			}
		}
	}
	for _, file := range sources(t, ".go") {
		if strings.Contains(file.text, "templ.Raw") || strings.Contains(file.text, "templ.SafeURL(") && file.name != "urls.go" {
			t.Errorf("XS-04 %s: only urls.go may declare a URL safe, and nothing may write raw HTML", file.name)
		}
	}
}

type source struct{ name, text string }

// sources reads what people write in this package and in ui.
func sources(t *testing.T, ending string) []source {
	t.Helper()
	var found []source
	for _, dir := range []string{".", "ui"} {
		names, err := filepath.Glob(filepath.Join(dir, "*"+ending))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_templ.go") || strings.HasSuffix(name, "_test.go") {
				continue
			}
			content, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			found = append(found, source{name, string(content)})
		}
	}
	if len(found) == 0 {
		t.Fatalf("no %s files", ending)
	}
	return found
}

// TestHTMXConfig is the server's half of XS-05.
func TestHTMXConfig(t *testing.T) {
	want := map[string]any{
		"mode": "same-origin", "history": false, "includeIndicatorCSS": false, "defaultTimeout": 10000.0,
		"defaultSwap": "outerHTML", "extensions": "mysecurity", "prefix": "", "implicitInheritance": false,
		"noSwap": []any{204.0, 304.0, "5xx"},
	}
	content, _ := page(t, "wizard").Find("meta[name=htmx-config]").Attr("content")
	var got map[string]any
	if err := json.Unmarshal([]byte(content), &got); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("XS-05 htmx is configured with %v, want %v", got, want)
	}
}

// TestSecretsStayInTheirPlace keeps the key and the recovery code in the one
// element that shows them (SL-06).
func TestSecretsStayInTheirPlace(t *testing.T) {
	b := newBundle(t)
	for name, secret := range map[string]string{"wizard": sampleSecret, "recovery-code": sampleRecovery} {
		page := html(t, b, i18n.English, samples(t, "")[name].Full())
		doc := parse(t, page)
		doc.Find("code.code, .same-phone a").Remove()
		if rest, _ := doc.Html(); strings.Contains(rest, secret) || strings.Contains(rest, "data:") {
			t.Errorf("SL-06 %s: the secret is elsewhere in the page", name)
		}
		for other, view := range samples(t, "") {
			if !strings.HasPrefix(other, name) && strings.Contains(html(t, b, i18n.English, view.Full()), secret) {
				t.Errorf("SL-06 the secret of %s is on %s", name, other)
			}
		}
	}
}
