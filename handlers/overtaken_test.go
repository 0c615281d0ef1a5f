package handlers

import (
	"bytes"
	"encoding/base64"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"mysecurity/internal/account"
	"mysecurity/internal/i18n"
	"mysecurity/internal/secret"
	"mysecurity/internal/session"
	"mysecurity/internal/site"
	"mysecurity/templates"
)

// TestOvertakenView (RC-01): of two views of the recovery code at once, as after
// a double click, one shows it; the other is asked for anew, and is no error.
func TestOvertakenView(t *testing.T) {
	const issuer = "https://acme.eu.auth0.com/"
	h, sessions := overtakenPortal(t, issuer)

	signIn := httptest.NewRecorder()
	s := opened(t, sessions, nil)
	err := s.SignIn(signIn, account.User{Issuer: issuer, Subject: "auth0|1"},
		account.Access{Expires: time.Now().Add(time.Minute), Proof: account.Proof{At: time.Now()}})
	if err != nil {
		t.Fatal(err)
	}
	s.KeepRecoveryCode(secret.New("ABCDEFGHJKLMNPQRSTUVWX23"))
	s.MarkRecoveryDue()
	if err := s.Commit(signIn); err != nil {
		t.Fatal(err)
	}

	cookies := signIn.Result().Cookies()
	first, second := opened(t, sessions, cookies), opened(t, sessions, cookies)
	if got := viewCode(t, h, first); got.Code != http.StatusOK {
		t.Errorf("first view: %d, want 200", got.Code)
	}
	got := viewCode(t, h, second)
	if want := h.Site.URL("recovery-code"); got.Code != http.StatusSeeOther || got.Header().Get("Location") != want {
		t.Errorf("overtaken view: %d to %q, want 303 to %s", got.Code, got.Header().Get("Location"), want)
	}
}

func overtakenPortal(t *testing.T, issuer string) (*Handlers, *session.Manager) {
	t.Helper()
	backend, err := session.OpenBolt(session.BoltOptions{Path: filepath.Join(t.TempDir(), "sessions.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := backend.Close(); err != nil {
			t.Error(err)
		}
	})
	key := secret.New(base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32)))
	sessions, err := session.NewManager(session.Options{Backend: backend, Keys: []secret.Secret{key}, Issuer: issuer, Mode: "test"})
	if err != nil {
		t.Fatal(err)
	}
	own, err := site.Parse("http://localhost:8080")
	if err != nil {
		t.Fatal(err)
	}
	return New(Options{
		Account: account.New(account.Options{Now: time.Now}), Sessions: sessions, Site: own,
		Asset: func(name string) string { return name }, Now: time.Now, Log: slog.New(slog.DiscardHandler),
	}), sessions
}

func opened(t *testing.T, m *session.Manager, cookies []*http.Cookie) *session.Session {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	for _, c := range cookies {
		r.AddCookie(c)
	}
	s, err := m.Open(httptest.NewRecorder(), r, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// viewCode asks for the page of the recovery code with a session that was opened
// before.
func viewCode(t *testing.T, h *Handlers, s *session.Session) *httptest.ResponseRecorder {
	t.Helper()
	bundle, err := i18n.New()
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodGet, "/recovery-code", nil)
	w := httptest.NewRecorder()
	c := echo.New().NewContext(r.WithContext(bundle.With(r.Context(), i18n.English)), w)
	SetScope(c, &Scope{Lang: i18n.English, Session: s, Place: templates.Place{Key: templates.PageRecoveryCode}})
	if err := h.RecoveryCode(c); err != nil {
		h.Error(err, c)
	}
	return w
}
