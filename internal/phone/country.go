package phone

import (
	"cmp"
	"maps"
	"slices"
	"strconv"

	"github.com/nyaruka/phonenumbers"
)

// Country is one that has telephone numbers of its own.
type Country struct {
	Code    string // ISO 3166-1 alpha-2
	Calling string // calling code with its plus, "+1"; several countries may share one
}

// Countries lists all of them by code.
func Countries() []Country {
	all := make([]Country, 0, 250)
	for code := range maps.Keys(phonenumbers.GetSupportedRegions()) {
		all = append(all, Country{Code: code, Calling: "+" + strconv.Itoa(phonenumbers.GetCountryCodeForRegion(code))})
	}
	slices.SortFunc(all, func(a, b Country) int { return cmp.Compare(a.Code, b.Code) })
	return all
}
