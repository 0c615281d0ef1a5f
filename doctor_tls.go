package main

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strings"
	"time"

	"mysecurity/internal/site"
)

const (
	tlsTime   = 5 * time.Second
	certLeast = 14 * 24 * time.Hour // what a certificate should still last
)

// publicAddress looks at the certificate that browsers will see, if this machine
// can reach it. Nothing here is a problem: the portal may not be deployed yet,
// and browsers may trust more than this machine does.
func (d *doctor) publicAddress(ctx context.Context, own site.Site) {
	const check = "TLS of PUBLIC_URL"
	if !own.HTTPS() {
		d.say(fine, check, "not used: the portal is for this machine only", "")
		return
	}
	ends, err := d.certificate(ctx, own.Host())
	var untrusted *tls.CertificateVerificationError
	var noTLS tls.RecordHeaderError
	switch {
	case errors.As(err, &untrusted):
		d.say(warning, check, "the certificate of "+own.Host()+" is not accepted here", "have the proxy send the whole chain of a certificate for this very name")
	case errors.As(err, &noTLS):
		d.say(warning, check, own.Host()+" answers without TLS", "end TLS at the proxy in front of the portal")
	case err != nil:
		d.say(unchecked, check, own.Host()+" cannot be reached from here", "")
	case ends.Sub(d.now()) < certLeast:
		d.say(warning, check, "the certificate of "+own.Host()+" ends on "+ends.UTC().Format(time.DateOnly), "renew it")
	default:
		d.say(fine, check, "the certificate of "+own.Host()+" is good until "+ends.UTC().Format(time.DateOnly), "")
	}
}

// certificate shakes hands with a host and returns when its certificate ends.
func (d *doctor) certificate(ctx context.Context, host string) (time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, tlsTime)
	defer cancel()
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name, host = strings.Trim(host, "[]"), host+":443"
	}
	dialer := tls.Dialer{Config: &tls.Config{ServerName: name, RootCAs: d.roots, MinVersion: tls.VersionTLS12}}
	connection, err := dialer.DialContext(ctx, "tcp", host)
	if err != nil {
		return time.Time{}, err
	}
	defer func() { _ = connection.Close() }()
	shaken, ok := connection.(*tls.Conn)
	if !ok {
		return time.Time{}, errors.New("no TLS")
	}
	return shaken.ConnectionState().PeerCertificates[0].NotAfter, nil
}
