package config

import (
	"fmt"
	"net"
	"net/url"
	"strconv"

	"github.com/caarlos0/env/v11"
)

// Demo is what demo and emulator need. Everything stays on this machine.
type Demo struct {
	PortalAddr        string
	EmulatorAddr      string
	AdminAddr         string
	PublicURL         string // of the portal
	EmulatorPublicURL string
	EmulatorTLSDir    string // empty: plain HTTP
	EmulatorSeedFile  string // empty: the built-in tenant
	EmulatorChaos     string // empty: a steady tenant; else a seed, or "random"
	DataDir           string // empty: the system's folder for temporary files
	Shown
	MinMethods int
	Methods    Methods
	Refresh    bool
	Log
}

type demoVariables struct {
	PortalAddr        string `env:"PORTAL_ADDR" envDefault:"127.0.0.1:8080"`
	EmulatorAddr      string `env:"EMULATOR_ADDR" envDefault:"127.0.0.1:8081"`
	AdminAddr         string `env:"ADMIN_ADDR" envDefault:"127.0.0.1:8082"`
	PublicURL         string `env:"PUBLIC_URL"`
	EmulatorPublicURL string `env:"EMULATOR_PUBLIC_URL"`
	EmulatorTLSDir    string `env:"EMULATOR_TLS_DIR"`
	EmulatorSeedFile  string `env:"EMULATOR_SEED_FILE"`
	EmulatorChaos     string `env:"EMULATOR_CHAOS"`
	DataDir           string `env:"DATA_DIR"`
	Common            commonVariables
}

// LoadDemo reads the environment of demo and emulator. It refuses to start
// where a real tenant is configured, and any address that others could reach
// (EM-02, EM-03): an emulator in production would let everybody in.
func LoadDemo(environ []string) (Demo, []string, error) {
	given := environment(environ)
	var v demoVariables
	if err := env.ParseWithOptions(&v, env.Options{Environment: given}); err != nil {
		return Demo{}, nil, fmt.Errorf("config: %w", err)
	}
	c := &checker{}
	c.misplaced(given, v)
	for _, name := range []string{"AUTH0_DOMAIN", "AUTH0_CLIENT_SECRET", "AUTH0_CLIENT_SECRET_FILE"} {
		if given[name] != "" {
			c.wrong(name, "belongs to a real tenant; the emulator does not start beside one")
		}
	}
	if given["PORTAL_MODE"] == Production {
		c.wrong("PORTAL_MODE", "is production; the emulator does not start there")
	}
	demo := Demo{
		PortalAddr: c.loopback("PORTAL_ADDR", v.PortalAddr), EmulatorAddr: c.loopback("EMULATOR_ADDR", v.EmulatorAddr),
		AdminAddr: c.loopback("ADMIN_ADDR", v.AdminAddr),
		PublicURL: c.loopbackURL("PUBLIC_URL", v.PublicURL, "http", v.PortalAddr), EmulatorTLSDir: v.EmulatorTLSDir,
		EmulatorSeedFile: v.EmulatorSeedFile, EmulatorChaos: c.chaos("EMULATOR_CHAOS", v.EmulatorChaos), DataDir: v.DataDir,
		Shown: c.shown(v.Common), MinMethods: c.count("MIN_METHODS", v.Common.MinMethods, 5),
		Methods: c.methods("METHODS", v.Common.Methods),
		Refresh: c.oneOf("REFRESH", v.Common.Refresh, "off", "on") == "on",
		Log:     c.log(v.Common, "text"),
	}
	scheme := "http"
	if v.EmulatorTLSDir != "" {
		scheme = "https"
	}
	demo.EmulatorPublicURL = c.loopbackURL("EMULATOR_PUBLIC_URL", v.EmulatorPublicURL, scheme, v.EmulatorAddr)
	if demo.CompanyName == "" {
		demo.CompanyName = "Example Company"
	}
	return demo, unknown(given, demoVariables{}), c.mistakes()
}

// RandomChaos is the value of EMULATOR_CHAOS that asks for a seed of its own.
const RandomChaos = "random"

// chaos is nothing, a seed of 32 bits, or the word for any.
func (c *checker) chaos(name, value string) string {
	if _, err := strconv.ParseUint(value, 10, 32); err != nil && value != "" && value != RandomChaos {
		c.wrong(name, "must be random, or a seed: a number from 0 to 4294967295")
	}
	return value
}

// loopback is an address that only this machine can reach.
func (c *checker) loopback(name, value string) string {
	host, _, err := net.SplitHostPort(c.address(name, value))
	if err == nil && !isLoopback(host) {
		c.wrong(name, "must be on this machine, such as 127.0.0.1:8080: the emulator knows everybody's password")
	}
	return value
}

// loopbackURL is a public URL on this machine; by default localhost, because
// WebAuthn needs a name, with the port of the listener. It is empty with a mistake.
func (c *checker) loopbackURL(name, value, scheme, address string) string {
	if value == "" {
		_, port, err := net.SplitHostPort(address)
		if err != nil {
			return "" // the address is a mistake already
		}
		return scheme + "://localhost:" + port
	}
	u, err := url.Parse(value)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || !isLoopback(u.Hostname()) {
		c.wrong(name, "must be an address of this machine, such as "+scheme+"://localhost:8080")
		return ""
	}
	return value
}
