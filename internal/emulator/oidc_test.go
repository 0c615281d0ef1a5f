package emulator_test

import (
	"context"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"

	"mysecurity/internal/emulator"
	"mysecurity/internal/emulator/emulatortest"
)

// readJSON decodes a GET answer.
func readJSON(t *testing.T, tenant *emulatortest.Tenant, path string, out any) {
	t.Helper()
	if err := json.NewDecoder(get(t, tenant, path, nil).Body).Decode(out); err != nil {
		t.Fatal(err)
	}
}

func TestDiscovery(t *testing.T) {
	tenant := start(t)
	var got map[string]any
	readJSON(t, tenant, "/.well-known/openid-configuration", &got)
	for member, want := range map[string]any{
		"issuer":                                tenant.URL + "/",
		"authorization_endpoint":                tenant.URL + "/authorize",
		"token_endpoint":                        tenant.URL + "/oauth/token",
		"device_authorization_endpoint":         tenant.URL + "/oauth/device/code",
		"userinfo_endpoint":                     tenant.URL + "/userinfo",
		"mfa_challenge_endpoint":                tenant.URL + "/mfa/challenge",
		"jwks_uri":                              tenant.URL + "/.well-known/jwks.json",
		"registration_endpoint":                 tenant.URL + "/oidc/register",
		"revocation_endpoint":                   tenant.URL + "/oauth/revoke",
		"end_session_endpoint":                  tenant.URL + "/oidc/logout",
		"backchannel_logout_supported":          true,
		"backchannel_logout_session_supported":  true,
		"request_uri_parameter_supported":       false,
		"request_parameter_supported":           false,
		"mysecurity_emulator":                   true,
		"subject_types_supported":               []any{"public"},
		"code_challenge_methods_supported":      []any{"S256", "plain"},
		"response_modes_supported":              []any{"query", "fragment", "form_post"},
		"id_token_signing_alg_values_supported": []any{"HS256", "RS256", "PS256"},
		"token_endpoint_auth_methods_supported": []any{"client_secret_basic", "client_secret_post", "private_key_jwt"},
	} {
		if diff := cmp.Diff(want, got[member]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", member, diff)
		}
		delete(got, member)
	}
	for _, member := range []string{"scopes_supported", "response_types_supported", "claims_supported"} {
		if list, _ := got[member].([]any); len(list) < 7 {
			t.Errorf("%s: %v", member, got[member])
		}
		delete(got, member)
	}
	if len(got) > 0 {
		t.Errorf("members nobody asked for: %v", got)
	}
}

