package main

import (
	"bytes"
	"strings"
	"testing"

	"mysecurity/internal/auth0"
	"mysecurity/internal/config"
)

// TestPublicURLAmongTheMistakes (EM-05): what only the site finds wrong with its
// address is told with all the rest, once, by every command that reads it.
func TestPublicURLAmongTheMistakes(t *testing.T) {
	for command, tt := range map[string]struct {
		environ []string
		told    []string
	}{
		"serve":           {[]string{"PUBLIC_URL=https://host.example:/", "LOG_LEVEL=x"}, []string{"PUBLIC_URL has an empty port", "LOG_LEVEL must be", "COMPANY_NAME is missing"}},
		"doctor":          {[]string{"PUBLIC_URL=https://host.example:/", "LOG_LEVEL=x"}, []string{"configuration       PUBLIC_URL has an empty port", "configuration       LOG_LEVEL must be", "configuration       COMPANY_NAME is missing"}},
		"demo":            {[]string{"PUBLIC_URL=http://localhost:/", "LOG_LEVEL=x"}, []string{"PUBLIC_URL has an empty port", "LOG_LEVEL must be"}},
		"serve by itself": {[]string{"PUBLIC_URL=http://host.example/"}, []string{"PUBLIC_URL must begin with https://"}},
		"demo by itself":  {[]string{"PUBLIC_URL=https://host.example/"}, []string{"PUBLIC_URL must be an address of this machine"}},
	} {
		t.Run(command, func(t *testing.T) {
			var out bytes.Buffer
			err := run(t.Context(), strings.Fields(command)[:1], tt.environ, &out, &out)
			if err == nil {
				t.Fatal("it started")
			}
			text := out.String() + err.Error()
			for _, told := range tt.told {
				if !strings.Contains(text, told) {
					t.Errorf("%q was not told:\n%s", told, text)
				}
			}
			if n := strings.Count(text, "PUBLIC_URL "); n != 1 {
				t.Errorf("PUBLIC_URL was told of %d times:\n%s", n, text)
			}
		})
	}
}

// TestTenantTaken: a tenant's name that the configuration takes is one that the
// client takes, so that no start is refused without the variable's name.
func TestTenantTaken(t *testing.T) {
	for _, domain := range []string{
		"acme.eu.auth0.com", "ACME.eu.auth0.com", "login.acme.com:8443", "acme.eu.auth0.com.", "acme.eu.auth0.com:", "acme..com", "acme%2eeu.auth0.com",
		"bücher.de", `acme\.com`, "acme.com;x", "acme .com", "[acme.com]", "acme.com:port", "user:password@acme.com",
	} {
		cfg, _, err := config.Load([]string{
			"PUBLIC_URL=https://security.corp.com", "AUTH0_DOMAIN=" + domain, "AUTH0_CLIENT_ID=abc", "COMPANY_NAME=Acme",
			"AUTH0_CLIENT_SECRET=h7Qz0vKp3LxT9bNw2RfYs6JmUc1EdGaX8iOkVtZqPyBuHrWnMlCjSgFeDA54oI_-", "SESSION_KEYS=" + doctorKey,
		})
		if err != nil {
			if !strings.Contains(err.Error(), "AUTH0_DOMAIN must be a host name") || strings.Count(err.Error(), "\n") != 1 {
				t.Errorf("%s: %v", domain, err)
			}
			continue
		}
		tenant := tenantConfig(cfg)
		tenant.RedirectURL, tenant.PostLogoutURL = "https://security.corp.com/callback", "https://security.corp.com/signed-out"
		if _, err := auth0.New(tenant); err != nil {
			t.Errorf("%s: the configuration takes it, the client does not: %v", domain, err)
		}
	}
}
