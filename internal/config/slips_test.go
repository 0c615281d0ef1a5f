package config_test

import (
	"encoding/base64"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mysecurity/internal/config"
)

const (
	likeClientSecret = "Qx7_canary-Zt4bM1vK9sPw2RfYc6HjLd8NgUe3AoXiTq5BzVyCkWrJmGhSnE0p"
	likeSessionKey   = "mF3x+canary/0Qe7sYb2Zp9LhTj5Vw1KuRc8NdGiXo4="
)

// TestSecretInTheWrongPlace (SL-01): whatever setting a secret was given to by
// mistake, no message holds it, and nothing starts that would show it.
func TestSecretInTheWrongPlace(t *testing.T) {
	for _, canary := range []string{likeClientSecret, likeSessionKey} {
		for _, v := range config.Variables() {
			for what, value := range map[string]string{
				"alone": canary, "in a list": "app, " + canary, "in an address": "https://acme.com/" + canary, "in a file": "bbolt:" + canary + "/x.db",
			} {
				_, warnings, err := config.Load(complete(v.Name + "=" + value))
				_, moreWarnings, demoErr := config.LoadDemo([]string{v.Name + "=" + value})
				for _, text := range append(append(warnings, moreWarnings...), errorText(err), errorText(demoErr)) {
					if strings.Contains(text, canary) {
						t.Errorf("SL-01 %s, %s: %s", v.Name, what, text)
					}
				}
				isPlace := strings.HasPrefix(v.Name, "AUTH0_CLIENT_SECRET") || strings.HasPrefix(v.Name, "SESSION_KEYS")
				readBySomebodyElse := strings.HasPrefix(v.Name, "EMULATOR_")
				isForm := v.Name == "SUPPORT_URL" && what == "in an address" // shown to everybody, and forms have such addresses
				if err == nil && !isPlace && !readBySomebodyElse && !isForm {
					t.Errorf("SL-01 %s, %s: accepted", v.Name, what)
				}
				if demoErr == nil && !isForm && (readBySomebodyElse || v.Commands == "all" || v.Commands == "serve, demo") {
					t.Errorf("SL-01 %s, %s: accepted by the demo", v.Name, what)
				}
			}
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// TestSwappedCredentials (SL-01): the doctor prints the client id.
func TestSwappedCredentials(t *testing.T) {
	const id = "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC2dF" // 32 characters, as Auth0's
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("of.thirty.seven.characters.0123456789"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, changes := range map[string][]string{
		"as Auth0 has them":  {"AUTH0_CLIENT_ID=" + random, "AUTH0_CLIENT_SECRET=" + id},
		"the secret twice":   {"AUTH0_CLIENT_ID=" + random},
		"a shorter secret":   {"AUTH0_CLIENT_ID=AbcdefghijklmnopqrstuvwxyZ0123456789", "AUTH0_CLIENT_SECRET=" + id},
		"one of a file":      {"AUTH0_CLIENT_ID=of.thirty.seven.characters.0123456789", "AUTH0_CLIENT_SECRET=", "AUTH0_CLIENT_SECRET_FILE=" + file},
		"part of an address": {"AUTH0_MFA_AUDIENCE=https://acme.eu.auth0.com/" + random},
		"another tenant's":   {"COMPANY_NAME=" + strings.ToLower(random) + "Aa0" + random[:20] + random[:20]},
	} {
		_, _, err := config.Load(complete(changes...))
		if err == nil || strings.Contains(err.Error(), strings.SplitN(changes[0], "=", 2)[1]) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := config.Load(complete("AUTH0_CLIENT_ID=" + id)); err != nil {
		t.Errorf("a good id: %v", err)
	}
}

// TestEverySecretLooksSo: whatever Auth0 or openssl draws.
func TestEverySecretLooksSo(t *testing.T) {
	random := rand.NewChaCha8([32]byte{1})
	missed, raw := 0, make([]byte, 48)
	for range 1000 {
		_, _ = random.Read(raw)
		for _, canary := range []string{base64.RawURLEncoding.EncodeToString(raw), base64.StdEncoding.EncodeToString(raw[:32])} {
			if _, _, err := config.Load(complete("DATA_DIR=/srv/" + canary + "/x")); err == nil {
				missed++
			}
		}
	}
	if missed > 2 {
		t.Errorf("%d of 2000 are taken for names", missed)
	}
}

// TestNoSecret: what people give to settings is not taken for a secret.
func TestNoSecret(t *testing.T) {
	for _, setting := range []string{
		"PUBLIC_URL=https://my-security-settings-of-the-whole-company-2026.intranet.corp.com/security",
		"COMPANY_NAME=Société générale des Établissements Réunis 1889 & Fils, Saint-Jean-sur-Richelieu",
		"DATA_DIR=/var/lib/containers/storage/volumes/9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08/_data",
		"DATA_DIR=/run/user/1000/My-Security/Data-2026/SessionFiles",
		"SUPPORT_URL=https://docs.google.com/forms/d/e/1FAIpQLSfx7Zb2QeT9vKcW4nR8yH1mJ6sD3gP5uL0aXiBoCqEwNkVtYz/viewform",
		"SUPPORT_URL=https://servicedesk.corp.com/servlet/Portal/Create/1234-Second-Factor?Queue=Identity",
		"DATA_DIR=/tmp/TestDoctor_callback_of_the_Application_2_not_registered3141592653/001",
		"DATA_DIR=/tmp/MySecuritySettingsOfTheWholeCompanyWith2Instances",
		"DATA_DIR=/srv/0b8f1c52-7f0e-4c5d-9a37-2f6e1d4c8b90-my-security-settings",
		"TRUSTED_PROXIES=10.0.0.0/8, 2001:db8:aaaa:bbbb::/64",
	} {
		if _, _, err := config.Load(complete(setting)); err != nil {
			t.Errorf("%s: %v", setting, err)
		}
	}
}
