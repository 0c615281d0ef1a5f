package session

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"mysecurity/internal/secret"
)

// BenchmarkOpen is what each page view pays for its session: cookie, look-up,
// seal, content.
func BenchmarkOpen(b *testing.B) {
	clock := newClock()
	m, err := NewManager(Options{
		Backend: openTestBolt(b, filepath.Join(b.TempDir(), "sessions.db")), Keys: []secret.Secret{key(1)},
		HTTPS: true, Issuer: issuer, Now: clock.now,
	})
	if err != nil {
		b.Fatal(err)
	}
	rw := httptest.NewRecorder()
	visitor, err := m.Open(rw, httptest.NewRequest(http.MethodGet, "/", nil), false)
	if err != nil {
		b.Fatal(err)
	}
	if err := visitor.SignIn(rw, ada(), access(clock.now())); err != nil {
		b.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.AddCookie(rw.Result().Cookies()[0])
	b.ReportAllocs()
	for b.Loop() {
		s, err := m.Open(rw, r, false)
		if err != nil || !s.SignedIn() {
			b.Fatal(err)
		}
		if err := s.Commit(rw); err != nil {
			b.Fatal(err)
		}
		s.Close()
	}
}
