package auth0

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

// limits bounds what one tenant, well or ill, may cost us.
type limits struct {
	connect  time.Duration // name look-up and TCP
	tls      time.Duration // handshake
	header   time.Duration // from the sent request to the answer's header
	total    time.Duration // one operation of ours, a permitted repetition included
	slot     time.Duration // waiting for a free call before giving up
	answer   int64         // bytes of an answer, after decompression
	inFlight int           // calls at the same time
	perUser  int           // of them, calls of one user
	visitors int           // of them, calls for people who are not signed in

	// A circuit opens at so many failures within the window that outweigh the
	// successes, of one user not more than so many, and lets a probe through after
	// its rest.
	circuitFailures uint32
	circuitPerUser  int
	circuitWindow   time.Duration
	circuitRest     time.Duration

	roots    *x509.CertPool // nil: the system's; tests trust their own server
	resolver *net.Resolver  // nil: the system's; tests have names of their own
}

func standardLimits() limits {
	return limits{
		connect:  2 * time.Second,
		tls:      3 * time.Second,
		header:   5 * time.Second,
		total:    8 * time.Second,
		slot:     500 * time.Millisecond,
		answer:   256 << 10,
		inFlight: 64,
		perUser:  16,
		visitors: 32,

		circuitFailures: 10,
		circuitPerUser:  4, // so that it takes three people
		circuitWindow:   30 * time.Second,
		circuitRest:     10 * time.Second,
	}
}

// newTransport makes the only way out of the portal. It knows one host and keeps
// as many idle connections to it as there may be calls (the standard transport
// keeps two). There is no http.Client on top: it would follow redirects, posting
// codes, verifiers and the client secret to wherever they point; here a redirect
// is an answer.
func newTransport(issuer *url.URL, l limits) pinned {
	transport := &http.Transport{
		DialContext:            (&net.Dialer{Timeout: l.connect, KeepAlive: 30 * time.Second, Resolver: l.resolver}).DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: l.roots},
		TLSHandshakeTimeout:    l.tls,
		ResponseHeaderTimeout:  l.header,
		MaxResponseHeaderBytes: 64 << 10,
		MaxIdleConns:           l.inFlight,
		MaxIdleConnsPerHost:    l.inFlight,
		// Shorter than what servers usually keep, so that a call seldom meets a
		// connection that the other side is just closing.
		IdleConnTimeout:   50 * time.Second,
		ForceAttemptHTTP2: true,
	}
	if issuer.Scheme == "https" {
		// An outbound proxy of the company sees a tunnel, never the content.
		transport.Proxy = http.ProxyFromEnvironment
	}
	return pinned{scheme: issuer.Scheme, host: issuer.Host, limit: l.answer, next: transport}
}

var (
	errForeignHost = errors.New("auth0: request for another host than the tenant's")
	errTooLarge    = errors.New("auth0: answer beyond the limit")
)

// pinned refuses requests for any other place than the tenant, whatever URL
// reached it, and puts the byte limit on every answer. The limit lies outside of
// the transport's decompression, so it counts what we would have to hold.
type pinned struct {
	scheme, host string
	limit        int64
	next         http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (p pinned) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Scheme != p.scheme || req.URL.Host != p.host {
		return nil, errForeignHost
	}
	res, err := p.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	res.Body = &limitedBody{ReadCloser: res.Body, left: p.limit}
	return res, nil
}

func (p pinned) closeIdle() {
	if t, ok := p.next.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}

// limitedBody fails at the limit instead of ending there: a cut answer must not
// pass for a whole one.
type limitedBody struct {
	io.ReadCloser
	left int64
}

func (b *limitedBody) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, errTooLarge
	}
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	b.left -= int64(n)
	if b.left < 0 {
		return n, errTooLarge
	}
	return n, err
}
