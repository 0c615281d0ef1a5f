package web_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"mysecurity/web"
)

// TestPanicOfTheErrorPage (XS-13): where the error page falls over as well, there is a
// status and nothing else; what no middleware of ours catches ends the connection.
// Neither log says what was in it, net/http's among them.
func TestPanicOfTheErrorPage(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	_, b := p.person()
	p.always.Store(true)
	p.panics.Store(true)
	a := b.get("")
	if p.always.Store(false); a.StatusCode != http.StatusInternalServerError || a.body != "" {
		t.Errorf("XS-13 %d %q", a.StatusCode, a.body)
	}
	if log := p.log.String(); strings.Count(log, `"msg":"panic"`) != 2 || strings.Count(log, `"msg":"request"`) == 0 || strings.Contains(log, panicMarker) {
		t.Errorf("XS-13 the log has\n%s", log)
	}

	var log syncBuffer
	server := httptest.NewUnstartedServer(nil)
	server.Config = web.Server(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/abort" {
			panic(http.ErrAbortHandler)
		}
		panic(panicMarker)
	}), slog.New(slog.NewJSONHandler(&log, nil)))
	server.Start()
	defer server.Close()
	for _, path := range []string{"/", "/abort"} {
		answer, err := http.Get(server.URL + path)
		if err == nil {
			answer.Body.Close()
			t.Errorf("XS-13 %s answered %d", path, answer.StatusCode)
		}
	}
	server.Close()
	if text := log.String(); strings.Count(text, `"msg":"panic"`) != 1 || strings.Contains(text, panicMarker) || strings.Contains(text, "http: panic") {
		t.Errorf("XS-13 the server's log has\n%s", text)
	}
}
