package handlers

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"mysecurity/internal/account"
	"mysecurity/internal/site"
	"mysecurity/templates"
)

// FuzzForm: a field is read only if a form holds it once, as short plain text, and
// never from the address; all else is refused as our own error.
func FuzzForm(f *testing.F) {
	for _, body := range []string{
		"code=123456", "code=1&code=2", "code=", "code", "", "code=%00", "code=%ff", "code=%", "a;code=1", "%63ode=1", "Code=1", "code=a+b%2b",
		"code=" + strings.Repeat("x", maxField+1), strings.Repeat("a=1&", 2000) + "code=1", "code=\r\n\u202e",
	} {
		f.Add(body, "application/x-www-form-urlencoded")
		f.Add(body, "multipart/form-data; boundary=x")
		f.Add(body, "")
	}
	router := echo.New()
	f.Fuzz(func(t *testing.T, body, kind string) {
		r := httptest.NewRequest(http.MethodPost, "/?code=from-the-address", strings.NewReader(body))
		r.Header.Set("Content-Type", kind)
		value, err := field(router.NewContext(r, httptest.NewRecorder()), "code")
		switch {
		case err != nil:
			if value != "" || account.KindOf(err) != KindBadRequest {
				t.Fatalf("%q with %v", value, err)
			}
			return
		case len(value) > maxField, !utf8.ValidString(value), strings.Contains(value, "\x00"), value == "from-the-address":
			t.Fatalf("%q", value)
		}
		sent, parseErr := url.ParseQuery(body)
		if value != "" && (parseErr != nil || len(sent["code"]) != 1 || sent.Get("code") != value) {
			t.Fatalf("%q out of %q", value, body)
		}
	})
}

// FuzzCode (MF-09): what reaches the tenant is six digits, in the order in which
// they were typed.
func FuzzCode(f *testing.F) {
	for _, typed := range []string{"123456", "123 456", "12-34-56", "１２３４５６", "", "12345", "1234567", "12345a", "\xff", "123\u2013456\u00a0"} {
		f.Add(typed)
	}
	digits := regexp.MustCompile(`^[0-9]{6}$`)
	f.Fuzz(func(t *testing.T, typed string) {
		code, problem := parseCode(typed)
		if (problem == templates.CodeFine) != digits.MatchString(code) || problem != templates.CodeFine && code != "" {
			t.Fatalf("%q is %q with the problem %q", typed, code, problem)
		}
		rest := typed
		for _, d := range code {
			i := strings.IndexRune(rest, d)
			if i < 0 {
				t.Fatalf("%q is not in %q", code, typed)
			}
			rest = rest[i+1:]
		}
	})
}

// FuzzPlace (RD-01, RD-02): whatever a request names as the way back, it leads to
// one of the fixed places, and naming that place leads there again.
func FuzzPlace(f *testing.F) {
	const handle = "abcdefghijklmn23"
	for _, key := range []string{
		"overview", "add", "add-app", "add-phone", "add-email", "add-push", "recovery-code", "remove", "", "ADD", "add ", "https://evil.example",
		"//evil.example", `/\evil.example`, "%2f%2fevil.example", "add\x00",
	} {
		f.Add(key, handle)
		f.Add(key, "../../x")
		f.Add(key, handle+"\n")
	}
	own, err := site.Parse("https://intranet.example/security")
	if err != nil {
		f.Fatal(err)
	}
	places := regexp.MustCompile(`\Ahttps://intranet\.example/security/(|add|add/(app|phone|email|push)|recovery-code|methods/[a-z2-7]{16}/remove)\z`)
	f.Fuzz(func(t *testing.T, key, method string) {
		place := PlaceFrom(key, method)
		if to := place.URL(own); !places.MatchString(to) {
			t.Fatalf("%q, %q leads to %q", key, method, to)
		}
		if again := PlaceFrom(string(place.Key), place.Method); again != place {
			t.Fatalf("%+v is %+v the second time", place, again)
		}
		for _, detour := range []string{place.ConfirmURL(own)} {
			u, err := url.Parse(detour)
			if err != nil || u.Host != "intranet.example" || PlaceFrom(u.Query().Get("page"), u.Query().Get("method")) != place {
				t.Fatalf("the way over %q does not lead to %+v", detour, place)
			}
		}
	})
}
