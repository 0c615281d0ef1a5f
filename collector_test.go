package main

import (
	"runtime/debug"
	"testing"
)

// TestTuneCollector: the program's settings hold where the operator has none.
func TestTuneCollector(t *testing.T) {
	const percent, memory = 77, 512 << 20
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(memory))
	defer debug.SetGCPercent(debug.SetGCPercent(percent))
	for _, tt := range []struct {
		environ []string
		percent int
		memory  int64
	}{
		{nil, heapGrowth, softMemory},
		{[]string{"GOGC=50"}, percent, softMemory},
		{[]string{"PATH=/bin", "GOMEMLIMIT=1GiB"}, heapGrowth, memory},
		{[]string{"GOMEMLIMIT=1GiB", "GOGC=off"}, percent, memory},
	} {
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(memory)
		tuneCollector(tt.environ)
		if got := debug.SetGCPercent(percent); got != tt.percent {
			t.Errorf("%q: the heap grows by %d %%, want %d", tt.environ, got, tt.percent)
		}
		if got := debug.SetMemoryLimit(memory); got != tt.memory {
			t.Errorf("%q: memory limit %d, want %d", tt.environ, got, tt.memory)
		}
	}
}
