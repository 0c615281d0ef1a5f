package auth0

import (
	"errors"
	"fmt"
	"hash/maphash"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"time"

	"mysecurity/internal/secret"
)

// AccessToken is the user's own credential for the MFA API: the access token of
// a sign-in with the audience https://DOMAIN/mfa/, ten minutes long. It is not
// the opaque mfa_token of an mfa_required error; the two must never be mixed up.
//
// https://auth0.com/docs/secure/multi-factor-authentication/manage-mfa-auth0-apis/manage-authenticator-factors-mfa-api
type AccessToken struct {
	value secret.Secret
	user  user // whose it is, if Of was told
}

// NewAccessToken wraps a token that was kept, for example, in a session.
func NewAccessToken(value secret.Secret) AccessToken { return AccessToken{value: value} }

// Secret returns the token for keeping.
func (t AccessToken) Secret() secret.Secret { return t.value }

// Format keeps every verb from the value; of a field that is not exported fmt would
// not ask the field itself.
func (t AccessToken) Format(f fmt.State, verb rune) { t.value.Format(f, verb) }

// Config says which tenant, as which application. Everything the client relies
// on is fixed here; nothing is derived from a request or from an answer.
type Config struct {
	// Issuer is the tenant as the browser sees it (the custom domain where one is
	// used): "https://acme.eu.auth0.com/". It is compared exactly and gives scheme
	// and host of every request.
	Issuer string

	ClientID     string
	ClientSecret secret.Secret
	// BasicAuth sends the client's credentials to the token endpoint in the
	// Authorization header; otherwise they travel in the form. There is no
	// probing: a probe would send the code twice.
	BasicAuth bool

	// MFAAudience is the identifier of the MFA API, "https://DOMAIN/mfa/". The
	// trailing slash is part of it.
	MFAAudience   string
	RedirectURL   string // the registered callback, exact
	PostLogoutURL string // where the tenant sends the browser after sign-out; must be registered

	// OfflineAccess asks for a refresh token at each sign-in. Without it none is
	// taken, whatever the tenant sends.
	OfflineAccess bool

	// AllowLoopbackHTTP permits an http issuer on this very machine and the
	// marker of an emulated tenant. For development and demonstration only.
	AllowLoopbackHTTP bool

	// Patience is how long one operation may take, at most as long as the standard
	// of eight seconds, which 0 stands for. Tests have less of it.
	Patience time.Duration

	Now    func() time.Time // nil means time.Now
	Logger *slog.Logger     // events nobody is waiting for; nil discards them
	Meter  Meter            // nil: nobody counts
}

// Client talks to one tenant. It is safe for concurrent use and holds nothing
// of any user.
type Client struct {
	cfg    Config
	now    func() time.Time
	log    *slog.Logger
	limits limits
	seed   maphash.Seed // of persons
	http   pinned
	// patient is for the one call that must not be cut early: a refresh token whose
	// answer was not waited for is lost.
	patient pinned
	places  *bulkhead

	circuits map[string]*circuit // by group of endpoints
	provider *held[provider]
	keys     *held[keySet]
}

// New checks the configuration and makes a client. It does not use the network:
// a tenant that is down must not keep the portal from starting.
func New(cfg Config) (*Client, error) {
	l := standardLimits()
	if cfg.Patience > 0 {
		l.total = min(l.total, cfg.Patience)
	}
	return newClient(cfg, l)
}

func newClient(cfg Config, l limits) (*Client, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	issuer, err := parseIssuer(cfg.Issuer, cfg.AllowLoopbackHTTP)
	if err := errors.Join(err, cfg.complete()); err != nil {
		return nil, err
	}
	patient := l
	patient.header = l.total
	c := &Client{
		cfg:     cfg,
		now:     cfg.Now,
		log:     cfg.Logger,
		limits:  l,
		seed:    maphash.MakeSeed(),
		http:    newTransport(issuer, l),
		patient: newTransport(issuer, patient),
		places:  newBulkhead(l),
	}
	c.circuits = newCircuits(l, c.now, c.log)
	c.provider = newHeld(opDiscovery, c.now, c.loadProvider)
	c.keys = newHeld(opKeys, c.now, c.loadKeys)
	return c, nil
}

// Close lets go of idle connections. Calls in flight are not disturbed.
func (c *Client) Close() {
	c.http.closeIdle()
	c.patient.closeIdle()
}

func (cfg Config) complete() error {
	var missing []error
	for name, value := range map[string]string{
		"MFA audience":    cfg.MFAAudience,
		"client id":       cfg.ClientID,
		"client secret":   cfg.ClientSecret.Reveal(),
		"redirect URL":    cfg.RedirectURL,
		"post-logout URL": cfg.PostLogoutURL,
	} {
		if value == "" {
			missing = append(missing, fmt.Errorf("auth0: the %s is missing", name))
		}
	}
	return errors.Join(missing...)
}

// parseIssuer accepts exactly "https://host[:port]/", and its http twin for a
// loopback host where that is allowed.
func parseIssuer(issuer string, allowLoopbackHTTP bool) (*url.URL, error) {
	u, err := url.Parse(issuer)
	if err != nil || u.Host == "" || issuer != u.Scheme+"://"+u.Host+"/" || u.Host != strings.ToLower(u.Host) {
		return nil, errors.New("auth0: the issuer must look like https://tenant.example/, in lower case, with its trailing slash")
	}
	switch {
	case u.Scheme == "https":
		return u, nil
	case u.Scheme == "http" && allowLoopbackHTTP && isLoopback(u.Hostname()):
		return u, nil
	default:
		return nil, errors.New("auth0: the issuer must be https; http is for development on a loopback host")
	}
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
