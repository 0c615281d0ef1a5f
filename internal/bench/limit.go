package main

import (
	"bytes"
	"context"
	"encoding/json"
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
// connection, and the same page, whose rows are those of the list it has read.
// It knows no session and no user, sets no header, logs nothing, checks nothing,
// and gives the call no deadline.
func serveLimit(ctx context.Context, address, upstream string) error {
	page, err := limitPage(ctx)
	if err != nil {
		return err
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConns: maxConnections, MaxIdleConnsPerHost: maxConnections}}
	server := &http.Server{Addr: address, ReadHeaderTimeout: 5 * time.Second, Handler: &limit{
		client: client, list: upstream + "mfa/authenticators", bearer: "Bearer " + accessToken("anybody"), page: page,
	}}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

type limit struct {
	client  *http.Client
	list    string // URL of the call
	bearer  string
	page    func(*bytes.Buffer, []authenticator) error
	buffers sync.Pool
}

// authenticator is what the page needs of an entry of the list.
type authenticator struct {
	ID     string `json:"id"`
	Type   string `json:"authenticator_type"`
	Active bool   `json:"active"`
}

// ServeHTTP implements http.Handler.
func (l *limit) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	list, err := l.fetch(r.Context())
	if err != nil {
		http.Error(w, "upstream", http.StatusBadGateway)
		return
	}
	page, ok := l.buffers.Get().(*bytes.Buffer)
	if !ok {
		page = new(bytes.Buffer)
	}
	defer l.buffers.Put(page)
	page.Reset()
	if err := l.page(page, list); err != nil {
		http.Error(w, "page", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(page.Len()))
	_, _ = w.Write(page.Bytes())
}

func (l *limit) fetch(ctx context.Context) ([]authenticator, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, l.list, http.NoBody)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept", "application/json")
	r.Header.Set("Authorization", l.bearer)
	response, err := l.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	var list []authenticator
	err = json.Unmarshal(body, &list)
	return list, err
}

// limitPage draws the overview with five apps, as the portal shows it to the
// people of the scripted issuer.
func limitPage(ctx context.Context) (func(*bytes.Buffer, []authenticator) error, error) {
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
	ctx = bundle.With(ctx, i18n.English)
	return func(page *bytes.Buffer, list []authenticator) error {
		shown := view
		for i, a := range list {
			if a.Active && a.Type == "otp" {
				shown.Apps = append(shown.Apps, templates.Method{Handle: a.ID, Kind: templates.MethodApp, Number: i + 1, Removable: true})
			}
		}
		return shown.Full().Render(ctx, page)
	}, nil
}
