package emulator_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mysecurity/internal/emulator"
	"mysecurity/internal/emulator/emulatortest"
)

// TestRotation: a used token ends its family, and no other one.
func TestRotation(t *testing.T) {
	tenant := start(t)
	user := tenant.NewUser()
	other := tenant.OfflineTokens(user, nil).RefreshToken
	first := tenant.OfflineTokens(user, nil).RefreshToken
	second := mustRefresh(t, tenant, first).RefreshToken
	third := mustRefresh(t, tenant, second).RefreshToken
	wantDead(t, tenant, "the used one", first)
	wantDead(t, tenant, "the newest one", third)
	wantDead(t, tenant, "the one between", second)
	mustRefresh(t, tenant, other)
}

// TestLeeway covers the token that was used last, for so long, and no older one.
func TestLeeway(t *testing.T) {
	setUp := func(t *testing.T) (tenant *emulatortest.Tenant, first, second string) {
		t.Helper()
		tenant = start(t)
		refreshSettings(tenant, `{"leeway":30}`)
		first = tenant.OfflineTokens(tenant.NewUser(), nil).RefreshToken
		return tenant, first, mustRefresh(t, tenant, first).RefreshToken
	}
	t.Run("within", func(t *testing.T) {
		tenant, first, second := setUp(t)
		tenant.Clock().Advance(30*time.Second - 1)
		again := mustRefresh(t, tenant, first).RefreshToken
		if again == second {
			t.Error("the same token twice")
		}
		mustRefresh(t, tenant, again)
		mustRefresh(t, tenant, second)
	})
	t.Run("too late", func(t *testing.T) {
		tenant, first, second := setUp(t)
		tenant.Clock().Advance(30 * time.Second)
		wantDead(t, tenant, "the used one", first)
		wantDead(t, tenant, "the newest one", second)
	})
	t.Run("each use counts from the first", func(t *testing.T) {
		tenant, first, _ := setUp(t)
		tenant.Clock().Advance(20 * time.Second)
		mustRefresh(t, tenant, first)
		tenant.Clock().Advance(10 * time.Second)
		wantDead(t, tenant, "the used one", first)
	})
	t.Run("the one before", func(t *testing.T) {
		tenant, first, second := setUp(t)
		third := mustRefresh(t, tenant, second).RefreshToken
		wantDead(t, tenant, "the last but one", first)
		wantDead(t, tenant, "the newest one", third)
	})
}

// TestNonRotating: the token stays, and the answer repeats it or not.
func TestNonRotating(t *testing.T) {
	tenant := start(t)
	refreshSettings(tenant, `{"rotation_type":"non-rotating"}`)
	token := tenant.OfflineTokens(tenant.NewUser(), nil).RefreshToken
	for _, want := range []string{token, token} {
		if got := mustRefresh(t, tenant, token).RefreshToken; got != want {
			t.Errorf("refresh token %q, want the same", got)
		}
	}
	variantSet(tenant, "non_rotating_refresh", "none")
	if got := mustRefresh(t, tenant, token).RefreshToken; got != "" {
		t.Errorf("refresh token %q, want none", got)
	}
	t.Run("rotation switched on", func(t *testing.T) {
		refreshSettings(tenant, `{"rotation_type":"rotating"}`)
		newest := mustRefresh(t, tenant, token).RefreshToken
		wantDead(t, tenant, "the used one", token)
		wantDead(t, tenant, "the newest one", newest)
	})
}

