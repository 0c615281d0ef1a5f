package account_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"mysecurity/internal/account"
)

// entry is one authenticator as the tenant itself lists it, read past the portal.
type entry struct {
	ID      string `json:"id"`
	Type    string `json:"authenticator_type"`
	Channel string `json:"oob_channel"`
	Name    string `json:"name"`
	Active  bool   `json:"active"`
}

// truth is the tenant's own list of a user.
func (b *bench) truth(access account.Access) []entry {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.tenant.URL+"/mfa/authenticators", http.NoBody)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+access.Token.Reveal())
	res, err := b.tenant.Client().Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	var list []entry
	if err := json.NewDecoder(res.Body).Decode(&list); err != nil || res.StatusCode != http.StatusOK {
		b.t.Fatalf("%d, %v", res.StatusCode, err)
	}
	return list
}

// rules folds the tenant's list by the rules of the specification, in the words
// of describe, written again from the specification: active entries only; no recovery
// codes; a number's text and call in one row; every app with a push entry if
// there are no more of them, else as far as known. pairs are apps by push entry,
// profile the user's masked address.
func rules(list []entry, pairs map[string]string, profile string) string {
	var active []entry
	count := map[string]int{}
	for _, e := range list {
		if e.Active && e.Type != "recovery-code" {
			active = append(active, e)
			count[e.Type+e.Channel]++
		}
	}
	push, apps := count["oobauth0"], count["otp"]
	paired := map[string]bool{}
	known := 0
	for _, e := range active {
		app, told := pairs[e.ID]
		stillThere := slices.ContainsFunc(active, func(other entry) bool { return other.ID == app })
		if told && stillThere {
			paired[e.ID], paired[app] = true, true
			known++
		}
	}
	var rows []string
	phones := map[string][]string{}
	for _, e := range active {
		switch e.Type + e.Channel {
		case "otp":
			switch {
			case apps <= push, paired[e.ID] && push > 0:
			case push > known:
				rows = append(rows, "app unsure")
			default:
				rows = append(rows, "app")
			}
		case "oobauth0":
			switch {
			case apps <= push && apps > 0, paired[e.ID]:
				rows = append(rows, "push codes")
			case apps <= push:
				rows = append(rows, "push")
			default:
				rows = append(rows, "push unsure")
			}
		case "oobsms", "oobvoice":
			_, device, _ := strings.Cut(e.ID, "|")
			phones[device] = append(phones[device], map[string]string{"sms": " text", "voice": " call"}[e.Channel])
		case "oobemail":
			if e.Name == profile {
				rows = append(rows, "email fixed")
			} else {
				rows = append(rows, "email")
			}
		default:
			rows = append(rows, "other")
		}
	}
	for _, ways := range phones {
		slices.Sort(ways)
		slices.Reverse(ways)
		rows = append(rows, "phone"+strings.Join(ways, ""))
	}
	slices.Sort(rows)
	return strings.Join(rows, ", ")
}

// mask is how the tenant shows an address (protocol reference, section 6.1).
func mask(t *testing.T, address string) string {
	t.Helper()
	local, domain, found := strings.Cut(address, "@")
	if !found || len(local) <= 4 {
		t.Fatalf("%q: an address with more than four characters in front, please", address)
	}
	return local[:4] + strings.Repeat("*", len(local)-4) + "@" + domain[:4] + strings.Repeat("*", len(domain)-4)
}