// TestIndependentClient signs in with go-oidc and x/oauth2, which know nothing
// of the emulator: discovery, code with PKCE, keys, ID token.
func TestIndependentClient(t *testing.T) {
	tenant := start(t)
	user, err := tenant.AddUser(emulator.SeedUser{Email: "eve@example.com", EmailVerified: true, Name: "Ève <b>", Locale: "fr-CA"})
	if err != nil {
		t.Fatal(err)
	}
	ctx := oidc.ClientContext(context.Background(), tenant.Client())
	provider, err := oidc.NewProvider(ctx, tenant.Issuer())
	if err != nil {
		t.Fatal(err)
	}
	client := oauth2.Config{
		ClientID: tenant.ClientID, ClientSecret: tenant.ClientSecret, RedirectURL: tenant.Callback,
		Endpoint: provider.Endpoint(), Scopes: []string{"openid", "profile", "email", "offline_access", "enroll"},
	}
	verifier := oauth2.GenerateVerifier()
	callback := signInAt(t, tenant, user, client.AuthCodeURL("st", oidc.Nonce("no"), oauth2.S256ChallengeOption(verifier),
		oauth2.SetAuthURLParam("audience", tenant.MFAAudience)))
	if callback.Query().Get("state") != "st" {
		t.Errorf("state is not echoed: %s", callback)
	}
	tokens, err := client.Exchange(ctx, callback.Query().Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := tokens.Extra("id_token").(string)
	idToken, err := provider.Verifier(&oidc.Config{ClientID: tenant.ClientID, Now: tenant.Clock().Now, SupportedSigningAlgs: []string{"RS256"}}).Verify(ctx, raw)
	if err != nil {
		t.Fatal(err)
	}
	if err := idToken.VerifyAccessToken(tokens.AccessToken); err != nil {
		t.Errorf("at_hash: %v", err)
	}
	var claims map[string]any
	if err := idToken.Claims(&claims); err != nil {
		t.Fatal(err)
	}
	sid, _ := claims["sid"].(string)
	if sid == "" {
		t.Error("no sid")
	}
	delete(claims, "sid")
	delete(claims, "at_hash")
	want := map[string]any{
		"iss": tenant.Issuer(), "sub": user.UserID, "aud": tenant.ClientID, "nonce": "no",
		"iat": float64(noon.Unix()), "exp": float64(noon.Unix() + 36000),
		"name": "Ève <b>", "nickname": "eve", "locale": "fr-CA", "updated_at": "2030-06-01T12:00:00.000Z",
		"email": "eve@example.com", "email_verified": true,
	}
	if diff := cmp.Diff(want, claims); diff != "" {
		t.Errorf("ID token (-want +got):\n%s", diff)
	}
	if tokens.Extra("scope") != "openid profile email offline_access enroll" {
		t.Errorf("scope %q", tokens.Extra("scope"))
	}
	refreshed, err := client.TokenSource(ctx, &oauth2.Token{RefreshToken: tokens.RefreshToken}).Token()
	if err != nil || refreshed.RefreshToken == tokens.RefreshToken || refreshed.AccessToken == tokens.AccessToken {
		t.Errorf("refresh: %v, %v", refreshed, err)
	}
	if got := tokens.Extra("expires_in"); got != float64(600) {
		t.Errorf("expires_in %v, want 600", got)
	}
}

// signInAt signs in at an authorization URL of the test's own.
func signInAt(t *testing.T, tenant *emulatortest.Tenant, user emulator.SeedUser, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return tenant.NewBrowser().SignIn(user, u.Query())
}

type jwks struct {
	Keys []struct {
		KTY, Use, Alg, Kid, N, E string
		X5t                      string
		X5c                      []string
	}
}

func TestJWKS(t *testing.T) {
	tenant := start(t)
	var set jwks
	readJSON(t, tenant, "/.well-known/jwks.json", &set)
	if len(set.Keys) != 2 || set.Keys[0].Kid == set.Keys[1].Kid {
		t.Fatalf("want two keys with different ids: %+v", set)
	}
	for _, key := range set.Keys {
		if key.KTY != "RSA" || key.Use != "sig" || key.Alg != "RS256" || len(key.X5c) != 1 {
			t.Errorf("key %+v", key)
			continue
		}
		der, err := base64.StdEncoding.DecodeString(key.X5c[0])
		if err != nil {
			t.Fatal(err)
		}
		certificate, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		modulus, _ := base64.RawURLEncoding.DecodeString(key.N)
		if public, ok := certificate.PublicKey.(*rsa.PublicKey); !ok || public.N.Cmp(new(big.Int).SetBytes(modulus)) != 0 {
			t.Error("x5c is not of the key")
		}
		sum := sha1.Sum(der) // x5t is SHA-1 by definition
		if key.X5t != base64.RawURLEncoding.EncodeToString(sum[:]) {
			t.Errorf("x5t %q does not match x5c", key.X5t)
		}
	}
}

// payload decodes the claims of a JWT without checking it.
func payload(t *testing.T, raw string) map[string]any {
	t.Helper()
	var claims map[string]any
	decoded, err := base64.RawURLEncoding.DecodeString(splitJWT(t, raw)[1])
	if err == nil {
		err = json.Unmarshal(decoded, &claims)
	}
	if err != nil {
		t.Fatal(err)
	}
	return claims
}

func splitJWT(t *testing.T, raw string) []string {
	t.Helper()
	parts := strings.Split(raw, ".")
	if len(parts) != 3 {
		t.Fatalf("not a JWT: %d parts", len(parts))
	}
	return parts
}

// TestAccessTokens checks form and claims of access tokens by audience and scope
// (auth0-protocol.md section 4.5).
func TestAccessTokens(t *testing.T) {
	tenant := start(t)
	user := tenant.NewUser()
	for _, c := range []struct {
		name, audience, scope string
		wantAudience          any
		wantLife              int
	}{
		{"MFA API with openid", tenant.MFAAudience, "openid enroll", []any{tenant.MFAAudience, tenant.URL + "/userinfo"}, 600},
		{"MFA API alone", tenant.MFAAudience, "enroll", tenant.MFAAudience, 600},
		{"no audience", "", "openid", nil, 86400},
	} {
		t.Run(c.name, func(t *testing.T) {
			tokens := tenant.Tokens(user, changes("audience", c.audience, "scope", c.scope))
			if tokens.ExpiresIn != c.wantLife || tokens.TokenType != "Bearer" {
				t.Errorf("expires_in %d, token_type %q", tokens.ExpiresIn, tokens.TokenType)
			}
			if hasID := tokens.IDToken != ""; hasID != (c.scope != "enroll") {
				t.Errorf("ID token: %v", hasID)
			}
			if c.wantAudience == nil {
				if len(tokens.AccessToken) != 32 {
					t.Errorf("opaque access token of %d characters, want 32", len(tokens.AccessToken))
				}
				return
			}
			got := payload(t, tokens.AccessToken)
			if got["jti"] == "" || got["jti"] == nil {
				t.Error("no jti")
			}
			delete(got, "jti")
			want := map[string]any{
				"iss": tenant.Issuer(), "sub": user.UserID, "aud": c.wantAudience, "azp": tenant.ClientID,
				"iat": float64(noon.Unix()), "exp": float64(noon.Unix() + 600), "scope": c.scope,
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("claims (-want +got):\n%s", diff)
			}
		})
	}
}

func TestUserinfo(t *testing.T) {
	tenant := start(t)
	user := tenant.NewUser()
	opaque := tenant.Tokens(user, changes("audience", "")).AccessToken
	blocked := tenant.NewUser()
	ofBlocked := tenant.Tokens(blocked, changes("audience", "")).AccessToken
	tenant.SetBlocked(blocked.Email, true)
	for _, c := range []struct {
		name, token string
		want        map[string]any // nil: 401
	}{
		{"opaque token", opaque, map[string]any{
			"sub": user.UserID, "name": "Test User", "nickname": "user1", "updated_at": "2030-06-01T12:00:00.000Z",
			"email": "user1@example.com", "email_verified": true,
		}},
		{"token of the MFA API with openid", tenant.Tokens(user, changes("scope", "openid")).AccessToken, map[string]any{"sub": user.UserID}},
		{"token of the MFA API without openid", tenant.Tokens(user, changes("scope", "enroll")).AccessToken, nil},
		{"opaque token without openid", tenant.Tokens(user, changes("audience", "", "scope", "profile")).AccessToken, nil},
		{"blocked user", ofBlocked, nil},
		{"ID token", tenant.Tokens(user, nil).IDToken, nil},
		{"garbage", "garbage", nil},
		{"none", "", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			wantUserinfo(t, tenant, c.token, c.want)
		})
	}
	t.Run("expired", func(t *testing.T) {
		tenant.Clock().Advance(24 * time.Hour)
		wantUserinfo(t, tenant, opaque, nil)
	})
}