// TestRefreshLifetimes: thirty days in all, fifteen without use.
func TestRefreshLifetimes(t *testing.T) {
	const day = 24 * time.Hour
	signIn := func(t *testing.T, settings string) (*emulatortest.Tenant, string) {
		t.Helper()
		tenant := start(t)
		refreshSettings(tenant, settings)
		return tenant, tenant.OfflineTokens(tenant.NewUser(), nil).RefreshToken
	}
	t.Run("idle", func(t *testing.T) {
		tenant, token := signIn(t, `{}`)
		tenant.Clock().Advance(15*day - time.Second)
		token = mustRefresh(t, tenant, token).RefreshToken
		tenant.Clock().Advance(15 * day)
		wantDead(t, tenant, "fifteen days later", token)
	})
	t.Run("absolute", func(t *testing.T) {
		tenant, token := signIn(t, `{}`)
		for range 29 {
			tenant.Clock().Advance(day)
			token = mustRefresh(t, tenant, token).RefreshToken
		}
		tenant.Clock().Advance(day - time.Second)
		token = mustRefresh(t, tenant, token).RefreshToken
		tenant.Clock().Advance(time.Second)
		wantDead(t, tenant, "thirty days later", token)
	})
	t.Run("of the application", func(t *testing.T) {
		tenant, token := signIn(t, `{"token_lifetime":3600,"idle_token_lifetime":1800}`)
		tenant.Clock().Advance(1799 * time.Second)
		token = mustRefresh(t, tenant, token).RefreshToken
		tenant.Clock().Advance(1800 * time.Second)
		wantDead(t, tenant, "half an hour later", token)
	})
	t.Run("non-expiring", func(t *testing.T) {
		tenant, token := signIn(t, `{"rotation_type":"non-rotating","expiration_type":"non-expiring"}`)
		tenant.Clock().Advance(365 * day)
		mustRefresh(t, tenant, token)
	})
}

// TestRefreshTokenCap: of 201 tokens of a user and an application that can be
// used, the oldest is gone.
func TestRefreshTokenCap(t *testing.T) {
	const limit, day = 200, 24 * time.Hour
	setUp := func(t *testing.T) (*emulatortest.Tenant, emulator.SeedUser, func(user emulator.SeedUser, client ...string) string) {
		t.Helper()
		tenant := start(t, emulatortest.WithSeed(emulator.Seed{Applications: []emulator.Application{
			{Name: "other", ClientID: "other", ClientSecret: "other secret", GrantTypes: []string{"password", "refresh_token"}},
		}}))
		return tenant, tenant.NewUser(), func(user emulator.SeedUser, client ...string) string {
			form := passwordForm(tenant, user, changes("audience", "", "scope", "offline_access"))
			if len(client) > 0 {
				form.Set("client_id", client[0])
				form.Set("client_secret", client[1])
			}
			_, answer := postForm(t, tenant, "/oauth/token", form)
			token, _ := answer["refresh_token"].(string)
			return token
		}
	}
	t.Run("the oldest goes", func(t *testing.T) {
		tenant, user, signIn := setUp(t)
		stranger, elsewhere := signIn(tenant.NewUser()), signIn(user, "other", "other secret")
		oldest, second := signIn(user), signIn(user)
		for range limit - 2 {
			signIn(user)
		}
		newest := signIn(user)
		wantDead(t, tenant, "the oldest", oldest)
		for _, token := range []string{second, newest, stranger} {
			mustRefresh(t, tenant, token)
		}
		form := refreshForm(tenant, elsewhere, changes("client_id", "other", "client_secret", "other secret"))
		if status, answer := postForm(t, tenant, "/oauth/token", form); status != http.StatusOK {
			t.Errorf("of the other application: %d %v", status, answer)
		}
	})
	t.Run("used and revoked ones do not count", func(t *testing.T) {
		tenant, user, signIn := setUp(t)
		oldest, rotated := signIn(user), signIn(user)
		for range 3 {
			rotated = mustRefresh(t, tenant, rotated).RefreshToken
		}
		tenant.Revoke(signIn(user))
		for range limit - 2 {
			signIn(user)
		}
		mustRefresh(t, tenant, oldest)
	})
	t.Run("expired ones do not count", func(t *testing.T) {
		tenant, user, signIn := setUp(t)
		old := signIn(user)
		tenant.Clock().Advance(14 * day)
		old = mustRefresh(t, tenant, old).RefreshToken
		tenant.Clock().Advance(13 * day)
		oldest := signIn(user)
		mustRefresh(t, tenant, old) // issued last, but its thirty days are over first
		tenant.Clock().Advance(3*day - time.Second)
		signIn(user) // the last occasion to forget it before it is over
		tenant.Clock().Advance(time.Second)
		for range limit - 2 {
			signIn(user)
		}
		mustRefresh(t, tenant, oldest)
	})
}

