package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"mysecurity/internal/porttest"
)

// world is what a test gives the program instead of a process's own.
type world struct {
	t       *testing.T
	environ []string
	out     lockedBuffer
	portal  string
	admin   string
}

type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func newWorld(t *testing.T) *world {
	portal, tenant, admin := porttest.FreeAddress(t), porttest.FreeAddress(t), porttest.FreeAddress(t)
	return &world{t: t, portal: portal, admin: admin, environ: []string{
		"PORTAL_ADDR=" + portal, "EMULATOR_ADDR=" + tenant, "ADMIN_ADDR=" + admin, "DATA_DIR=" + t.TempDir(),
	}}
}

// begin runs a command until it is told to end, and tells what it returned.
func (w *world) begin(args ...string) (end func(), ended <-chan error) {
	ctx, cancel := context.WithCancel(w.t.Context())
	result := make(chan error, 1)
	go func() {
		err := run(ctx, args, w.environ, &w.out, &w.out)
		if err != nil {
			fmt.Fprintln(&w.out, err) // as main does
		}
		result <- err
	}()
	return cancel, result
}

// start runs a command until stop, which returns what it returned.
func (w *world) start(args ...string) (stop func() error) {
	end, ended := w.begin(args...)
	return func() error {
		end()
		select {
		case err := <-ended:
			return err
		case <-time.After(20 * time.Second):
			w.t.Fatal("the program did not end")
			return nil
		}
	}
}

// get asks until somebody answers, for at most ten seconds.
func (w *world) get(address string) (status int, body string) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 10*time.Second)
	defer cancel()
	for ctx.Err() == nil {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			w.t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			continue
		}
		defer response.Body.Close()
		content, _ := io.ReadAll(response.Body)
		return response.StatusCode, string(content)
	}
	w.t.Fatalf("nobody answers at %s; the program printed:\n%s", address, w.out.String())
	return 0, ""
}

// TestDemo: one command gives portal and tenant, tells where they are and who
// may sign in, and ends cleanly.
func TestDemo(t *testing.T) {
	w := newWorld(t)
	stop := w.start("demo")
	if status, body := w.get("http://" + w.admin + "/readyz"); status != http.StatusOK {
		t.Fatalf("readyz: %d %s", status, body)
	}
	if status, _ := w.get("http://" + w.admin + "/healthz"); status != http.StatusOK {
		t.Fatalf("healthz: %d", status)
	}
	_, port, _ := net.SplitHostPort(w.portal)
	if status, body := w.get("http://localhost:" + port + "/"); status != http.StatusOK || !strings.Contains(body, "Example Company") {
		t.Fatalf("portal: %d %s", status, body)
	}
	w.wantMetrics()
	for _, path := range []string{"healthz", "readyz", "metrics", "debug/pprof/", ".env", ".git/config", "robots.txt", "favicon.ico"} {
		if status, _ := w.get("http://localhost:" + port + "/" + path); status != http.StatusNotFound {
			t.Errorf("RD-16 /%s on the public listener: %d", path, status)
		}
	}
	if err := stop(); err != nil {
		t.Fatalf("ended with %v", err)
	}
	for _, told := range []string{"http://localhost:" + port + "/", "/console", "/console/phones", "/console/messages", "ada@example.com", "bruno@example.com", "authenticator app, recovery code, phone number", "push notifications"} {
		if !strings.Contains(w.out.String(), told) {
			t.Errorf("%q was not printed:\n%s", told, w.out.String())
		}
	}
}

// wantMetrics insists that every part counts, after one page was asked for.
func (w *world) wantMetrics() {
	w.t.Helper()
	status, body := w.get("http://" + w.admin + "/metrics")
	for _, line := range []string{
		`mysecurity_request_duration_seconds_count{method="GET",route="/",status="2xx"} 1`,
		`mysecurity_upstream_call_duration_seconds_count{endpoint="discovery",outcome="ok"} 1`,
		"mysecurity_upstream_calls_in_flight 0", `mysecurity_upstream_circuit_open{group="mfa"} 0`, "mysecurity_sign_ins_total 0", `mysecurity_store_records{bucket="sessions"} 0`,
	} {
		if status != http.StatusOK || !strings.Contains(body, line+"\n") {
			w.t.Errorf("/metrics of the admin listener: %d, without %s", status, line)
		}
	}
}

