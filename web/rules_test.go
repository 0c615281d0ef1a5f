package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/PuerkitoBio/goquery"
)

// rules hold for every answer that any test of the site gets. Each returns what
// is wrong, or nothing.
var rules = []struct {
	name  string
	check func(*portal, *http.Request, answer) string
}{
	{"e.1 SL-07 headers of every answer", commonHeaders},
	{"e.2 headers of every page", pageHeaders},
	{"SL-03 only hashed assets are cacheable", caching},
	{"XS-07 policy", contentPolicy},
	{"XS-04 nothing inline", nothingInline},
	{"RD-04 redirects", redirect},
	{"RD-12 links", links},
	{"SE-01 SE-02 cookies", cookies},
	{"SL-02 no token reaches the browser", noTokens},
	{"SL-06 pictures are inline", noPictureLinks},
	{"ASVS 7.4.4 sign-out on every page", signOutOffered},
}

// obeyed holds an answer against the rules.
func (p *portal) obeyed(r *http.Request, a answer) {
	p.t.Helper()
	for _, rule := range rules {
		if wrong := rule.check(p, r, a); wrong != "" {
			p.t.Errorf("%s: %s %s (%d): %s", rule.name, r.Method, r.URL.Path, a.StatusCode, wrong)
		}
	}
}

// isAsset tells static files from everything else.
func (p *portal) isAsset(r *http.Request, a answer) bool {
	return a.StatusCode == http.StatusOK && strings.HasPrefix(r.URL.Path, p.site.Prefix()+"assets/")
}

