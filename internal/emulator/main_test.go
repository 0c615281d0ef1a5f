package emulator_test

import (
	"crypto/rand"
	"crypto/rsa"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"mysecurity/internal/emulator"
	"mysecurity/internal/emulator/emulatortest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// noon is where the clock of these tests stands until they move it.
var noon = time.Date(2030, 6, 1, 12, 0, 0, 0, time.UTC)

// start runs a tenant on a clock that stands still.
func start(t *testing.T, options ...emulatortest.Option) *emulatortest.Tenant {
	t.Helper()
	clock := emulator.NewClock(func() time.Time { return noon })
	return emulatortest.Start(t, append([]emulatortest.Option{emulatortest.WithClock(clock)}, options...)...)
}

// changes makes parameters from name, value, name, value…
func changes(pairs ...string) url.Values {
	values := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		values.Add(pairs[i], pairs[i+1])
	}
	return values
}

// code signs the user in and returns the authorization code.
func code(t *testing.T, tenant *emulatortest.Tenant, user emulator.SeedUser, authorize url.Values) string {
	t.Helper()
	answer := tenant.NewBrowser().SignIn(user, authorize).Query()
	if answer.Get("code") == "" {
		t.Fatalf("no code: %v", answer)
	}
	return answer.Get("code")
}

// get asks for a path of the tenant with extra headers.
func get(t *testing.T, tenant *emulatortest.Tenant, path string, header http.Header) *http.Response {
	t.Helper()
	return do(t, tenant, http.MethodGet, path, header)
}

func do(t *testing.T, tenant *emulatortest.Tenant, method, path string, header http.Header) *http.Response {
	t.Helper()
	request, err := http.NewRequest(method, tenant.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header = header.Clone()
	if request.Header == nil {
		request.Header = http.Header{}
	}
	request.Host = request.Header.Get("Host")
	request.Header.Del("Host")
	response, err := tenant.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = response.Body.Close() })
	return response
}

// serve asks a tenant without a network.
func serve(e *emulator.Emulator, address string) int {
	return serveRequest(e, httptest.NewRequest(http.MethodGet, address, nil))
}

func serveRequest(e *emulator.Emulator, r *http.Request) int {
	recorder := httptest.NewRecorder()
	e.ServeHTTP(recorder, r)
	return recorder.Code
}

func body(e *emulator.Emulator, address string) string {
	recorder := httptest.NewRecorder()
	e.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, address, nil))
	return recorder.Body.String()
}

// quickKey is a signing key for tests that make tenants by the dozen and look at
// no token.
var quickKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })
