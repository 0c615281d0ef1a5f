package web_test

import (
	"strconv"
	"testing"
)

// TestOverviewGrowth (G5): the whole request, upstream call and page included,
// grows no faster than the list. Counted in allocations, which do not depend on
// the machine; a step that looked at each pair of authenticators would show.
func TestOverviewGrowth(t *testing.T) {
	one, _ := views(t, 1)
	fifty, _ := views(t, 50)
	hundred, _ := views(t, 100)
	few, fewBytes := cost(one)
	some, someBytes := cost(fifty)
	many, manyBytes := cost(hundred)
	t.Logf("1: %.0f allocations, %.0f bytes; 50: %.0f, %.0f; 100: %.0f, %.0f", few, fewBytes, some, someBytes, many, manyBytes)
	if many > 25*few || manyBytes > 25*fewBytes {
		t.Errorf("G5 100 authenticators take %.0f allocations and %.0f bytes, one takes %.0f and %.0f", many, manyBytes, few, fewBytes)
	}
	if second, first := many-some, some-few; second > 1.3*first {
		t.Errorf("G5 the second fifty takes %.0f allocations, the first %.0f", second, first)
	}
	// Lists and buffers double now and then, so bytes come in steps.
	if second, first := manyBytes-someBytes, someBytes-fewBytes; second > 2*first {
		t.Errorf("G5 the second fifty takes %.0f bytes, the first %.0f", second, first)
	}
}

// BenchmarkOverviewGrowth shows the same with the time that it takes.
func BenchmarkOverviewGrowth(b *testing.B) {
	for _, n := range []int{1, 100} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			view, _ := views(b, n)
			b.ReportAllocs()
			for b.Loop() {
				view()
			}
		})
	}
}
