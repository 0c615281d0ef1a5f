package i18n

import (
	"slices"
	"strings"
	"testing"
)

// TestCountries: each language has its own names, and its own order of them:
// accents do not send a country to the end.
func TestCountries(t *testing.T) {
	codes := []string{"ZW", "US", "EG", "DE", "CA", "AT", "AX", "CI", "MK", "QQ", "not a code"}
	tests := []struct {
		lang Lang
		want string
	}{
		{English, "AX Åland Islands; AT Austria; CA Canada; CI Côte d’Ivoire; EG Egypt; DE Germany; MK North Macedonia; US United States; ZW Zimbabwe"},
		{French, "DE Allemagne; AT Autriche; CA Canada; CI Côte d’Ivoire; EG Égypte; US États-Unis; AX Îles d’Åland; MK Macédoine du Nord; ZW Zimbabwe"},
	}
	for _, tt := range tests {
		var got []string
		for _, c := range Countries(tt.lang, codes) {
			got = append(got, c.Code+" "+c.Name)
		}
		if all := strings.Join(got, "; "); all != tt.want {
			t.Errorf("%s: %s\nwant %s", tt.lang, all, tt.want)
		}
	}
	if !slices.Equal(codes[:2], []string{"ZW", "US"}) {
		t.Error("the caller's list was sorted")
	}
}

func TestCountryOf(t *testing.T) {
	tests := []struct{ profile, accept, want string }{
		{"fr-CA", "", "CA"},
		{"fr_CA", "", "CA"},
		{"fr-CA", "de-DE", "CA"},
		{"", "fr-CA,fr;q=0.9,en-US;q=0.8", "CA"},
		{"", "en;q=0.9,de-CH;q=0.8", "CH"},
		{"fr", "en-GB", "GB"},
		{"fr", "en", ""},
		{"", "", ""},
		{"", "*", ""},
		{"", "es-419", ""},
		{"", "zh-Hant-TW", "TW"},
		{"", ";;;=", ""},
		{`"><script>`, "en-AU", "AU"},
		{"", "fr-CA," + strings.Repeat("fr,", 500), ""},
	}
	for _, tt := range tests {
		if got := CountryOf(tt.profile, tt.accept); got != tt.want {
			t.Errorf("CountryOf(%q, %.30q) = %q, want %q", tt.profile, tt.accept, got, tt.want)
		}
	}
}
