package web

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/labstack/echo/v4"

	"mysecurity/internal/site"
)

// TestWithPrefix (RD-13): what a proxy took away is back before a route is chosen,
// and nothing else is different.
func TestWithPrefix(t *testing.T) {
	own, err := site.Parse("https://intranet.example/security/")
	if err != nil {
		t.Fatal(err)
	}
	e := echo.New()
	e.Pre(withPrefix(own))
	show := func(c echo.Context) error {
		return c.String(http.StatusOK, c.Request().URL.String()+" "+c.Param("handle"))
	}
	e.GET("/security/", show)
	e.GET("/security/methods/:handle/remove", show)
	for _, c := range []struct {
		target string
		status int
		body   string
	}{
		{"/", http.StatusOK, "/security/ "},
		{"/?page=add-app", http.StatusOK, "/security/?page=add-app "},
		{"/methods/abc/remove", http.StatusOK, "/security/methods/abc/remove abc"},
		{"/methods/a%2Fb/remove?x=%2F", http.StatusOK, "/security/methods/a%2Fb/remove?x=%2F a%2Fb"},
		{"/security/", http.StatusNotFound, ""}, // the proxy did not strip it, whatever the setting says
		{"/../security/", http.StatusNotFound, ""},
		{"//security/", http.StatusNotFound, ""},
	} {
		r := httptest.NewRequest(http.MethodGet, c.target, http.NoBody)
		answer := httptest.NewRecorder()
		e.ServeHTTP(answer, r)
		if answer.Code != c.status || c.body != "" && answer.Body.String() != c.body {
			t.Errorf("%s: %d %q, want %d %q", c.target, answer.Code, answer.Body, c.status, c.body)
		}
	}
}
