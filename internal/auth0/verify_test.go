package auth0

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"strings"
	"testing"
	"time"
)

// TestHonestSignIn is OP-01: both spellings of the audience, and every field of
// the identity from the token.
func TestHonestSignIn(t *testing.T) {
	for name, aud := range map[string]any{"string": testClient, "array of one": []string{testClient}} {
		t.Run("OP-01 aud as "+name, func(t *testing.T) {
			tn := newTenant(t)
			who, tokens, err := tn.signIn(tn.client(), set(map[string]any{"aud": aud}))
			if err != nil {
				t.Fatal(err)
			}
			want := Identity{
				Issuer: tn.issuer(), Subject: "auth0|user-1", Name: "Ada", Email: "ada@example.com", Locale: "en",
				SID: "session-1", AuthTime: who.AuthTime, MFA: true,
			}
			if who != want || !who.AuthTime.Equal(tn.clock.Now()) {
				t.Errorf("identity %+v", who)
			}
			if tokens.Access.Secret().Reveal() != testAccess || !tokens.Expires.Equal(tn.clock.Now().Add(10*time.Minute)) {
				t.Errorf("tokens expire at %v", tokens.Expires)
			}
		})
	}
}

// TestLoginRules has, for each rule, tokens that break this rule and no other.
// The reason proves which rule refused, so a removed rule fails its cases.
func TestLoginRules(t *testing.T) {
	now := newClock().Now()
	unix := func(d time.Duration) int64 { return now.Add(d).Unix() }
	wrongHash := base64.RawURLEncoding.EncodeToString(make([]byte, 16))
	const week = 7 * 24 * time.Hour

	for _, c := range []struct {
		name   string
		reason string // empty: accepted
		claims map[string]any
	}{
		{"OP-02 issuer of another tenant", reasonIssuer, map[string]any{"iss": "https://other.example/"}},
		{"OP-03 iss missing", reasonIssuer, map[string]any{"iss": absent}},
		{"OP-03 iss null", reasonIssuer, map[string]any{"iss": nil}},
		{"OP-04 sub missing", reasonSubject, map[string]any{"sub": absent}},
		{"OP-04 SUB instead of sub", reasonSubject, map[string]any{"sub": absent, "SUB": "auth0|user-1"}},
		{"OP-04 sub empty", reasonSubject, map[string]any{"sub": ""}},
		{"OP-04 sub of 256 characters", reasonSubject, map[string]any{"sub": strings.Repeat("a", 256)}},
		{"OP-04 sub of 255 characters", "", map[string]any{"sub": strings.Repeat("a", 255)}},
		{"OP-04 sub with a line break", reasonSubject, map[string]any{"sub": "auth0|a\nb"}},
		{"OP-04 sub with an undecodable character", reasonSubject, map[string]any{"sub": "auth0|\uFFFD"}},
		{"OP-05 aud of another client", reasonAudience, map[string]any{"aud": "other"}},
		{"OP-06 aud missing", reasonAudience, map[string]any{"aud": absent}},
		{"OP-06 aud empty array", reasonAudience, map[string]any{"aud": []string{}}},
		{"OP-07 aud with a stranger", reasonAudience, map[string]any{"aud": []string{testClient, "stranger"}}},
		{"OP-07 aud with a stranger and azp", reasonAudience, map[string]any{"aud": []string{testClient, "stranger"}, "azp": testClient}},
		{"OP-07 azp is a stranger", reasonParty, map[string]any{"azp": "stranger"}},
		{"OP-07 azp null", reasonParty, map[string]any{"azp": nil}},
		{"azp is us", "", map[string]any{"azp": testClient}},
		{"OP-08 iat missing", reasonIssuedAt, map[string]any{"iat": absent}},
		{"OP-08 iat null", reasonIssuedAt, map[string]any{"iat": nil}},
		{"OP-09 iat a week ago", reasonIssuedAt, map[string]any{"iat": unix(-week)}},
		{"OP-09 iat before the transaction, UP-20 clock 90 s behind", reasonIssuedAt, map[string]any{"iat": unix(-90 * time.Second)}},
		{"OP-09 iat in 61 s", reasonIssuedAt, map[string]any{"iat": unix(61 * time.Second)}},
		{"OP-09 iat in 20 s", "", map[string]any{"iat": unix(20 * time.Second)}},
		{"OP-10 exp missing", reasonExpiry, map[string]any{"exp": absent}},
		{"OP-10 exp 61 s ago", reasonExpiry, map[string]any{"exp": unix(-61 * time.Second), "iat": unix(-62 * time.Second)}},
		{"OP-10 exp 20 s ago", "", map[string]any{"exp": unix(-20 * time.Second), "iat": unix(-40 * time.Second)}},
		{"OP-10 exp 24 h and 1 s after iat", reasonLifetime, map[string]any{"exp": unix(24*time.Hour + time.Second)}},
		{"OP-10 exp 24 h after iat", "", map[string]any{"exp": unix(24 * time.Hour)}},
		{"OP-10 exp before iat", reasonLifetime, map[string]any{"exp": unix(-20 * time.Second)}},
		{"nbf in 61 s", reasonNotBefore, map[string]any{"nbf": unix(61 * time.Second)}},
		{"nbf beyond any calendar", reasonNotBefore, map[string]any{"nbf": 1e300}},
		{"nbf negative", reasonNotBefore, map[string]any{"nbf": -1}},
		{"nbf now", "", map[string]any{"nbf": unix(0)}},
		{"OP-17 nonce of another transaction", reasonNonce, map[string]any{"nonce": "nonce-of-another-transaction"}},
		{"OP-18 nonce missing", reasonNonce, map[string]any{"nonce": absent}},
		{"OP-18 nonce empty", reasonNonce, map[string]any{"nonce": ""}},
		{"OP-19 at_hash wrong", reasonTokenHash, map[string]any{"at_hash": wrongHash}},
		{"OP-19 at_hash empty", reasonTokenHash, map[string]any{"at_hash": ""}},
		{"OP-19 at_hash right", "", map[string]any{"at_hash": atHash(testAccess)}},
		{"OP-33 auth_time missing", reasonAuthTime, map[string]any{"auth_time": absent}},
		{"OP-33 auth_time a string", reasonAuthTime, map[string]any{"auth_time": "now"}},
		{"OP-33 auth_time in the future", reasonAuthTime, map[string]any{"auth_time": unix(61 * time.Second)}},
		{"OP-33 auth_time older than max_age", ReasonStaleLogin, map[string]any{"auth_time": unix(-time.Hour - 66*time.Second)}},
		{"OP-33 auth_time of ten years ago", ReasonStaleLogin, map[string]any{"auth_time": unix(-520 * week)}},
		{"OP-33 auth_time within max_age", "", map[string]any{"auth_time": unix(-time.Hour)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			tn := newTenant(t)
			_, tokens, err := tn.signIn(tn.client(), set(c.claims))
			if c.reason == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			wantError(t, err, KindLoginRefused, c.reason)
			if !tokens.Access.Secret().IsZero() {
				t.Error("a refused sign-in returned a token")
			}
		})
	}
}

