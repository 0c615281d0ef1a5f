package account

import (
	"unicode/utf8"

	"mysecurity/internal/auth0"
)

// accountAddress is the id of the active entry that comes with the account; empty
// if there is none. Of several that fit nobody can tell which one it is: all may
// be tried to remove then, and the tenant keeps its own. Otherwise an intruder's
// address could look, under the mask, like one that has to stay.
func accountAddress(user User, list []auth0.Authenticator) string {
	id, fit := "", 0
	for _, a := range list {
		if a.Active && kindOf(a) == MethodEmail && comesWithAccount(user, a.Name) {
			id = a.ID
			fit++
		}
	}
	if fit != 1 {
		return ""
	}
	return id
}

// comesWithAccount reports whether a masked address is the verified one of the
// user's profile. The tenant lists such an address although nobody enrolled it,
// and refuses to remove it.
func comesWithAccount(user User, masked string) bool {
	return user.EmailVerified && fitsMask(user.Email, masked)
}

// fitsMask compares an address with one in which some characters stand for any
// other, such as dupo****@exam*******.
func fitsMask(address, masked string) bool {
	if address == "" || utf8.RuneCountInString(address) != utf8.RuneCountInString(masked) {
		return false
	}
	plain := []rune(address)
	for i, shown := range []rune(masked) {
		if shown != plain[i] && shown != '*' && shown != 'X' {
			return false
		}
	}
	return true
}
