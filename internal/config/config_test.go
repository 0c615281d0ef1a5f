package config_test

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mysecurity/internal/config"
)

// random is a value that looks drawn at random, as the real ones are.
const random = "h7Qz0vKp3LxT9bNw2RfYs6JmUc1EdGaX8iOkVtZqPyBuHrWnMlCjSgFeDA54oI_-"

func key(salt byte) string {
	raw := make([]byte, 32)
	for i := range raw {
		raw[i] = byte(i*7) ^ salt
	}
	return base64.StdEncoding.EncodeToString(raw)
}

// complete is an environment that serve takes, changed by the given entries.
func complete(changes ...string) []string {
	return append([]string{
		"PUBLIC_URL=https://security.corp.com", "AUTH0_DOMAIN=acme.eu.auth0.com", "AUTH0_CLIENT_ID=abc",
		"AUTH0_CLIENT_SECRET=" + random, "SESSION_KEYS=" + key(1) + "," + key(2), "COMPANY_NAME=Acme",
	}, changes...)
}

func TestLoad(t *testing.T) {
	cfg, warnings, err := config.Load(complete("TRUSTED_PROXIES=10.0.0.0/8, 192.0.2.7", "LOG_LEVEL=debug"))
	if err != nil || len(warnings) != 0 {
		t.Fatal(err, warnings)
	}
	if cfg.Issuer != "https://acme.eu.auth0.com/" || cfg.MFAAudience != "https://acme.eu.auth0.com/mfa/" || cfg.Mode != config.Production {
		t.Errorf("derived values: %+v", cfg)
	}
	if cfg.SessionFile != filepath.Join("data", "sessions.db") || len(cfg.SessionKeys) != 2 || cfg.SessionKeys[0].Reveal() != key(1) {
		t.Errorf("session store %q, %d keys", cfg.SessionFile, len(cfg.SessionKeys))
	}
	if len(cfg.TrustedProxies) != 2 || cfg.TrustedProxies[1].Bits() != 32 || cfg.MinMethods != 1 || cfg.BasicAuth {
		t.Errorf("lists and numbers: %+v", cfg)
	}
}

// TestBehindAProxy (RD-13): both ways of passing paths on, and a socket that
// outlives the process.
func TestBehindAProxy(t *testing.T) {
	for value, want := range map[string]bool{"": false, "kept": false, "stripped": true} {
		cfg, _, err := config.Load(complete("PUBLIC_URL=https://intranet.corp.com/security", "PROXY_PREFIX="+value, "PORTAL_ADDR=fd:3"))
		if err != nil || cfg.PrefixStripped != want || cfg.PortalAddr != "fd:3" {
			t.Errorf("%q: %+v, %v", value, cfg, err)
		}
	}
}

