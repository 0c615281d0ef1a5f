package i18n

import (
	"strconv"
	"strings"
	"testing"
)

// TestRememberedWishes: the second answer is the first one, for wishes that name
// no language of ours as well, and nobody can make the memory grow.
func TestRememberedWishes(t *testing.T) {
	b := newBundle(t)
	tests := map[string]Lang{
		"fr;q=0.8, en;q=0.2": French, "en-CA,en;q=0.9,fr;q=0.8": English, "de": English, ";;;": English,
		"fr" + strings.Repeat(", en;q=0.1", longestKeptWish/10): French, // too long to keep
	}
	for range 2 {
		for wish, want := range tests {
			if got := b.Match("", "", wish); got != want {
				t.Errorf("%q is answered in %q", wish, got)
			}
		}
	}
	if lang, known := b.wishes.look("fr;q=0.8, en;q=0.2"); !known || lang != French {
		t.Error("the answer is not remembered")
	}
	if got := b.Match("", "de", "fr"); got != French {
		t.Errorf("a remembered profile without a language of ours hides the header: %q", got)
	}
	for i := range 3 * mostWishes {
		b.Match("", "", "fr;q=0."+strconv.Itoa(i))
	}
	if n := len(b.wishes.answers); n > mostWishes {
		t.Errorf("%d wishes are kept", n)
	}
	for wish := range b.wishes.answers {
		if len(wish) > longestKeptWish {
			t.Errorf("a wish of %d bytes is kept", len(wish))
		}
	}
}

// BenchmarkMatch is what each request pays for its language, twice if the user's
// profile names one.
func BenchmarkMatch(b *testing.B) {
	bundle, err := New()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if bundle.Match("", "", "en-CA,en;q=0.9,fr;q=0.8") != English {
			b.Fatal("another language")
		}
	}
}
