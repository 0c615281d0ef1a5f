package emulatortest_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"go.uber.org/goleak"

	"mysecurity/internal/emulator"
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

// TestEveryFactor: the sign-in answers whatever the tenant asks for, again and
// again.
func TestEveryFactor(t *testing.T) {
	clock := emulator.NewClock(func() time.Time { return time.Date(2030, 6, 1, 12, 0, 0, 0, time.UTC) })
	for name, has := range map[string][]emulator.SeedAuthenticator{
		"phone":          {emulatortest.WithPhone("")},
		"a given number": {emulatortest.WithPhone("+15550100147"), emulatortest.WithEmail("")},
		"push":           {emulatortest.WithPush(), emulatortest.WithRecoveryCode()},
		"all": {
			emulatortest.WithPhone(""), emulatortest.WithApp(), emulatortest.WithPush(),
			emulatortest.WithEmail("spare@example.org"), emulatortest.WithRecoveryCode(),
		},
	} {
		t.Run(name, func(t *testing.T) {
			tenant := emulatortest.Start(t, emulatortest.WithClock(clock))
			user := tenant.NewUser(has...)
			for range 8 {
				if got := listStatus(t, tenant, tenant.AccessToken(user)); got != http.StatusOK {
					t.Fatalf("GET /mfa/authenticators: status %d", got)
				}
			}
		})
	}
}

// TestInboxes: what other packages' tests read of codes and phones.
func TestInboxes(t *testing.T) {
	tenant := emulatortest.Start(t)
	const number = "+15550100147"
	user := tenant.NewUser(emulatortest.WithPhone(number))
	tenant.AccessToken(user)
	list := tenant.Messages(number)
	if len(list) != 1 || list[0].Channel != "sms" || list[0].To != number || list[0].Code != tenant.LatestCode(number) || list[0].SentAt.IsZero() {
		t.Errorf("messages %+v", list)
	}
	app := tenant.NewUser(emulatortest.WithApp())
	if p := tenant.Phone(app); len(p.Accounts) != 1 || p.Accounts[0].Code == "" || p.User != app.Email {
		t.Errorf("phone %+v", p)
	}
	tenant.SetOffline(app, true)
	if !tenant.Phone(app).Offline {
		t.Error("still online")
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
