//go:build !race

package web_test

// tolerance is by how much a measured budget may be exceeded.
const tolerance = 1.0
