package phone_test

import (
	"regexp"
	"strings"
	"testing"

	"mysecurity/internal/phone"
)

// TestFormats: numbers of ten countries as people there write them, as they
// copy them from a web page, a contact or a letterhead.
func TestFormats(t *testing.T) {
	const mobile, landline = false, true
	tests := []struct {
		country string
		typed   []string
		e164    string
		fixed   bool
	}{
		{"CA", []string{"506-234-5678", "(506) 234-5678", "1 506 234 5678", "1-506-234-5678", "506.234.5678", "5062345678", "+1 506 234-5678", "011 1 506 234 5678", "001 506 234 5678"}, "+15062345678", mobile},
		{"FR", []string{"06 12 34 56 78", "06.12.34.56.78", "0612345678", "6 12 34 56 78", "+33 6 12 34 56 78", "+33 (0)6 12 34 56 78", "0033612345678", "33 6 12 34 56 78"}, "+33612345678", mobile},
		{"FR", []string{"01 23 45 67 89", "+33 (0) 1 23 45 67 89"}, "+33123456789", landline},
		{"DE", []string{"01512 3456789", "0151-23456789", "0151/23456789", "+49 1512 3456789", "+49 (0)151 23456789", "+49 (0) 151 / 234 567 89", "0049 151 23456789"}, "+4915123456789", mobile},
		{"DE", []string{"030 123456", "(030) 12 34 56", "+49 30 123456"}, "+4930123456", landline},
		{"GB", []string{"07400 123456", "07400123456", "(07400) 123 456", "+44 7400 123456", "+44 (0)7400 123456", "0044 7400 123456", "tel:+44-7400-123456"}, "+447400123456", mobile},
		{"GB", []string{"020 7946 0018", "(020) 7946 0018", "+44 (0)20 7946 0018"}, "+442079460018", landline},
		{"IT", []string{"312 345 6789", "3123456789", "+39 312 345 6789", "0039 312 3456789"}, "+393123456789", mobile},
		{"IT", []string{"02 1234 5678", "+39 02 1234 5678", "0039 0212345678", "+39 (0)2 1234 5678"}, "+390212345678", landline},
		{"CH", []string{"078 123 45 67", "0781234567", "078/123 45 67", "+41 78 123 45 67", "+41 (0)78 123 45 67", "0041 78 123 45 67"}, "+41781234567", mobile},
		{"JP", []string{"090-1234-5678", "09012345678", "+81 90-1234-5678", "010 81 90 1234 5678", "+81 (0)90 1234 5678"}, "+819012345678", mobile},
		{"IN", []string{"081234 56789", "81234 56789", "8123456789", "+91 81234 56789", "+91-81234-56789", "0091 8123456789"}, "+918123456789", mobile},
		{"BR", []string{"(11) 96123-4567", "11 96123 4567", "011 96123-4567", "+55 11 96123-4567", "+55 (11) 96123-4567"}, "+5511961234567", mobile},
		{"AU", []string{"0412 345 678", "0412345678", "(0412) 345 678", "+61 412 345 678", "+61 (0)412 345 678", "0011 61 412 345 678"}, "+61412345678", mobile},
	}
	for _, tt := range tests {
		for _, typed := range tt.typed {
			got, problem := phone.Parse(tt.country, typed)
			if want := (phone.Number{E164: tt.e164, Landline: tt.fixed}); got != want || problem != phone.Fine {
				t.Errorf("%s %q: %+v %q, want %+v", tt.country, typed, got, problem, want)
			}
		}
	}
}

// TestCountryOfItsOwn: an international form counts whatever country is chosen,
// with the invisible marks of a copied number as well.
func TestCountryOfItsOwn(t *testing.T) {
	for _, country := range []string{"", "CA", "GB", "ZZ", "gb", "\u202e"} {
		for _, typed := range []string{"+33 6 12 34 56 78", " 0033 6 12 34 56 78 ", "\u202a+33\u00a06\u00a012\u00a034\u00a056\u00a078\u202c", "+33\u20116\u202f12345678", "TEL:+33612345678", "(+33) 6 12 34 56 78"} {
			if got, problem := phone.Parse(country, typed); got.E164 != "+33612345678" || problem != phone.Fine {
				t.Errorf("%q %q: %+v %q", country, typed, got, problem)
			}
		}
	}
}

