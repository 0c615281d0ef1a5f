package secret_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"mysecurity/internal/secret"
)

const canary = "canary-7c1f"

// TestNoFormatterReveals proves decision 20 of the security design: a secret
// that is printed by mistake, at any depth, prints as [redacted].
func TestNoFormatterReveals(t *testing.T) {
	s := secret.New(canary)
	wrapped := struct {
		Token secret.Secret
		Ptr   *secret.Secret
		List  []secret.Secret
	}{s, &s, []secret.Secret{s}}

	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb+" "+verb+"\n", s, wrapped)
	}
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "s", s, "wrapped", wrapped)
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "s", s, "wrapped", wrapped)
	encoded, err := json.Marshal(wrapped)
	if err != nil {
		t.Fatal(err)
	}
	out.Write(encoded)

	if strings.Contains(out.String(), canary) || strings.Contains(out.String(), fmt.Sprintf("%x", canary)) {
		t.Fatalf("a formatter revealed the secret:\n%s", out.String())
	}
	if !strings.Contains(out.String(), "[redacted]") {
		t.Fatal("nothing was printed at all")
	}
}

func TestEqual(t *testing.T) {
	if !secret.New("a").Equal(secret.New("a")) || secret.New("a").Equal(secret.New("b")) || secret.New("a").Equal(secret.New("ab")) {
		t.Fatal("Equal must compare values")
	}
	if !secret.New("").IsZero() || secret.New("a").IsZero() || secret.New("a").Reveal() != "a" {
		t.Fatal("IsZero or Reveal is wrong")
	}
}
