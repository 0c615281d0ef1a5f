package main

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"mysecurity/internal/auth0"
	"mysecurity/internal/porttest"
	"mysecurity/internal/session"
	"mysecurity/internal/site"
)

// TestDoctorConfiguration (EM-05): every mistake is a problem of its own, and
// nothing is asked with half a configuration.
func TestDoctorConfiguration(t *testing.T) {
	var out bytes.Buffer
	err := run(t.Context(), []string{"doctor"}, []string{"SESSION_KEYS=" + doctorSecret, "AUTH0_CLIENT_SECRET=short", "LOG_LEVEL=x"}, &out, &out)
	if err == nil || strings.Contains(out.String(), doctorSecret) || strings.Contains(out.String(), "short\n") {
		t.Errorf("%v\n%s", err, out.String())
	}
	for _, told := range []string{"PUBLIC_URL is missing", "AUTH0_DOMAIN is missing", "AUTH0_CLIENT_SECRET is too short", "SESSION_KEYS must be", "LOG_LEVEL must be", "not checked  everything else"} {
		if !strings.Contains(out.String(), told) {
			t.Errorf("%q was not told:\n%s", told, out.String())
		}
	}
	out.Reset()
	d := &doctor{out: failing{}, now: time.Now, limit: time.Second}
	if err := d.examine(t.Context(), nil); !errors.Is(err, os.ErrClosed) {
		t.Errorf("output that cannot be written: %v", err)
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, os.ErrClosed }

// TestDoctorStore (MI-11): the session file in each condition; none is changed.
func TestDoctorStore(t *testing.T) {
	for name, tt := range map[string]struct {
		prepare func(t *testing.T, path string)
		want    string
	}{
		"absent": {func(*testing.T, string) {}, "ok session file"},
		"sound":  {func(t *testing.T, path string) { must(t, opened(t, path).Close()) }, "ok session file"},
		"in use": {func(t *testing.T, path string) {
			store := opened(t, path)
			t.Cleanup(func() { must(t, store.Close()) })
		}, "warning session file"},
		"damaged":          {func(t *testing.T, path string) { must(t, os.WriteFile(path, make([]byte, 64<<10), 0o600)) }, "warning session file"},
		"a folder":         {func(t *testing.T, path string) { must(t, os.Mkdir(path, 0o700)) }, "problem session file"},
		"below no folder":  {func(t *testing.T, path string) { must(t, os.WriteFile(filepath.Dir(path), nil, 0o600)) }, "problem session file"},
		"in a folder anew": {func(t *testing.T, path string) { must(t, os.Remove(filepath.Dir(path))) }, "ok session file"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPatient(t)
			folder := filepath.Join(p.data, "inner")
			path := filepath.Join(folder, "sessions.db")
			if name != "below no folder" {
				must(t, os.Mkdir(folder, 0o700))
			}
			tt.prepare(t, path)
			before, _ := os.ReadFile(path)
			p.doctor.store(path)
			if got := p.findings(); !slices.Equal(got, []string{tt.want}) {
				t.Errorf("%q\n%s", got, p.out.String())
			}
			if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
				t.Error("the file was changed")
			}
			if left, _ := filepath.Glob(filepath.Join(p.data, "*", ".mysecurity-*")); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func opened(t *testing.T, path string) *session.Bolt {
	t.Helper()
	store, err := session.OpenBolt(session.BoltOptions{Path: path})
	must(t, err)
	return store
}

// TestDoctorUnreachable: each way in which a tenant is out of reach has its own
// words, and a tenant that hangs does not hold up the doctor.
func TestDoctorUnreachable(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer silent.Close()
	untrusted := httptest.NewUnstartedServer(http.NotFoundHandler())
	untrusted.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	untrusted.StartTLS()
	defer untrusted.Close()
	for name, tt := range map[string]struct{ issuer, words string }{
		"nobody there": {"http://" + porttest.FreeAddress(t) + "/", "nothing answers"},
		"hangs":        {"http://" + silent.Addr().String() + "/", "does not answer in time"},
		"foreign TLS":  {untrusted.URL + "/", "certificate"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPatient(t)
			p.doctor.limit = time.Second
			p.environ["AUTH0_ISSUER"] = tt.issuer
			began := time.Now()
			_, err := p.examine()
			if took := time.Since(began); took > 4*time.Second { // a call alone would wait for five
				t.Errorf("took %v", took)
			}
			if err == nil || !strings.Contains(p.out.String(), tt.words) {
				t.Errorf("%v\n%s", err, p.out.String())
			}
		})
	}
	for reason, words := range map[string]string{
		auth0.ReasonNameLookup: "has no address", auth0.ReasonEmulator: "emulated tenant", auth0.ReasonEndpoint: "another host",
		auth0.ReasonDiscovery: "(status 404) is no discovery document",
	} {
		text, todo := discoveryTrouble(fmt.Errorf("wrapped: %w", &auth0.Error{Reason: reason, Status: 404}), "https://acme.example/")
		if !strings.Contains(text, words) || todo == "" {
			t.Errorf("%s: %q, %q", reason, text, todo)
		}
	}
}

// TestDoctorTLS: the certificate that browsers see, where it can be seen.
func TestDoctorTLS(t *testing.T) {
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	secure.StartTLS()
	defer secure.Close()
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	ends := secure.Certificate().NotAfter
	trusting := x509.NewCertPool()
	trusting.AddCert(secure.Certificate())
	for name, tt := range map[string]struct {
		url   string
		roots *x509.CertPool
		now   time.Time
		want  string
	}{
		"good":        {secure.URL, trusting, ends.Add(-15 * 24 * time.Hour), "ok TLS of PUBLIC_URL"},
		"ends soon":   {secure.URL, trusting, ends.Add(-13 * 24 * time.Hour), "warning TLS of PUBLIC_URL"},
		"not trusted": {secure.URL, x509.NewCertPool(), time.Now(), "warning TLS of PUBLIC_URL"},
		"no TLS":      {strings.Replace(plain.URL, "http:", "https:", 1), nil, time.Now(), "warning TLS of PUBLIC_URL"},
		"not there":   {"https://" + porttest.FreeAddress(t), nil, time.Now(), "not checked TLS of PUBLIC_URL"},
		"local":       {"http://localhost:8080", nil, time.Now(), "ok TLS of PUBLIC_URL"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPatient(t)
			p.doctor.roots, p.doctor.now = tt.roots, func() time.Time { return tt.now }
			own, err := site.Parse(tt.url)
			must(t, err)
			p.doctor.publicAddress(t.Context(), own)
			if got := p.findings(); !slices.Equal(got, []string{tt.want}) || p.doctor.problems > 0 {
				t.Errorf("%q\n%s", got, p.out.String())
			}
		})
	}
}
