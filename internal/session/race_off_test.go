//go:build !race

package session

// raceDetector slows everything down by about ten times.
const raceDetector = false
