package auth0

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"mysecurity/internal/secret"
)

const (
	testClient   = "portal-client"
	testSecret   = "canary-client-secret"
	testCode     = "canary-code"
	testVerifier = "canary-verifier-0123456789-0123456789-01234"
	testAccess   = "canary-access-token"
	testOOB      = "canary-oob-code"
	testNonce    = "nonce-of-this-transaction"
)

// clock is a time that only a test moves.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 10, 1, 9, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// testKeys are made once: RSA keys are slow to make.
var testKeys = sync.OnceValue(func() [3]*rsa.PrivateKey {
	var keys [3]*rsa.PrivateKey
	for i := range keys {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err)
		}
		keys[i] = key
	}
	return keys
})

var testECKey = sync.OnceValue(func() *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	return key
})

// idToken is a token that a case may bend before it is signed.
type idToken struct {
	header map[string]any
	claims map[string]any
	// payload replaces the encoded claims, for JSON that a map cannot hold.
	payload string
	sign    func(input string) []byte
}

func (t idToken) encode() string {
	payload := t.payload
	if payload == "" {
		payload = string(mustJSON(t.claims))
	}
	input := base64.RawURLEncoding.EncodeToString(mustJSON(t.header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(payload))
	return input + "." + base64.RawURLEncoding.EncodeToString(t.sign(input))
}

func mustJSON(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return data
}

func signRS256(key *rsa.PrivateKey) func(string) []byte {
	return func(input string) []byte {
		sum := sha256.Sum256([]byte(input))
		signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
		if err != nil {
			panic(err)
		}
		return signature
	}
}

func signHS256(key []byte) func(string) []byte {
	return func(input string) []byte {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(input))
		return mac.Sum(nil)
	}
}

func signES256(key *ecdsa.PrivateKey) func(string) []byte {
	return func(input string) []byte {
		sum := sha256.Sum256([]byte(input))
		r, s, err := ecdsa.Sign(rand.Reader, key, sum[:])
		if err != nil {
			panic(err)
		}
		return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	}
}

// jwk is a published RSA key; empty use and alg are left out.
func jwk(key *rsa.PrivateKey, id, use, alg string) map[string]any {
	out := map[string]any{
		"kty": "RSA",
		"n":   base64.RawURLEncoding.EncodeToString(key.N.Bytes()),
		"e":   base64.RawURLEncoding.EncodeToString(big.NewInt(int64(key.E)).Bytes()),
	}
	for name, value := range map[string]string{"kid": id, "use": use, "alg": alg} {
		if value != "" {
			out[name] = value
		}
	}
	return out
}

// tenant is a scripted OpenID provider with an MFA API: real HTTP, correct by
// default, and lying wherever a case asks it to.
type tenant struct {
	t      *testing.T
	server *httptest.Server
	clock  *clock
	log    *bytes.Buffer

	mu        sync.Mutex
	discovery map[string]any
	keys      []map[string]any
	forge     func(*idToken)       // bends the ID token
	answer    func(map[string]any) // bends the token answer
	routes    map[string]http.HandlerFunc
	any       http.HandlerFunc // answers everything, where set
	asked     map[string]int   // requests by "METHOD /path"
}

func newTenant(t *testing.T) *tenant {
	t.Helper()
	tn := &tenant{t: t, clock: newClock(), log: &bytes.Buffer{}, routes: map[string]http.HandlerFunc{}, asked: map[string]int{}}
	tn.server = httptest.NewServer(tn)
	t.Cleanup(tn.server.Close)
	tn.discovery = discoveryOf(tn.issuer())
	tn.keys = []map[string]any{jwk(testKeys()[0], "key-1", "sig", "RS256"), jwk(testKeys()[1], "key-2", "sig", "RS256")}
	return tn
}

func discoveryOf(issuer string) map[string]any {
	return map[string]any{
		"issuer":                                issuer,
		"authorization_endpoint":                issuer + "authorize",
		"token_endpoint":                        issuer + "oauth/token",
		"jwks_uri":                              issuer + ".well-known/jwks.json",
		"end_session_endpoint":                  issuer + "oidc/logout",
		"id_token_signing_alg_values_supported": []string{"HS256", "RS256", "ES256"},
	}
}

func (tn *tenant) issuer() string { return tn.server.URL + "/" }

// on replaces what the tenant does for "METHOD /path".
func (tn *tenant) on(route string, h http.HandlerFunc) {
	tn.mu.Lock()
	defer tn.mu.Unlock()
	tn.routes[route] = h
}

// onAll replaces everything the tenant does.
func (tn *tenant) onAll(h http.HandlerFunc) {
	tn.mu.Lock()
	defer tn.mu.Unlock()
	tn.any = h
}

// says makes a route answer with a fixed status and JSON body.
func (tn *tenant) says(route string, status int, body string) {
	tn.on(route, func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, status, body) })
}

func (tn *tenant) count(route string) int {
	tn.mu.Lock()
	defer tn.mu.Unlock()
	return tn.asked[route]
}

func (tn *tenant) setKeys(keys ...map[string]any) {
	tn.mu.Lock()
	defer tn.mu.Unlock()
	tn.keys = keys
}

