package web

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"mysecurity/handlers"
	"mysecurity/internal/site"
)

// header is one line of the table. The values are shared by all answers, which
// replace them and never change them in place.
type header struct {
	name   string
	values []string
}

func line(name, value string) header { return header{http.CanonicalHeaderKey(name), []string{value}} }

// commonHeaders go with every answer of the site (security.md e.1).
func commonHeaders(s site.Site) []header {
	table := []header{
		line("X-Content-Type-Options", "nosniff"),
		line("Referrer-Policy", "same-origin"),
		line("Permissions-Policy", "camera=(), display-capture=(), fullscreen=(), geolocation=(), hid=(), microphone=(), midi=(), payment=(), publickey-credentials-get=(), serial=(), usb=(), clipboard-read=(), clipboard-write=(self)"),
		line("X-Permitted-Cross-Domain-Policies", "none"),
		line("Origin-Agent-Cluster", "?1"),
		line("Cross-Origin-Resource-Policy", "same-origin"),
		line("X-Frame-Options", "DENY"),
	}
	if s.HTTPS() {
		table = append(table, line("Strict-Transport-Security", "max-age=63072000; includeSubDomains"))
	}
	return table
}

// dynamicHeaders go with pages, fragments, errors and redirects, in standalone
// mode (security.md e.2 and e.3), beside the policy.
func dynamicHeaders(s site.Site) []header {
	return []header{
		line("Cache-Control", "no-store"),
		line("Vary", "Cookie, HX-Request, Sec-Fetch-Dest, Sec-Fetch-Site"),
		line("Reporting-Endpoints", `csp="`+s.URL("csp-report")+`"`),
		line("Cross-Origin-Opener-Policy", "same-origin"),
	}
}

// policy is the Content-Security-Policy: nothing but our own files, scripts and
// styles by nonce only, no framing, Trusted Types with the one policy that
// htmx uses. What it returns makes the header for an answer's nonce.
func policy(s site.Site) func(nonce string) string {
	base := s.Base()
	directives := []string{
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
	rest := strings.Join(directives, "; ")
	return func(nonce string) string {
		return "default-src 'none'; script-src 'nonce-" + nonce + "'; style-src 'nonce-" + nonce + "'; " + rest
	}
}

// headers sets both tables before a handler runs, so that no answer, errors
// included, can go without them. Static files replace what differs.
func headers(s site.Site) echo.MiddlewareFunc {
	table, contentPolicy := append(commonHeaders(s), dynamicHeaders(s)...), policy(s)
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			set := c.Response().Header()
			for _, h := range table {
				set[h.name] = h.values
			}
			set.Set("Content-Security-Policy", contentPolicy(handlers.ScopeOf(c).Nonce))
			return next(c)
		}
	}
}
