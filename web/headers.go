package web

import (
	"strings"

	"github.com/labstack/echo/v4"

	"mysecurity/handlers"
	"mysecurity/internal/site"
)

// header is one line of the table.
type header struct{ name, value string }

// commonHeaders go with every answer of the site (security.md e.1).
func commonHeaders(s site.Site) []header {
	table := []header{
		{"X-Content-Type-Options", "nosniff"},
		{"Referrer-Policy", "same-origin"},
		{"Permissions-Policy", "camera=(), display-capture=(), fullscreen=(), geolocation=(), hid=(), microphone=(), midi=(), payment=(), publickey-credentials-get=(), serial=(), usb=(), clipboard-read=(), clipboard-write=(self)"},
		{"X-Permitted-Cross-Domain-Policies", "none"},
		{"Origin-Agent-Cluster", "?1"},
		{"Cross-Origin-Resource-Policy", "same-origin"},
		{"X-Frame-Options", "DENY"},
	}
	if s.HTTPS() {
		table = append(table, header{"Strict-Transport-Security", "max-age=63072000; includeSubDomains"})
	}
	return table
}

// dynamicHeaders go with pages, fragments, errors and redirects, in standalone
// mode (security.md e.2 and e.3).
func dynamicHeaders(s site.Site, nonce string) []header {
	return []header{
		{"Cache-Control", "no-store"},
		{"Vary", "Cookie, HX-Request, Sec-Fetch-Dest, Sec-Fetch-Site"},
		{"Content-Security-Policy", policy(s, nonce)},
		{"Reporting-Endpoints", `csp="` + s.URL("csp-report") + `"`},
		{"Cross-Origin-Opener-Policy", "same-origin"},
	}
}

// policy is the Content-Security-Policy: nothing but our own files, scripts and
// styles by nonce only, no framing, Trusted Types with the one policy that
// htmx uses.
func policy(s site.Site, nonce string) string {
	base := s.Base()
	directives := []string{
		"default-src 'none'",
		"script-src 'nonce-" + nonce + "'",
		"style-src 'nonce-" + nonce + "'",
		"img-src " + base + "assets/",
		"font-src " + base + "assets/",
		"connect-src " + base,
		"form-action " + base,
		"base-uri 'none'",
		"object-src 'none'",
		"frame-src 'none'",
		"worker-src 'none'",
		"manifest-src 'none'",
		"frame-ancestors 'none'",
		"require-trusted-types-for 'script'",
		"trusted-types htmx",
		"report-to csp",
		"report-uri " + s.URL("csp-report"),
	}
	if s.HTTPS() {
		directives = append(directives, "upgrade-insecure-requests")
	}
	return strings.Join(directives, "; ")
}

// headers sets both tables before a handler runs, so that no answer, errors
// included, can go without them. Static files replace what differs.
func headers(s site.Site) echo.MiddlewareFunc {
	common := commonHeaders(s)
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			set := c.Response().Header()
			for _, h := range common {
				set.Set(h.name, h.value)
			}
			for _, h := range dynamicHeaders(s, handlers.ScopeOf(c).Nonce) {
				set.Set(h.name, h.value)
			}
			return next(c)
		}
	}
}
