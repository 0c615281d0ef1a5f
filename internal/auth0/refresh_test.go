package auth0

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mysecurity/internal/secret"
)

const (
	testRefresh     = "canary-refresh-token"
	nextRefresh     = "canary-next-refresh-token"
	refreshedAccess = "canary-refreshed-access-token"
	tokenRoute      = "POST /oauth/token"
	revokeRoute     = "POST /oauth/revoke"
)

// offline is a client that asks for refresh tokens.
func (tn *tenant) offline() *Client { return tn.offlineWith(standardLimits()) }

func (tn *tenant) offlineWith(l limits) *Client { return newTestClient(tn.t, offlineConfig(tn), l) }

func offlineConfig(tn *tenant) Config {
	cfg := tn.config()
	cfg.OfflineAccess = true
	return cfg
}

// original is the sign-in that goodToken answered, an hour ago.
func (tn *tenant) original() Original {
	return Original{Subject: "auth0|user-1", Nonce: testNonce, AuthTime: tn.clock.Now().Add(-time.Hour)}
}

func presented() RefreshToken { return NewRefreshToken(secret.New(testRefresh)) }

// refreshes makes the tenant answer refreshes: with the ID token of a tenant that
// keeps to the standard, unless bent, and with a new refresh token.
func (tn *tenant) refreshes(forge func(*idToken), bend func(map[string]any)) {
	tn.on(tokenRoute, func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		want := url.Values{
			"grant_type": {"refresh_token"}, "refresh_token": {testRefresh},
			"client_id": {testClient}, "client_secret": {testSecret},
		}
		if diff := cmp.Diff(want, r.PostForm); diff != "" {
			tn.t.Error(diff)
		}
		token := tn.goodToken()
		apply(token.claims, map[string]any{"nonce": absent, "auth_time": absent, "amr": absent})
		answer := map[string]any{
			"access_token": refreshedAccess, "refresh_token": nextRefresh, "id_token": token.encodeWith(forge),
			"token_type": "Bearer", "expires_in": 600, "scope": offlineScope,
		}
		if bend != nil {
			bend(answer)
		}
		writeJSON(w, http.StatusOK, string(mustJSON(answer)))
	})
}

func TestRefresh(t *testing.T) {
	member := func(name string, value any) func(map[string]any) {
		return func(m map[string]any) { apply(m, map[string]any{name: value}) }
	}
	for _, tt := range []struct {
		name string
		bend func(map[string]any)
		next string
		life time.Duration
	}{
		{"a tenant that rotates", nil, nextRefresh, 10 * time.Minute},
		{"a tenant that does not, and sends none", member("refresh_token", absent), testRefresh, 10 * time.Minute},
		{"a tenant that does not, and sends it again", member("refresh_token", testRefresh), testRefresh, 10 * time.Minute},
		{"a next one that cannot be kept, long", member("refresh_token", strings.Repeat("r", 5<<10)), "", 10 * time.Minute},
		{"a next one that cannot be kept, no text", member("refresh_token", 7), "", 10 * time.Minute},
		{"a next one that cannot be kept, null", member("refresh_token", nil), "", 10 * time.Minute},
		{"longer than an MFA API token lives", member("expires_in", 86400), nextRefresh, 10 * time.Minute},
		{"shorter", member("expires_in", 60), nextRefresh, time.Minute},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tn := newTenant(t)
			tn.refreshes(nil, tt.bend)
			tokens, err := tn.offline().Refresh(t.Context(), presented(), tn.original())
			if err != nil {
				t.Fatal(err)
			}
			if got := tokens.Access.Secret().Reveal(); got != refreshedAccess {
				t.Errorf("access token %q", got)
			}
			if got := tokens.Refresh.Secret().Reveal(); got != tt.next {
				t.Errorf("next refresh token %q", got)
			}
			if !tokens.Expires.Equal(tn.clock.Now().Add(tt.life)) {
				t.Errorf("expires %v", tokens.Expires)
			}
		})
	}
}

