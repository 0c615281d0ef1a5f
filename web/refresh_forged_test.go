package web_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"strings"
	"testing"
	"time"

	"mysecurity/internal/account"
	"mysecurity/internal/emulator"
)

// forger is a tenant that lies in its answers to refreshes, with tokens that its own
// keys have signed.
type forger struct {
	p   *portal
	key *rsa.PrivateKey
}

// newForger publishes a key of its own beside those of the emulator.
func newForger(p *portal) *forger {
	p.t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	must(p.t, err)
	response, err := p.tenant.Client().Get(p.tenant.Issuer() + ".well-known/jwks.json")
	must(p.t, err)
	defer response.Body.Close()
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	must(p.t, json.NewDecoder(response.Body).Decode(&set))
	encode := base64.RawURLEncoding.EncodeToString
	set.Keys = append(set.Keys, json.RawMessage(fmt.Sprintf(`{"kty":"RSA","use":"sig","alg":"RS256","kid":"forged","n":%q,"e":%q}`,
		encode(key.N.Bytes()), encode(big.NewInt(int64(key.E)).Bytes()))))
	p.upstream.answer(p.t, keysCall, func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, set) })
	return &forger{p, key}
}

func writeJSON(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body)
}

// answer makes the tenant answer refreshes with an ID token of these claims.
func (f *forger) answer(t *testing.T, claims map[string]any) {
	encode := base64.RawURLEncoding.EncodeToString
	payload, err := json.Marshal(claims)
	must(t, err)
	input := encode([]byte(`{"alg":"RS256","typ":"JWT","kid":"forged"}`)) + "." + encode(payload)
	sum := sha256.Sum256([]byte(input))
	signature, err := rsa.SignPKCS1v15(rand.Reader, f.key, crypto.SHA256, sum[:])
	must(t, err)
	members := map[string]any{
		"access_token": "forged-access-token", "refresh_token": "forged-refresh-token", "token_type": "Bearer", "expires_in": 600,
		"id_token": input + "." + encode(signature),
	}
	if claims == nil {
		delete(members, "id_token")
	}
	f.p.upstream.answer(t, tokenCall, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		writeJSON(w, members)
	})
}

// honest are the claims that the tenant should have sent.
func (f *forger) honest(user emulator.SeedUser) map[string]any {
	now := f.p.tenant.Clock().Now()
	return map[string]any{
		"iss": f.p.tenant.Issuer(), "sub": user.UserID, "aud": f.p.tenant.ClientID,
		"iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
	}
}

// TestForgedRefresh is OP-29: a refresh that answers with the ID token of somebody
// else, or for somebody else, ends the session. The operator is told, the refresh
// token that was shown is revoked and so is the one that came, and the tenant's list
// is not asked for with what came.
func TestForgedRefresh(t *testing.T) {
	t.Parallel()
	p := startPortal(t, offline)
	f := newForger(p)
	t.Run("honest", func(t *testing.T) { // or the rest would prove nothing
		p := p.in(t)
		user, b := p.tired()
		f.answer(t, f.honest(user))
		mark := p.upstream.mark()
		b.asksToConfirm(b.get("")) // with a forged access token: it is refused, and refreshed no more
		if n := p.upstream.since(mark); n[tokenCall] != 1 || n[listCall] != 1 {
			t.Errorf("calls %v", n)
		}
	})
	for name, change := range map[string]map[string]any{
		"OP-29 another sub":            {"sub": "auth0|somebody-else"},
		"OP-29 another iss":            {"iss": "https://other.example/"},
		"OP-29 another aud":            {"aud": "another-client"},
		"OP-29 a second aud":           {"aud": []string{"CLIENT", "another-client"}},
		"OP-29 another azp":            {"azp": "another-client"},
		"OP-29 nonce of another login": {"nonce": "another"},
		"OP-29 auth_time of now":       {"auth_time": "NOW"},
		"OP-29 an old token":           {"iat": "OLD"},
		"OP-29 no ID token":            nil,
	} {
		t.Run(name, func(t *testing.T) {
			p := p.in(t)
			p.later(time.Minute) // so that the keys may be read again
			user, b := p.tired()
			claims := f.honest(user)
			for claim, value := range change {
				claims[claim] = p.filledIn(value)
			}
			if change == nil {
				claims = nil
			}
			f.answer(t, claims)
			old, shown, mark := b.session(), p.upstream.lastRefresh(), p.upstream.mark()
			b.wantError(b.get(""), http.StatusForbidden, account.KindRefreshRefused)
			if n := p.upstream.since(mark); n[tokenCall] != 1 || n[listCall] != 0 || n[revokeCall] != 2 {
				t.Errorf("calls %v", n)
			}
			if b.session() != "" || b.signedIn() {
				t.Error("the cookie stays")
			}
			if p.takes(shown) {
				t.Error("OP-29 the token that was shown works")
			}
			thief := p.browser()
			thief.plant("mss_dev", old)
			thief.wantStatus(thief.get("add"), http.StatusUnauthorized)
		})
	}
	if n := strings.Count(p.log.String(), `"reason":"refresh-refused"`); n != 9 {
		t.Errorf("OP-29 %d records in the audit stream", n)
	}
	if n := strings.Count(p.log.String(), `"level":"ERROR","msg":"a refresh was answered`); n != 9 {
		t.Errorf("OP-29 %d alarms", n)
	}
	if strings.Contains(p.log.String(), "forged-") {
		t.Error("SL-01 a token is in the log")
	}
}

// filledIn puts what only the running portal knows into a claim.
func (p *portal) filledIn(claim any) any {
	switch claim {
	case "NOW":
		return p.tenant.Clock().Now().Unix()
	case "OLD":
		return p.tenant.Clock().Now().Add(-11 * time.Minute).Unix()
	}
	if list, ok := claim.([]string); ok {
		return []string{p.tenant.ClientID, list[1]}
	}
	return claim
}
