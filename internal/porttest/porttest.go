// Package porttest finds addresses for programs that a test starts by the address
// where they shall listen.
package porttest

import (
	"crypto/rand"
	"math/big"
	"net"
	"strconv"
	"testing"
)

// The ports that are tried. Systems give none of them to outgoing connections and
// to listeners that ask for any, so that nobody takes one between the look and its
// use (Linux: net.ipv4.ip_local_port_range).
const first, count = 15000, 17000

// FreeAddress is an address of this machine, host and port, that nobody listens on.
func FreeAddress(t testing.TB) string {
	t.Helper()
	var config net.ListenConfig
	var err error
	for range 100 {
		var n *big.Int
		if n, err = rand.Int(rand.Reader, big.NewInt(count)); err != nil {
			break
		}
		address := net.JoinHostPort("127.0.0.1", strconv.FormatInt(first+n.Int64(), 10))
		var l net.Listener
		if l, err = config.Listen(t.Context(), "tcp", address); err == nil {
			_ = l.Close()
			return address
		}
	}
	t.Fatalf("no free port was found: %v", err)
	return ""
}
