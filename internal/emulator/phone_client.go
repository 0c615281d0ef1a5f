package emulator

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/url"
	"time"
)

// phoneTimeout bounds a call of a simulated phone; an armed fault may hold it up.
const phoneTimeout = 15 * time.Second

// phoneClient returns the HTTP client of the simulated phones. They call the
// tenant by its public address. Inside a container or behind a port mapping
// nobody listens there, so the connection goes to the address at which this
// process got the tester's own request: that is always the tenant.
func phoneClient(publicURL string, served *tls.Config) *http.Client {
	dialer := &net.Dialer{Timeout: phoneTimeout}
	own := hostAndPort(publicURL)
	return &http.Client{
		Timeout:       phoneTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				if listener, ok := ctx.Value(http.LocalAddrContextKey).(net.Addr); ok && address == own {
					network, address = listener.Network(), listener.String()
				}
				return dialer.DialContext(ctx, network, address)
			},
			TLSClientConfig:     trusting(served),
			TLSHandshakeTimeout: phoneTimeout,
			IdleConnTimeout:     time.Second, // a phone calls now and then
		},
	}
}

// trusting accepts the certificate that the tenant is served with, and no other.
func trusting(served *tls.Config) *tls.Config {
	trust := &tls.Config{MinVersion: tls.VersionTLS12}
	if served == nil {
		return trust
	}
	trust.RootCAs = x509.NewCertPool()
	for _, own := range served.Certificates {
		if leaf, err := x509.ParseCertificate(own.Certificate[0]); err == nil {
			trust.RootCAs.AddCert(leaf)
		}
	}
	return trust
}

// hostAndPort is the address that a client dials for a URL.
func hostAndPort(raw string) string {
	u, err := url.Parse(raw)
	if err != nil { // New has parsed it before
		return ""
	}
	if u.Port() != "" {
		return u.Host
	}
	return net.JoinHostPort(u.Hostname(), map[string]string{"http": "80", "https": "443"}[u.Scheme])
}
