// Package config reads the settings from the environment, once, and reports all
// mistakes together, in words that an administrator can act on. What it returns
// is complete: nobody else looks at the environment.
package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"path/filepath"
	"strings"

	"github.com/caarlos0/env/v11"

	"mysecurity/internal/secret"
)

// The modes of the portal. Development permits one issuer on this machine.
const (
	Production  = "production"
	Development = "development"
)

// Config is what serve needs.
type Config struct {
	Mode           string
	PortalAddr     string
	AdminAddr      string
	PublicURL      string
	Issuer         string // with trailing slash
	ClientID       string
	ClientSecret   secret.Secret
	BasicAuth      bool // client authentication in a header instead of the body
	MFAAudience    string
	SessionKeys    []secret.Secret // newest first
	SessionFile    string
	TrustedProxies []netip.Prefix
	PrefixStripped bool // a proxy takes the path of PUBLIC_URL off what it passes on
	Shown
	MinMethods int
	Methods    Methods
	Refresh    bool // sign-ins ask for a refresh token
	Log
}

// Methods are the kinds of methods that the company offers. The tenant's MFA API
// does not tell.
type Methods struct {
	App, Text, Call, Email, Push bool
}

// Shown is what people see of the company.
type Shown struct {
	CompanyName string
	SupportURL  string // empty: no link
}

// Log says how to log.
type Log struct {
	Format string // "json" or "text"
	Level  slog.Level
}

// serveVariables is the environment of serve as it comes. A secret is given
// either in its variable or in a file that the variable with _FILE names.
type serveVariables struct {
	Mode             string `env:"PORTAL_MODE" envDefault:"production"`
	PortalAddr       string `env:"PORTAL_ADDR" envDefault:"127.0.0.1:8080"`
	AdminAddr        string `env:"ADMIN_ADDR" envDefault:"127.0.0.1:8082"`
	PublicURL        string `env:"PUBLIC_URL"`
	Domain           string `env:"AUTH0_DOMAIN"`
	Issuer           string `env:"AUTH0_ISSUER"`
	ClientID         string `env:"AUTH0_CLIENT_ID"`
	ClientSecret     string `env:"AUTH0_CLIENT_SECRET"`
	ClientSecretFile string `env:"AUTH0_CLIENT_SECRET_FILE"`
	ClientAuth       string `env:"AUTH0_CLIENT_AUTH" envDefault:"post"`
	MFAAudience      string `env:"AUTH0_MFA_AUDIENCE"`
	SessionKeys      string `env:"SESSION_KEYS"`
	SessionKeysFile  string `env:"SESSION_KEYS_FILE"`
	SessionStore     string `env:"SESSION_STORE"`
	DataDir          string `env:"DATA_DIR" envDefault:"data"`
	TrustedProxies   string `env:"TRUSTED_PROXIES"`
	ProxyPrefix      string `env:"PROXY_PREFIX" envDefault:"kept"`
	Common           commonVariables
}

// commonVariables are those of serve and of the demo.
type commonVariables struct {
	MinMethods  string `env:"MIN_METHODS" envDefault:"1"`
	Methods     string `env:"METHODS" envDefault:"app,sms,voice,email,push"`
	Refresh     string `env:"REFRESH" envDefault:"off"`
	CompanyName string `env:"COMPANY_NAME"`
	SupportURL  string `env:"SUPPORT_URL"`
	LogFormat   string `env:"LOG_FORMAT"`
	LogLevel    string `env:"LOG_LEVEL" envDefault:"info"`
}

// Load reads the environment of serve ("NAME=value" entries). Warnings name
// settings that have no effect; an error lists every mistake, one per line.
func Load(environ []string) (Config, []string, error) {
	given := environment(environ)
	var v serveVariables
	if err := env.ParseWithOptions(&v, env.Options{Environment: given}); err != nil {
		return Config{}, nil, fmt.Errorf("config: %w", err)
	}
	c := &checker{production: v.Mode != Development}
	clientSecret, keys := c.clientSecret(v.ClientSecret, v.ClientSecretFile), c.sessionKeys(v.SessionKeys, v.SessionKeysFile)
	c.misplaced(given, v, append(keys, clientSecret)...)
	cfg := Config{
		Mode:       c.oneOf("PORTAL_MODE", v.Mode, Production, Development),
		PortalAddr: c.portalAddress(v.PortalAddr), AdminAddr: c.address("ADMIN_ADDR", v.AdminAddr),
		PublicURL:      c.publicURL(v.PublicURL),
		Issuer:         c.issuer(v.Domain, v.Issuer),
		ClientID:       c.clientID(v.ClientID, clientSecret.Reveal()),
		ClientSecret:   clientSecret,
		BasicAuth:      c.oneOf("AUTH0_CLIENT_AUTH", v.ClientAuth, "post", "basic") == "basic",
		SessionKeys:    keys,
		SessionFile:    c.sessionFile(v.SessionStore, v.DataDir),
		TrustedProxies: c.prefixes("TRUSTED_PROXIES", v.TrustedProxies),
		PrefixStripped: c.proxyPrefix(v.ProxyPrefix, v.PublicURL),
		Shown:          c.shown(v.Common),
		MinMethods:     c.count("MIN_METHODS", v.Common.MinMethods, 5),
		Methods:        c.methods("METHODS", v.Common.Methods),
		Refresh:        c.oneOf("REFRESH", v.Common.Refresh, "off", "on") == "on",
		Log:            c.log(v.Common, "json"),
	}
	if cfg.MFAAudience = v.MFAAudience; cfg.MFAAudience == "" {
		cfg.MFAAudience = cfg.Issuer + "mfa/"
	}
	c.required("COMPANY_NAME", v.Common.CompanyName)
	return cfg, unknown(given, serveVariables{}), c.mistakes()
}

// sessionFile is where the embedded store lives.
func (c *checker) sessionFile(store, dataDir string) string {
	if store == "" {
		return filepath.Join(dataDir, "sessions.db")
	}
	file, found := strings.CutPrefix(store, "bbolt:")
	if !found || file == "" {
		c.wrong("SESSION_STORE", "must be bbolt:FILE, the path of the session file")
	}
	return file
}

// environment turns "NAME=value" entries into a map. Empty values count as not
// given, as they do in most deployment tools.
func environment(environ []string) map[string]string {
	given := map[string]string{}
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if given[name] = strings.TrimSpace(value); given[name] == "" {
			delete(given, name)
		}
	}
	return given
}

// checker collects mistakes.
type checker struct {
	production bool
	list       []error
}

func (c *checker) wrong(name, text string) {
	c.list = append(c.list, errors.New(name+" "+text))
}

// mistakes is all of them as one error, nil if there are none.
func (c *checker) mistakes() error {
	if len(c.list) == 0 {
		return nil
	}
	return fmt.Errorf("the configuration has mistakes:\n%w", errors.Join(c.list...))
}
