package auth0

import (
	"net/url"
	"testing"
	"time"

	"mysecurity/internal/emulator"
	"mysecurity/internal/emulator/emulatortest"
	"mysecurity/internal/secret"
)

// portal is a client of a running emulator, and one user's browser.
type portal struct {
	*Client
	t       *testing.T
	tenant  *emulatortest.Tenant
	browser *emulatortest.Browser
	user    emulator.SeedUser
}

func newPortal(t *testing.T, authenticators ...emulator.SeedAuthenticator) *portal {
	t.Helper()
	tenant := emulatortest.Start(t)
	c, err := New(Config{
		Issuer: tenant.Issuer(), MFAAudience: tenant.MFAAudience,
		ClientID: tenant.ClientID, ClientSecret: secret.New(tenant.ClientSecret),
		RedirectURL: tenant.Callback, PostLogoutURL: emulatortest.LogoutURL,
		AllowLoopbackHTTP: true, Now: tenant.Clock().Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return &portal{Client: c, t: t, tenant: tenant, browser: tenant.NewBrowser(), user: tenant.NewUser(authenticators...)}
}

// signIn goes once around: authorize URL, the tenant's pages, callback.
func (p *portal) signIn(maxAge time.Duration) (Identity, Tokens) {
	p.t.Helper()
	verifier := secret.New("verifier-of-this-portal-0123456789-0123456789-0")
	login := Login{Nonce: "nonce-of-this-portal", Verifier: verifier, Started: p.now(), MaxAge: maxAge}
	address, err := p.AuthorizeURL(p.t.Context(), Authorization{
		State: "state-of-this-portal", Nonce: login.Nonce, Verifier: verifier, MaxAge: maxAge, UILocales: "en",
	})
	if err != nil {
		p.t.Fatal(err)
	}
	u, err := url.Parse(address)
	if err != nil {
		p.t.Fatal(err)
	}
	back := p.browser.SignIn(p.user, u.Query()).Query()
	if back.Get("state") != "state-of-this-portal" {
		p.t.Fatalf("came back with %v", back)
	}
	who, tokens, err := p.SignIn(p.t.Context(), Callback{
		Code: secret.New(back.Get("code")), Issuer: back.Get("iss"), HasIssuer: back.Has("iss"),
	}, login)
	if err != nil {
		p.t.Fatal(err)
	}
	return who, tokens
}

func (p *portal) list(token AccessToken) []Authenticator {
	p.t.Helper()
	list, err := p.ListAuthenticators(p.t.Context(), token)
	if err != nil {
		p.t.Fatal(err)
	}
	return list
}

// TestJourneyAtTheEmulator is the main job: sign in, add an app, confirm it with
// a wrong and a right code, sign in with it, remove it.
func TestJourneyAtTheEmulator(t *testing.T) {
	p := newPortal(t)
	who, tokens := p.signIn(time.Hour)
	if who.Issuer != p.tenant.Issuer() || who.Subject == "" || who.Email != p.user.Email || who.MFA || who.SID == "" {
		t.Errorf("identity %+v", who)
	}
	if left := tokens.Expires.Sub(p.now()); left <= 9*time.Minute || left > 10*time.Minute {
		t.Errorf("the token lives %v", left)
	}

	app, err := p.AssociateApp(t.Context(), tokens.Access)
	if err != nil || app.RecoveryCode.IsZero() {
		t.Fatalf("associate: %v", err)
	}
	pending := p.list(tokens.Access)
	for _, a := range pending {
		if a.Active {
			t.Errorf("active before the first code: %+v", a)
		}
	}
	wantError(t, p.ConfirmApp(t.Context(), tokens.Access, secret.New("000000")), KindWrongCode, "")
	code := secret.New(p.tenant.FreshCode(app.Secret.Reveal()))
	if err := p.ConfirmApp(t.Context(), tokens.Access, code); err != nil {
		t.Fatal(err)
	}

	stepUp, fresh := p.signIn(0)
	if !stepUp.MFA || stepUp.Subject != who.Subject {
		t.Errorf("after the enrolment: %+v", stepUp)
	}
	for _, a := range p.list(fresh.Access) {
		if !a.Active {
			t.Errorf("inactive after the confirmation: %+v", a)
		}
		if a.Type != TypeOTP {
			continue
		}
		if err := p.DeleteAuthenticator(t.Context(), fresh.Access, a.ID); err != nil {
			t.Fatal(err)
		}
		wantError(t, p.DeleteAuthenticator(t.Context(), fresh.Access, a.ID), KindNotFound, "")
	}
	for _, a := range p.list(fresh.Access) {
		if a.Type == TypeOTP {
			t.Errorf("still there: %+v", a)
		}
	}
}

// TestRefusalsOfTheEmulator provokes the answers whose wording matters.
func TestRefusalsOfTheEmulator(t *testing.T) {
	p := newPortal(t)
	_, tokens := p.signIn(time.Hour)

	t.Run("OP-40 code used twice", func(t *testing.T) {
		verifier := secret.New(emulatortest.Verifier)
		back := p.tenant.NewBrowser().SignIn(p.user, url.Values{"max_age": {"3600"}}).Query()
		cb := Callback{Code: secret.New(back.Get("code")), Issuer: back.Get("iss"), HasIssuer: back.Has("iss")}
		login := Login{Nonce: emulatortest.Nonce, Verifier: verifier, Started: p.now(), MaxAge: time.Hour}
		if _, _, err := p.SignIn(t.Context(), cb, login); err != nil {
			t.Fatal(err)
		}
		_, _, err := p.SignIn(t.Context(), cb, login)
		wantError(t, err, KindLoginRefused, reasonCode)
	})
	t.Run("51 enrolments", func(t *testing.T) {
		var err error
		for range 52 {
			if _, err = p.AssociateApp(t.Context(), tokens.Access); err != nil {
				break
			}
		}
		wantError(t, err, KindLimitReached, "")
	})
	t.Run("too many codes", func(t *testing.T) {
		var err error
		for range 11 {
			err = p.ConfirmApp(t.Context(), tokens.Access, secret.New("000000"))
		}
		wantError(t, err, KindTooManyCodes, "")
	})
	t.Run("UP-07 the token has ended", func(t *testing.T) {
		p.tenant.Clock().Advance(10*time.Minute + time.Second)
		_, err := p.ListAuthenticators(t.Context(), tokens.Access)
		wantError(t, err, KindTokenRejected, "")
		_, err = p.AssociateApp(t.Context(), tokens.Access)
		wantError(t, err, KindTokenRejected, "")
		wantError(t, p.ConfirmApp(t.Context(), tokens.Access, secret.New("000000")), KindTokenRejected, "")
		wantError(t, p.DeleteAuthenticator(t.Context(), tokens.Access, "totp|dev_0000000000000000"), KindTokenRejected, "")
	})
	t.Run("wrong client secret", func(t *testing.T) {
		cfg := p.cfg
		cfg.ClientSecret = secret.New("wrong")
		wantError(t, newTestClient(t, cfg, standardLimits()).ConfirmApp(t.Context(), tokens.Access, secret.New("000000")), KindForbidden, "")
	})
	t.Run("EM-04 marked as emulated", func(t *testing.T) {
		tenant := emulatortest.Start(t, emulatortest.WithTLS())
		cfg := p.cfg
		cfg.Issuer, cfg.AllowLoopbackHTTP = tenant.Issuer(), false
		c := newTestClient(t, cfg, standardLimits())
		// The client does not know the emulator's authority; lend it that of the test.
		c.http.Transport = pinned{
			scheme: "https", host: tenant.Issuer()[len("https://") : len(tenant.Issuer())-1],
			limit: 1 << 20, next: tenant.Client().Transport,
		}
		wantError(t, c.Ready(t.Context()), KindNotReady, reasonEmulator)
	})
}
