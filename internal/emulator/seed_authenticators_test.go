package emulator

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// TestSeedAuthenticators: what User tells is a seed of the same authenticators.
func TestSeedAuthenticators(t *testing.T) {
	w := newWorld(t)
	seed := []SeedAuthenticator{
		{Type: seedApp, Secret: someSecret},
		{Type: seedPhone, Number: adaNumber},
		{Type: seedEmail, Address: "second@example.com"},
		{Type: seedPush, Secret: strings.Repeat("A", 32)},
		{Type: seedRecovery, Secret: strings.Repeat("B", 24)},
	}
	raw, err := json.Marshal(map[string]any{"email": "eve@example.com", "password": "p", "authenticators": seed})
	if err != nil {
		t.Fatal(err)
	}
	if a := w.do("POST", "/control/users", string(raw), header("Content-Type", "application/json")); a.status != http.StatusCreated {
		t.Fatalf("create: %v", a)
	}
	w.wantKinds("eve@example.com", "totp+", "sms+", "voice+", "email+", "push+", "totp+", "recovery-code+")
	got, _ := w.e.User("eve@example.com")
	if len(got.Authenticators) != len(seed) {
		t.Fatalf("user %+v", got.Authenticators)
	}
	for i := range seed {
		if got.Authenticators[i] != seed[i] {
			t.Errorf("authenticator %+v, want %+v", got.Authenticators[i], seed[i])
		}
	}
	w.settings(map[string]any{"message_types": []string{"voice"}})
	voice := w.user("voice@example.com", SeedAuthenticator{Type: seedPhone}, SeedAuthenticator{Type: seedEmail})
	w.wantKinds(voice.Email, "voice+", "email+")
	if !validNumber(voice.Authenticators[0].Number) || voice.Authenticators[1].Address != voice.Email {
		t.Errorf("made up: %+v", voice.Authenticators)
	}
	for email, want := range map[string][]string{
		ada: {}, bruno: {"totp+", "recovery-code+", "sms+", "voice+"}, "chloe@example.com": {}, "dan@example.com": {"push+", "totp+"},
	} {
		w.wantKinds(email, want...)
	}
}
