package auth0

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// TestRawAnswers (UP-03): what is no HTTP, or stops being it, is a failure of the
// network: unknown for a changing call, and never a panic.
func TestRawAnswers(t *testing.T) {
	const head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
	answers := map[string]string{
		"nothing":               "",
		"binary":                "\x00\x01\x02\xff\xfe\r\n\r\n",
		"another protocol":      "SSH-2.0-OpenSSH_9.9\r\n",
		"half a status line":    "HTTP/1.1 2",
		"half a header":         "HTTP/1.1 200 OK\r\nContent-Ty",
		"status of letters":     "HTTP/1.1 abc OK\r\n\r\n",
		"header without colon":  "HTTP/1.1 200 OK\r\nnonsense\r\n\r\n{}",
		"half a body":           head + "Content-Length: 100\r\n\r\n{\"keys\":",
		"two lengths":           head + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
		"negative length":       head + "Content-Length: -1\r\n\r\n{}",
		"chunk of nonsense":     head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}",
		"chunks without end":    head + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
		"gzip that is none":     head + "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
		"a header without end":  "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 1<<20),
		"a flood of interludes": strings.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", 100),
	}
	for answer, text := range answers {
		for name, call := range calls() {
			t.Run("UP-03 "+answer+", "+name, func(t *testing.T) {
				c := rawTenant(t, "http", standardLimits(), func(conn net.Conn) {
					defer conn.Close()
					_, _ = conn.Read(make([]byte, 4096)) // the request, or enough of it
					_, _ = io.WriteString(conn, text)
				})
				if err := call.run(t.Context(), c, newTenant(t).login()); KindOf(err) != call.lost {
					t.Errorf("%v, want %v", err, call.lost)
				}
			})
		}
	}
}

// names is a resolver that knows one name by the given addresses.
func names(t *testing.T, known ...string) *net.Resolver {
	t.Helper()
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for buffer := make([]byte, 1500); ; {
			n, from, err := server.ReadFrom(buffer)
			if err != nil {
				return
			}
			_, _ = server.WriteTo(resolved(buffer[:n], known), from)
		}
	}()
	t.Cleanup(func() { server.Close(); <-done })
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", server.LocalAddr().String())
	}}
}

// resolved answers a question with the known addresses of its type; with none at
// all the name does not exist.
func resolved(question []byte, known []string) []byte {
	var m dnsmessage.Message
	if m.Unpack(question) != nil || len(m.Questions) == 0 {
		return nil
	}
	m.Response, m.Additionals = true, nil
	if len(known) == 0 {
		m.RCode = dnsmessage.RCodeNameError
	}
	for _, address := range known {
		ip, head := net.ParseIP(address), dnsmessage.ResourceHeader{Name: m.Questions[0].Name, Class: dnsmessage.ClassINET, TTL: 1}
		v4 := ip.To4()
		switch asked := m.Questions[0].Type; {
		case v4 != nil && asked == dnsmessage.TypeA:
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: head, Body: &dnsmessage.AResource{A: [4]byte(v4)}})
		case v4 == nil && asked == dnsmessage.TypeAAAA:
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: head, Body: &dnsmessage.AAAAResource{AAAA: [16]byte(ip.To16())}})
		}
	}
	answer, _ := m.Pack()
	return answer
}

// TestNamesAndAddresses (UP-01): an address that nobody answers at does not keep
// us from the next one, of the other family too; a name without address is said.
func TestNamesAndAddresses(t *testing.T) {
	for _, tt := range []struct {
		name   string
		known  []string
		reason string // empty: it works
	}{
		{"one address", []string{"127.0.0.1"}, ""},
		{"first of two families refuses", []string{"::1", "127.0.0.1"}, ""},
		{"first of two addresses refuses", []string{"127.0.0.2", "127.0.0.1"}, ""},
		{"wrong family only", []string{"::1"}, reasonConnect},
		{"no such name", nil, reasonName},
	} {
		t.Run("UP-01 "+tt.name, func(t *testing.T) {
			tn := newTLSTenant(t) // its certificate is for example.com as well
			cfg, l := tn.config(), tn.trusting()
			cfg.Issuer = strings.Replace(tn.issuer(), "127.0.0.1", "example.com", 1)
			tn.discovery = discoveryOf(cfg.Issuer)
			l.resolver = names(t, tt.known...)
			err := newTestClient(t, cfg, l).Ready(t.Context())
			if tt.reason != "" {
				wantError(t, err, KindNotReady, tt.reason)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

// TestExpiredCertificate (UP-13): of an authority that is trusted, for the right
// name, and over since yesterday; and the operator is told.
func TestExpiredCertificate(t *testing.T) {
	for _, tt := range []struct {
		name string
		ends time.Duration // from now
		good bool
	}{{"good until tomorrow", 24 * time.Hour, true}, {"UP-13 expired yesterday", -24 * time.Hour, false}} {
		t.Run(tt.name, func(t *testing.T) {
			tn := newTenant(t)
			tn.server.Close()
			tn.server = httptest.NewUnstartedServer(tn)
			silent(tn.server)
			tn.server.TLS = &tls.Config{Certificates: []tls.Certificate{certificateUntil(t, time.Now().Add(tt.ends))}, MinVersion: tls.VersionTLS12}
			tn.server.StartTLS()
			t.Cleanup(tn.server.Close)
			tn.discovery = discoveryOf(tn.issuer())
			err := newTestClient(t, tn.config(), tn.trusting()).Ready(t.Context())
			if tt.good {
				if err != nil {
					t.Error(err)
				}
				return
			}
			wantError(t, err, KindNotReady, reasonTLS)
			if !strings.Contains(tn.log.String(), "reason=tls") {
				t.Errorf("the operator is not told: %s", tn.log)
			}
		})
	}
}

// certificateUntil is for this machine, by its own authority.
func certificateUntil(t *testing.T, end time.Time) tls.Certificate {
	t.Helper()
	key := testKeys()[0]
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "tenant"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: end.Add(-365 * 24 * time.Hour), NotAfter: end, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