// Claims whose very type is wrong: go-oidc cannot read some of them at all, so
// these cases ask only for a refusal by our rule where ours comes first.
func TestLoginRulesTypes(t *testing.T) {
	for _, c := range []struct {
		name   string
		reason string
		claims map[string]any
	}{
		{"OP-04 sub a number", reasonSubject, map[string]any{"sub": 42}},
		{"OP-08 iat a string", reasonIssuedAt, map[string]any{"iat": "1790000000"}},
		{"OP-10 exp a string", reasonExpiry, map[string]any{"exp": "1790000000"}},
		{"OP-18 nonce an array with the right value", reasonNonce, map[string]any{"nonce": []string{testNonce}}},
		{"OP-19 at_hash a number", reasonTokenHash, map[string]any{"at_hash": 1}},
		{"OP-06 aud an object", reasonAudience, map[string]any{"aud": map[string]string{"a": testClient}}},
		{"OP-06 aud null", reasonAudience, map[string]any{"aud": nil}},
	} {
		t.Run(c.name, func(t *testing.T) {
			tn := newTenant(t)
			_, _, err := tn.signIn(tn.client(), set(c.claims))
			wantError(t, err, KindLoginRefused, c.reason)
		})
	}
}

// The issuer differs from the configured one only in spelling.
func TestIssuerIsComparedExactly(t *testing.T) {
	for name, bend := range map[string]func(string) string{
		"OP-03 without the slash":   func(s string) string { return strings.TrimSuffix(s, "/") },
		"OP-03 other letter case":   strings.ToUpper,
		"OP-03 with a default path": func(s string) string { return s + "." },
	} {
		t.Run(name, func(t *testing.T) {
			tn := newTenant(t)
			_, _, err := tn.signIn(tn.client(), set(map[string]any{"iss": bend(tn.issuer())}))
			wantError(t, err, KindLoginRefused, reasonIssuer)
		})
	}
}

