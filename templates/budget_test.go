package templates

import (
	"bytes"
	"strconv"
	"testing"

	"mysecurity/internal/i18n"
)

// manyMethods is an overview with n authenticator apps, as its handler would
// fill it.
func manyMethods(t testing.TB, n int) Overview {
	t.Helper()
	v := samples(t, "")["overview-one"].(Overview)
	v.Apps = make([]Method, n)
	for i := range v.Apps {
		v.Apps[i] = Method{Handle: "abcd234567abcd" + strconv.Itoa(10+i), Kind: MethodApp, Number: i + 1, Removable: true}
	}
	return v
}

// renderAllocs counts the allocations of one drawing into a grown buffer.
func renderAllocs(t testing.TB, v Overview) float64 {
	t.Helper()
	ctx := newBundle(t).With(t.Context(), i18n.French)
	var buf bytes.Buffer
	return testing.AllocsPerRun(50, func() {
		buf.Reset()
		if err := v.Full().Render(ctx, &buf); err != nil {
			t.Fatal(err)
		}
	})
}

// TestOverviewAllocations keeps the page within its share of G1 (performance.md):
// 450 for the whole view with its upstream call, 40 more per authenticator.
func TestOverviewAllocations(t *testing.T) {
	five, six := renderAllocs(t, manyMethods(t, 5)), renderAllocs(t, manyMethods(t, 6))
	t.Logf("five methods: %v allocations, one more: %v", five, six-five)
	if five > 260 {
		t.Errorf("G1 drawing five methods takes %v allocations, its share is 260", five)
	}
	if six-five > 16 {
		t.Errorf("G1 one more method takes %v allocations, its share is 16", six-five)
	}
}

// TestOverviewGrowth is the drawing's part of G5: linear in the methods.
func TestOverviewGrowth(t *testing.T) {
	one, hundred := renderAllocs(t, manyMethods(t, 1)), renderAllocs(t, manyMethods(t, 100))
	if hundred > 25*one {
		t.Errorf("G5 a hundred methods take %v allocations, one takes %v", hundred, one)
	}
}

// TestOverviewSize is the page's part of G2: 30 KiB for everything, of which
// script and style sheet may take 26.
func TestOverviewSize(t *testing.T) {
	size := len(html(t, newBundle(t), i18n.French, manyMethods(t, 5).Full()))
	t.Logf("five methods: %d bytes", size)
	if size > 12<<10 {
		t.Errorf("G2 the page with five methods has %d bytes", size)
	}
}

func BenchmarkOverview(b *testing.B) {
	v := manyMethods(b, 5)
	ctx := newBundle(b).With(b.Context(), i18n.English)
	var buf bytes.Buffer
	b.ReportAllocs()
	for b.Loop() {
		buf.Reset()
		if err := v.Full().Render(ctx, &buf); err != nil {
			b.Fatal(err)
		}
	}
}
