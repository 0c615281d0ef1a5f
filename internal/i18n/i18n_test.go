package i18n

import (
	"context"
	"strings"
	"testing"
	"time"
)

func newBundle(t testing.TB) *Bundle {
	t.Helper()
	b, err := New()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestMatch(t *testing.T) {
	b := newBundle(t)
	tests := []struct {
		name, cookie, profile, accept string
		want                          Lang
	}{
		{"nothing known", "", "", "", English},
		{"cookie wins", "fr-CA", "en", "en", French},
		{"cookie wins over French", "en", "fr", "fr", English},
		{"unknown cookie is passed over", "de", "fr-CA", "en", French},
		{"XS-03 markup in the cookie is passed over", `"><script>`, "", "fr", French},
		{"profile before header", "", "fr-CA", "en", French},
		{"French of France", "", "fr-FR", "", French},
		{"underscore form of a profile", "", "fr_CA", "", French},
		{"British English", "", "en-GB", "fr", English},
		{"profile of another language falls to the header", "", "de", "fr-CH, en;q=0.5", French},
		{"header order by weight", "", "", "en;q=0.3, fr;q=0.9", French},
		{"header without a language of ours", "", "", "zh-CN, ja", English},
		{"header that cannot be read", "", "", ";;;=", English},
		{"header beyond any browser's", "", "", "fr," + strings.Repeat("fr,", 500), English},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := b.Match(tt.cookie, tt.profile, tt.accept); got != tt.want {
				t.Errorf("Match(%q, %q, %q) = %q, want %q", tt.cookie, tt.profile, tt.accept, got, tt.want)
			}
		})
	}
}

func TestText(t *testing.T) {
	b := newBundle(t)
	en, fr := b.With(t.Context(), English), b.With(t.Context(), French)
	tests := []struct {
		name, got, want string
	}{
		{"plain", T(en, "layout.sign-out"), "Sign out"},
		{"French", T(fr, "layout.sign-out"), "Se déconnecter"},
		{"placeholder", T(en, "method.numbered", "Name", "App", "Number", "2"), "App\u00a02"},
		{"one", T(en, "add-app.code.attempts", "Count", 1), "1 attempt is left."},
		{"several", T(en, "add-app.code.attempts", "Count", 2), "2 attempts are left."},
		{"French counts none as one", T(fr, "add-app.parameters.seconds", "Count", 0), "0\u00a0seconde"},
		{"French several", T(fr, "add-app.parameters.seconds", "Count", 30), "30\u00a0secondes"},
		{"markup stays text", T(en, "method.numbered", "Name", "<b>&", "Number", "1"), "<b>&\u00a01"},
		{"a language that is not spoken", T(b.With(t.Context(), "de"), "layout.sign-out"), "Sign out"},
		{"missing key", T(en, "no.such.key"), "⟦no.such.key⟧"},
		{"missing key with arguments", T(fr, "no.such.key", "Count", 1), "⟦no.such.key⟧"},
		{"no language", T(context.Background(), "layout.sign-out"), "⟦layout.sign-out⟧"},
		{"language of a context", string(LangOf(fr)), "fr-CA"},
		{"language of a bare context", string(LangOf(context.Background())), "en"},
		{"sign-in page in French", UILocales(French), "fr-CA fr en"},
		{"sign-in page in English", UILocales(English), "en"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.got != tt.want {
				t.Errorf("got %q, want %q", tt.got, tt.want)
			}
		})
	}
}

func TestSplit(t *testing.T) {
	ctx := newBundle(t).With(t.Context(), English)
	before, after := Split(ctx, "error.when", "Time")
	if before != "You can try again at " || after != "." {
		t.Errorf("Split = %q, %q", before, after)
	}
}

func TestTimes(t *testing.T) {
	b := newBundle(t)
	en, fr := b.With(t.Context(), English), b.With(t.Context(), French)
	afternoon := time.Date(2026, time.August, 1, 14, 5, 0, 0, time.UTC)
	tests := []struct{ name, got, want string }{
		{"English date", Date(en, afternoon), "August 1, 2026"},
		{"French date, first of the month", Date(fr, afternoon), "1er\u00a0août\u00a02026"},
		{"French date", Date(fr, afternoon.AddDate(0, 0, 1)), "2\u00a0août\u00a02026"},
		{"English clock", Clock(en, afternoon), "2:05\u00a0PM UTC"},
		{"French clock", Clock(fr, afternoon), "14\u00a0h\u00a005 UTC"},
		{"French morning", Clock(fr, afternoon.Add(-7*time.Hour)), "7\u00a0h\u00a005 UTC"},
		{"French full hour", Clock(fr, afternoon.Add(-7*time.Hour-5*time.Minute)), "7\u00a0h UTC"},
		{"French midnight", Clock(fr, afternoon.Add(-14*time.Hour)), "0\u00a0h\u00a005 UTC"},
		{"English full hour", Clock(en, afternoon.Add(-7*time.Hour-5*time.Minute)), "7:00\u00a0AM UTC"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.got != tt.want {
				t.Errorf("got %q, want %q", tt.got, tt.want)
			}
		})
	}
}

// TestPlainSentencesAreFree guards the budget of the overview page
// (performance.md G1): most of its sentences have no placeholder.
func TestPlainSentencesAreFree(t *testing.T) {
	ctx := newBundle(t).With(t.Context(), French)
	if n := testing.AllocsPerRun(100, func() { T(ctx, "overview.title") }); n != 0 {
		t.Errorf("a plain sentence costs %v allocations, want 0", n)
	}
}
