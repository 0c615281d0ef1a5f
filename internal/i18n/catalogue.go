package i18n

import (
	"context"
	"fmt"
	"strings"

	"github.com/nicksnyder/go-i18n/v2/i18n"
)

// countArg is the argument of [T] that chooses the plural form.
const countArg = "Count"

// catalogue is one language, ready to be read.
type catalogue struct {
	lang Lang
	// fixed holds the sentences that have one form, cut at their placeholders.
	// Nearly all are such, and a page has dozens: putting one together costs an
	// allocation or two, and none without placeholders (performance.md G1).
	fixed map[string]sentence
	// localizer knows the rules for the rest, the sentences with plural forms.
	localizer *i18n.Localizer
}

// sentence is text and names of placeholders in turn, text first and last.
type sentence []string

// cut finds the placeholders of a text. It reports false for anything but the
// plain {{.Name}}, which is left to the template language of the library.
func cut(text string) (sentence, bool) {
	var s sentence
	for {
		before, rest, found := strings.Cut(text, "{{.")
		s = append(s, before)
		if !found {
			return s, !strings.Contains(before, "{{")
		}
		name, after, closed := strings.Cut(rest, "}}")
		if !closed || strings.ContainsAny(name, " .|{") {
			return nil, false
		}
		s, text = append(s, name), after
	}
}

// fill puts the values of args in the places of their names.
func (s sentence) fill(args []any) string {
	if len(s) == 1 {
		return s[0]
	}
	var b strings.Builder
	for i, part := range s {
		if i%2 == 0 {
			b.WriteString(part)
		} else {
			b.WriteString(value(args, part))
		}
	}
	return b.String()
}

// value is the argument of that name, or a marker that nobody overlooks.
func value(args []any, name string) string {
	for i := 0; i+1 < len(args); i += 2 {
		if args[i] != name {
			continue
		}
		if s, ok := args[i+1].(string); ok {
			return s
		}
		return fmt.Sprint(args[i+1])
	}
	return missing(name)
}

func newCatalogue(lang Lang, messages []*i18n.Message, localizer *i18n.Localizer) *catalogue {
	c := &catalogue{lang: lang, fixed: make(map[string]sentence, len(messages)), localizer: localizer}
	for _, m := range messages {
		if m.One != "" || m.Many != "" {
			continue
		}
		if s, ok := cut(m.Other); ok {
			c.fixed[m.ID] = s
		}
	}
	return c
}

// text is the sentence of a key, or a marker that nobody overlooks.
func (c *catalogue) text(key string, args []any) string {
	if s, ok := c.fixed[key]; ok {
		return s.fill(args)
	}
	data := make(map[string]any, len(args)/2)
	for i := 0; i+1 < len(args); i += 2 {
		name, _ := args[i].(string)
		data[name] = args[i+1]
	}
	s, err := c.localizer.Localize(&i18n.LocalizeConfig{MessageID: key, TemplateData: data, PluralCount: data[countArg]})
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
