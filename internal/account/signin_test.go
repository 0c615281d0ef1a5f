package account

import (
	"fmt"
	"testing"
	"time"

	"mysecurity/internal/limit"
)

// TestNetworks: whoever has a whole IPv6 network, or many, counts once.
func TestNetworks(t *testing.T) {
	t.Parallel()
	tests := map[string][2]string{
		"192.0.2.7":              {"192.0.2.7", ""},
		"::ffff:192.0.2.7":       {"192.0.2.7", ""},
		"2001:db8:1:2:3:4:5:6":   {"2001:db8:1:2::/64", "2001:db8:1::/48"},
		"2001:db8:1:ff02::99":    {"2001:db8:1:ff02::/64", "2001:db8:1::/48"},
		"fe80::1%eth0":           {"fe80::/64", "fe80::/48"},
		"not an address, pipe x": {"not an address, pipe x", ""},
	}
	for client, want := range tests {
		if network, site := networks(client); network != want[0] || site != want[1] {
			t.Errorf("networks(%q) = %q, %q, want %q", client, network, site, want)
		}
	}
}

// TestSignInsOfASite: a home with 256 networks of IPv6 takes a part of the room for
// all sign-ins, not the whole, and is a few keys of the limiter.
func TestSignInsOfASite(t *testing.T) {
	t.Parallel()
	const (
		lifetime = 600 // seconds of a sign-in under way
		room     = 100_000
	)
	now := time.Unix(1_700_000_000, 0)
	s := &Service{visitors: limit.New(func() time.Time { return now })}
	granted := 0
	ask := func(client string) bool {
		err := s.takeSignIn(client)
		if err == nil {
			granted++
		}
		return err == nil
	}
	for range lifetime {
		for i := 0; ask(fmt.Sprintf("2001:db8:1:%x::1", i%256)); i++ {
		}
		now = now.Add(time.Second)
	}
	if granted < room/10 || granted > room/3 {
		t.Errorf("%d sign-ins of one site in ten minutes", granted)
	}
	if !ask("2001:db8:2::1") || !ask("192.0.2.7") {
		t.Error("others are kept out")
	}
	t.Run("one network is not a site", func(t *testing.T) {
		before := granted
		for ask("2001:db8:3:1::1") {
		}
		if granted-before != signIns.Burst {
			t.Errorf("%d sign-ins of one network", granted-before)
		}
		for i := range signInsOfSite.Burst - signIns.Burst { // what was refused has cost the site nothing
			if !ask(fmt.Sprintf("2001:db8:3:%x::1", 2+i)) {
				t.Fatalf("the site is refused after %d", granted-before)
			}
		}
	})
}
