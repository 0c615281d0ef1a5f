package ui

import (
	"context"
	"io"

	"github.com/a-h/templ"

	"mysecurity/internal/i18n"
)

// Text is a component that draws plain text, escaped. It does what { text }
// does in a template, without the two allocations that templ spends on each of
// those: it stands where a page says much (performance.md G1).
type Text string

// Render implements [templ.Component].
func (t Text) Render(_ context.Context, w io.Writer) error {
	_, err := io.WriteString(w, templ.EscapeString(string(t)))
	return err
}

// Say is a [Text] by its key: the sentence in the language of the page.
type Say string

// Render implements [templ.Component].
func (s Say) Render(ctx context.Context, w io.Writer) error {
	return Text(i18n.T(ctx, string(s))).Render(ctx, w)
}
