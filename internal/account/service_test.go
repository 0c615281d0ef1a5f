package account_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"mysecurity/internal/account"
	"mysecurity/internal/auth0"
	"mysecurity/internal/emulator"
	"mysecurity/internal/emulator/emulatortest"
	"mysecurity/internal/limit"
	"mysecurity/internal/secret"
)

// bench is a service in front of a running emulator, with one clock.
type bench struct {
	*account.Service
	t      *testing.T
	tenant *emulatortest.Tenant
	clock  *emulator.Clock

	number, address string // where codes go
}

func newBench(t *testing.T, minMethods int, options ...emulatortest.Option) *bench {
	t.Helper()
	tenant := emulatortest.Start(t, options...)
	b := &bench{t: t, tenant: tenant, clock: tenant.Clock(), number: number, address: address}
	b.Service = newService(t, tenant, minMethods)
	return b
}

// newInstance is another service at the same tenant, which has seen nothing.
func newInstance(b *bench) *account.Service { return newService(b.t, b.tenant, 1) }

func newService(t *testing.T, tenant *emulatortest.Tenant, minMethods int) *account.Service {
	t.Helper()
	return account.New(serviceOptions(t, tenant, minMethods))
}

func serviceOptions(t *testing.T, tenant *emulatortest.Tenant, minMethods int) account.Options {
	t.Helper()
	client, err := auth0.New(auth0.Config{
		Issuer: tenant.Issuer(), MFAAudience: tenant.MFAAudience,
		ClientID: tenant.ClientID, ClientSecret: secret.New(tenant.ClientSecret),
		RedirectURL: tenant.Callback, PostLogoutURL: emulatortest.LogoutURL,
		AllowLoopbackHTTP: true, Now: tenant.Clock().Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return account.Options{
		Tenant: client, Limiter: limit.New(tenant.Clock().Now), Ledger: &memoryLedger{},
		Now: tenant.Clock().Now, MinMethods: minMethods,
		Offers: account.Offers{App: true, Text: true, Call: true, Email: true, Push: true},
	}
}

// person is a user of the tenant who is signed in now.
func (b *bench) person(authenticators ...emulator.SeedAuthenticator) (account.User, account.Access) {
	b.t.Helper()
	seeded := b.tenant.NewUser(authenticators...)
	return b.user(seeded), b.signIn(seeded)
}

// user is who the ID token of a seeded user names.
func (b *bench) user(seeded emulator.SeedUser) account.User {
	return account.User{
		Issuer: b.tenant.Issuer(), Subject: seeded.UserID, Email: seeded.Email, EmailVerified: seeded.EmailVerified,
	}
}

func (b *bench) signIn(seeded emulator.SeedUser) account.Access {
	now := b.clock.Now()
	hasApp := len(seeded.Authenticators) > 0
	return account.Access{
		Token: secret.New(b.tenant.AccessToken(seeded)), Expires: now.Add(10 * time.Minute),
		Proof: account.Proof{At: now, MFA: hasApp, Strong: hasApp},
	}
}

// control calls the emulator's control API.
func (b *bench) control(method, path, body string) []byte {
	b.t.Helper()
	return b.tenant.Control(method, path, body)
}

func (b *bench) fault(body string) {
	b.t.Helper()
	b.tenant.Fault(body)
}

// asked counts what the tenant was asked since a moment, by method and path.
func (b *bench) asked(since time.Time) map[string]int {
	b.t.Helper()
	var list []struct{ Method, Path string }
	if err := json.Unmarshal(b.control(http.MethodGet, "requests?since="+url.QueryEscape(since.UTC().Format(time.RFC3339Nano)), ""), &list); err != nil {
		b.t.Fatal(err)
	}
	count := map[string]int{}
	for _, r := range list {
		path, _, _ := strings.Cut(r.Path, "authenticators/")
		count[r.Method+" "+path]++
	}
	return count
}

// methods is what the user has added: all but the address that comes with the
// account.
func (b *bench) methods(user account.User, access account.Access) []account.Method {
	b.t.Helper()
	o, err := b.Overview(b.t.Context(), user, access)
	if err != nil {
		b.t.Fatal(err)
	}
	return slices.DeleteFunc(o.Methods, func(m account.Method) bool { return m.Kind == account.MethodEmail && !m.Removable })
}

func wantKind(t *testing.T, err error, want account.Kind) {
	t.Helper()
	if got := account.KindOf(err); got != want {
		t.Fatalf("got %q (%v), want %q", got, err, want)
	}
}
