package i18n

import (
	"context"
	"strings"

	"github.com/nicksnyder/go-i18n/v2/i18n"
)

// countArg is the argument of [T] that chooses the plural form.
const countArg = "Count"

// catalogue is one language, ready to be read.
type catalogue struct {
	lang Lang
	// plain holds the sentences without placeholders. Most are, and a page has
	// dozens: they are worth a look-up without an allocation (performance.md G1).
	plain     map[string]string
	localizer *i18n.Localizer
}

func newCatalogue(lang Lang, messages []*i18n.Message, localizer *i18n.Localizer) *catalogue {
	c := &catalogue{lang: lang, plain: make(map[string]string, len(messages)), localizer: localizer}
	for _, m := range messages {
		if m.One == "" && m.Many == "" && !strings.Contains(m.Other, "{{") {
			c.plain[m.ID] = m.Other
		}
	}
	return c
}

// text is the sentence of a key, or a marker that nobody overlooks.
func (c *catalogue) text(key string, args []any) string {
	if s, ok := c.plain[key]; ok {
		return s
	}
	cfg := &i18n.LocalizeConfig{MessageID: key}
	if len(args) > 0 {
		data := make(map[string]any, len(args)/2)
		for i := 0; i+1 < len(args); i += 2 {
			name, _ := args[i].(string)
			data[name] = args[i+1]
		}
		cfg.TemplateData, cfg.PluralCount = data, data[countArg]
	}
	s, err := c.localizer.Localize(cfg)
	if err != nil {
		return missing(key)
	}
	return s
}

// missing stands where a sentence should be. The page tests look for it.
func missing(key string) string { return "⟦" + key + "⟧" }

// contextKey is the key under which a context carries its catalogue.
type contextKey struct{}

// With returns a context in which [T] speaks l. A language that the portal does
// not speak becomes English.
func (b *Bundle) With(ctx context.Context, l Lang) context.Context {
	c, ok := b.catalogues[l]
	if !ok {
		c = b.catalogues[English]
	}
	return context.WithValue(ctx, contextKey{}, c)
}

// T is the sentence of key in the language of ctx. args are names and values of
// placeholders in turn; a value named "Count" chooses the plural form as well.
// An unknown key, or a context without a language, gives the key in brackets ⟦⟧.
func T(ctx context.Context, key string, args ...any) string {
	c, ok := ctx.Value(contextKey{}).(*catalogue)
	if !ok {
		return missing(key)
	}
	return c.text(key, args)
}

// Split is T for a sentence with an element inside: the text before and after
// the placeholder name, which the caller draws itself.
func Split(ctx context.Context, key, name string, args ...any) (before, after string) {
	const mark = "\x00"
	before, after, _ = strings.Cut(T(ctx, key, append(args, name, mark)...), mark)
	return before, after
}

// LangOf is the language of ctx, English if it has none.
func LangOf(ctx context.Context) Lang {
	if c, ok := ctx.Value(contextKey{}).(*catalogue); ok {
		return c.lang
	}
	return English
}
