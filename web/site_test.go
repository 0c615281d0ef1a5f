package web_test

import (
	"bytes"
	"encoding/base64"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"mysecurity/handlers"
	"mysecurity/internal/account"
	"mysecurity/internal/auth0"
	"mysecurity/internal/emulator"
	"mysecurity/internal/emulator/emulatortest"
	"mysecurity/internal/i18n"
	"mysecurity/internal/limit"
	"mysecurity/internal/secret"
	"mysecurity/internal/session"
	"mysecurity/internal/site"
	"mysecurity/static"
	"mysecurity/web"
)

// portal is the whole site on a real port, in front of a running emulator, with
// one clock: what main assembles, minus the process.
type portal struct {
	t      *testing.T
	url    string // with trailing slash
	tenant *emulatortest.Tenant
	log    *syncBuffer
}

type portalOptions struct {
	minMethods int
	prefix     string
}

func startPortal(t *testing.T, o portalOptions) *portal {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	_, port, _ := strings.Cut(server.Listener.Addr().String(), ":")
	own, err := site.Parse("http://localhost:" + port + "/" + o.prefix)
	if err != nil {
		t.Fatal(err)
	}
	tenant := emulatortest.Start(t, emulatortest.WithCallbacks([]string{own.URL("callback")}, []string{own.URL("signed-out")}))
	p := &portal{t: t, url: own.Base(), tenant: tenant, log: &syncBuffer{}}
	server.Config = web.Server(p.assemble(own, o.minMethods), slog.New(slog.NewJSONHandler(p.log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	server.Start()
	t.Cleanup(server.Close)
	return p
}

func (p *portal) assemble(own site.Site, minMethods int) http.Handler {
	t, now := p.t, p.tenant.Clock().Now
	log := slog.New(slog.NewJSONHandler(p.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	bundle, err := i18n.New()
	must(t, err)
	files, err := static.New()
	must(t, err)
	issuer, err := url.Parse(p.tenant.Issuer())
	must(t, err)
	client, err := auth0.New(auth0.Config{
		Domain: issuer.Host, Issuer: p.tenant.Issuer(), ClientID: p.tenant.ClientID,
		ClientSecret: secret.New(p.tenant.ClientSecret), MFAAudience: p.tenant.MFAAudience,
		RedirectURL: own.URL("callback"), PostLogoutURL: own.URL("signed-out"),
		AllowLoopbackHTTP: true, Now: now, Logger: log,
	})
	must(t, err)
	t.Cleanup(client.Close)
	store, err := session.OpenBolt(session.BoltOptions{Path: filepath.Join(t.TempDir(), "sessions.db"), Now: now, Logger: log})
	must(t, err)
	t.Cleanup(func() { must(t, store.Close()) })
	sessions, err := session.NewManager(session.Options{
		Backend: store, Keys: []secret.Secret{secret.New(base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32)))},
		PrefixPath: own.Prefix(), OwnHost: own.Prefix() == "/", Issuer: p.tenant.Issuer(), Mode: "test", Now: now, Logger: log,
	})
	must(t, err)
	service := account.New(account.Options{
		Tenant: client, Limiter: limit.New(now), Ledger: sessions.Ledger(), Now: now, MinMethods: minMethods, Logger: log,
	})
	pages := handlers.New(handlers.Options{
		Account: service, Sessions: sessions, Site: own, Asset: files.Name, Company: "Example Company", Now: now, Log: log,
	})
	return web.New(web.Options{
		Site: own, Handlers: pages, Account: service, Sessions: sessions, Bundle: bundle, Files: files, Now: now, Log: log,
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// syncBuffer collects the log of concurrent requests.
type syncBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// browser is one person's browser, as far as the portal can tell: cookies and
// the headers that browsers add. It follows no redirect by itself.
type browser struct {
	p      *portal
	client *http.Client
	tenant *emulatortest.Browser
}

func (p *portal) browser() *browser {
	jar, err := cookiejar.New(nil)
	must(p.t, err)
	transport := &http.Transport{}
	p.t.Cleanup(transport.CloseIdleConnections)
	return &browser{p: p, tenant: p.tenant.NewBrowser(), client: &http.Client{
		Transport: transport, Jar: jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// answer is one response, read to its end.
type answer struct {
	*http.Response
	body string
	doc  *goquery.Document
}

func (a answer) location() string { return a.Header.Get("Location") }

func (b *browser) do(r *http.Request) answer {
	b.p.t.Helper()
	response, err := b.client.Do(r)
	must(b.p.t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	must(b.p.t, err)
	doc, err := goquery.NewDocumentFromReader(bytes.NewReader(body))
	must(b.p.t, err)
	return answer{Response: response, body: string(body), doc: doc}
}

// request makes a request as a browser would for a page of ours; pairs of
// header names and values replace what it adds.
func (b *browser) request(method, path string, form url.Values, headers ...string) *http.Request {
	b.p.t.Helper()
	address := path
	if !strings.HasPrefix(path, "http") {
		address = b.p.url + path
	}
	r, err := http.NewRequestWithContext(b.p.t.Context(), method, address, strings.NewReader(form.Encode()))
	must(b.p.t, err)
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
	if form == nil {
		form = url.Values{}
	}
	if !form.Has("form_token") {
		form.Set("form_token", b.formToken())
	}
	return b.do(b.request(http.MethodPost, path, form, headers...))
}

func (b *browser) formToken() string {
	b.p.t.Helper()
	return b.get("no-such-page").doc.Find("input[name=form_token]").First().AttrOr("value", "")
}

// signIn goes through the sign-in page and returns the callback's answer.
func (b *browser) signIn(user emulator.SeedUser, query string) answer {
	b.p.t.Helper()
	return b.get(b.callback(user, query), "Sec-Fetch-Site", "cross-site")
}

// callback goes through the sign-in page and returns the address it ends at.
func (b *browser) callback(user emulator.SeedUser, query string) string {
	b.p.t.Helper()
	started := b.get("sign-in" + query)
	if started.StatusCode != http.StatusSeeOther {
		b.p.t.Fatalf("sign-in: %d\n%s", started.StatusCode, started.body)
	}
	authorize, err := url.Parse(started.location())
	must(b.p.t, err)
	return b.tenant.SignIn(user, authorize.Query()).String()
}