func wantUserinfo(t *testing.T, tenant *emulatortest.Tenant, token string, want map[string]any) {
	t.Helper()
	response := get(t, tenant, "/userinfo", http.Header{"Authorization": {"Bearer " + token}})
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if want == nil {
		if response.StatusCode != http.StatusUnauthorized || string(body) != "Unauthorized" {
			t.Errorf("%d %q, want 401 and the plain word", response.StatusCode, body)
		}
		return
	}
	var got map[string]any
	if err := json.Unmarshal(body, &got); err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%d %s", response.StatusCode, body)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("userinfo (-want +got):\n%s", diff)
	}
}

// TestKeyRotation: the next key signs, it was published before, and the tenant
// goes on honouring what the former key signed.
func TestKeyRotation(t *testing.T) {
	tenant := start(t)
	var before, after jwks
	readJSON(t, tenant, "/.well-known/jwks.json", &before)
	old := tenant.AccessToken(tenant.NewUser())
	tenant.Control(http.MethodPatch, "tenant", `{"rotate_keys":false}`)
	readJSON(t, tenant, "/.well-known/jwks.json", &after)
	if after.Keys[0].Kid != before.Keys[0].Kid {
		t.Error("false rotated the keys")
	}
	tenant.Control(http.MethodPatch, "tenant", `{"rotate_keys":true}`)
	readJSON(t, tenant, "/.well-known/jwks.json", &after)
	if after.Keys[0].Kid != before.Keys[1].Kid || after.Keys[1].Kid == before.Keys[0].Kid {
		t.Errorf("keys before %v, after %v", before, after)
	}
	if got := get(t, tenant, "/userinfo", http.Header{"Authorization": {"Bearer " + old}}).StatusCode; got != http.StatusOK {
		t.Errorf("token from before the rotation: %d", got)
	}
	header, err := base64.RawURLEncoding.DecodeString(splitJWT(t, tenant.AccessToken(tenant.NewUser()))[0])
	if err != nil || string(header) != `{"alg":"RS256","kid":"`+after.Keys[0].Kid+`","typ":"JWT"}` {
		t.Errorf("header %s, %v", header, err)
	}
}
