package auth0

import (
	"net/url"
	"slices"
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
	if who.Issuer != p.tenant.Issuer() || who.Subject == "" || who.Email != p.user.Email || !who.EmailVerified || who.MFA || who.SID == "" {
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
		if a.Active && a.Channel != ChannelEmail { // the verified address is there by itself
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

// TestMessagesAtTheEmulator: a phone by text and by call, and an address.
func TestMessagesAtTheEmulator(t *testing.T) {
	const number, address = "+441632960147", "other@example.com"
	for name, way := range map[string]struct {
		to       string
		start    func(*portal, AccessToken) (Delivery, error)
		channels []string
	}{
		"text": {number, func(p *portal, a AccessToken) (Delivery, error) {
			return p.AssociatePhone(t.Context(), a, ChannelSMS, number)
		}, []string{ChannelSMS, ChannelVoice}},
		"call": {number, func(p *portal, a AccessToken) (Delivery, error) {
			return p.AssociatePhone(t.Context(), a, ChannelVoice, number)
		}, []string{ChannelSMS, ChannelVoice}},
		"e-mail": {address, func(p *portal, a AccessToken) (Delivery, error) {
			return p.AssociateEmail(t.Context(), a, address)
		}, []string{ChannelEmail}},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPortal(t)
			_, tokens := p.signIn(time.Hour)
			before := p.list(tokens.Access)
			sent, err := way.start(p, tokens.Access)
			if err != nil || sent.RecoveryCode.IsZero() {
				t.Fatalf("start: %v", err)
			}
			code := secret.New(p.tenant.LatestCode(way.to))
			wrong := secret.New("000000")
			if code.Equal(wrong) {
				wrong = secret.New("000001")
			}
			wantError(t, p.ConfirmMessage(t.Context(), tokens.Access, sent.OOB, wrong), KindWrongCode, "")
			if err := p.ConfirmMessage(t.Context(), tokens.Access, sent.OOB, code); err != nil {
				t.Fatal(err)
			}
			wantError(t, p.ConfirmMessage(t.Context(), tokens.Access, sent.OOB, code), KindExpired, "") // used
			var channels []string
			for _, a := range p.list(tokens.Access) {
				if !slices.Contains(before, a) && a.Type == TypeOOB && a.Active {
					channels = append(channels, a.Channel)
				}
			}
			slices.Sort(channels)
			if !slices.Equal(channels, way.channels) {
				t.Errorf("active now: %v", channels)
			}
		})
	}
}

// TestPushAtTheEmulator is case (f) of the protocol reference's section 17.
func TestPushAtTheEmulator(t *testing.T) {
	p := newPortal(t)
	_, tokens := p.signIn(time.Hour)
	made, err := p.AssociatePush(t.Context(), tokens.Access)
	if err != nil || made.RecoveryCode.IsZero() {
		t.Fatalf("start: %v", err)
	}
	wantError(t, p.CheckPush(t.Context(), tokens.Access, made.OOB), KindPending, "")
	wantError(t, p.CheckPush(t.Context(), tokens.Access, made.OOB), KindSlowDown, "")
	p.tenant.Clock().Advance(5 * time.Second)
	p.tenant.Scan(p.user, made.URI.Reveal())
	if err := p.CheckPush(t.Context(), tokens.Access, made.OOB); err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, a := range p.list(tokens.Access) {
		found[a.Type+" "+a.Channel] = a.Active
	}
	if !found["oob auth0"] || !found["otp "] {
		t.Errorf("after the scan: %v", found)
	}

	late, err := p.AssociatePush(t.Context(), tokens.Access)
	if err != nil {
		t.Fatal(err)
	}
	p.tenant.Clock().Advance(5 * time.Minute)
	wantError(t, p.CheckPush(t.Context(), tokens.Access, late.OOB), KindExpired, "")
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
	t.Run("a token of another transaction", func(t *testing.T) {
		sent, err := p.AssociatePhone(t.Context(), tokens.Access, ChannelSMS, "+441632960147")
		if err != nil {
			t.Fatal(err)
		}
		other := &portal{Client: p.Client, t: t, tenant: p.tenant, browser: p.tenant.NewBrowser(), user: p.tenant.NewUser()}
		_, foreign := other.signIn(time.Hour)
		code := secret.New(p.tenant.LatestCode("+441632960147"))
		wantError(t, p.ConfirmMessage(t.Context(), foreign.Access, sent.OOB, code), KindExpired, "")
		wantError(t, p.ConfirmMessage(t.Context(), tokens.Access, secret.New("Fe26.2*nobody"), code), KindExpired, "")
		p.tenant.Clock().Advance(5 * time.Minute)
		wantError(t, p.ConfirmMessage(t.Context(), tokens.Access, sent.OOB, code), KindExpired, "")
	})
	t.Run("too many messages", func(t *testing.T) {
		var err error
		for range 11 {
			_, err = p.AssociatePhone(t.Context(), tokens.Access, ChannelVoice, "+441632960147")
		}
		wantError(t, err, KindTooManyMessages, "")
	})
	t.Run("numbers and addresses", func(t *testing.T) {
		_, err := p.AssociatePhone(t.Context(), tokens.Access, ChannelSMS, "+0123")
		wantError(t, err, KindBadNumber, "")
		_, err = p.AssociateEmail(t.Context(), tokens.Access, "ada@@example.com")
		wantError(t, err, KindBadAddress, "")
	})
	t.Run("factor off", func(t *testing.T) {
		p.tenant.Control("PATCH", "tenant", `{"factors":{"push-notification":false}}`)
		_, err := p.AssociatePush(t.Context(), tokens.Access)
		wantError(t, err, KindFactorDisabled, "")
		p.tenant.Control("PATCH", "tenant", `{"factors":{"push-notification":true}}`)
	})
	t.Run("the verified address", func(t *testing.T) {
		for _, status := range []string{"403", "400", "409"} {
			p.tenant.Control("PATCH", "tenant", `{"variants":{"implicit_email_removal":"`+status+`"}}`)
			for _, a := range p.list(tokens.Access) {
				if a.Channel == ChannelEmail && a.Active {
					wantError(t, p.DeleteAuthenticator(t.Context(), tokens.Access, a.ID), KindNotRemovable, "")
				}
			}
		}
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
		c.http = pinned{
			scheme: "https", host: tenant.Issuer()[len("https://") : len(tenant.Issuer())-1],
			limit: 1 << 20, next: tenant.Client().Transport,
		}
		wantError(t, c.Ready(t.Context()), KindNotReady, reasonEmulator)
	})
}
