package i18n

import (
	"cmp"
	"slices"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// Country is a country or territory with its name in one language.
type Country struct {
	Code string // ISO 3166-1 alpha-2
	Name string
}

// Countries names the given countries in a language of the portal, in the order
// of that language's dictionaries (CLDR). Codes without a name are left out. It
// takes some milliseconds: callers keep the list.
func Countries(l Lang, codes []string) []Country {
	tag := language.Make(string(l))
	names, order := display.Regions(tag), collate.New(tag)
	named := make([]Country, 0, len(codes))
	for _, code := range codes {
		region, err := language.ParseRegion(code)
		if err != nil {
			continue
		}
		if name := cmp.Or(renamed(l, code), names.Name(region)); name != "" {
			named = append(named, Country{Code: code, Name: capital(name)})
		}
	}
	slices.SortFunc(named, func(a, b Country) int { return order.CompareString(a.Name, b.Name) })
	return named
}

// renamed is the name of the two countries that have changed theirs since the
// data of the library (CLDR 32, 2017).
func renamed(l Lang, code string) string {
	switch {
	case code == "SZ":
		return "Eswatini"
	case code == "MK" && l == French:
		return "Macédoine du Nord"
	case code == "MK":
		return "North Macedonia"
	}
	return ""
}

// capital begins a name with a capital letter, as names in a list do; some begin
// with a common noun ("îles Marshall").
func capital(name string) string {
	first, size := utf8.DecodeRuneInString(name)
	return string(unicode.ToUpper(first)) + name[size:]
}

// CountryOf is the country that a visitor most likely is in: the one that the
// locale of their profile names, or the first in the Accept-Language header;
// empty if neither names one. A language alone says nothing.
func CountryOf(profile, acceptLanguage string) string {
	for _, wish := range []string{profile, acceptLanguage} {
		if len(wish) > longestWish {
			continue
		}
		tags, _, err := language.ParseAcceptLanguage(wish)
		if err != nil {
			continue
		}
		for _, tag := range tags {
			if region, confidence := tag.Region(); confidence == language.Exact && region.IsCountry() {
				return region.String()
			}
		}
	}
	return ""
}