// TestRefreshedIDToken is OP-29: whatever is wrong with the ID token of a refresh,
// nothing of the answer counts.
func TestRefreshedIDToken(t *testing.T) {
	tn := newTenant(t)
	now := tn.clock.Now()
	for _, tt := range []struct {
		name   string
		forge  func(*idToken)
		reason string // empty: good
	}{
		{"nonce and auth_time of the sign-in", set(map[string]any{"nonce": testNonce, "auth_time": now.Add(-time.Hour).Unix()}), ""},
		{"an amr, which proves nothing", set(map[string]any{"amr": []string{"mfa"}}), ""},
		{"another name and address", set(map[string]any{"name": "Eve", "email": "eve@example.com"}), ""},
		{"OP-29 another sub", set(map[string]any{"sub": "auth0|user-2"}), reasonSubject},
		{"OP-29 sub in another case", set(map[string]any{"sub": "Auth0|user-1"}), reasonSubject},
		{"OP-29 no sub", set(map[string]any{"sub": absent}), reasonSubject},
		{"OP-29 sub a list", set(map[string]any{"sub": []string{"auth0|user-1"}}), reasonSubject},
		{"OP-29 another iss", set(map[string]any{"iss": "https://other.example/"}), reasonIssuer},
		{"OP-29 iss without its slash", set(map[string]any{"iss": strings.TrimSuffix(tn.issuer(), "/")}), reasonIssuer},
		{"OP-29 no iss", set(map[string]any{"iss": absent}), reasonIssuer},
		{"OP-29 another aud", set(map[string]any{"aud": "another-client"}), reasonAudience},
		{"OP-29 a second aud", set(map[string]any{"aud": []string{testClient, "another-client"}}), reasonAudience},
		{"OP-29 no aud", set(map[string]any{"aud": absent}), reasonAudience},
		{"OP-29 another azp", set(map[string]any{"azp": "another-client"}), reasonParty},
		{"OP-29 iat before the refresh", set(map[string]any{"iat": now.Add(-2 * time.Minute).Unix()}), reasonIssuedAt},
		{"OP-29 iat in the future", set(map[string]any{"iat": now.Add(2 * time.Minute).Unix()}), reasonIssuedAt},
		{"OP-29 no iat", set(map[string]any{"iat": absent}), reasonIssuedAt},
		{"OP-29 expired", set(map[string]any{"exp": now.Add(-2 * time.Minute).Unix()}), reasonExpiry},
		{"OP-29 no exp", set(map[string]any{"exp": absent}), reasonExpiry},
		{"OP-29 good for ever", set(map[string]any{"exp": now.Add(240 * time.Hour).Unix()}), reasonLifetime},
		{"OP-29 not valid yet", set(map[string]any{"nbf": now.Add(time.Hour).Unix()}), reasonNotBefore},
		{"OP-29 another nonce", set(map[string]any{"nonce": "of another sign-in"}), reasonNonce},
		{"OP-29 an empty nonce", set(map[string]any{"nonce": ""}), reasonNonce},
		{"OP-29 hash of another access token", set(map[string]any{"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}), reasonTokenHash},
		{"OP-29 auth_time before that of the sign-in", set(map[string]any{"auth_time": now.Add(-2 * time.Hour).Unix()}), reasonAuthTime},
		{"OP-29 auth_time of the refresh", set(map[string]any{"auth_time": now.Unix()}), reasonAuthTime},
		{"OP-29 auth_time in the future", set(map[string]any{"auth_time": now.Add(time.Hour).Unix()}), reasonAuthTime},
		{"OP-29 auth_time a text", set(map[string]any{"auth_time": "now"}), reasonAuthTime},
		{"OP-29 unsigned", func(i *idToken) { i.header["alg"], i.sign = "none", func(string) []byte { return nil } }, reasonAlgorithm},
		{"OP-29 signed with the client secret", func(i *idToken) { i.header["alg"], i.sign = "HS256", signHS256([]byte(testSecret)) }, reasonAlgorithm},
		{"OP-29 signed by another key", func(i *idToken) { i.sign = signRS256(testKeys()[2]) }, reasonSignature},
		{"OP-29 a key that nobody publishes", func(i *idToken) { i.header["kid"], i.sign = "key-9", signRS256(testKeys()[2]) }, reasonKey},
		{"OP-29 a logout token", func(i *idToken) { i.header["typ"] = "logout+jwt" }, reasonType},
		{"OP-29 a claim twice", func(i *idToken) { i.payload = `{"sub":"auth0|user-2",` + string(mustJSON(i.claims))[1:] }, reasonClaims},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tn.refreshes(tt.forge, nil)
			tokens, err := tn.offline().Refresh(t.Context(), presented(), tn.original())
			if tt.reason == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			wantError(t, err, KindLoginRefused, tt.reason)
			wantOnlyRefresh(t, tokens)
			if !strings.HasPrefix(err.Error(), "auth0: refresh:") {
				t.Error(err)
			}
		})
	}
	t.Run("OP-29 no ID token", func(t *testing.T) {
		tn.refreshes(nil, func(m map[string]any) { delete(m, "id_token") })
		tokens, err := tn.offline().Refresh(t.Context(), presented(), tn.original())
		wantError(t, err, KindLoginRefused, reasonIDToken)
		wantOnlyRefresh(t, tokens)
	})
}

// wantOnlyRefresh insists that of an answer which does not count nothing is left
// but the refresh token, which has to be revoked.
func wantOnlyRefresh(t *testing.T, tokens Tokens) {
	t.Helper()
	if tokens != (Tokens{Refresh: NewRefreshToken(secret.New(nextRefresh))}) {
		t.Error("something else of the answer is left, or there is nothing to revoke")
	}
}

// TestRefusedSignInLeavesItsRefreshToken: whatever a sign-in breaks once the tenant
// has answered, the refresh token comes out for revoking, and nothing else does.
func TestRefusedSignInLeavesItsRefreshToken(t *testing.T) {
	for name, tt := range map[string]struct {
		forge func(*idToken)
		bend  map[string]any
	}{
		"OP-09 another nonce":         {forge: set(map[string]any{"nonce": "another"})},
		"a key that nobody publishes": {forge: func(i *idToken) { i.header["kid"], i.sign = "key-9", signRS256(testKeys()[2]) }},
		"no ID token":                 {bend: map[string]any{"id_token": absent}},
		"another type of token":       {bend: map[string]any{"token_type": "mac"}},
		"no access token":             {bend: map[string]any{"access_token": absent}},
	} {
		t.Run(name, func(t *testing.T) {
			tn := newTenant(t)
			tn.answer = func(m map[string]any) {
				m["refresh_token"] = nextRefresh
				apply(m, tt.bend)
			}
			_, tokens, err := tn.signIn(tn.offline(), tt.forge)
			if KindOf(err) != KindLoginRefused {
				t.Error(err)
			}
			wantOnlyRefresh(t, tokens)
			if _, tokens, _ := tn.signIn(tn.client(), tt.forge); tokens != (Tokens{}) {
				t.Error("one that was not asked for is taken")
			}
		})
	}
}

// TestRefreshRefused: a token that was refused, or may be used up, is never taken
// for one that can be shown again; and it is sent once, whatever happens.
func TestRefreshRefused(t *testing.T) {
	for _, tt := range []struct {
		name   string
		status int
		body   string
		kind   Kind
	}{
		{"used, revoked, over", 403, `{"error":"invalid_grant","error_description":"Unknown or invalid refresh token."}`, KindTokenRejected},
		{"user deleted", 403, `{"error":"invalid_grant","error_description":"The refresh_token was generated for a user who doesn't exist anymore."}`, KindTokenRejected},
		{"user blocked", 403, `{"error":"unauthorized","error_description":"user is blocked"}`, KindTokenRejected},
		{"second factor wanted", 403, `{"error":"mfa_required","error_description":"Multifactor authentication required","mfa_token":"Fe26.2*x"}`, KindProofNeeded},
		{"second factor wanted, 401", 401, `{"error":"mfa_required","mfa_token":"Fe26.2*x"}`, KindProofNeeded},
		{"grant not enabled", 403, `{"error":"unauthorized_client","error_description":"Grant type 'refresh_token' not allowed for the client."}`, KindForbidden},
		{"wrong client secret", 401, `{"error":"access_denied","error_description":"Unauthorized"}`, KindForbidden},
		{"no such page", 404, `<html>`, KindNotFound},
		{"refusal with status 200", 200, `{"error":"invalid_grant"}`, KindTokenRejected},
		{"UP-05 limited: not used", 429, `{"error":"too_many_requests"}`, KindRateLimited},
		{"UP-06 500", 500, `{"error":"invalid_grant"}`, KindUnknownOutcome},
		{"UP-06 502, HTML", 502, `<html>`, KindUnknownOutcome},
		{"UP-06 408", 408, ``, KindUnknownOutcome},
		{"UP-15 redirect", 302, ``, KindUnknownOutcome},
		{"UP-03 empty success", 200, ``, KindUnknownOutcome},
		{"UP-03 success that is none", 200, `{"ok":true}`, KindUnknownOutcome},
		{"UP-03 success of another type", 200, `{"access_token":"a","id_token":"b","token_type":"mac"}`, KindUnknownOutcome},
		{"UP-03 success cut short", 200, `{"access_token":"a`, KindUnknownOutcome},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tn := newTenant(t)
			tn.says(tokenRoute, tt.status, tt.body)
			_, err := tn.offline().Refresh(t.Context(), presented(), tn.original())
			if KindOf(err) != tt.kind {
				t.Errorf("%v, want %v", err, tt.kind)
			}
			if n := tn.count(tokenRoute); n != 1 {
				t.Errorf("the token was sent %d times", n)
			}
		})
	}
}