// TestCodeReuseRevokesRefreshToken: RFC 6749 section 4.1.2.
func TestCodeReuseRevokesRefreshToken(t *testing.T) {
	tenant := start(t)
	c := code(t, tenant, tenant.NewUser(), changes("scope", emulatortest.OfflineScope))
	token := mustRefresh(t, tenant, exchange(t, tenant, c).RefreshToken).RefreshToken
	tenant.Exchange(c)
	wantDead(t, tenant, "the newest one", token)
}

// TestSignOutKeepsRefreshToken: the vendor's sign-out does not revoke (section 10.2).
func TestSignOutKeepsRefreshToken(t *testing.T) {
	tenant := start(t)
	b := tenant.NewBrowser()
	tokens, problem := tenant.Exchange(b.SignIn(tenant.NewUser(), changes("scope", emulatortest.OfflineScope)).Query().Get("code"))
	if problem != "" {
		t.Fatal(problem)
	}
	b.Get(tenant.URL + "/v2/logout")
	mustRefresh(t, tenant, tokens.RefreshToken)
}

// TestRevokeRefreshToken is section 5.6 of the protocol reference for refresh
// tokens.
func TestRevokeRefreshToken(t *testing.T) {
	tenant := start(t, emulatortest.WithSeed(emulator.Seed{Applications: []emulator.Application{
		{Name: "other", ClientID: "other", ClientSecret: "other secret"},
	}}))
	user := tenant.NewUser()
	ask := func(client, secret, token string) failure {
		return failureOf(postForm(t, tenant, "/oauth/revoke", changes("client_id", client, "client_secret", secret, "token", token, "token_type_hint", "refresh_token")))
	}
	done := failure{Status: http.StatusOK}
	t.Run("family", func(t *testing.T) {
		first := tenant.OfflineTokens(user, nil).RefreshToken
		other := tenant.OfflineTokens(user, nil).RefreshToken
		tokens := mustRefresh(t, tenant, first)
		tenant.Revoke(first) // the used one stands for its family
		wantDead(t, tenant, "the newest one", tokens.RefreshToken)
		wantUserinfoStatus(t, tenant, tokens.AccessToken, http.StatusOK)
		mustRefresh(t, tenant, other)
		if diff := cmp.Diff(done, ask(tenant.ClientID, tenant.ClientSecret, first)); diff != "" {
			t.Errorf("again (-want +got):\n%s", diff)
		}
	})
	t.Run("another client", func(t *testing.T) {
		token := tenant.OfflineTokens(user, nil).RefreshToken
		want := failure{http.StatusBadRequest, "invalid_grant", "The token was not issued to this client"}
		if diff := cmp.Diff(want, ask("other", "other secret", token)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		mustRefresh(t, tenant, token)
	})
	t.Run("grant", func(t *testing.T) {
		variantSet(tenant, "refresh_revocation", "grant")
		token, sibling := tenant.OfflineTokens(user, nil).RefreshToken, tenant.OfflineTokens(user, nil).RefreshToken
		stranger := tenant.OfflineTokens(tenant.NewUser(), nil).RefreshToken
		tenant.Revoke(token)
		wantDead(t, tenant, "of another sign-in", sibling)
		mustRefresh(t, tenant, stranger)
	})
	if got := logCodes(t, tenant); !slices.Contains(got, "srrt") || slices.Contains(got, "ferrt") {
		t.Errorf("log %q", got)
	}
}
