// Package nginxtest runs the distribution's nginx with the example for
// administrators, docs/nginx.conf, for one test. Only what the example says to
// replace is replaced: addresses and files.
package nginxtest

import (
	"bytes"
	"context"
	"crypto/x509"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"mysecurity/internal/porttest"
)

// Host is the name that nginx serves, PublicURL the portal's address there.
const (
	Host      = "intranet.example"
	PublicURL = "https://" + Host + "/security/"
)

// The two set-ups of the example (RD-13).
const (
	Kept     = "kept"
	Stripped = "stripped"
)

// Proxy is a running nginx.
type Proxy struct {
	HTTPS string         // where it listens: host and port
	HTTP  string         // where it redirects to https
	Roots *x509.CertPool // trusts its certificate, which is for Host
	dir   string
}

// Start runs nginx in front of a portal that listens at an address, until the end
// of the test. Paths are Kept or Stripped.
func Start(t testing.TB, portal, paths string) *Proxy {
	t.Helper()
	p := &Proxy{HTTPS: porttest.FreeAddress(t), HTTP: porttest.FreeAddress(t), dir: t.TempDir()}
	p.certify(t)
	p.configure(t, portal, paths)
	p.run(t)
	return p
}

// run starts nginx with the files that were written, and waits until it listens.
func (p *Proxy) run(t testing.TB) {
	t.Helper()
	program, err := exec.LookPath("nginx")
	if err != nil {
		program = "/usr/sbin/nginx" // which is not on everybody's path
	}
	var output buffer
	command := exec.CommandContext(context.WithoutCancel(t.Context()), program, "-p", p.dir, "-c", filepath.Join(p.dir, "nginx.conf"), "-e", "stderr") //nolint:gosec // of the test's own making
	command.Stdout, command.Stderr = &output, &output
	if err := command.Start(); err != nil {
		t.Fatalf("nginx: %v; scripts/setup-test-programs.sh installs it, or says how", err)
	}
	t.Cleanup(func() {
		_ = command.Process.Signal(syscall.SIGTERM)
		_ = command.Wait()
		if t.Failed() {
			t.Logf("nginx printed:\n%s", output.String())
		}
	})
	if !p.answers(t) {
		t.Fatalf("nginx did not start:\n%s", output.String())
	}
}

// Log is what nginx has written to its access log.
func (p *Proxy) Log(t testing.TB) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(p.dir, "mysecurity.log"))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// configure writes the example, with this test's addresses and files, and around
// it what a distribution's nginx.conf has.
func (p *Proxy) configure(t testing.TB, portal, paths string) {
	t.Helper()
	example, err := os.ReadFile(filepath.Join(root(t), "docs", "nginx.conf"))
	if err != nil {
		t.Fatal(err)
	}
	text := string(example)
	replace := func(old, replacement string) {
		if !strings.Contains(text, old) {
			t.Fatalf("docs/nginx.conf has no %q any more", old)
		}
		text = strings.ReplaceAll(text, old, replacement)
	}
	replace("listen 80;", "listen "+p.HTTP+";")
	replace("listen 443 ssl", "listen "+p.HTTPS+" ssl")
	replace("server 127.0.0.1:8080;", "server "+portal+";")
	replace("/etc/ssl/certs/intranet.example.pem", filepath.Join(p.dir, "certificate.pem"))
	replace("/etc/ssl/private/intranet.example.key", filepath.Join(p.dir, "key.pem"))
	replace("/var/log/nginx/", p.dir+"/")
	if paths == Stripped {
		replace("proxy_pass http://mysecurity;", "proxy_pass http://mysecurity/;")
	}
	p.write(t, "site.conf", text)
	p.write(t, "nginx.conf", `daemon off; master_process off; pid nginx.pid; error_log stderr;
events { worker_connections 1024; }
http {
    client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
    include site.conf;
}
`)
}

func (p *Proxy) write(t testing.TB, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(p.dir, name), []byte(content), 0o600); err != nil { //nolint:gosec // names of this package
		t.Fatal(err)
	}
}

// answers waits until somebody listens, for at most ten seconds.
func (p *Proxy) answers(t testing.TB) bool {
	dialer := net.Dialer{Timeout: time.Second}
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if connection, err := dialer.DialContext(t.Context(), "tcp", p.HTTPS); err == nil {
			return connection.Close() == nil
		}
	}
	return false
}

// root is the folder of the module.
func root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	for err == nil && dir != "/" {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		dir = filepath.Dir(dir)
	}
	t.Fatal("no go.mod above", dir)
	return ""
}

// buffer collects what a process prints while others read it.
type buffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
