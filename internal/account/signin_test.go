package account

import "testing"

// TestNetwork: whoever has a whole IPv6 network counts once.
func TestNetwork(t *testing.T) {
	tests := map[string]string{
		"192.0.2.7":              "192.0.2.7",
		"::ffff:192.0.2.7":       "::ffff:192.0.2.7",
		"2001:db8:1:2:3:4:5:6":   "2001:db8:1:2::/64",
		"2001:db8:1:2::99":       "2001:db8:1:2::/64",
		"fe80::1%eth0":           "fe80::/64",
		"not an address, pipe x": "not an address, pipe x",
	}
	for client, want := range tests {
		if got := network(client); got != want {
			t.Errorf("network(%q) = %q, want %q", client, got, want)
		}
	}
}
