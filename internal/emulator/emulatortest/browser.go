package emulatortest

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"

	"github.com/PuerkitoBio/goquery"
)

// Browser is a browser without JavaScript, as far as the tenant's pages need one:
// cookies, redirects within the tenant, forms. It never calls an application:
// where the tenant sends it away it stops.
type Browser struct {
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

// Submit sends the page's first form with its hidden fields and what is typed.
func (b *Browser) Submit(p Page, typed url.Values) Page {
	b.x.t.Helper()
	form := p.Doc.Find("form").First()
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
