package account_test

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
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
}

func newBench(t *testing.T, minMethods int) *bench {
	t.Helper()
	tenant := emulatortest.Start(t)
	return &bench{Service: newService(t, tenant, minMethods), t: t, tenant: tenant, clock: tenant.Clock()}
}

// newInstance is another service at the same tenant, which has seen nothing.
func newInstance(b *bench) *account.Service { return newService(b.t, b.tenant, 1) }

func newService(t *testing.T, tenant *emulatortest.Tenant, minMethods int) *account.Service {
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
	return account.New(account.Options{
		Tenant: client, Limiter: limit.New(tenant.Clock().Now), Ledger: &memoryLedger{},
		Now: tenant.Clock().Now, MinMethods: minMethods,
		Offers: account.Offers{App: true, Text: true, Call: true, Email: true, Push: true},
	})
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

// code is what an app shows for an attempt, at the shared clock.
func (b *bench) code(e account.Enrolment) secret.Secret {
	return secret.New(b.tenant.FreshCode(e.Key.Secret.Reveal()))
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

func (b *bench) start(user account.User, access account.Access) account.Enrolment {
	b.t.Helper()
	e, _, err := b.StartApp(b.t.Context(), user, access)
	if err != nil {
		b.t.Fatal(err)
	}
	return e
}

func (b *bench) add(user account.User, access account.Access) {
	b.t.Helper()
	e := b.start(user, access)
	if _, err := b.ConfirmApp(b.t.Context(), user, access, e, b.code(e)); err != nil {
		b.t.Fatal(err)
	}
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

// memoryLedger is the ledger of the contract, in memory.
type memoryLedger struct {
	mu      sync.Mutex
	entries map[string]account.LedgerEntry
	paired  map[string]map[string]string
}

func (l *memoryLedger) Sight(_ context.Context, user string, ids []string, now time.Time) (map[string]account.LedgerEntry, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.entries == nil {
		l.entries = map[string]account.LedgerEntry{}
	}
	listed := map[string]account.LedgerEntry{}
	for _, id := range ids {
		entry := l.entries[user+id]
		if entry.FirstSeen.IsZero() {
			entry.FirstSeen = now
		}
		l.entries[user+id], listed[id] = entry, entry
	}
	return listed, nil
}

func (l *memoryLedger) Own(_ context.Context, user, id string, until time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	entry := l.entries[user+id]
	entry.OwnedUntil = until
	l.entries[user+id] = entry
	return nil
}

func (l *memoryLedger) Release(_ context.Context, user, id string) error {
	return l.Own(context.Background(), user, id, time.Time{})
}

func (l *memoryLedger) Pair(_ context.Context, user, push, app string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.paired == nil {
		l.paired = map[string]map[string]string{}
	}
	if l.paired[user] == nil {
		l.paired[user] = map[string]string{}
	}
	l.paired[user][push] = app
	return nil
}

func (l *memoryLedger) Pairs(_ context.Context, user string) (map[string]string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.paired[user]), nil
}
