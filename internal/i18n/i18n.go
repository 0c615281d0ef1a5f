// Package i18n holds every sentence that the portal says, in English and in
// Canadian French, and the rules by which a visitor's language is chosen.
//
// The sentences live in locales/*.json, one file for each language, and
// nowhere else. A context made by [Bundle.With] carries the language of a
// request; [T] reads a sentence from it.
package i18n

import (
	"embed"
	"encoding/json"
	"fmt"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

// Lang is a language of the portal, as a BCP 47 tag.
type Lang string

// The languages of the portal. English comes first: it is the fallback.
const (
	English Lang = "en"
	French  Lang = "fr-CA"
)

// Langs lists the languages of the portal, the fallback first.
func Langs() []Lang { return []Lang{English, French} }

// Valid reports whether the portal speaks l.
func (l Lang) Valid() bool { return l == English || l == French }

//go:embed locales/*.json
var locales embed.FS

// Bundle holds the sentences of all languages. It is safe for concurrent use.
type Bundle struct {
	matcher    language.Matcher
	catalogues map[Lang]*catalogue
	wishes     wishes
}

// New reads the embedded sentences. An error means that the program was built
// from a broken file.
func New() (*Bundle, error) {
	source := i18n.NewBundle(language.Make(string(English)))
	source.RegisterUnmarshalFunc("json", json.Unmarshal)
	b := &Bundle{catalogues: make(map[Lang]*catalogue)}
	var tags []language.Tag
	for _, lang := range Langs() {
		tag := language.Make(string(lang))
		file, err := source.LoadMessageFileFS(locales, "locales/"+string(lang)+".json")
		if err != nil {
			return nil, fmt.Errorf("i18n: sentences of %s: %w", lang, err)
		}
		b.catalogues[lang] = newCatalogue(lang, file.Messages, i18n.NewLocalizer(source, string(lang)))
		tags = append(tags, tag)
	}
	b.matcher = language.NewMatcher(tags)
	return b, nil
}

// longestWish bounds a header in bytes: one longer than any browser's is not
// worth parsing.
const longestWish = 1000

// Match chooses the language of a visitor: the cookie that the language form
// sets, then the locale of the user's profile, then the Accept-Language header,
// then English. Values that name no language of the portal are passed over; any
// kind of French is answered in Canadian French.
func (b *Bundle) Match(cookie, profile, acceptLanguage string) Lang {
	if Lang(cookie).Valid() {
		return Lang(cookie)
	}
	for _, wish := range []string{profile, acceptLanguage} {
		if lang := b.answer(wish); lang != "" {
			return lang
		}
	}
	return English
}

// answer is the language for one wish; empty if the wish names none of ours.
func (b *Bundle) answer(wish string) Lang {
	if wish == "" || len(wish) > longestWish {
		return ""
	}
	if lang, known := b.wishes.look(wish); known {
		return lang
	}
	var lang Lang
	if tags, _, err := language.ParseAcceptLanguage(wish); err == nil {
		if _, i, confidence := b.matcher.Match(tags...); confidence > language.No {
			lang = Langs()[i]
		}
	}
	b.wishes.keep(wish, lang)
	return lang
}

// UILocales is the value of the OpenID Connect parameter ui_locales that asks
// the sign-in page for the same language (OpenID Connect Core, section 3.1.2.1).
func UILocales(l Lang) string {
	if l == French {
		return "fr-CA fr en"
	}
	return "en"
}
