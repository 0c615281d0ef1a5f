package emulatortest_test

import (
	"net/http"
	"net/url"
	"testing"

	"go.uber.org/goleak"

	"mysecurity/internal/emulator/emulatortest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestAccessTokenInOneCall is what other packages' tests rely on, with and
// without a second factor, also many times within one TOTP step.
func TestAccessTokenInOneCall(t *testing.T) {
	tenant := emulatortest.Start(t)
	plain := tenant.NewUser()
	withApp := tenant.NewUser(emulatortest.WithApp(), emulatortest.WithRecoveryCode())
	for range 4 {
		for _, user := range []string{plain.Email, withApp.Email} {
			u, _ := tenant.User(user)
			if got := listStatus(t, tenant, tenant.AccessToken(u)); got != http.StatusOK {
				t.Fatalf("GET /mfa/authenticators of %s: status %d, want 200", user, got)
			}
		}
	}
}

// TestTLS proves that the test certificate is trusted through ca.pem alone.
func TestTLS(t *testing.T) {
	tenant := emulatortest.Start(t, emulatortest.WithTLS(), emulatortest.WithHost("127.0.0.1"))
	if got := tenant.Tokens(tenant.NewUser(), url.Values{"audience": {""}}); got.IDToken == "" {
		t.Fatal("no ID token over TLS")
	}
	if _, err := http.Get(tenant.URL + "/.well-known/jwks.json"); err == nil {
		t.Fatal("a client that does not know ca.pem trusts the certificate")
	}
}

func listStatus(t *testing.T, tenant *emulatortest.Tenant, token string) int {
	t.Helper()
	request, err := http.NewRequest(http.MethodGet, tenant.Issuer()+"mfa/authenticators", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := tenant.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	return response.StatusCode
}