// TestFreshProof is the step-up of a user without a second factor: max_age=0.
func TestFreshProof(t *testing.T) {
	for _, c := range []struct {
		name   string
		ago    time.Duration
		reason string
	}{
		{"OP-33 reused session", 66 * time.Second, ReasonStaleLogin},
		{"OP-33 proof after the start", time.Second, ""},
		{"OP-33 proof within the tolerance", 64 * time.Second, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			tn := newTenant(t)
			client := tn.client()
			tn.forge = set(map[string]any{"auth_time": tn.clock.Now().Add(-c.ago).Unix()})
			login := tn.login() // five seconds ago
			login.MaxAge = 0
			_, _, err := client.SignIn(t.Context(), callback(), login)
			if c.reason == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			wantError(t, err, KindLoginRefused, c.reason)
		})
	}
}

// TestHostileTokens are tokens whose form, algorithm or signature is wrong.
func TestHostileTokens(t *testing.T) {
	pemOfKey := func() []byte {
		der, err := x509.MarshalPKIXPublicKey(&testKeys()[0].PublicKey)
		if err != nil {
			panic(err)
		}
		return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	}
	header := func(name string, value any) func(*idToken) {
		return func(t *idToken) { apply(t.header, map[string]any{name: value}) }
	}
	both := func(first, second func(*idToken)) func(*idToken) {
		return func(t *idToken) { first(t); second(t) }
	}
	signedBy := func(sign func(string) []byte) func(*idToken) { return func(t *idToken) { t.sign = sign } }
	unsigned := signedBy(func(string) []byte { return nil })
	payload := func(edit func(string) string) func(*idToken) {
		return func(t *idToken) { t.payload = edit(string(mustJSON(t.claims))) }
	}

	for _, c := range []struct {
		name   string
		reason string
		forge  func(*idToken)
	}{
		{"OP-13 alg none unsigned", reasonAlgorithm, both(header("alg", "none"), unsigned)},
		{"OP-13 alg none signed", reasonAlgorithm, header("alg", "none")},
		{"OP-13 alg None", reasonAlgorithm, both(header("alg", "None"), unsigned)},
		{"OP-13 alg NONE", reasonAlgorithm, both(header("alg", "NONE"), unsigned)},
		{"OP-13 alg missing", reasonAlgorithm, header("alg", absent)},
		{"OP-13 RS256 with empty signature", reasonSignature, unsigned},
		{"OP-14 unpublished key under a published kid", reasonSignature, signedBy(signRS256(testKeys()[2]))},
		{"OP-14 published key under another kid", reasonSignature, header("kid", "key-2")},
		{"OP-14 unpublished kid", reasonKey, both(header("kid", "key-9"), signedBy(signRS256(testKeys()[2])))},
		{"OP-15 HS256 with the client secret", reasonAlgorithm, both(header("alg", "HS256"), signedBy(signHS256([]byte(testSecret))))},
		{"OP-15 HS256 with the public key", reasonAlgorithm, both(header("alg", "HS256"), signedBy(signHS256(pemOfKey())))},
		{"OP-16 ES256", reasonAlgorithm, both(header("alg", "ES256"), signedBy(signES256(testECKey())))},
		{"PS256", reasonAlgorithm, header("alg", "PS256")},
		{"typ at+jwt", reasonType, header("typ", "at+jwt")},
		{"typ logout+jwt", reasonType, header("typ", "logout+jwt")},
		{"typ null", reasonType, header("typ", nil)},
		{"crit header", reasonSignature, header("crit", []string{"exp"})},
		{"duplicate claim", reasonClaims, payload(func(s string) string { return `{"sub":"auth0|other",` + s[1:] })},
		{"duplicate member inside a claim", reasonClaims, payload(func(s string) string { return `{"x":{"a":1,"a":2},` + s[1:] })},
		{"claims not UTF-8", reasonClaims, payload(func(s string) string { return strings.Replace(s, "Ada", "\xff", 1) })},
		{"claims an array", reasonClaims, payload(func(s string) string { return "[" + s + "]" })},
		{"claims too deep", reasonClaims, payload(func(s string) string {
			return `{"x":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + "," + s[1:]
		})},
		{"distributed claim without source", reasonLibrary, set(map[string]any{"_claim_names": map[string]string{"groups": "src"}})},
		{"token over 16 KiB", reasonIDToken, set(map[string]any{"filler": strings.Repeat("x", 16<<10)})},
	} {
		t.Run(c.name, func(t *testing.T) {
			tn := newTenant(t)
			_, _, err := tn.signIn(tn.client(), c.forge)
			wantError(t, err, KindLoginRefused, c.reason)
			if n := tn.count("GET /.well-known/jwks.json"); strings.HasPrefix(c.name, "OP-14") && c.reason == reasonSignature && n != 1 {
				t.Errorf("%d downloads of the key set", n)
			}
		})
	}

	t.Run("typ absent or jwt in small letters", func(t *testing.T) {
		for _, typ := range []any{absent, "jwt"} {
			tn := newTenant(t)
			if _, _, err := tn.signIn(tn.client(), header("typ", typ)); err != nil {
				t.Errorf("%q: %v", typ, err)
			}
		}
	})
}

// Tokens that are not compact JWS at all.
func TestMalformedTokens(t *testing.T) {
	for name, raw := range map[string]string{
		"empty": "", "one part": "abc", "two parts": "a.b", "four parts": "a.b.c.d", "five parts, encrypted": "a.b.c.d.e",
		"bad base64": "%%%.e30.x", "header not JSON": "aGVsbG8.e30.x",
		"header with a name twice": base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","alg":"RS256"}`)) + ".e30.x",
		"JSON serialisation":       `{"payload":"e30","protected":"e30","signature":"x.y.z"}`,
	} {
		t.Run(name, func(t *testing.T) {
			tn := newTenant(t)
			tn.answer = func(m map[string]any) { m["id_token"] = raw }
			_, _, err := tn.signIn(tn.client(), nil)
			wantError(t, err, KindLoginRefused, reasonIDToken)
		})
	}
	t.Run("good header and four parts", func(t *testing.T) {
		tn := newTenant(t)
		tn.answer = func(m map[string]any) { m["id_token"] = m["id_token"].(string) + ".x" }
		_, _, err := tn.signIn(tn.client(), nil)
		wantError(t, err, KindLoginRefused, reasonIDToken)
	})
	t.Run("body not base64", func(t *testing.T) {
		tn := newTenant(t)
		tn.answer = func(m map[string]any) {
			m["id_token"] = base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256"}`)) + ".%%.x"
		}
		_, _, err := tn.signIn(tn.client(), nil)
		wantError(t, err, KindLoginRefused, reasonLibrary)
	})
}

// A transaction that lost its nonce does not match a token without one.
func TestEmptyNonceMatchesNothing(t *testing.T) {
	claims, err := parseObject([]byte(`{"nonce":""}`))
	if err != nil || nonceIsOurs(loginToken{claims: claims}) {
		t.Error("accepted")
	}
}

// Claims for display never decide whether a sign-in counts.
func TestProfileIsTolerated(t *testing.T) {
	tn := newTenant(t)
	who, _, err := tn.signIn(tn.client(), set(map[string]any{
		"name": 42, "email": []string{"a"}, "locale": strings.Repeat("x", 100), "sid": strings.Repeat("s", 201), "amr": "mfa",
	}))
	if err != nil {
		t.Fatal(err)
	}
	if who.Name != "" || who.Email != "" || len(who.Locale) != 35 || who.SID != "" || who.MFA {
		t.Errorf("identity %+v", who)
	}
	who, _, err = tn.signIn(tn.client(), set(map[string]any{"name": strings.Repeat("é", 300) + "\n", "email": "a\r\n@x", "amr": absent}))
	if err != nil || len([]rune(who.Name)) != 200 || who.Email != "a@x" || who.MFA {
		t.Errorf("identity %+v, %v", who, err)
	}
	for _, verified := range []any{true, false, absent, nil, "true", 1} {
		who, _, err = tn.signIn(tn.client(), set(map[string]any{"email_verified": verified}))
		if err != nil || who.EmailVerified != (verified == true) {
			t.Errorf("email_verified %v: identity %+v, %v", verified, who, err)
		}
	}
}

func atHash(access string) string {
	sum := sha256.Sum256([]byte(access))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}
