package emulatortest

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"

	"github.com/PuerkitoBio/goquery"
)

// Browser is a browser without JavaScript, as far as the tenant's pages need one:
// cookies, redirects within the tenant, forms. It never calls an application:
// where the tenant sends it away it stops.
type Browser struct {
	// UserAgent is sent with every request if it is not "".
	UserAgent string

	x      *Tenant
	client *http.Client
}

// Page is what a browser shows: a page of the tenant, or Left, the address at an
// application that it was sent to.
type Page struct {
	Status int
	Header http.Header
	URL    *url.URL
	Left   *url.URL
	Doc    *goquery.Document
}

// NewBrowser returns a browser without a session.
func (x *Tenant) NewBrowser() *Browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		x.t.Fatal(err)
	}
	return &Browser{x: x, client: &http.Client{
		Transport: x.client.Transport, Timeout: x.client.Timeout, Jar: jar,
		CheckRedirect: x.client.CheckRedirect,
	}}
}

// Get opens an address of the tenant.
func (b *Browser) Get(address string) Page {
	b.x.t.Helper()
	return b.page(b.x.request(http.MethodGet, address, nil))
}

// Follow goes where the link with that text leads.
func (b *Browser) Follow(p Page, text string) Page {
	b.x.t.Helper()
	link := withText(p.Doc.Find("main a"), text)
	address, err := p.URL.Parse(link.AttrOr("href", ""))
	if err != nil || link.Length() == 0 {
		b.x.t.Fatalf("no link %q on %s", text, p.URL)
	}
	return b.Get(address.String())
}

// Press sends the form of the button with that text.
func (b *Browser) Press(p Page, text string) Page {
	b.x.t.Helper()
	button := withText(p.Doc.Find("button"), text)
	if button.Length() == 0 {
		b.x.t.Fatalf("no button %q on %s", text, p.URL)
	}
	typed := url.Values{}
	if name, ok := button.Attr("name"); ok {
		typed.Set(name, button.AttrOr("value", ""))
	}
	return b.send(p, button.Closest("form"), typed)
}

// withText returns the first element with exactly that text.
func withText(s *goquery.Selection, text string) *goquery.Selection {
	return s.FilterFunction(func(_ int, one *goquery.Selection) bool {
		return strings.TrimSpace(one.Text()) == text
	}).First()
}

// Submit sends the page's first form with its hidden fields and what is typed.
func (b *Browser) Submit(p Page, typed url.Values) Page {
	b.x.t.Helper()
	return b.send(p, p.Doc.Find("form").First(), typed)
}

func (b *Browser) send(p Page, form *goquery.Selection, typed url.Values) Page {
	b.x.t.Helper()
	action, err := p.URL.Parse(form.AttrOr("action", ""))
	if err != nil || form.Length() == 0 {
		b.x.t.Fatalf("no form on %s", p.URL)
	}
	values := url.Values{}
	form.Find("input[type=hidden]").Each(func(_ int, field *goquery.Selection) {
		values.Add(field.AttrOr("name", ""), field.AttrOr("value", ""))
	})
	for name, value := range typed {
		values[name] = value
	}
	return b.page(b.x.request(http.MethodPost, action.String(), values))
}

// Cookie returns the value of one of the tenant's cookies, or "".
func (b *Browser) Cookie(name string) string {
	b.x.t.Helper()
	home, err := url.Parse(b.x.Issuer())
	if err != nil {
		b.x.t.Fatal(err)
	}
	for _, cookie := range b.client.Jar.Cookies(home) {
		if cookie.Name == name {
			return cookie.Value
		}
	}
	return ""
}

func (b *Browser) page(request *http.Request) Page {
	b.x.t.Helper()
	if b.UserAgent != "" {
		request.Header.Set("User-Agent", b.UserAgent)
	}
	response, err := b.client.Do(request)
	if err != nil {
		b.x.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	p := Page{Status: response.StatusCode, Header: response.Header, URL: response.Request.URL}
	if response.StatusCode == http.StatusFound {
		if p.Left, err = response.Location(); err != nil {
			b.x.t.Fatal(err)
		}
		return p
	}
	if p.Doc, err = goquery.NewDocumentFromReader(response.Body); err != nil {
		b.x.t.Fatal(err)
	}
	return p
}