// TestRefreshNotSent: what fails before the token has left leaves it usable.
func TestRefreshNotSent(t *testing.T) {
	for name, tt := range map[string]struct {
		spoil func(*tenant, *Client)
		kind  Kind
	}{
		"no discovery document": {func(tn *tenant, _ *Client) { tn.says("GET /.well-known/openid-configuration", 500, "") }, KindNotReady},
		"no keys":               {func(tn *tenant, _ *Client) { tn.says("GET /.well-known/jwks.json", 500, "") }, KindUnavailable},
		"nobody listens": {func(tn *tenant, c *Client) {
			warm(tn, c)
			tn.server.Close()
		}, KindUnavailable},
		"UP-09 no place left": {func(tn *tenant, c *Client) {
			warm(tn, c)
			for range cap(c.places.slots) {
				c.places.slots <- struct{}{}
			}
		}, KindUnavailable},
		"circuit open": {func(tn *tenant, c *Client) {
			warm(tn, c)
			tn.says(tokenRoute, 503, "")
			for range int(c.limits.circuitFailures) {
				_, _, _ = tn.signIn(c, nil)
			}
			tn.refreshes(nil, nil)
		}, KindUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			tn := newTenant(t)
			c := tn.offline()
			tn.refreshes(nil, nil)
			tt.spoil(tn, c)
			before := tn.count(tokenRoute)
			_, err := c.Refresh(t.Context(), presented(), tn.original())
			if KindOf(err) != tt.kind || tn.count(tokenRoute) != before {
				t.Errorf("%v, %d calls", err, tn.count(tokenRoute)-before)
			}
		})
	}
}

