package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"mysecurity/internal/i18n"
	"mysecurity/internal/site"
	"mysecurity/static"
	"mysecurity/templates"
)

// roleLimit is the argument that makes the command be the limit server.
const roleLimit = "limit"

const (
	personName  = "Ada Lovelace"
	personEmail = "ada@example.com"
	companyName = "Example Company"
	publicURL   = "https://security.example.com/"
)

// serveLimit is the physical limit: net/http, the same upstream call over a kept
// connection, the same page from a view model that is always the same. It knows
// no session, sets no header, logs nothing, checks nothing, and does not even
// look at the list that it fetches.
func serveLimit(ctx context.Context, address, upstream string) error {
	page, err := limitPage(ctx)
	if err != nil {
		return err
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConns: maxConnections, MaxIdleConnsPerHost: maxConnections}}
	server := &http.Server{Addr: address, ReadHeaderTimeout: 5 * time.Second, Handler: &limit{
		client: client, list: upstream + "mfa/authenticators", page: page,
	}}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

type limit struct {
	client  *http.Client
	list    string
	page    func(*bytes.Buffer) error
	buffers sync.Pool
}

// ServeHTTP implements http.Handler.
func (l *limit) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := l.fetch(r.Context()); err != nil {
		http.Error(w, "upstream", http.StatusBadGateway)
		return
	}
	page, ok := l.buffers.Get().(*bytes.Buffer)
	if !ok {
		page = new(bytes.Buffer)
	}
	defer l.buffers.Put(page)
	page.Reset()
	if err := l.page(page); err != nil {
		http.Error(w, "page", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(page.Len()))
	_, _ = w.Write(page.Bytes())
}

func (l *limit) fetch(ctx context.Context) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, l.list, http.NoBody)
	if err != nil {
		return err
	}
	response, err := l.client.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return err
}

// limitPage draws the overview with five apps, as the portal shows it to the
// people of the scripted issuer.
func limitPage(ctx context.Context) (func(*bytes.Buffer) error, error) {
	bundle, err := i18n.New()
	if err != nil {
		return nil, err
	}
	files, err := static.New()
	if err != nil {
		return nil, err
	}
	own, err := site.Parse(publicURL)
	if err != nil {
		return nil, err
	}
	view := templates.Overview{
		Page: templates.Page{
			Site: own, Asset: files.Name, Nonce: "bm9uY2Ugbm9uY2Ugbm9uYw", Company: companyName,
			SignedIn: true, User: templates.Person{Name: personName, Email: personEmail},
			FormToken: "dG9rZW4gdG9rZW4gdG9rZW4gdG9rZW4gdG9rZW4gdG8", Place: templates.Place{Key: templates.PageOverview},
			Proof: templates.Proof{Until: time.Now().Add(10 * time.Minute), Left: 10 * time.Minute},
		},
		Offers:   templates.Offers{App: true, Text: true, Call: true, Email: true, Push: true},
		Recovery: templates.RecoveryNone, Protected: true,
	}
	for i := range authenticators {
		view.Apps = append(view.Apps, templates.Method{Handle: "abcd234567abcd2" + strconv.Itoa(i), Kind: templates.MethodApp, Number: i + 1, Removable: true})
	}
	ctx = bundle.With(ctx, i18n.English)
	return func(page *bytes.Buffer) error { return view.Full().Render(ctx, page) }, nil
}
