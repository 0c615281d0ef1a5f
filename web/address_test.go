package web

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"
)

// TestClientAddress (RD-09): the log names the first hop that is no proxy of
// ours; whatever cannot be read counts as the peer.
func TestClientAddress(t *testing.T) {
	proxy := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8::/32")}
	const peer, direct = "10.0.0.1:4711", "203.0.113.9:4711"
	tests := []struct {
		name      string
		proxies   []netip.Prefix
		peer      string
		forwarded []string
		want      string
	}{
		{"no proxy listed", nil, peer, []string{"198.51.100.7"}, "10.0.0.1"},
		{"no header", proxy, peer, nil, "10.0.0.1"},
		{"spoofed directly", proxy, direct, []string{"198.51.100.7"}, "203.0.113.9"},
		{"through one proxy", proxy, peer, []string{"198.51.100.7"}, "198.51.100.7"},
		{"spoofed through one proxy", proxy, peer, []string{"192.0.2.1, 198.51.100.7"}, "198.51.100.7"},
		{"through two proxies", proxy, peer, []string{"192.0.2.1, 198.51.100.7, 10.0.0.2"}, "198.51.100.7"},
		{"in two headers", proxy, peer, []string{"192.0.2.1, 198.51.100.7", "10.0.0.2"}, "198.51.100.7"},
		{"over IPv6", proxy, "[2001:db8::1]:4711", []string{"2001:db9::7"}, "2001:db9::7"},
		{"garbage", proxy, peer, []string{"198.51.100.7, <script>"}, "10.0.0.1"},
		{"zone", proxy, peer, []string{"198.51.100.7, fe80::1%eth0"}, "10.0.0.1"},
		{"with a port", proxy, peer, []string{"198.51.100.7:80"}, "10.0.0.1"},
		{"empty", proxy, peer, []string{""}, "10.0.0.1"},
		{"loopback is not trusted by itself", proxy, "127.0.0.1:1", []string{"198.51.100.7"}, "127.0.0.1"},
		{"500 entries", proxy, peer, []string{strings.Repeat("192.0.2.1, ", 500) + "198.51.100.7"}, "198.51.100.7"},
	}
	for _, tt := range tests {
		t.Run("RD-09 "+tt.name, func(t *testing.T) {
			r := &http.Request{RemoteAddr: tt.peer, Header: http.Header{}}
			for _, f := range tt.forwarded {
				r.Header.Add("X-Forwarded-For", f)
			}
			r.Header.Set("X-Real-Ip", "192.0.2.99")
			r.Header.Set("Forwarded", "for=192.0.2.99")
			if got := clientAddress(tt.proxies)(r); got != tt.want {
				t.Fatalf("client %q, want %q", got, tt.want)
			}
		})
	}
}