// TestMistakes: each wrong setting is named, with what to do.
func TestMistakes(t *testing.T) {
	tests := []struct{ name, change, want string }{
		{"EM-04 loopback tenant", "AUTH0_DOMAIN=localhost:8081", "AUTH0_DOMAIN must be a public host name"},
		{"EM-04 private address", "AUTH0_DOMAIN=192.168.1.5", "AUTH0_DOMAIN must be a public host name"},
		{"EM-04 public address", "AUTH0_DOMAIN=93.184.216.34", "AUTH0_DOMAIN must be a public host name"},
		{"EM-04 short address", "AUTH0_DOMAIN=127.1", "AUTH0_DOMAIN must be a public host name"},
		{"EM-04 hexadecimal address", "AUTH0_DOMAIN=0x7f.0x1", "AUTH0_DOMAIN must be a public host name"},
		{"EM-04 IPv6 address", "AUTH0_DOMAIN=[2001:db8::1]", "AUTH0_DOMAIN must be a public host name"},
		{"EM-04 name without a dot", "AUTH0_DOMAIN=tenant", "AUTH0_DOMAIN must be a public host name"},
		{"EM-04 .local", "AUTH0_DOMAIN=tenant.local", "AUTH0_DOMAIN must be a public host name"},
		{"EM-04 trailing dot", "AUTH0_DOMAIN=tenant.local.", "AUTH0_DOMAIN must be a public host name"},
		{"a URL for a domain", "AUTH0_DOMAIN=https://acme.eu.auth0.com/", "AUTH0_DOMAIN must be a host name"},
		{"an escape in a domain", "AUTH0_DOMAIN=acme%2eeu.auth0.com", "AUTH0_DOMAIN must be a host name"},
		{"EM-04 other issuer", "AUTH0_ISSUER=http://localhost:8081/", "AUTH0_ISSUER is for PORTAL_MODE=development only"},
		{"unknown mode", "PORTAL_MODE=test", "PORTAL_MODE must be production or development"},
		{"plain http", "PUBLIC_URL=http://security.corp.com/", "PUBLIC_URL must begin with https://"},
		{"half a URL", "PUBLIC_URL=security.corp.com", "PUBLIC_URL must be the portal's whole address"},
		{"EM-06 short secret", "AUTH0_CLIENT_SECRET=abcdefghij", "AUTH0_CLIENT_SECRET is too short or a sample"},
		{"EM-06 sample secret", "AUTH0_CLIENT_SECRET=YOUR_CLIENT_SECRET_0123456789abcdefghijk", "AUTH0_CLIENT_SECRET is too short or a sample"},
		{"EM-06 short key", "SESSION_KEYS=" + base64.StdEncoding.EncodeToString([]byte("short")), "SESSION_KEYS must be base64 of exactly 32"},
		{"EM-06 constant key", "SESSION_KEYS=" + base64.StdEncoding.EncodeToString(make([]byte, 32)), "SESSION_KEYS has a key that is not random"},
		{"EM-06 pass phrase", "SESSION_KEYS=" + base64.StdEncoding.EncodeToString([]byte("correct horse battery staple 123")), "SESSION_KEYS has a key that is not random"},
		{"EM-06 repeated key", "SESSION_KEYS=" + key(1) + "," + key(1), "SESSION_KEYS has the same key twice"},
		{"two places", "SESSION_KEYS_FILE=/etc/hostname", "SESSION_KEYS and SESSION_KEYS_FILE are both given"},
		{"no port", "PORTAL_ADDR=127.0.0.1", "PORTAL_ADDR must be an address with a port"},
		{"port out of range", "ADMIN_ADDR=127.0.0.1:70000", "ADMIN_ADDR must be an address with a port"},
		{"proxy", "TRUSTED_PROXIES=proxy.corp.com", "TRUSTED_PROXIES must list addresses"},
		{"RD-13 prefix", "PROXY_PREFIX=rewritten", "PROXY_PREFIX must be kept or stripped"},
		{"RD-13 no prefix to strip", "PROXY_PREFIX=stripped", "PROXY_PREFIX is stripped, but PUBLIC_URL has no path"},
		{"standard output", "PORTAL_ADDR=fd:1", "PORTAL_ADDR must be fd:3"},
		{"socket without a number", "PORTAL_ADDR=fd:", "PORTAL_ADDR must be fd:3"},
		{"minimum", "MIN_METHODS=-1", "MIN_METHODS must be a number from 0 to 5"},
		{"support", "SUPPORT_URL=javascript:alert(1)", "SUPPORT_URL must be an https:// or mailto:"},
		{"client auth", "AUTH0_CLIENT_AUTH=none", "AUTH0_CLIENT_AUTH must be post or basic"},
		{"store", "SESSION_STORE=memory", "SESSION_STORE must be bbolt:FILE"},
		{"log format", "LOG_FORMAT=xml", "LOG_FORMAT must be json or text"},
		{"unknown method", "METHODS=app,totp", `METHODS must list some of app, sms, voice, email and push, not "totp"`},
		{"method with a capital", "METHODS=App", `METHODS must list some of app, sms, voice, email and push, not "App"`},
		{"empty method", "METHODS=app,,push", "METHODS has an empty entry"},
		{"comma at the end", "METHODS=app,", "METHODS has an empty entry"},
		{"only a comma", "METHODS=,", "METHODS has an empty entry"},
		{"method twice", "METHODS=app,sms, app", "METHODS lists app twice"},
		{"log level", "LOG_LEVEL=loud", "LOG_LEVEL must be debug"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := config.Load(complete(tt.change))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got %v\nwant %s", err, tt.want)
			}
			if _, value, _ := strings.Cut(tt.change, "="); strings.Contains(tt.change, "SECRET=") && strings.Contains(err.Error(), value) {
				t.Fatal("the message holds the secret")
			}
		})
	}
}

// TestMethods: what is offered is everything, or what the list names.
func TestMethods(t *testing.T) {
	all := config.Methods{App: true, Text: true, Call: true, Email: true, Push: true}
	for value, want := range map[string]config.Methods{
		"": all, "push, email,voice , sms,app": all, "app": {App: true}, "voice,push": {Call: true, Push: true}, "sms": {Text: true}, "email": {Email: true},
	} {
		cfg, _, err := config.Load(complete("METHODS=" + value))
		if err != nil || cfg.Methods != want {
			t.Errorf("%q: %+v, %v", value, cfg.Methods, err)
		}
		demo, _, err := config.LoadDemo([]string{"METHODS=" + value})
		if err != nil || demo.Methods != want {
			t.Errorf("demo, %q: %+v, %v", value, demo.Methods, err)
		}
	}
	_, _, err := config.Load(complete("METHODS=app,app,,totp", "MIN_METHODS=-1"))
	if err == nil || strings.Count(err.Error(), "METHODS") != 4 {
		t.Errorf("not every mistake is told at once: %v", err)
	}
}

