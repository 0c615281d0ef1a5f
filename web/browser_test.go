package web_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"mysecurity/internal/emulator"
	"mysecurity/internal/emulator/emulatortest"
)

// browser is one person's browser, as far as the portal can tell: cookies and
// the headers that browsers add. It follows no redirect by itself, and holds
// every answer against the rules of the site.
type browser struct {
	p      *portal
	client *http.Client
	tenant *emulatortest.Browser
	user   emulator.SeedUser // who has signed in last
}

func (p *portal) browser() *browser {
	jar, err := cookiejar.New(nil)
	must(p.t, err)
	transport := &http.Transport{MaxIdleConnsPerHost: 32, DisableCompression: true} // answers are seen as they come
	p.t.Cleanup(transport.CloseIdleConnections)
	var server http.RoundTripper = toServer{addr: p.addr, next: transport}
	if p.proxy != nil {
		transport.TLSClientConfig, transport.ForceAttemptHTTP2 = p.proxy.Client(), true
		transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, p.proxy.HTTPS)
		}
		server = transport
	}
	return &browser{p: p, tenant: p.tenant.NewBrowser(), client: &http.Client{
		Transport: server, Jar: jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// in is the same browser in a subtest.
func (b *browser) in(t *testing.T) *browser {
	return &browser{p: b.p.in(t), client: b.client, tenant: b.tenant, user: b.user}
}

// copy is another browser with the same session, for requests that go on beside
// those of the first.
func (b *browser) copy() *browser {
	b.p.t.Helper()
	c := b.p.browser()
	for _, cookie := range b.cookies() {
		c.plant(cookie.Name, cookie.Value)
	}
	return c
}

// at is the same browser, sent to another instance.
func (b *browser) at(p *portal) *browser {
	there, client := *b, *b.client
	client.Transport = toServer{addr: p.addr, next: b.client.Transport.(toServer).next}
	there.p, there.client = p, &client
	return &there
}

// toServer brings every request to the test server, as a reverse proxy does
// that ends TLS: the jar sees the public address, the portal sees its Host.
type toServer struct {
	addr string
	next http.RoundTripper
}

func (s toServer) RoundTrip(r *http.Request) (*http.Response, error) {
	out := r.Clone(r.Context())
	if out.Host == "" {
		out.Host = r.URL.Host
	}
	out.URL.Scheme, out.URL.Host = "http", s.addr
	return s.next.RoundTrip(out)
}

// answer is one response, read to its end.
type answer struct {
	*http.Response
	body string
	doc  *goquery.Document
}

func (a answer) location() string { return a.Header.Get("Location") }

// has reports whether the page holds an element.
func (a answer) has(selector string) bool { return a.doc.Find(selector).Length() > 0 }

// heading is the page's title for people.
func (a answer) heading() string { return strings.TrimSpace(a.doc.Find("h1").First().Text()) }

func (b *browser) do(r *http.Request) answer {
	b.p.t.Helper()
	response, err := b.client.Do(r)
	must(b.p.t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	must(b.p.t, err)
	a := answer{Response: response, body: string(body)}
	page := body
	if !isHTML(a) {
		page = nil
	}
	a.doc, err = goquery.NewDocumentFromReader(bytes.NewReader(page))
	must(b.p.t, err)
	b.p.obeyed(r, a)
	b.p.given.remember(a)
	return a
}

// request makes a request as a browser would for a page of ours; pairs of
// header names and values replace what it adds.
func (b *browser) request(method, path string, form url.Values, headers ...string) *http.Request {
	b.p.t.Helper()
	address := path
	if !strings.HasPrefix(path, "http") {
		address = b.p.url + path
	}
	var body io.Reader = http.NoBody
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(b.p.t.Context(), method, address, body)
	must(b.p.t, err)
	r.Header.Set("Accept-Encoding", "gzip, br") // what nobody may use for pages: rule SL-08
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Sec-Fetch-Mode", "navigate")
	r.Header.Set("Sec-Fetch-Dest", "document")
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
		if headers[i+1] == "" {
			r.Header.Del(headers[i])
		}
	}
	return r
}

func (b *browser) get(path string, headers ...string) answer {
	b.p.t.Helper()
	return b.do(b.request(http.MethodGet, path, nil, headers...))
}

// post sends a form with the session's form token, which any page carries.
func (b *browser) post(path string, form url.Values, headers ...string) answer {
	b.p.t.Helper()
	return b.do(b.form(path, form, headers...))
}

// form makes the request of post.
func (b *browser) form(path string, form url.Values, headers ...string) *http.Request {
	b.p.t.Helper()
	if form == nil {
		form = url.Values{}
	}
	if !form.Has("form_token") {
		form.Set("form_token", b.formToken())
	}
	return b.request(http.MethodPost, path, form, headers...)
}

// htmx are the headers of a request that htmx makes.
func htmx() []string {
	return []string{"HX-Request", "true", "Sec-Fetch-Mode", "same-origin", "Sec-Fetch-Dest", "empty"}
}

// formToken reads the form token off a page that changes nothing.
func (b *browser) formToken() string {
	b.p.t.Helper()
	return b.get("no-such-page").doc.Find("input[name=form_token]").First().AttrOr("value", "")
}

// cookies are what the browser would send to the portal.
func (b *browser) cookies() []*http.Cookie {
	home, err := url.Parse(b.p.url)
	must(b.p.t, err)
	return b.client.Jar.Cookies(home)
}

// session is the value of the session cookie, empty without one.
func (b *browser) session() string {
	for _, c := range b.cookies() {
		if sessionCookie.MatchString(c.Name) {
			return c.Value
		}
	}
	return ""
}

// plant puts a cookie into the browser as if the portal had set it.
func (b *browser) plant(name, value string) {
	home, err := url.Parse(b.p.url)
	must(b.p.t, err)
	b.client.Jar.SetCookies(home, []*http.Cookie{{Name: name, Value: value, Path: "/", Secure: b.p.site.HTTPS()}})
}

// signedIn reports whether the portal knows the browser's user.
func (b *browser) signedIn() bool {
	b.p.t.Helper()
	return b.formToken() != ""
}

// signIn goes through the sign-in page and returns the callback's answer.
func (b *browser) signIn(user emulator.SeedUser, query string) answer {
	b.p.t.Helper()
	return b.get(b.callback(user, query), fromTenant()...)
}

// fromTenant are the headers of a redirect from the tenant's page.
func fromTenant() []string { return []string{"Sec-Fetch-Site", "cross-site"} }

// authorize starts a sign-in and returns the address of the tenant's page.
func (b *browser) authorize(query string) *url.URL {
	b.p.t.Helper()
	started := b.get("sign-in" + query)
	if started.StatusCode != http.StatusSeeOther {
		b.p.t.Fatalf("sign-in: %d\n%s", started.StatusCode, started.body)
	}
	to, err := url.Parse(started.location())
	must(b.p.t, err)
	return to
}

// callback goes through the sign-in page and returns the address it ends at.
func (b *browser) callback(user emulator.SeedUser, query string) string {
	b.p.t.Helper()
	b.user = user
	return b.tenant.SignIn(user, b.authorize(query).Query()).String()
}
