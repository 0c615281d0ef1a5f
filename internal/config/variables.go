package config

import (
	"reflect"
	"slices"
	"strings"
)

// Variable describes one setting for documents and for the check of unknown
// names.
type Variable struct {
	Name     string
	Default  string // empty: none
	Commands string // which commands read it
	Meaning  string
}

// Variables lists every setting, in the order of the documents.
func Variables() []Variable {
	const (
		all    = "all"
		portal = "serve, demo"
	)
	return []Variable{
		{"PUBLIC_URL", "", all, "the portal's own address, with a path prefix if it has one; required by serve"},
		{"AUTH0_DOMAIN", "", "serve", "the tenant's host name, the custom domain if there is one; required"},
		{"AUTH0_CLIENT_ID", "", "serve", "the application's client id; required"},
		{"AUTH0_CLIENT_SECRET", "", "serve", "the application's client secret; required"},
		{"AUTH0_CLIENT_SECRET_FILE", "", "serve", "a file that holds the client secret, instead"},
		{"AUTH0_CLIENT_AUTH", "post", "serve", "how the client authenticates: post or basic"},
		{"AUTH0_MFA_AUDIENCE", "", "serve", "the MFA API's identifier; https://AUTH0_DOMAIN/mfa/ if not given"},
		{"AUTH0_ISSUER", "", "serve", "another issuer, with PORTAL_MODE=development only"},
		{"SESSION_KEYS", "", "serve", "base64 keys of 32 random bytes, newest first, separated by commas; required"},
		{"SESSION_KEYS_FILE", "", "serve", "a file that holds the session keys, instead"},
		{"SESSION_STORE", "", "serve", "bbolt:FILE; sessions.db in DATA_DIR if not given"},
		{"DATA_DIR", "data", portal, "folder of the session file; the demo makes a temporary one in it, or in the system's if not given"},
		{"COMPANY_NAME", "", portal, "the company's name on every page; required by serve"},
		{"SUPPORT_URL", "", portal, "https: or mailto: address of the help desk"},
		{"MIN_METHODS", "1", portal, "below this many strong methods nobody can remove one; 0 permits removing the last"},
		{"METHODS", "app,sms,voice,email,push", portal, "what people may add, of app, sms, voice, email and push; what the tenant has switched off should not be listed"},
		{"REFRESH", "off", portal, "on asks for a refresh token at each sign-in, so that the list stays readable as long as the session lasts; changes need a proof of ten minutes all the same"},
		{"TRUSTED_PROXIES", "", "serve", "addresses or networks whose X-Forwarded-For is believed, for the log and the limit of sign-ins"},
		{"PROXY_PREFIX", "kept", "serve", "what a proxy does with the path of PUBLIC_URL: kept, or stripped from what it passes on"},
		{"PORTAL_MODE", "production", "serve", "production, or development, which permits a tenant on this machine"},
		{"PORTAL_ADDR", "127.0.0.1:8080", all, "where the portal listens; fd:3 for serve: the socket that systemd holds for it"},
		{"ADMIN_ADDR", "127.0.0.1:8082", portal, "where health, readiness and metrics are answered"},
		{"EMULATOR_ADDR", "127.0.0.1:8081", "demo, emulator", "where the emulated tenant listens"},
		{"EMULATOR_PUBLIC_URL", "", "demo, emulator", "the tenant's own address; http://localhost with its port if not given"},
		{"EMULATOR_TLS_DIR", "", "emulator", "folder for ca.pem: the tenant then speaks TLS, as SDKs want"},
		{"EMULATOR_SEED_FILE", "", "demo, emulator", "JSON with the tenant's applications, settings and users"},
		{"EMULATOR_CHAOS", "", "demo, emulator", "random, or a seed: delays, some 503, moving and extra JSON members, rotating keys"},
		{"LOG_FORMAT", "json", all, "json or text; text in the demo if not given"},
		{"LOG_LEVEL", "info", all, "debug, info, warn or error"},
	}
}

// families are the beginnings of names that are ours: a variable that begins so
// and is not known is probably misspelt.
func families() []string { return []string{"AUTH0_", "PORTAL_", "SESSION_", "EMULATOR_"} }

// unknown warns about settings of our families that the command does not read.
func unknown(given map[string]string, read any) []string {
	known := namesOf(reflect.TypeOf(read))
	var warnings []string
	for name := range given {
		ours := slices.ContainsFunc(families(), func(f string) bool { return strings.HasPrefix(name, f) })
		if ours && !slices.Contains(known, name) {
			warnings = append(warnings, name+" has no effect on this command; is it misspelt?")
		}
	}
	slices.Sort(warnings)
	return warnings
}

// namesOf lists the variables that a struct reads.
func namesOf(t reflect.Type) []string {
	var names []string
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Type.Kind() == reflect.Struct {
			names = append(names, namesOf(f.Type)...)
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("env"), ",")
		names = append(names, name)
	}
	return names
}
