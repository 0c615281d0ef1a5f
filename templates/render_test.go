package templates

import (
	"bytes"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"

	"mysecurity/internal/i18n"
)

func newBundle(t testing.TB) *i18n.Bundle {
	t.Helper()
	b, err := i18n.New()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// html draws a component in a language.
func html(t testing.TB, b *i18n.Bundle, lang i18n.Lang, c templ.Component) string {
	t.Helper()
	var buf bytes.Buffer
	if err := c.Render(b.With(t.Context(), lang), &buf); err != nil {
		t.Fatal(err)
	}
	return buf.String()
}

func parse(t testing.TB, text string) *goquery.Document {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// text is what is read of a selection, with spaces folded.
func text(s *goquery.Selection) string { return strings.Join(strings.Fields(s.Text()), " ") }

// eachPage runs a check over every sample in every language.
func eachPage(t *testing.T, extra string, check func(t *testing.T, full, main string)) {
	t.Helper()
	b := newBundle(t)
	for _, lang := range i18n.Langs() {
		for name, view := range samples(t, extra) {
			t.Run(string(lang)+"/"+name, func(t *testing.T) {
				check(t, html(t, b, lang, view.Full()), html(t, b, lang, view.Main()))
			})
		}
	}
}

// page draws one sample in English.
func page(t *testing.T, name string) *goquery.Document {
	t.Helper()
	view, ok := samples(t, "")[name]
	if !ok {
		t.Fatalf("no sample %q", name)
	}
	return parse(t, html(t, newBundle(t), i18n.English, view.Full()))
}
