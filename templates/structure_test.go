package templates

import (
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

// TestStructure holds every page to what assistive technology, and people
// without the script, rely on.
func TestStructure(t *testing.T) {
	eachPage(t, "", func(t *testing.T, full, _ string) {
		doc := parse(t, full)
		for selector, want := range map[string]int{
			"html[lang]": 1, "head > title": 1, "h1": 1, "main#main[tabindex='-1']": 1,
			"body > header": 1, "body > footer": 1, "a.skip[href='#main']": 1, "#announcer[role=status]": 1,
		} {
			if got := doc.Find(selector).Length(); got != want {
				t.Errorf("%d × %s, want %d", got, selector, want)
			}
		}
		if first := doc.Find("a, button, input:not([type=hidden])").First(); !first.HasClass("skip") {
			t.Error("the skip link is not the first stop of the keyboard")
		}
		if strings.ContainsAny(full, "⟦⟧\x00") || strings.Contains(full, "no value") {
			t.Error("a sentence or one of its values is missing")
		}
		checkIDs(t, doc)
		checkNames(t, doc)
		checkForms(t, doc)
		checkPolling(t, doc)
		checkLinks(t, doc)
		if n := doc.Find(".button:not(.quiet)").Length(); n > 1 {
			t.Errorf("%d buttons want to be the first choice", n)
		}
	})
}

// checkIDs finds doubled ids and references that lead nowhere.
func checkIDs(t *testing.T, doc *goquery.Document) {
	t.Helper()
	seen := map[string]bool{}
	doc.Find("[id]").Each(func(_ int, s *goquery.Selection) {
		id := s.AttrOr("id", "")
		if id == "" || seen[id] {
			t.Errorf("id %q is empty or used twice", id)
		}
		seen[id] = true
	})
	for _, attr := range []string{"for", "aria-labelledby", "aria-describedby", "data-copy"} {
		doc.Find("[" + attr + "]").Each(func(_ int, s *goquery.Selection) {
			for id := range strings.FieldsSeq(s.AttrOr(attr, "")) {
				if !seen[id] {
					t.Errorf("%s refers to %q, which is not there", attr, id)
				}
			}
		})
	}
	doc.Find("a[href^='#']").Each(func(_ int, s *goquery.Selection) {
		if id := strings.TrimPrefix(s.AttrOr("href", ""), "#"); !seen[id] {
			t.Errorf("link to #%s, which is not there", id)
		}
	})
}

// checkNames wants a name on everything that can be operated.
func checkNames(t *testing.T, doc *goquery.Document) {
	t.Helper()
	doc.Find("a, button, h1, h2, h3, summary, label").Each(func(_ int, s *goquery.Selection) {
		if text(s) == "" {
			t.Errorf("<%s> without words", goquery.NodeName(s))
		}
	})
	doc.Find("fieldset").Each(func(_ int, s *goquery.Selection) {
		if text(s.ChildrenFiltered("legend")) == "" {
			t.Error("a group of fields without a name")
		}
	})
	doc.Find("input:not([type=hidden]), select").Each(func(_ int, s *goquery.Selection) {
		if doc.Find("label[for='"+s.AttrOr("id", "?")+"']").Length() != 1 {
			t.Errorf("field %q has no label", s.AttrOr("name", ""))
		}
	})
	doc.Find("svg").Each(func(_ int, s *goquery.Selection) {
		_, labelled := s.Attr("aria-label")
		if hidden := s.AttrOr("aria-hidden", "") == "true"; hidden == labelled {
			t.Error("a picture is neither decoration nor named")
		}
	})
}

// checkForms wants every form to work as a plain POST to ourselves, with the
// token where there is a session, and htmx to do the same as the browser.
func checkForms(t *testing.T, doc *goquery.Document) {
	t.Helper()
	signedIn := doc.Find("form[action$='/sign-out']").Length() > 0
	doc.Find("form").Each(func(_ int, s *goquery.Selection) {
		action := s.AttrOr("action", "")
		if s.AttrOr("method", "") != "post" || !strings.HasPrefix(action, "http://localhost:18080/security/") {
			t.Errorf("form is not a POST to the portal: %q", action)
		}
		if signedIn && s.Find("input[type=hidden][name=form_token][value='form-token']").Length() != 1 {
			t.Errorf("CS-03 form to %q has no form token", action)
		}
		if s.Find("button:not([type=button])").Length() != 1 {
			t.Errorf("form to %q has no button to send it", action)
		}
		if target, ok := s.Attr("hx-post"); ok {
			if target != action || s.AttrOr("hx-target", "") != "#main" || s.AttrOr("hx-swap", "") != "outerHTML" {
				t.Errorf("htmx does something else than the browser with %q", action)
			}
		}
	})
}

// checkPolling wants a part that asks by itself to ask what its own button
// asks, with the form's token in it, and to replace nothing but itself.
func checkPolling(t *testing.T, doc *goquery.Document) {
	t.Helper()
	doc.Find("[hx-trigger]").Each(func(_ int, s *goquery.Selection) {
		form := s.Find("form[method=post]:has([name=form_token])")
		if form.Length() != 1 || form.AttrOr("action", "") != s.AttrOr("hx-post", "?") {
			t.Error("CS-03 a part asks for something else than its button")
		}
		if s.AttrOr("hx-target", "") != "this" || s.AttrOr("hx-swap", "") != "outerHTML" {
			t.Error("a part that asks replaces something else than itself")
		}
	})
}

// checkLinks wants every link to lead to the portal, to the page itself, or to
// one of the few known places outside.
func checkLinks(t *testing.T, doc *goquery.Document) {
	t.Helper()
	allowed := []string{
		"http://localhost:18080/security/", "#", "https://help.example.com/",
		"otpauth://totp/", "http://localhost:8081/oidc/logout?", appStoreURL, googlePlayURL,
	}
	doc.Find("[href], [src]").Each(func(_ int, s *goquery.Selection) {
		address := s.AttrOr("href", s.AttrOr("src", ""))
		for _, prefix := range allowed {
			if strings.HasPrefix(address, prefix) {
				return
			}
		}
		t.Errorf("<%s> leads to %q", goquery.NodeName(s), address)
	})
}

// TestFragment proves that the answer to htmx is the page's own <main> with a
// title beside it, and carries no nonce.
func TestFragment(t *testing.T) {
	eachPage(t, "", func(t *testing.T, full, main string) {
		rest, found := strings.CutPrefix(main, "<title>")
		title, body, closed := strings.Cut(rest, "</title>")
		if !found || !closed || !strings.HasPrefix(strings.TrimSpace(body), `<main id="main"`) || !strings.HasSuffix(main, "</main>") {
			t.Fatalf("not a title and a <main>: %.80q … %.20q", main, main[max(0, len(main)-20):])
		}
		if !strings.Contains(full, "<title>"+title+"</title>") {
			t.Errorf("title %q is not the page's", title)
		}
		if !strings.Contains(full, strings.TrimSpace(body)) {
			t.Error("the fragment is not part of the page")
		}
		if strings.Contains(main, "bm9uY2U") {
			t.Error("XS-06 the nonce of the page is in a fragment")
		}
	})
}
