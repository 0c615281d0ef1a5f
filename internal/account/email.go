package account

import "unicode/utf8"

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
