//go:build !unix

package web

// isListening refuses every descriptor: these systems hand over no sockets.
func isListening(int) error { return errNotListening }
