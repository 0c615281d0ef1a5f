package config

import (
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

func (c *checker) required(name, value string) string {
	if value == "" {
		c.wrong(name, "is missing")
	}
	return value
}

func (c *checker) oneOf(name, value string, allowed ...string) string {
	if !slices.Contains(allowed, value) {
		c.wrong(name, "must be "+strings.Join(allowed, " or ")+notButQuoted(value))
	}
	return value
}

func (c *checker) count(name, value string, most int) int {
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 || n > most {
		c.wrong(name, "must be a number from 0 to "+strconv.Itoa(most))
	}
	return n
}

// methods reads a list of kinds: each known, none empty, none twice. A slip that
// was passed over would offer less, or more, than the administrator believes.
func (c *checker) methods(name, value string) Methods {
	var m Methods
	kinds := map[string]*bool{"app": &m.App, "sms": &m.Text, "voice": &m.Call, "email": &m.Email, "push": &m.Push}
	for kind := range strings.SplitSeq(value, ",") {
		kind = strings.TrimSpace(kind)
		switch on := kinds[kind]; {
		case kind == "":
			c.wrong(name, "has an empty entry: list some of app, sms, voice, email and push, separated by commas")
		case on == nil:
			c.wrong(name, "must list some of app, sms, voice, email and push"+notButQuoted(kind))
		case *on:
			c.wrong(name, "lists "+kind+" twice")
		default:
			*on = true
		}
	}
	return m
}

func (c *checker) address(name, value string) string {
	_, port, err := net.SplitHostPort(value)
	if n, convErr := strconv.Atoi(port); err != nil || convErr != nil || n < 1 || n > 65535 {
		c.wrong(name, "must be an address with a port, such as 127.0.0.1:8080")
	}
	return value
}

// portalAddress is an address, or the number of a socket that whoever started the
// process has opened for it. The first three numbers are its input and outputs.
func (c *checker) portalAddress(value string) string {
	number, inherited := strings.CutPrefix(value, "fd:")
	if !inherited {
		return c.address("PORTAL_ADDR", value)
	}
	if n, err := strconv.Atoi(number); err != nil || n < 3 || n > 255 {
		c.wrong("PORTAL_ADDR", "must be fd:3, the first socket that systemd hands over, or another number up to 255")
	}
	return value
}

// publicURL is what people type. Only a development portal on this machine may
// be without TLS. It is empty with a mistake; whoever builds URLs from it may find
// more.
func (c *checker) publicURL(value string) string {
	if c.required("PUBLIC_URL", value) == "" {
		return ""
	}
	u, err := url.Parse(value)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || (u.Scheme != "https" && u.Scheme != "http"):
		c.wrong("PUBLIC_URL", "must be the portal's whole address, such as https://security.example.com/")
	case u.Scheme == "http" && (c.production || !isLoopback(u.Hostname())):
		c.wrong("PUBLIC_URL", "must begin with https://; http:// is for PORTAL_MODE=development on this machine only")
	default:
		return value
	}
	return ""
}

// issuer is the tenant's name in every token: https://AUTH0_DOMAIN/ exactly, in
// lower case as tenants have it. A production portal refuses one that cannot be a
// real tenant (EM-04).
func (c *checker) issuer(domain, override string) string {
	if override != "" {
		return c.developmentIssuer(override)
	}
	if c.required("AUTH0_DOMAIN", domain) == "" {
		return ""
	}
	domain = strings.ToLower(domain)
	if strings.ContainsAny(domain, "/@?# ") || hostOf("https://"+domain+"/") != domain {
		c.wrong("AUTH0_DOMAIN", "must be a host name such as acme.eu.auth0.com, without https:// and slashes")
		return ""
	}
	if c.production && !isPublicHost(hostOf("https://"+domain+"/")) {
		c.wrong("AUTH0_DOMAIN", "must be a public host name: a tenant on this machine or in a private network is for PORTAL_MODE=development")
	}
	return "https://" + domain + "/"
}

