package auth0

import (
	"cmp"
	"hash/maphash"
)

// person stands for a user in counts of calls: a hash under a key of this
// client's own, from which nobody is found again. The zero person is everybody
// who is not signed in, and nobody, as with the tenant's documents.
type person uint64

// Of tells whose token it is: the calls of one user then count together, however
// often they sign in. Otherwise the token itself stands for its user.
func (t AccessToken) Of(issuer, subject string) AccessToken {
	t.user = user{issuer, subject}
	return t
}

// user is somebody's whole name.
type user struct{ issuer, subject string }

// personOf is who makes a call.
func (c *Client) personOf(k call) person {
	u := cmp.Or(k.user, k.bearer.user, user{subject: k.bearer.value.Reveal()})
	if u == (user{}) {
		return 0
	}
	return person(maphash.Comparable(c.seed, u))
}
