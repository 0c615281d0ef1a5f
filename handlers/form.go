package handlers

import (
	"errors"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"mysecurity/internal/account"
	"mysecurity/templates"
)

// codeLength is the number of digits of a one-time code at Auth0.
const codeLength = 6

// maxField is the longest form value that any page of ours sends.
const maxField = 512

// field reads one form value. A field sent twice, too long or not plain text is
// a bad request: our own pages never send one.
func field(c echo.Context, name string) (string, error) {
	r := c.Request()
	if err := r.ParseForm(); err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return "", account.Fail(KindTooLarge, nil)
		}
		return "", account.Fail(KindBadRequest, nil)
	}
	values := r.PostForm[name]
	switch {
	case len(values) == 0:
		return "", nil
	case len(values) > 1, len(values[0]) > maxField, !utf8.ValidString(values[0]), strings.ContainsRune(values[0], 0):
		return "", account.Fail(KindBadRequest, nil)
	}
	return values[0], nil
}

// FormToken reads the form token of a request.
func FormToken(c echo.Context) (string, error) { return field(c, "form_token") }

// ticked reports whether a checkbox was sent with the value "yes".
func ticked(c echo.Context, name string) (bool, error) {
	value, err := field(c, name)
	return value == "yes", err
}

// parseCode accepts six digits with any spaces and dashes between them, as
// people copy them, and nothing else: a malformed code must not cost one of the
// tenant's few attempts (MF-09).
func parseCode(typed string) (string, templates.CodeProblem) {
	code := strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) {
			return -1
		}
		return r
	}, typed)
	if code == "" {
		return "", templates.CodeEmpty
	}
	for _, r := range code {
		if r < '0' || r > '9' {
			return "", templates.CodeNotDigits
		}
	}
	switch {
	case len(code) < codeLength:
		return "", templates.CodeTooShort
	case len(code) > codeLength:
		return "", templates.CodeTooLong
	}
	return code, templates.CodeFine
}
