package emulator_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mysecurity/internal/emulator/emulatortest"
)

const unknownRefreshToken = "Unknown or invalid refresh token."

// mustRefresh uses a refresh token that has to be good.
func mustRefresh(t *testing.T, tenant *emulatortest.Tenant, token string) emulatortest.Tokens {
	t.Helper()
	tokens, problem := tenant.Refresh(token, nil)
	if problem != "" {
		t.Fatal(problem)
	}
	return tokens
}

// wantDead checks that a refresh token is refused as unknown.
func wantDead(t *testing.T, tenant *emulatortest.Tenant, what, token string) {
	t.Helper()
	if _, problem := tenant.Refresh(token, nil); !strings.Contains(problem, unknownRefreshToken) {
		t.Errorf("%s: %q, want it to be refused as unknown", what, problem)
	}
}

// TestRefresh is section 5.3 of the protocol reference: what a refresh brings.
func TestRefresh(t *testing.T) {
	tenant := start(t)
	user := tenant.NewUser(emulatortest.WithApp())
	signedIn := tenant.OfflineTokens(user, changes("max_age", "0"))
	if !strings.HasPrefix(signedIn.RefreshToken, "v1.") || signedIn.Scope != emulatortest.OfflineScope {
		t.Fatalf("%+v", signedIn)
	}
	tenant.Clock().Advance(9 * time.Minute)
	got := mustRefresh(t, tenant, signedIn.RefreshToken)
	if got.ExpiresIn != 600 || got.TokenType != "Bearer" || got.Scope != emulatortest.OfflineScope || got.AccessToken == signedIn.AccessToken {
		t.Errorf("%+v", got)
	}
	if !strings.HasPrefix(got.RefreshToken, "v1.") || got.RefreshToken == signedIn.RefreshToken {
		t.Errorf("refresh token %q, want a new one", got.RefreshToken)
	}
	t.Run("access token", func(t *testing.T) {
		was, is := payload(t, signedIn.AccessToken), payload(t, got.AccessToken)
		for _, name := range []string{"iss", "sub", "aud", "azp", "scope"} {
			if diff := cmp.Diff(was[name], is[name]); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
		if is["gty"] != "refresh_token" || is["exp"] != float64(noon.Add(19*time.Minute).Unix()) {
			t.Errorf("%v", is)
		}
	})
	t.Run("ID token", func(t *testing.T) {
		was, is := payload(t, signedIn.IDToken), payload(t, got.IDToken)
		if was["amr"] == nil || was["nonce"] == nil || was["auth_time"] == nil || was["sid"] == nil {
			t.Fatalf("of the sign-in: %v", was)
		}
		for _, name := range []string{"iss", "sub", "aud", "sid", "auth_time", "email", "name"} {
			if diff := cmp.Diff(was[name], is[name]); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
		for _, name := range []string{"amr", "acr", "nonce"} {
			if is[name] != nil {
				t.Errorf("%s is %v", name, is[name])
			}
		}
		if is["iat"] != float64(noon.Add(9*time.Minute).Unix()) {
			t.Errorf("iat %v", is["iat"])
		}
	})
}

// TestRotation: a used token ends its family.
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

// TestRefreshRefused: what the token endpoint refuses about a refresh token.
func TestRefreshRefused(t *testing.T) {
	tenant := start(t)
	for name, want := range map[string]failure{
		"":           {http.StatusBadRequest, "invalid_request", "Missing required parameter: refresh_token"},
		"v1.unknown": {http.StatusForbidden, "invalid_grant", unknownRefreshToken},
	} {
		got := failureOf(postForm(t, tenant, "/oauth/token", changes(
			"grant_type", "refresh_token", "client_id", tenant.ClientID, "client_secret", tenant.ClientSecret, "refresh_token", name)))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", name, diff)
		}
	}
}
