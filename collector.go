package main

import (
	"runtime/debug"
	"slices"
	"strings"
)

const (
	// heapGrowth is by how many percent the heap may grow before it is collected.
	// Little of a request outlives it, so with Go's 100 a portal under load
	// collected after each few hundred views and spent a fifth of its time on it
	// (docs/performance.md). More than this would not fit the budget of memory.
	heapGrowth = 300

	// softMemory is the size, in bytes, from which the collector works harder
	// instead of letting the heap grow: thousands of connections need memory of
	// their own. The mapped session file does not count.
	softMemory = 128 << 20
)

// tuneCollector trades memory for time, unless the operator has chosen by GOGC
// or GOMEMLIMIT.
//
// https://go.dev/doc/gc-guide
func tuneCollector(environ []string) {
	given := func(name string) bool {
		return slices.ContainsFunc(environ, func(entry string) bool { return strings.HasPrefix(entry, name+"=") })
	}
	if !given("GOGC") {
		debug.SetGCPercent(heapGrowth)
	}
	if !given("GOMEMLIMIT") {
		debug.SetMemoryLimit(softMemory)
	}
}