// TestProblems (MF-04): each mistake has words of its own, and nothing that
// costs whoever sends to it is taken.
func TestProblems(t *testing.T) {
	tests := []struct {
		country, typed string
		want           phone.Problem
	}{
		{"CA", "", phone.Empty},
		{"CA", " \u00a0\t", phone.Empty},
		{"CA", "-", phone.Empty},
		{"CA", "+", phone.Empty},
		{"CA", "tel:", phone.Empty},
		{"CA", "5062", phone.TooShort},
		{"CA", "234-5678", phone.TooShort},
		{"CA", "5062345678901", phone.TooLong},
		{"CA", strings.Repeat("5", 500), phone.TooLong},
		{"", "06 12 34 56 78", phone.NoCountry},
		{"ZZ", "06 12 34 56 78", phone.NoCountry},
		{"ca", "506-234-5678", phone.NoCountry},
		{"001", "506-234-5678", phone.NoCountry},
		{"", "+1", phone.TooShort},
		{"", "+999 123 456 789", phone.Invalid},
		{"CA", "506-134-5678", phone.Invalid},
		{"CA", "1-800-FLOWERS", phone.NotANumber},
		{"CA", "506-234-5678 ext. 12", phone.NotANumber},
		{"CA", "506-234-5678;ext=12", phone.NotANumber},
		{"CA", "506-234-5678,,12#", phone.NotANumber},
		{"CA", "506+2345678", phone.NotANumber},
		{"CA", "506-234-5678 / 506-234-5679", phone.TooLong},
		{"CA", "５０６２３４５６７８", phone.NotANumber},
		{"CA", "٥٠٦٢٣٤٥٦٧٨", phone.NotANumber},
		{"CA", "＋15062345678", phone.NotANumber},
		{"CA", "506234567\x00", phone.NotANumber},
		{"CA", "\xff5062345678", phone.NotANumber},
		{"CA", "<b>5062345678", phone.NotANumber},
		{"CA", "911", phone.TooShort},
		{"", "+1 900 234 5678", phone.Invalid},     // premium rate
		{"GB", "09012 345678", phone.Invalid},      // premium rate
		{"FR", "0899 12 34 56", phone.Invalid},     // premium rate
		{"DE", "0900 3 123456", phone.Invalid},     // premium rate
		{"CH", "0900 123 456", phone.Invalid},      // premium rate
		{"GB", "0843 412 3456", phone.Invalid},     // shared cost
		{"GB", "070 1234 5678", phone.Invalid},     // personal numbering, priced like a premium line
		{"CA", "800-234-5678", phone.Invalid},      // toll-free: an office, not a person
		{"", "+979 123 456 789", phone.Invalid},    // international premium rate
		{"", "+882 16 1234 5678", phone.Invalid},   // a network without a country
		{"", "+870 301 234 567", phone.Invalid},    // satellite
		{"AU", "+61 1900 123 456", phone.Invalid},  // premium rate
		{"IN", "+91 1860 123 4567", phone.Invalid}, // shared cost
		{"JP", "+81 990 123 456", phone.Invalid},   // premium rate
		{"IT", "+39 899 123 456", phone.Invalid},   // premium rate
		{"BR", "+55 300 123 4567", phone.Invalid},  // shared cost
		{"ES", "+34 803 123 456", phone.Invalid},   // premium rate
	}
	for _, tt := range tests {
		if got, problem := phone.Parse(tt.country, tt.typed); problem != tt.want || got != (phone.Number{}) {
			t.Errorf("%s %.40q: %q %+v, want %q", tt.country, tt.typed, problem, got, tt.want)
		}
	}
}

func TestCountries(t *testing.T) {
	calling := map[string]string{}
	for _, c := range phone.Countries() {
		if calling[c.Code] != "" || len(c.Code) != 2 {
			t.Errorf("%q", c.Code)
		}
		calling[c.Code] = c.Calling
	}
	for code, want := range map[string]string{"CA": "+1", "US": "+1", "FR": "+33", "CH": "+41", "GB": "+44", "JP": "+81", "VA": "+39", "XK": "+383"} {
		if calling[code] != want {
			t.Errorf("%s is called by %q, want %s", code, calling[code], want)
		}
	}
	if len(calling) < 240 {
		t.Errorf("%d countries", len(calling))
	}
}

func TestEnding(t *testing.T) {
	for number, want := range map[string]string{"+441632960147": "0147", "+1": "+1", "": ""} {
		if got := phone.Ending(number); got != want {
			t.Errorf("%q ends in %q, want %q", number, got, want)
		}
	}
}

var e164 = regexp.MustCompile(`^\+[1-9][0-9]{3,14}$`)

// FuzzParse: whatever is typed, the answer is a number of E.164 that reads as
// itself, or a problem; never both, never a panic.
func FuzzParse(f *testing.F) {
	for _, typed := range []string{"506-234-5678", "+33 (0)6 12 34 56 78", "0039 02 1234 5678", "tel:+44-7400-123456", "", "+", "00", "\xff", "１２３", "+1 900 234 5678"} {
		f.Add("CA", typed)
		f.Add("", typed)
	}
	f.Fuzz(func(t *testing.T, country, typed string) {
		got, problem := phone.Parse(country, typed)
		if problem != phone.Fine {
			if got != (phone.Number{}) {
				t.Fatalf("%q: %+v with the problem %q", typed, got, problem)
			}
			return
		}
		if !e164.MatchString(got.E164) {
			t.Fatalf("%q %q is %q", country, typed, got.E164)
		}
		if again, problem := phone.Parse("", got.E164); again != got || problem != phone.Fine {
			t.Fatalf("%q is %+v, and read again %+v %q", typed, got, again, problem)
		}
	})
}
