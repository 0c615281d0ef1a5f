package web

import (
	"strings"

	"github.com/labstack/echo/v4"

	"mysecurity/internal/site"
)

// withPrefix puts the public URL's prefix back in front of paths that a proxy has
// taken it from, before a route is chosen. Everything behind it sees the address
// that the browser has: routes, log and error pages know one set-up only (RD-13).
// What comes with the prefix as well gets it twice and is unknown.
func withPrefix(s site.Site) echo.MiddlewareFunc {
	prefix := strings.TrimSuffix(s.Prefix(), "/")
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			r, address := c.Request(), *c.Request().URL
			address.Path = prefix + address.Path
			if address.RawPath != "" {
				address.RawPath = prefix + address.RawPath
			}
			r.URL = &address // in this very request: Echo chooses the route by it
			return next(c)
		}
	}
}
