package handlers_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"mysecurity/handlers"
	"mysecurity/internal/account"
	"mysecurity/internal/auth0"
	"mysecurity/internal/i18n"
	"mysecurity/internal/limit"
	"mysecurity/internal/secret"
	"mysecurity/internal/session"
	"mysecurity/internal/site"
)

// callbacks is as much of the site as answers a callback, in front of a tenant that
// vouches for nobody.
type callbacks struct {
	t        testing.TB
	router   *echo.Echo
	pages    *handlers.Handlers
	bundle   *i18n.Bundle
	site     site.Site
	sessions *session.Manager
	calls    atomic.Int32 // of the tenant's token endpoint
}

// tenant introduces itself, and knows no code.
func (b *callbacks) tenant(w http.ResponseWriter, r *http.Request) {
	own := "http://" + r.Host + "/"
	w.Header().Set("Content-Type", "application/json")
	if r.URL.Path == "/.well-known/openid-configuration" {
		_ = json.NewEncoder(w).Encode(map[string]any{
			"issuer": own, "authorization_endpoint": own + "authorize", "token_endpoint": own + "oauth/token", "jwks_uri": own + ".well-known/jwks.json",
			"response_types_supported": []string{"code"}, "id_token_signing_alg_values_supported": []string{"RS256"},
		})
		return
	}
	if r.URL.Path == "/oauth/token" {
		b.calls.Add(1)
	}
	w.WriteHeader(http.StatusForbidden)
	_, _ = w.Write([]byte(`{"error":"invalid_grant"}`))
}

func newCallbacks(t testing.TB) *callbacks {
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	b := &callbacks{t: t, router: echo.New()}
	tenant := httptest.NewServer(http.HandlerFunc(b.tenant))
	t.Cleanup(tenant.Close)
	var err error
	b.site, err = site.Parse("https://intranet.example/security")
	must(err)
	b.bundle, err = i18n.New()
	must(err)
	client, err := auth0.New(auth0.Config{
		Issuer: tenant.URL + "/", ClientID: "portal", ClientSecret: secret.New("secret-of-the-portal"), MFAAudience: tenant.URL + "/mfa/",
		RedirectURL: b.site.URL("callback"), PostLogoutURL: b.site.URL("signed-out"), AllowLoopbackHTTP: true, Now: time.Now,
	})
	must(err)
	t.Cleanup(client.Close)
	store, err := session.OpenBolt(session.BoltOptions{Path: filepath.Join(t.TempDir(), "sessions.db"), Now: time.Now})
	must(err)
	t.Cleanup(func() { must(store.Close()) })
	b.sessions, err = session.NewManager(session.Options{
		Backend: store, Keys: []secret.Secret{secret.New(base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32)))},
		HTTPS: true, PrefixPath: b.site.Prefix(), Issuer: tenant.URL + "/", Mode: "test",
	})
	must(err)
	b.pages = handlers.New(handlers.Options{
		Account: account.New(account.Options{
			Tenant: client, Limiter: limit.New(time.Now), Ledger: b.sessions.Ledger(), Now: time.Now, MinMethods: 1,
		}),
		Sessions: b.sessions, Site: b.site, Asset: func(name string) string { return name },
		Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
	return b
}

// ask sends a callback, as a browser that has begun that sign-in if tx is not nil.
func (b *callbacks) ask(query string, tx *session.Transaction) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, "/security/callback", http.NoBody)
	r.URL.RawQuery = query
	if tx != nil {
		begun := httptest.NewRecorder()
		if err := b.sessions.Begin(begun, r, *tx); err != nil {
			b.t.Fatal(err)
		}
		for _, c := range begun.Result().Cookies() {
			r.AddCookie(c)
		}
	}
	w := httptest.NewRecorder()
	c := b.router.NewContext(r, w)
	opened, err := b.sessions.Open(w, r, true)
	if err != nil {
		b.t.Fatal(err)
	}
	defer opened.Close()
	handlers.SetScope(c, &handlers.Scope{ID: "reference", Nonce: "nonce", Lang: i18n.English, Session: opened})
	c.SetRequest(r.WithContext(b.bundle.With(r.Context(), i18n.English)))
	if err := b.pages.FinishSignIn(c); err != nil {
		b.pages.Error(err, c)
	}
	return w
}

// FuzzCallback (OP-24, OP-25, OP-39, XS-03): whatever comes as the answer of a
// sign-in, without a token of the tenant nobody is signed in, nothing leads off the
// site, nothing is reflected; and the tenant is asked only about a sign-in of this
// browser that names one code.
func FuzzCallback(f *testing.F) {
	for _, query := range []string{
		"", "state=", "state=a&state=b", "code=a&code=b", "code=abc", "code=abc&error=access_denied", "error=access_denied", "error=", "error",
		"error=<script>", "error=https://evil.example/", "code=abc&iss=https://evil.example/", "code=%00", "code=%zz", "a;b", "code=" + strings.Repeat("x", 10_000),
		"redirect_uri=https://evil.example&return_to=//evil.example&page=add", "iss=&code=a", "Code=a", "code=a#b",
	} {
		f.Add(query, true)
		f.Add(query, false)
	}
	b := newCallbacks(f)
	tx := session.NewTransaction()
	tx.Started = time.Now()
	if b.ask("code=abc&state="+tx.State, &tx); b.calls.Load() != 1 {
		f.Fatalf("the tenant was asked %d times about a good answer", b.calls.Load())
	}
	const mark = "reflected-7b1c"
	f.Fuzz(func(t *testing.T, query string, known bool) {
		var tx *session.Transaction
		sent := query + "&error_description=%3Cb%3E" + mark + ""
		if known {
			begun := session.NewTransaction()
			begun.Started, tx, sent = time.Now(), &begun, sent+"&state="+begun.State
		}
		before := b.calls.Load()
		w := b.ask(sent, tx)
		if w.Code < http.StatusBadRequest || w.Header().Get("Location") != "" || w.Header().Get("Hx-Redirect") != "" || w.Header().Get("Refresh") != "" {
			t.Errorf("%d %v", w.Code, w.Header())
		}
		for _, c := range w.Result().Cookies() {
			if c.MaxAge >= 0 {
				t.Errorf("the cookie %s is set", c.Name)
			}
		}
		if strings.Contains(w.Body.String(), mark) {
			t.Error("the query is on the page")
		}
		read, _ := url.ParseQuery(sent)
		asks := known && len(read["code"]) == 1 && len(read["state"]) == 1 && !read.Has("error")
		if b.calls.Load() != before && !asks {
			t.Errorf("the tenant was asked about %q", query)
		}
	})
}