// TestAllMistakesTogether (EM-05): nothing falls back to the emulator, and one
// start tells everything that is missing.
func TestAllMistakesTogether(t *testing.T) {
	_, _, err := config.Load(nil)
	for _, name := range []string{"PUBLIC_URL", "AUTH0_DOMAIN", "AUTH0_CLIENT_ID", "AUTH0_CLIENT_SECRET", "SESSION_KEYS", "COMPANY_NAME"} {
		if err == nil || !strings.Contains(err.Error(), "\n"+name+" is missing") {
			t.Errorf("%s is not named in: %v", name, err)
		}
	}
}

func TestDevelopmentPermitsOneLoopbackIssuer(t *testing.T) {
	cfg, _, err := config.Load(complete("PORTAL_MODE=development", "AUTH0_DOMAIN=", "AUTH0_ISSUER=http://localhost:8081/",
		"PUBLIC_URL=http://localhost:8080", "AUTH0_CLIENT_SECRET=short"))
	if err != nil || cfg.Issuer != "http://localhost:8081/" || cfg.MFAAudience != "http://localhost:8081/mfa/" {
		t.Fatalf("%+v, %v", cfg, err)
	}
	for _, refused := range []string{"http://tenant.corp.com/", "http://LOCALHOST:8081/", "http://x@localhost:8081/", "http://localhost:8081/?"} {
		if _, _, err := config.Load(complete("PORTAL_MODE=development", "AUTH0_ISSUER="+refused)); err == nil || !strings.Contains(err.Error(), "AUTH0_ISSUER ") {
			t.Errorf("%s: %v", refused, err)
		}
	}
}

// TestDomainInAnyCase: host names have no case, the tenant's name in its tokens has.
func TestDomainInAnyCase(t *testing.T) {
	cfg, _, err := config.Load(complete("AUTH0_DOMAIN=ACME.eu.Auth0.com"))
	if err != nil || cfg.Issuer != "https://acme.eu.auth0.com/" || cfg.MFAAudience != "https://acme.eu.auth0.com/mfa/" {
		t.Fatalf("%+v, %v", cfg, err)
	}
}

// TestSecretFiles (13.3.1, EM-06): secrets may come from files that not
// everybody can read.
func TestSecretFiles(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte(random+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	environ := complete("AUTH0_CLIENT_SECRET=", "AUTH0_CLIENT_SECRET_FILE="+file)
	cfg, _, err := config.Load(environ)
	if err != nil || cfg.ClientSecret.Reveal() != random {
		t.Fatal(err)
	}
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, _, err := config.Load(environ); err == nil || !strings.Contains(err.Error(), "chmod o-rwx") {
		t.Fatalf("a world-readable secret was accepted: %v", err)
	}
	if _, _, err := config.Load(complete("AUTH0_CLIENT_SECRET=", "AUTH0_CLIENT_SECRET_FILE="+file+"-none")); err == nil {
		t.Fatal("a missing file was accepted")
	}
}

func TestWarnings(t *testing.T) {
	_, warnings, err := config.Load(complete("AUTH0_CLINET_ID=abc", "EMULATOR_ADDR=127.0.0.1:1", "HOME=/root"))
	if err != nil || len(warnings) != 2 || !strings.HasPrefix(warnings[0], "AUTH0_CLINET_ID has no effect") {
		t.Fatal(err, warnings)
	}
}

func TestLoadDemo(t *testing.T) {
	demo, _, err := config.LoadDemo([]string{"PORTAL_ADDR=127.0.0.1:9080", "EMULATOR_ADDR=127.0.0.1:9081", "EMULATOR_TLS_DIR=/tmp"})
	if err != nil || demo.PublicURL != "http://localhost:9080" || demo.EmulatorPublicURL != "https://localhost:9081" || demo.Format != "text" {
		t.Fatalf("%+v, %v", demo, err)
	}
	tests := []struct{ name, entry string }{
		{"EM-02 open address", "EMULATOR_ADDR=0.0.0.0:8081"},
		{"EM-02 every address", "PORTAL_ADDR=:8080"},
		{"EM-02 public name", "EMULATOR_PUBLIC_URL=http://tenant.corp.com"},
		{"EM-03 real domain", "AUTH0_DOMAIN=acme.eu.auth0.com"},
		{"EM-03 real secret", "AUTH0_CLIENT_SECRET=" + random},
		{"EM-03 real secret in a file", "AUTH0_CLIENT_SECRET_FILE=/run/secret"},
		{"EM-03 production", "PORTAL_MODE=production"},
		{"EM-12 a seed that is none", "EMULATOR_CHAOS=much"},
		{"EM-12 a seed beyond 32 bits", "EMULATOR_CHAOS=4294967296"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			name, _, _ := strings.Cut(tt.entry, "=")
			if _, _, err := config.LoadDemo([]string{tt.entry}); err == nil || !strings.Contains(err.Error(), name) {
				t.Fatalf("started with %s: %v", tt.entry, err)
			}
		})
	}
}
