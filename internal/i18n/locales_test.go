package i18n

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// forms are the plural forms that a language needs (CLDR).
var forms = map[Lang][]string{English: {"one", "other"}, French: {"many", "one", "other"}}

// sentences reads a locale file: each key with its forms, "" for a sentence
// without plural.
func sentences(t *testing.T, lang Lang) map[string]map[string]string {
	t.Helper()
	data, err := locales.ReadFile("locales/" + string(lang) + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var raw map[string]any
	if err := json.Unmarshal(data, &raw); err != nil {
		t.Fatal(err)
	}
	all := make(map[string]map[string]string, len(raw))
	for key, value := range raw {
		all[key] = map[string]string{}
		switch v := value.(type) {
		case string:
			all[key][""] = v
		case map[string]any:
			for form, text := range v {
				all[key][form] = text.(string)
			}
		default:
			t.Fatalf("%s: %s is neither a sentence nor a set of forms", lang, key)
		}
	}
	return all
}

var placeholder = regexp.MustCompile(`\{\{[^}]*\}\}`)

// placeholders lists the distinct placeholders of all forms of a sentence.
func placeholders(texts map[string]string) []string {
	var found []string
	for _, text := range texts {
		found = append(found, placeholder.FindAllString(text, -1)...)
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// TestLocalesAgree holds every language to the keys, the placeholders and the
// plural forms of English. Its failure names the sentence to translate.
func TestLocalesAgree(t *testing.T) {
	english := sentences(t, English)
	for _, lang := range Langs() {
		t.Run(string(lang), func(t *testing.T) {
			own := sentences(t, lang)
			for _, key := range slices.Sorted(maps.Keys(own)) {
				if english[key] == nil {
					t.Errorf("%s is not a sentence of the English file", key)
				}
			}
			for _, key := range slices.Sorted(maps.Keys(english)) {
				if own[key] == nil {
					t.Errorf("%s is missing", key)
					continue
				}
				if got, want := placeholders(own[key]), placeholders(english[key]); !slices.Equal(got, want) {
					t.Errorf("%s has the placeholders %q, English has %q", key, got, want)
				}
				want := []string{""}
				if english[key][""] == "" {
					want = forms[lang]
				}
				if got := slices.Sorted(maps.Keys(own[key])); !slices.Equal(got, want) {
					t.Errorf("%s has the forms %q, want %q", key, got, want)
				}
			}
		})
	}
}

// TestSpelling checks what a reader of proofs would mark: straight apostrophes,
// empty or padded sentences, and in French breakable spaces around signs and
// words that the Office québécois de la langue française advises against.
func TestSpelling(t *testing.T) {
	rules := map[Lang][]struct {
		pattern *regexp.Regexp
		why     string
	}{
		English: {{regexp.MustCompile(`['"]`), "straight apostrophe or quotation mark"}},
		French: {
			{regexp.MustCompile(`['"“”]`), "straight apostrophe or English quotation mark"},
			{regexp.MustCompile(`[^\x{202f}]:|«[^\x{202f}]|[^\x{202f}]»`), "no narrow no-break space at : « »"},
			{regexp.MustCompile(`[\s\x{202f}\x{a0}][;!?]`), "space before ; ! ?"},
			{regexp.MustCompile(`(?i)\b(e-?mails?|mails?|smartphones?|SMS|login|application d’authentificateur)\b`), "not the word of the OQLF"},
			{regexp.MustCompile(`(?i)(^|\s)(tu|ton|ta|tes|toi)(\s|[.,]|$)`), "not polite"},
			{regexp.MustCompile(`\d (minutes?|secondes?)`), "breakable space between number and unit"},
		},
	}
	for _, lang := range Langs() {
		for key, texts := range sentences(t, lang) {
			if strings.HasPrefix(key, "clock.layout") {
				continue
			}
			for _, text := range texts {
				if strings.TrimSpace(text) == "" || strings.TrimSpace(text) != text || strings.Contains(text, "  ") {
					t.Errorf("%s: %s is empty or padded: %q", lang, key, text)
				}
				bare := placeholder.ReplaceAllString(text, "x")
				for _, rule := range rules[lang] {
					if rule.pattern.MatchString(bare) {
						t.Errorf("%s: %s: %s: %q", lang, key, rule.why, text)
					}
				}
			}
		}
	}
}
