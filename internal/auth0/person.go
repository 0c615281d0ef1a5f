package auth0

import (
	"cmp"
	"hash/maphash"
)

// person stands for a user in counts of calls: a hash under a key of this
// client's own, from which nobody is found again. The zero person is everybody
// who is not signed in.
type person uint64

// Of tells whose token it is: the calls of one user then count together, however
// often they sign in. Otherwise the token itself stands for its user.
func (t AccessToken) Of(issuer, subject string) AccessToken {
	t.user = userName(issuer, subject)
	return t
}

func userName(issuer, subject string) string { return issuer + "|" + subject }

// personOf is who makes a call.
func (c *Client) personOf(k call) person {
	name := cmp.Or(k.user, k.bearer.user, k.bearer.value.Reveal())
	if name == "" {
		return 0
	}
	return person(maphash.String(c.seed, name))
}
