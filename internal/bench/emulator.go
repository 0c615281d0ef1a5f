package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pquerna/otp/totp"
)

// The one user of the measured tenant. The keys open nothing else.
const (
	emulatorUser     = "ada@example.com"
	emulatorPassword = "bench-password"
	emulatorKey      = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
)

// seed is a tenant whose user has as many authenticators as the stand-in's.
func seed() ([]byte, error) {
	apps := make([]map[string]string, authenticators)
	for i := range apps {
		apps[i] = map[string]string{"type": "otp"}
	}
	apps[0]["secret"] = emulatorKey
	return json.Marshal(map[string]any{
		"applications": []any{map[string]any{
			"name": "portal", "client_id": clientID, "client_secret": clientSecret,
			"callbacks": []string{}, "logout_urls": []string{},
			"grant_types": []string{"password", "http://auth0.com/oauth/grant-type/mfa-otp"},
		}},
		"users": []any{map[string]any{
			"user_id": "auth0|bench", "email": emulatorUser, "email_verified": false, "password": emulatorPassword,
			"name": personName, "authenticators": apps,
		}},
	})
}

// startEmulator runs the emulator alone.
func (b *bench) startEmulator(ctx context.Context) (*process, error) {
	address, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	content, err := seed()
	if err != nil {
		return nil, err
	}
	file := filepath.Join(b.folder, "seed.json")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		return nil, err
	}
	return b.start(ctx, "emulator", address, []string{
		"EMULATOR_ADDR=" + address, "EMULATOR_PUBLIC_URL=http://" + address, "EMULATOR_SEED_FILE=" + file,
	}, b.emulator, "emulator")
}

// emulatorStart is what the first answer of an emulator is asked for.
func emulatorStart(address string) string {
	return "GET /.well-known/openid-configuration HTTP/1.1\r\nHost: " + address + "\r\n\r\n"
}

// listOf signs the user in with password and code and returns the request that
// lists the authenticators.
func listOf(ctx context.Context, address string) ([]byte, error) {
	common := url.Values{"client_id": {clientID}, "client_secret": {clientSecret}}
	common.Set("audience", "http://"+address+"/mfa/")
	common.Set("scope", "enroll read:authenticators remove:authenticators")
	var challenged struct {
		Token string `json:"mfa_token"`
	}
	err := grant(ctx, address, common, map[string]string{
		"grant_type": "password", "username": emulatorUser, "password": emulatorPassword,
	}, &challenged)
	if err != nil {
		return nil, err
	}
	code, err := totp.GenerateCode(emulatorKey, time.Now())
	if err != nil {
		return nil, err
	}
	var granted struct {
		Token string `json:"access_token"`
	}
	err = grant(ctx, address, common, map[string]string{
		"grant_type": "http://auth0.com/oauth/grant-type/mfa-otp", "mfa_token": challenged.Token, "otp": code,
	}, &granted)
	if err == nil && granted.Token == "" {
		err = errors.New("the emulator gave no access token")
	}
	return []byte("GET /mfa/authenticators HTTP/1.1\r\nHost: " + address + "\r\nAuthorization: Bearer " + granted.Token + "\r\n\r\n"), err
}

// grant asks the token endpoint and reads the answer, a refusal as well.
func grant(ctx context.Context, address string, common url.Values, form map[string]string, into any) error {
	for name, value := range form {
		common.Set(name, value)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+address+"/oauth/token", strings.NewReader(common.Encode()))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(into); err != nil {
		return fmt.Errorf("token endpoint: %s: %w", response.Status, err)
	}
	return nil
}