func isHTML(a answer) bool { return strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") }

func commonHeaders(p *portal, _ *http.Request, a answer) string {
	want := map[string]string{
		"X-Content-Type-Options":            "nosniff",
		"Referrer-Policy":                   "same-origin",
		"X-Permitted-Cross-Domain-Policies": "none",
		"Origin-Agent-Cluster":              "?1",
		"Cross-Origin-Resource-Policy":      "same-origin",
		"X-Frame-Options":                   "DENY",
		"Permissions-Policy": "camera=(), display-capture=(), fullscreen=(), geolocation=(), hid=(), microphone=(), midi=(), payment=(), " +
			"publickey-credentials-get=(), serial=(), usb=(), clipboard-read=(), clipboard-write=(self)",
		"Strict-Transport-Security": "",
	}
	if p.site.HTTPS() {
		want["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"
	}
	for _, forbidden := range []string{"Server", "X-Powered-By", "ETag", "Last-Modified", "Expires"} {
		want[forbidden] = ""
	}
	if p.proxy != nil {
		want["Server"] = "nginx" // without its version
	}
	for name := range a.Header { // CS-09
		if strings.HasPrefix(name, "Access-Control-") {
			want[name] = ""
		}
	}
	return difference(a.Header, want)
}

func pageHeaders(p *portal, r *http.Request, a answer) string {
	if p.isAsset(r, a) {
		return difference(a.Header, map[string]string{
			"Content-Security-Policy": "default-src 'none'", "Vary": "Accept-Encoding",
		})
	}
	kind := "text/html; charset=utf-8"
	switch {
	case r.Method == http.MethodHead:
		kind = a.Header.Get("Content-Type")
	case a.body == "":
		kind = ""
	case strings.HasSuffix(r.URL.Path, "/download") && a.StatusCode == http.StatusOK:
		kind = "text/plain; charset=utf-8"
	}
	return difference(a.Header, map[string]string{
		"Vary":                       "Cookie, HX-Request, Sec-Fetch-Dest, Sec-Fetch-Site",
		"Reporting-Endpoints":        `csp="` + p.url + `csp-report"`,
		"Cross-Origin-Opener-Policy": "same-origin",
		"Content-Type":               kind,
		"Content-Encoding":           "", // SL-08: pages are never compressed
	})
}

func difference(got http.Header, want map[string]string) string {
	var wrong []string
	for name, value := range want {
		if strings.Join(got.Values(name), "|") != value {
			wrong = append(wrong, fmt.Sprintf("%s is %q, want %q", name, got.Values(name), value))
		}
	}
	return strings.Join(wrong, "; ")
}

func caching(p *portal, r *http.Request, a answer) string {
	want := "no-store"
	if p.isAsset(r, a) {
		want = "public, max-age=31536000, immutable"
		if len(a.Header.Values("Set-Cookie")) > 0 {
			return "a static file sets a cookie"
		}
	}
	return difference(a.Header, map[string]string{"Cache-Control": want})
}

// nothingInline: scripts and styles come by nonce and address only, and no
// attribute holds code (frontend.md).
func nothingInline(_ *portal, _ *http.Request, a answer) string {
	if !isHTML(a) {
		return ""
	}
	for _, s := range []string{"style", "script:not([src])", "[style]", "[hx-on]", "[hx-vars]", "[hx-boost]", "[hx-headers]", "base", "iframe", "object", "embed"} {
		if a.has(s) {
			return "the page has " + s
		}
	}
	found := ""
	a.doc.Find("*").Each(func(_ int, e *goquery.Selection) {
		for _, attribute := range e.Get(0).Attr {
			value := strings.ToLower(strings.TrimSpace(attribute.Val))
			if strings.HasPrefix(attribute.Key, "on") || strings.HasPrefix(attribute.Key, "hx-on") ||
				strings.HasPrefix(value, "js:") || strings.HasPrefix(value, "javascript:") ||
				attribute.Key == "hx-trigger" && strings.Contains(value, "[") {
				found = fmt.Sprintf("<%s %s=%q>", goquery.NodeName(e), attribute.Key, attribute.Val)
			}
		}
	})
	return found
}

// redirect: always 303, and only to ourselves or to the tenant's sign-in page.
func redirect(p *portal, _ *http.Request, a answer) string {
	to := a.location()
	switch {
	case a.StatusCode < 300 || a.StatusCode > 399:
		if to != "" {
			return "a Location without a redirect"
		}
		if move := a.Header.Get("HX-Redirect"); move != "" && !strings.HasPrefix(move, p.url) {
			return "HX-Redirect to " + move
		}
		return ""
	case a.StatusCode != http.StatusSeeOther:
		return "status is not 303"
	case !strings.HasPrefix(to, p.url) && !strings.HasPrefix(to, p.tenant.Issuer()+"authorize?"):
		return "to " + to
	}
	return ""
}

// links: each URL of a page starts with the public base URL; the few that lead
// elsewhere are known.
func links(p *portal, _ *http.Request, a answer) string {
	wrong := ""
	for _, attribute := range []string{"href", "src", "action", "formaction", "hx-post", "hx-get", "data", "srcset", "poster"} {
		a.doc.Find("[" + attribute + "]").Each(func(_ int, e *goquery.Selection) {
			to := e.AttrOr(attribute, "")
			switch {
			case strings.HasPrefix(to, p.url), attribute == "href" && strings.HasPrefix(to, "#"), to == supportURL:
			case strings.HasPrefix(to, "otpauth://totp/") && e.Is("#main a"):
			case isLogout(p, to) && e.Is("#main a"):
			case isStore(to) && e.Is("#main a[rel~=noreferrer]"):
			default:
				wrong = fmt.Sprintf("%s=%q", attribute, to)
			}
		})
	}
	if to, found := strings.CutPrefix(a.doc.Find("meta[http-equiv]").AttrOr("content", ""), "0; url="); found && !isLogout(p, to) {
		wrong = "refresh to " + to
	}
	return wrong
}

// isStore tells the two pages where the notification app is found.
func isStore(to string) bool {
	return strings.HasPrefix(to, "https://apps.apple.com/") || strings.HasPrefix(to, "https://play.google.com/store/apps/details?id=com.auth0.guardian")
}

func isLogout(p *portal, to string) bool {
	u, err := url.Parse(to)
	return err == nil && strings.HasPrefix(to, p.tenant.Issuer()) && (u.Path == "/oidc/logout" || u.Path == "/v2/logout")
}

func noTokens(p *portal, _ *http.Request, a answer) string {
	where := a.body + strings.Join(a.Header.Values("Set-Cookie"), "\n") + a.location()
	for value, what := range p.upstream.known() {
		if (what == "access_token" || what == "id_token" || what == "refresh_token" || what == "client_secret" || what == "code_verifier" || what == "oob_code") && strings.Contains(where, value) {
			return what
		}
	}
	return ""
}

func noPictureLinks(_ *portal, _ *http.Request, a answer) string {
	if a.has("img, [download], [href^='data:'], [src^='data:'], [href^='blob:']") {
		return "a picture by address, or a download link"
	}
	return ""
}

// signOutOffered: a page that knows its user offers to sign out.
func signOutOffered(p *portal, _ *http.Request, a answer) string {
	if a.has("html input[name=form_token]") && a.has("header.banner") && !a.has(`form[action="`+p.url+`sign-out"] button`) {
		return "no sign-out"
	}
	return ""
}

// sessionCookie is the session's cookie in every mode (e.3).
var sessionCookie = regexp.MustCompile(`^(__Host-mss|__Secure-mss|mss_dev)$`)

// cookies: names, attributes and size of each cookie, by e.3.
func cookies(p *portal, _ *http.Request, a answer) string {
	name, path := "mss_dev", strings.TrimSuffix(p.site.Prefix(), "/")
	if path == "" {
		path = "/"
	}
	if p.site.HTTPS() {
		if name = "__Secure-mss"; path == "/" {
			name = "__Host-mss"
		}
	}
	transaction := regexp.MustCompile("^" + strings.Replace(name, "mss", "msst", 1) + "_[A-Za-z0-9_-]{8}$")
	for _, c := range a.Cookies() {
		life, path := 0, path
		switch {
		case c.Name == name:
		case transaction.MatchString(c.Name):
			life = 600
		case c.Name == "lang":
			life, path = 365*24*60*60, p.site.Prefix() // holds no secret and is not in e.3
		default:
			return "unknown cookie " + c.Name
		}
		if c.MaxAge < 0 && c.Value == "" {
			life = c.MaxAge
		}
		want := fmt.Sprintf("Path=%s Secure=%t HttpOnly=true SameSite=%d MaxAge=%d Domain= Partitioned=false", path, p.site.HTTPS(), http.SameSiteLaxMode, life)
		got := fmt.Sprintf("Path=%s Secure=%t HttpOnly=%t SameSite=%d MaxAge=%d Domain=%s Partitioned=%t", c.Path, c.Secure, c.HttpOnly, c.SameSite, c.MaxAge, c.Domain, c.Partitioned)
		if got != want {
			return fmt.Sprintf("%s has %s, want %s", c.Name, got, want)
		}
		if len(c.Name)+len(c.Value) > 200 {
			return c.Name + " is too large"
		}
	}
	return ""
}
