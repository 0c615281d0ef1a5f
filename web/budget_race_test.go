//go:build race

package web_test

// tolerance is by how much a measured budget may be exceeded. The race detector
// allocates for itself and makes sync.Pool forget at random, so that under it a
// budget only shows a change for much the worse.
const tolerance = 4.0