// warm lets a client read the tenant's documents.
func warm(tn *tenant, c *Client) {
	tn.t.Helper()
	if _, err := c.keys.get(tn.t.Context()); err != nil {
		tn.t.Fatal(err)
	}
}

// TestRefreshCut: an answer that does not come, or whose signature cannot be looked
// at, leaves a token that counts as used.
func TestRefreshCut(t *testing.T) {
	t.Run("UP-02 never answers", func(t *testing.T) {
		tn, l := newTenant(t), standardLimits()
		l.total = 200 * time.Millisecond
		over := make(chan struct{})
		tn.on(tokenRoute, func(http.ResponseWriter, *http.Request) { <-over })
		defer close(over)
		_, err := tn.offlineWith(l).Refresh(t.Context(), presented(), tn.original())
		wantError(t, err, KindUnknownOutcome, reasonTimeout)
	})
	t.Run("UP-03 cut", func(t *testing.T) {
		tn := newTenant(t)
		tn.on(tokenRoute, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
		_, err := tn.offline().Refresh(t.Context(), presented(), tn.original())
		wantError(t, err, KindUnknownOutcome, reasonCut)
	})
	t.Run("the browser leaves in the middle", func(t *testing.T) {
		tn := newTenant(t)
		ctx, leave := context.WithCancel(t.Context())
		tn.on(tokenRoute, func(_ http.ResponseWriter, r *http.Request) {
			_ = r.ParseForm() // only then does the server see that the client leaves
			leave()
			<-r.Context().Done()
		})
		_, err := tn.offline().Refresh(ctx, presented(), tn.original())
		wantError(t, err, KindUnknownOutcome, reasonCanceled)
	})
	t.Run("OP-23 new keys that cannot be read", func(t *testing.T) {
		tn := newTenant(t)
		c := tn.offline()
		warm(tn, c)
		tn.says("GET /.well-known/jwks.json", 500, "")
		tn.refreshes(func(i *idToken) { i.header["kid"] = "key-3" }, nil)
		tokens, err := c.Refresh(t.Context(), presented(), tn.original())
		if KindOf(err) != KindUnknownOutcome {
			t.Error(err)
		}
		wantOnlyRefresh(t, tokens)
	})
}

// TestOfflineAccess: a refresh token is asked for and taken only if it is wanted.
func TestOfflineAccess(t *testing.T) {
	for wanted, scope := range map[bool]string{false: signInScope, true: offlineScope} {
		t.Run(fmt.Sprint(wanted), func(t *testing.T) {
			tn := newTenant(t)
			c := tn.client()
			if wanted {
				c = tn.offline()
			}
			address, err := c.AuthorizeURL(t.Context(), authorization())
			if err != nil {
				t.Fatal(err)
			}
			u, _ := url.Parse(address)
			if got := u.Query().Get("scope"); got != scope || c.Refreshes() != wanted {
				t.Errorf("scope %q, refreshes %v", got, c.Refreshes())
			}
			tn.answer = func(m map[string]any) { m["refresh_token"] = testRefresh }
			_, tokens, err := tn.signIn(c, nil)
			if err != nil || (tokens.Refresh == presented()) != wanted || tokens.Refresh.value.IsZero() == wanted {
				t.Errorf("%v, refresh token taken: %v", err, !tokens.Refresh.value.IsZero())
			}
		})
	}
}

// TestRefreshLeavesNoTrace (SL-01, SL-11): neither errors nor the log show a token.
func TestRefreshLeavesNoTrace(t *testing.T) {
	tn := newTenant(t)
	c := tn.offline()
	for _, body := range []string{
		`{"error":"` + testRefresh + `","error_description":"` + testRefresh + `"}`,
		`{"access_token":"` + refreshedAccess + `","refresh_token":"` + nextRefresh + `","token_type":"Bearer","id_token":"x.y.z"}`,
	} {
		for _, status := range []int{200, 400, 403, 500} {
			tn.says(tokenRoute, status, body)
			tn.says(revokeRoute, status, body)
			_, err := c.Refresh(t.Context(), presented(), tn.original())
			kept := Tokens{Access: accessToken(), Refresh: presented()}
			text := fmt.Sprintf("%v %+v %v %+v %#v %v %s", err, err, kept, kept, kept, c.Revoke(t.Context(), presented(), "auth0|user-1"), tn.log)
			if strings.Contains(text, "canary") {
				t.Errorf("SL-11 %s", text)
			}
		}
	}
}