// TestServeNotReady (UP-10): a tenant that is out of reach stops no start; the
// process lives, is not ready, and says so on the sign-in page.
func TestServeNotReady(t *testing.T) {
	w := newWorld(t)
	_, port, _ := net.SplitHostPort(w.portal)
	w.environ = append(w.environ, "PORTAL_MODE=development", "AUTH0_ISSUER=http://"+porttest.FreeAddress(t)+"/",
		"PUBLIC_URL=http://localhost:"+port, "AUTH0_CLIENT_ID=abc", "AUTH0_CLIENT_SECRET=abc", "COMPANY_NAME=Acme",
		"SESSION_KEYS=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
	stop := w.start("serve")
	if status, _ := w.get("http://" + w.admin + "/healthz"); status != http.StatusOK {
		t.Fatalf("healthz: %d", status)
	}
	if status, _ := w.get("http://" + w.admin + "/readyz"); status != http.StatusServiceUnavailable {
		t.Fatalf("readyz: %d", status)
	}
	if status, _ := w.get("http://localhost:" + port + "/"); status != http.StatusOK {
		t.Fatalf("landing page: %d", status)
	}
	if status, _ := w.get("http://localhost:" + port + "/sign-in"); status != http.StatusServiceUnavailable {
		t.Fatalf("sign-in: %d", status)
	}
	if err := stop(); err != nil {
		t.Fatalf("ended with %v", err)
	}
}

func TestCommands(t *testing.T) {
	var out bytes.Buffer
	if err := run(t.Context(), nil, nil, &out, &out); err != nil || !strings.Contains(out.String(), "usage: mysecurity") {
		t.Fatal(err, out.String())
	}
	out.Reset()
	if err := run(t.Context(), []string{"version"}, nil, &out, &out); err != nil || !strings.HasPrefix(out.String(), "mysecurity ") {
		t.Fatal(err, out.String())
	}
	if err := run(t.Context(), []string{"serv"}, nil, &out, &out); err == nil {
		t.Fatal("a misspelt command was taken")
	}
	if err := run(t.Context(), []string{"serve"}, nil, &out, &out); err == nil || !strings.Contains(err.Error(), "AUTH0_DOMAIN is missing") {
		t.Fatalf("EM-05: %v", err)
	}
	if err := run(t.Context(), []string{"demo"}, []string{"PORTAL_MODE=production"}, &out, &out); err == nil {
		t.Fatal("EM-03: the demo started in production")
	}
	if err := run(t.Context(), []string{"demo"}, []string{"PORTAL_ADDR=127.0.0.1:1x"}, &out, &out); err == nil {
		t.Fatal("a malformed address was taken")
	}
}

// TestAddressInUse: a start works or fails as a whole, and nothing is announced
// that is not true.
func TestAddressInUse(t *testing.T) {
	w := newWorld(t)
	var config net.ListenConfig
	taken, err := config.Listen(t.Context(), "tcp", w.portal)
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	err = run(t.Context(), []string{"demo"}, w.environ, &w.out, &w.out)
	if err == nil || !strings.Contains(err.Error(), "portal cannot listen on "+w.portal) || strings.Contains(w.out.String(), "Demo user") {
		t.Fatalf("%v\n%s", err, w.out.String())
	}
}

// TestReleaseHasNoEmulator (EM-01): the program that goes to production holds
// nothing of the emulator.
func TestReleaseHasNoEmulator(t *testing.T) {
	program := filepath.Join(t.TempDir(), "mysecurity")
	build := exec.CommandContext(t.Context(), "go", "build", "-tags", "release", "-o", program, ".")
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	symbols, err := exec.CommandContext(t.Context(), "go", "tool", "nm", program).Output()
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	for _, trace := range []string{"mysecurity/internal/emulator", "ada@example.com", "/control/faults"} {
		if bytes.Contains(symbols, []byte(trace)) || bytes.Contains(content, []byte(trace)) {
			t.Errorf("the release build holds %s", trace)
		}
	}
	if !bytes.Contains(symbols, []byte("mysecurity/internal/auth0")) {
		t.Fatal("the symbols of the portal are missing too: this test sees nothing")
	}
	output, err := exec.CommandContext(t.Context(), program, "demo").CombinedOutput()
	if err == nil || !bytes.Contains(output, []byte("no emulator")) {
		t.Fatalf("demo of a release build: %v %s", err, output)
	}
}
