package web

import (
	"cmp"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"mysecurity/handlers"
	"mysecurity/internal/site"
)

// Meter counts the answers of the site, for metrics. route is a pattern of the
// route table without the public URL's prefix, or otherRoute.
type Meter interface {
	Request(route, method string, status int, took time.Duration)
}

// otherRoute stands for paths that no route has: what strangers try must not
// become labels.
const otherRoute = "other"

// patterns names the routes as metrics know them, by the router's own pattern.
// It reads the table at the first request, when it is complete.
func patterns(e *echo.Echo, s site.Site) func() map[string]string {
	prefix := strings.TrimSuffix(s.Prefix(), "/")
	return sync.OnceValue(func() map[string]string {
		known := map[string]string{}
		for _, r := range e.Routes() {
			known[r.Path] = cmp.Or(strings.TrimPrefix(r.Path, prefix), "/")
		}
		return known
	})
}

// measured counts every answer once, those of the error page among them, by
// what it means.
func measured(meter Meter, now func() time.Time, known func() map[string]string) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		if meter == nil {
			return next
		}
		return func(c echo.Context) error {
			started := now()
			err := next(c)
			route, ok := known()[c.Path()]
			if !ok {
				route = otherRoute
			}
			meter.Request(route, c.Request().Method, handlers.StatusOf(c), now().Sub(started))
			return err
		}
	}
}
