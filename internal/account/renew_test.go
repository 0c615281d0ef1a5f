package account_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"mysecurity/internal/account"
	"mysecurity/internal/auth0"
	"mysecurity/internal/emulator/emulatortest"
	"mysecurity/internal/secret"
)

// newOffline is a service in front of a tenant, whose sign-ins ask for a refresh
// token if wanted is set.
func newOffline(t *testing.T, wanted bool) (*account.Service, *emulatortest.Tenant) {
	t.Helper()
	tenant := emulatortest.Start(t)
	o := serviceOptions(t, tenant, 1)
	client, err := auth0.New(auth0.Config{
		Issuer: tenant.Issuer(), MFAAudience: tenant.MFAAudience, OfflineAccess: wanted,
		ClientID: tenant.ClientID, ClientSecret: secret.New(tenant.ClientSecret),
		RedirectURL: tenant.Callback, PostLogoutURL: emulatortest.LogoutURL,
		AllowLoopbackHTTP: true, Now: tenant.Clock().Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	o.Tenant = client
	return account.New(o), tenant
}

// TestNeedsRenewal: only what permits reading is prolonged, and only what has ended.
func TestNeedsRenewal(t *testing.T) {
	t.Parallel()
	on, tenant := newOffline(t, true)
	off, _ := newOffline(t, false)
	now := tenant.Clock().Now()
	token := account.Renewal{Token: secret.New("refresh")}
	for _, tt := range []struct {
		name        string
		left        time.Duration
		strong, mfa bool
		renewal     account.Renewal
		want        bool
	}{
		{"ended", 0, true, true, token, true},
		{"ended, nothing to protect", -time.Minute, false, false, token, true},
		{"ended, under way elsewhere", -time.Minute, true, true, account.Renewal{Taken: now}, true},
		{"alive", time.Minute, true, true, token, false},
		{"no refresh token", -time.Minute, true, true, account.Renewal{}, false},
		{"MF-12 no second step: it would permit nothing", -time.Minute, true, false, token, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			access := account.Access{
				Expires: now.Add(tt.left), Renewal: tt.renewal,
				Proof: account.Proof{At: now.Add(-time.Hour), Strong: tt.strong, MFA: tt.mfa},
			}
			if on.NeedsRenewal(access) != tt.want {
				t.Errorf("%v", !tt.want)
			}
			if off.NeedsRenewal(access) {
				t.Error("with REFRESH=off, too")
			}
		})
	}
}

// record is a session that no other request shares.
type record struct {
	access account.Access
	token  secret.Secret // what TakeRefresh gives
	taken  int
	fail   error
	reload func(*record)
}

func (r *record) User() account.User     { return account.User{Issuer: "i", Subject: "s"} }
func (r *record) Access() account.Access { return r.access }

func (r *record) Reload() error {
	if r.reload != nil {
		r.reload(r)
	}
	return r.fail
}

func (r *record) TakeRefresh() (secret.Secret, error) {
	r.taken++
	return r.token, r.fail
}

func (r *record) EndRefresh(secret.Secret, time.Time, secret.Secret) error { return r.fail }

// TestAwaitRefresh: who waits for another request does not use the token, and stops
// with its own time, with the browser, with the store.
func TestAwaitRefresh(t *testing.T) {
	t.Parallel()
	s, tenant := newOffline(t, true)
	now := tenant.Clock().Now()
	running := func(at time.Time) *record {
		return &record{access: account.Access{Renewal: account.Renewal{Taken: at}}}
	}
	t.Run("the other one succeeds", func(t *testing.T) {
		r := running(now)
		r.reload = func(r *record) { r.access = account.Access{Expires: now.Add(time.Hour)} }
		if err := s.Renew(t.Context(), r); err != nil || r.taken != 0 {
			t.Errorf("%v, taken %d", err, r.taken)
		}
	})
	t.Run("RC-08 the other one is long over", func(t *testing.T) {
		r := running(now.Add(-2 * time.Minute))
		r.fail = errors.New("looked at the record")
		wantKind(t, s.Renew(t.Context(), r), account.KindNeedProof)
	})
	for name, apart := range map[string]time.Duration{"right": 0, "ahead": time.Hour, "behind": -59 * time.Second} {
		t.Run("RC-08 the other one comes to no end, its clock is "+name, func(t *testing.T) {
			began := tenant.Clock().Now()
			r := running(began.Add(apart))
			r.reload = func(*record) { tenant.Clock().Advance(3 * time.Second) }
			wantKind(t, s.Renew(t.Context(), r), account.KindNeedProof)
			if waited := tenant.Clock().Now().Sub(began); waited < 10*time.Second || waited > 20*time.Second {
				t.Errorf("RC-08 waited %v", waited)
			}
		})
	}
	t.Run("the browser leaves", func(t *testing.T) {
		ctx, leave := context.WithCancel(t.Context())
		leave()
		err := s.Renew(ctx, running(tenant.Clock().Now()))
		wantKind(t, err, account.KindUnavailable)
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	t.Run("the store fails", func(t *testing.T) {
		r := running(tenant.Clock().Now())
		r.fail = errors.New("disk full")
		if err := s.Renew(t.Context(), r); !errors.Is(err, r.fail) {
			t.Error(err)
		}
		r.access.Renewal = account.Renewal{Token: secret.New("refresh")}
		if err := s.Renew(t.Context(), r); !errors.Is(err, r.fail) {
			t.Error(err)
		}
	})
}

// TestRenewalsAreReads: a tenant whose tokens end at once does not make each page a
// refresh for ever. Who only found that another request was first has used nothing.
func TestRenewalsAreReads(t *testing.T) {
	s, tenant := newOffline(t, true)
	const many = 100 // more than may be read at once, whatever this test takes
	for range many {
		r := &record{access: account.Access{Renewal: account.Renewal{Token: secret.New("refresh")}}}
		r.reload = func(r *record) { r.access.Expires = tenant.Clock().Now().Add(time.Hour) }
		late := &overtaken{r}
		if err := s.Renew(t.Context(), late); err != nil {
			t.Fatal(err)
		}
	}
	for range many {
		r := &record{access: account.Access{Renewal: account.Renewal{Token: secret.New("refresh")}}, token: secret.New("refresh")}
		err := s.Renew(t.Context(), r)
		if account.KindOf(err) == account.KindRateLimited {
			if r.taken != 0 {
				t.Error("a token was taken that may not be shown")
			}
			return
		}
		wantKind(t, err, account.KindNeedProof) // nobody knows this token
	}
	t.Errorf("%d refreshes at once", many)
}

// overtaken is a record whose token another request takes first.
type overtaken struct{ *record }

func (o *overtaken) TakeRefresh() (secret.Secret, error) { return secret.Secret{}, o.Reload() }