func (c *checker) developmentIssuer(issuer string) string {
	u, err := url.Parse(issuer)
	switch {
	case c.production:
		c.wrong("AUTH0_ISSUER", "is for PORTAL_MODE=development only; name the tenant by AUTH0_DOMAIN")
	case err != nil || u.Host == "" || u.Path != "/" || u.RawQuery != "" || (u.Scheme != "https" && u.Scheme != "http"):
		c.wrong("AUTH0_ISSUER", "must be a whole address with one slash at the end, such as http://localhost:8081/")
	case issuer != u.Scheme+"://"+strings.ToLower(u.Host)+"/":
		c.wrong("AUTH0_ISSUER", "must be scheme and host in lower case, such as http://localhost:8081/, and nothing else")
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		c.wrong("AUTH0_ISSUER", "may begin with http:// on this machine only")
	}
	return issuer
}

func (c *checker) prefixes(name, value string) []netip.Prefix {
	var list []netip.Prefix
	for _, text := range strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' }) {
		prefix, err := netip.ParsePrefix(text)
		if address, addressErr := netip.ParseAddr(text); addressErr == nil {
			prefix, err = netip.PrefixFrom(address, address.BitLen()), nil
		}
		if err != nil {
			c.wrong(name, "must list addresses or networks such as 10.0.0.0/8"+notButQuoted(text))
			continue
		}
		list = append(list, prefix)
	}
	return list
}

// proxyPrefix reports whether a proxy takes the path of the public URL off what it
// passes on. Without a path there is nothing to take.
func (c *checker) proxyPrefix(value, publicURL string) bool {
	stripped := c.oneOf("PROXY_PREFIX", value, "kept", "stripped") == "stripped"
	if u, err := url.Parse(publicURL); stripped && err == nil && strings.Trim(u.Path, "/") == "" {
		c.wrong("PROXY_PREFIX", "is stripped, but PUBLIC_URL has no path that a proxy could take away")
	}
	return stripped
}

func (c *checker) shown(v commonVariables) Shown {
	if v.SupportURL != "" {
		u, err := url.Parse(v.SupportURL)
		if err != nil || (u.Scheme != "mailto" || u.Opaque == "") && (u.Scheme != "https" || u.Host == "") {
			c.wrong("SUPPORT_URL", "must be an https:// or mailto: address")
		}
	}
	return Shown{CompanyName: v.CompanyName, SupportURL: v.SupportURL}
}

func (c *checker) log(v commonVariables, format string) Log {
	if v.LogFormat != "" {
		format = c.oneOf("LOG_FORMAT", v.LogFormat, "json", "text")
	}
	var level slog.Level
	if err := level.UnmarshalText([]byte(v.LogLevel)); err != nil {
		c.wrong("LOG_LEVEL", "must be debug, info, warn or error")
	}
	return Log{Format: format, Level: level}
}

func hostOf(address string) string {
	if u, err := url.Parse(address); err == nil {
		return u.Host
	}
	return ""
}

func isLoopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}

// isPublicHost reports whether a host can be a tenant on the internet: a name
// with a dot that is not reserved for local use (RFC 6761, RFC 6762, RFC 8375),
// and no address, whatever its spelling: resolvers read 127.1 and 0x7f.1 as one,
// and no top-level domain begins with a digit.
func isPublicHost(hostPort string) bool {
	host := strings.ToLower(strings.TrimSuffix(hostPort, "."))
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	last := host[strings.LastIndex(host, ".")+1:]
	if last == host || last == "" || last[0] < 'a' || last[0] > 'z' || strings.Contains(host, ":") {
		return false
	}
	for _, local := range []string{".localhost", ".local", ".internal", ".test", ".invalid", ".example", ".home.arpa"} {
		if strings.HasSuffix(host, local) {
			return false
		}
	}
	return true
}
