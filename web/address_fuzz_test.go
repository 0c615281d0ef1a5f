package web

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

// FuzzClientAddress (RD-09): whatever X-Forwarded-For holds, the client is an
// address that stands in it, or the peer; and the peer alone is believed unless it
// is a proxy of ours.
func FuzzClientAddress(f *testing.F) {
	for _, forwarded := range []string{
		"", "198.51.100.7", "192.0.2.1, 198.51.100.7", "198.51.100.7,10.0.0.2", "10.0.0.3, 10.0.0.2", "<script>", "fe80::1%eth0",
		"[2001:db9::7]", "[2001:db9::7]:443", "198.51.100.7:80", "::ffff:198.51.100.7", ",", " , ,", "010.0.0.1", "1.2.3", "unknown",
		strings.Repeat("192.0.2.1, ", 500) + "198.51.100.7",
	} {
		f.Add(true, forwarded, "")
		f.Add(false, forwarded, "203.0.113.77")
	}
	f.Add(true, "0", "00::")
	extract := clientAddress([]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8::/32")})
	f.Fuzz(func(t *testing.T, proxied bool, first, second string) {
		peer := "203.0.113.9"
		if proxied {
			peer = "10.0.0.1"
		}
		r := &http.Request{RemoteAddr: peer + ":4711", Header: http.Header{"X-Forwarded-For": {first, second}}}
		got := extract(r)
		if got == peer {
			return
		}
		if !proxied {
			t.Fatalf("a stranger is believed: %q", got)
		}
		client, err := netip.ParseAddr(got)
		if err != nil || client.Zone() != "" {
			t.Fatalf("%q is no address", got)
		}
		if !slices.ContainsFunc(strings.Split(first+","+second, ","), func(entry string) bool {
			sent, err := netip.ParseAddr(strings.Trim(strings.TrimSpace(entry), "[]"))
			return err == nil && sent.Unmap() == client.Unmap() // it may be spelled in another way
		}) {
			t.Fatalf("%q is not in %q, %q", got, first, second)
		}
	})
}
