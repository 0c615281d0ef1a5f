package auth0

import (
	"net/http"
	"testing"
	"time"
)

const keysRoute = "GET /.well-known/jwks.json"

// TestKeyChoice is about which published key may speak for a token.
func TestKeyChoice(t *testing.T) {
	noKid := func(t *idToken) { delete(t.header, "kid") }
	key, other := testKeys()[0], testKeys()[1]
	type keys = []map[string]any
	for _, c := range []struct {
		name   string
		keys   keys
		forge  func(*idToken)
		reason string
	}{
		{"OP-11 one key, no kid", keys{jwk(key, "key-1", "sig", "RS256")}, noKid, ""},
		{"OP-11 one key without use, no kid", keys{jwk(key, "", "", "")}, noKid, ""},
		{"OP-12 two keys, no kid, both for signing", keys{jwk(other, "key-2", "sig", ""), jwk(key, "key-1", "sig", "")}, noKid, ""},
		{"OP-12 two keys, no kid, ours unmarked", keys{jwk(other, "key-2", "sig", ""), jwk(key, "key-1", "", "")}, noKid, reasonKey},
		{"OP-12 two keys, no kid, ours for encryption", keys{jwk(other, "key-2", "sig", ""), jwk(key, "key-1", "enc", "")}, noKid, reasonKey},
		{"OP-12 only key for encryption, no kid", keys{jwk(key, "key-1", "enc", "")}, noKid, reasonKey},
		{"OP-12 kid names a key for encryption", keys{jwk(key, "key-1", "enc", "")}, nil, reasonSignature},
		{"kid names a key for another algorithm", keys{jwk(key, "key-1", "sig", "RS512")}, nil, reasonSignature},
		{"kid names a key without use and alg", keys{jwk(key, "key-1", "", "")}, nil, ""},
		{"two keys of one kid", keys{jwk(other, "key-1", "sig", ""), jwk(key, "key-1", "sig", "")}, nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			tn := newTenant(t)
			tn.setKeys(c.keys...)
			_, _, err := tn.signIn(tn.client(), c.forge)
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

// Keys that we do not understand or trust are passed over, not fatal.
func TestKeySetSkipsStrangers(t *testing.T) {
	tn := newTenant(t)
	small := jwk(testKeys()[1], "small", "sig", "")
	small["n"] = "AQAB"
	even := jwk(testKeys()[1], "even", "sig", "")
	even["e"] = "Ag"
	tn.setKeys(
		map[string]any{"kty": "EC", "crv": "P-256", "kid": "ec"}, map[string]any{"kty": "OKP"}, map[string]any{"kty": 7},
		small, even, jwk(testKeys()[0], "key-1", "sig", "RS256"),
	)
	c := tn.client()
	if _, _, err := tn.signIn(c, nil); err != nil {
		t.Fatal(err)
	}
	if set := c.keys.current().value; len(set) != 1 {
		t.Errorf("%d keys, want 1", len(set))
	}
}

// TestRotation: OP-22 and OP-23, one download each.
func TestRotation(t *testing.T) {
	byKey3 := func(t *idToken) {
		t.header["kid"] = "key-3"
		t.sign = signRS256(testKeys()[2])
	}
	tn := newTenant(t)
	c := tn.client()
	if _, _, err := tn.signIn(c, nil); err != nil {
		t.Fatal(err)
	}
	t.Run("OP-22 OP-23 rotated, old key removed", func(t *testing.T) {
		tn.setKeys(jwk(testKeys()[2], "key-3", "sig", "RS256"))
		if _, _, err := tn.signIn(c, byKey3); err != nil {
			t.Fatal(err)
		}
		if n := tn.count(keysRoute); n != 2 {
			t.Errorf("%d downloads, want 2", n)
		}
	})
	t.Run("OP-22 removed key no longer counts", func(t *testing.T) {
		_, _, err := tn.signIn(c, nil)
		wantError(t, err, KindLoginRefused, reasonKey)
	})
	t.Run("withdrawn key ends within the hour", func(t *testing.T) {
		tn.setKeys(jwk(testKeys()[0], "key-1", "sig", "RS256"))
		tn.clock.Advance(heldFor)
		_, _, err := tn.signIn(c, byKey3)
		wantError(t, err, KindLoginRefused, reasonKey)
	})
}

// TestKeyFetchIsThrottled is decision 5: bad tokens cost no downloads.
func TestKeyFetchIsThrottled(t *testing.T) {
	tn := newTenant(t)
	c := tn.client()
	unknown := func(t *idToken) { t.header["kid"] = "key-9" }
	bad := func(t *idToken) { t.sign = signRS256(testKeys()[2]) }
	for range 25 {
		_, _, err := tn.signIn(c, unknown)
		wantError(t, err, KindLoginRefused, reasonKey)
		_, _, err = tn.signIn(c, bad)
		wantError(t, err, KindLoginRefused, reasonSignature)
	}
	if n := tn.count(keysRoute); n != 2 {
		t.Errorf("%d downloads for 50 bad tokens, want the first and one repetition", n)
	}
	tn.clock.Advance(renewEvery - time.Second)
	_, _, _ = tn.signIn(c, unknown)
	if n := tn.count(keysRoute); n != 2 {
		t.Errorf("downloaded again after %v", renewEvery-time.Second)
	}
	tn.clock.Advance(time.Second)
	_, _, _ = tn.signIn(c, unknown)
	if n := tn.count(keysRoute); n != 3 {
		t.Errorf("not downloaded again after %v", renewEvery)
	}
}

// TestKeySetSurvivesGarbage: UP-18 and UP-03 for the key set.
func TestKeySetSurvivesGarbage(t *testing.T) {
	garbage := garbageBodies()
	garbage["no keys"] = `{"keys":[]}`
	garbage["keys not a list"] = `{"keys":{}}`
	garbage["keys twice"] = `{"keys":[],"keys":[]}`
	for name, body := range garbage {
		t.Run("UP-18 "+name, func(t *testing.T) {
			tn := newTenant(t)
			c := tn.client()
			if _, _, err := tn.signIn(c, nil); err != nil {
				t.Fatal(err)
			}
			tn.says(keysRoute, http.StatusOK, body)
			tn.clock.Advance(heldFor)
			if _, _, err := tn.signIn(c, nil); err != nil {
				t.Fatalf("known key forgotten: %v", err)
			}
			_, _, err := tn.signIn(c, func(t *idToken) { t.header["kid"] = "key-9" })
			wantError(t, err, KindUnavailable, reasonMalformed)
			tn.on(keysRoute, nil)
			tn.clock.Advance(renewEvery)
			if _, _, err := tn.signIn(c, nil); err != nil || tn.count(keysRoute) != 3 {
				t.Errorf("not recovered: %v, %d downloads", err, tn.count(keysRoute))
			}
		})
	}
	t.Run("UP-06 nothing known yet, 503", func(t *testing.T) {
		tn := newTenant(t)
		c := tn.client()
		tn.says(keysRoute, http.StatusServiceUnavailable, "")
		_, _, err := tn.signIn(c, nil)
		wantError(t, err, KindUnavailable, reasonMalformed)
		tn.on(keysRoute, nil)
		tn.clock.Advance(retryEvery)
		if _, _, err := tn.signIn(c, nil); err != nil {
			t.Error(err)
		}
	})
}