func writeJSON(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

// ServeHTTP counts and dispatches.
func (tn *tenant) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	route := r.Method + " " + r.URL.EscapedPath()
	tn.mu.Lock()
	tn.asked[route]++
	scripted := tn.routes[route]
	if tn.any != nil {
		scripted = tn.any
	}
	discovery, keys := mustJSON(tn.discovery), mustJSON(map[string]any{"keys": tn.keys})
	tn.mu.Unlock()
	switch {
	case scripted != nil:
		scripted(w, r)
	case route == "GET /.well-known/openid-configuration":
		writeJSON(w, http.StatusOK, string(discovery))
	case route == "GET /.well-known/jwks.json":
		writeJSON(w, http.StatusOK, string(keys))
	case route == "POST /oauth/token":
		tn.redeem(w, r)
	default:
		http.NotFound(w, r)
	}
}

// redeem is the code exchange, strict about what the portal has to send.
func (tn *tenant) redeem(w http.ResponseWriter, r *http.Request) {
	want := map[string]string{
		"grant_type": "authorization_code", "code": testCode, "code_verifier": testVerifier,
		"redirect_uri": "http://localhost:8080/callback", "client_id": testClient, "client_secret": testSecret,
	}
	for name, value := range want {
		if got := r.PostFormValue(name); got != value {
			tn.t.Errorf("token request: %s = %q", name, got)
			writeJSON(w, http.StatusForbidden, `{"error":"invalid_grant"}`)
			return
		}
	}
	writeJSON(w, http.StatusOK, tn.tokenAnswer())
}

func (tn *tenant) tokenAnswer() string {
	tn.mu.Lock()
	defer tn.mu.Unlock()
	answer := map[string]any{
		"access_token": testAccess, "id_token": tn.goodToken().encodeWith(tn.forge),
		"token_type": "Bearer", "expires_in": 600, "scope": signInScope,
	}
	if tn.answer != nil {
		tn.answer(answer)
	}
	return string(mustJSON(answer))
}

// goodToken is what an honest tenant signs right after an MFA challenge.
func (tn *tenant) goodToken() idToken {
	now := tn.clock.Now()
	return idToken{
		header: map[string]any{"alg": "RS256", "typ": "JWT", "kid": "key-1"},
		claims: map[string]any{
			"iss": tn.issuer(), "sub": "auth0|user-1", "aud": testClient, "nonce": testNonce,
			"iat": now.Unix(), "exp": now.Add(10 * time.Hour).Unix(), "auth_time": now.Unix(),
			"sid": "session-1", "amr": []string{"mfa"}, "name": "Ada", "email": "ada@example.com", "locale": "en",
		},
		sign: signRS256(testKeys()[0]),
	}
}

func (t idToken) encodeWith(forge func(*idToken)) string {
	if forge != nil {
		forge(&t)
	}
	return t.encode()
}

func (tn *tenant) config() Config {
	return Config{
		Issuer: tn.issuer(), MFAAudience: tn.issuer() + "mfa/",
		ClientID: testClient, ClientSecret: secret.New(testSecret),
		RedirectURL: "http://localhost:8080/callback", PostLogoutURL: "http://localhost:8080/signed-out",
		AllowLoopbackHTTP: true, Now: tn.clock.Now,
		Logger: slog.New(slog.NewTextHandler(tn.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
}

func (tn *tenant) client() *Client { return tn.clientWith(standardLimits()) }

func (tn *tenant) clientWith(l limits) *Client { return newTestClient(tn.t, tn.config(), l) }

func newTestClient(t *testing.T, cfg Config, l limits) *Client {
	t.Helper()
	c, err := newClient(cfg, l)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// login is the transaction that goodToken answers.
func (tn *tenant) login() Login {
	return Login{Nonce: testNonce, Verifier: secret.New(testVerifier), Started: tn.clock.Now().Add(-5 * time.Second), MaxAge: time.Hour}
}

func callback() Callback { return Callback{Code: secret.New(testCode)} }

func accessToken() AccessToken { return NewAccessToken(secret.New(testAccess)) }

// signIn is one sign-in with a bent ID token.
func (tn *tenant) signIn(c *Client, forge func(*idToken)) (Identity, Tokens, error) {
	tn.mu.Lock()
	tn.forge = forge
	tn.mu.Unlock()
	return c.SignIn(context.Background(), callback(), tn.login())
}

// set bends claims: absent removes one, nil makes it null.
func set(changes map[string]any) func(*idToken) {
	return func(t *idToken) { apply(t.claims, changes) }
}

func apply(members, changes map[string]any) {
	for name, value := range changes {
		if value == absent {
			delete(members, name)
		} else {
			members[name] = value
		}
	}
}

// absent stands for no member at all.
const absent = "\x00absent"

// wantError checks kind and reason.
func wantError(t *testing.T, err error, kind Kind, reason string) {
	t.Helper()
	e, ok := err.(*Error) //nolint:errorlint // the package promises this very type
	if !ok {
		t.Fatalf("error %v, want *Error of kind %v", err, kind)
	}
	if e.Kind != kind || e.Reason != reason {
		t.Fatalf("%v: kind %q reason %q, want %q %q", err, e.Kind, e.Reason, kind, reason)
	}
}

// otherToken is somebody else's.
func otherToken() AccessToken { return NewAccessToken(secret.New("canary-other-token")) }
