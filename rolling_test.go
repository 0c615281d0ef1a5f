package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"mysecurity/internal/emulator/emulatortest"
	"mysecurity/internal/nginxtest"
	"mysecurity/internal/porttest"
)

// asProgram lets this test binary be the program: a process of its own that can be
// told to end.
const asProgram = "MYSECURITY_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// service is what systemd keeps: a socket that stays open, and the process that
// serves it at the moment.
type service struct {
	t       *testing.T
	socket  *os.File
	environ []string
	process *exec.Cmd
	out     lockedBuffer // of all processes
}

func newService(t *testing.T, tenant *emulatortest.Tenant) (s *service, address string) {
	t.Helper()
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	socket, err := listener.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	s = &service{t: t, socket: socket, environ: []string{
		asProgram + "=1", "PORTAL_ADDR=fd:3", "ADMIN_ADDR=" + porttest.FreeAddress(t), "DATA_DIR=" + t.TempDir(), "TRUSTED_PROXIES=127.0.0.1",
		"PUBLIC_URL=" + nginxtest.PublicURL, "COMPANY_NAME=Acme", "PORTAL_MODE=development", "AUTH0_ISSUER=" + tenant.Issuer(),
		"AUTH0_CLIENT_ID=" + tenant.ClientID, "AUTH0_CLIENT_SECRET=" + tenant.ClientSecret,
		"SESSION_KEYS=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
	}}
	t.Cleanup(func() {
		s.end()
		socket.Close()
	})
	return s, listener.Addr().String()
}

func (s *service) start() {
	s.t.Helper()
	s.process = exec.Command(os.Args[0], "serve")
	s.process.Env, s.process.ExtraFiles = s.environ, []*os.File{s.socket}
	s.process.Stdout, s.process.Stderr = &s.out, &s.out
	if err := s.process.Start(); err != nil {
		s.t.Fatal(err)
	}
}

// end asks the process to end and waits until it has.
func (s *service) end() {
	s.t.Helper()
	if s.process == nil {
		return
	}
	_ = s.process.Process.Signal(syscall.SIGTERM)
	if err := s.process.Wait(); err != nil {
		s.t.Errorf("the program ended with %v:\n%s", err, s.out.String())
	}
	s.process = nil
}

// restart is "systemctl restart": the old process ends, then the new one starts.
func (s *service) restart() {
	s.t.Helper()
	s.end()
	s.start()
}

// TestRollingRestart: people go on working while the portal is restarted three
// times behind nginx. Each request is answered, once, by one process; nobody is
// signed out; nothing is done twice at the tenant.
func TestRollingRestart(t *testing.T) {
	var changes atomic.Int64 // that the tenant was asked for
	tenant := emulatortest.Start(t, emulatortest.WithCallbacks(
		[]string{nginxtest.PublicURL + "callback"}, []string{nginxtest.PublicURL + "signed-out"},
	), emulatortest.WithTap(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/mfa/associate" || r.Method == http.MethodDelete {
				changes.Add(1)
			}
			next.ServeHTTP(w, r)
		})
	}))
	portal, address := newService(t, tenant)
	proxy := nginxtest.Start(t, address, nginxtest.Kept)
	portal.start()

	s := newStream(t, tenant, proxy)
	for n := range 6 {
		s.add(n)
	}
	for range 3 {
		s.await(100)
		portal.restart()
	}
	s.await(100)
	s.end()
	portal.end()

	if asked := s.changes.Load(); asked == 0 || asked != changes.Load() {
		t.Errorf("%d changes were sent, the tenant was asked for %d", asked, changes.Load())
	}
	s.compare(portal.out.String())
	t.Logf("%d requests, %d of them forms; the longest took %d ms", s.sent.Load(), s.forms.Load(), s.longest.Load())
}

// TestNoSocket: a process that should have got a socket and has not says so.
func TestNoSocket(t *testing.T) {
	tenant := emulatortest.Start(t)
	s, _ := newService(t, tenant)
	program := exec.Command(os.Args[0], "serve")
	program.Env = s.environ
	output, err := program.CombinedOutput()
	if err == nil || !strings.Contains(string(output), "fd:3 is no listening socket") {
		t.Fatalf("%v\n%s", err, output)
	}
}

var agentAndStatus = regexp.MustCompile(`"status":(\d+),.*"agent":"(stream-\d+-\d+)"`)

// compare holds what the browsers got against what the processes say to have
// answered.
func (s *stream) compare(log string) {
	s.t.Helper()
	answered := map[string][]string{}
	for _, found := range agentAndStatus.FindAllStringSubmatch(log, -1) {
		answered[found[2]] = append(answered[found[2]], found[1])
	}
	if len(answered) != len(s.got) {
		s.t.Errorf("%d requests got an answer, the log has %d", len(s.got), len(answered))
	}
	for agent, status := range s.got {
		if all := answered[agent]; len(all) != 1 || all[0] != fmt.Sprint(status) {
			s.t.Errorf("%s got %d; the log has %q", agent, status, all)
		}
	}
}

// await waits for so many more answers.
func (s *stream) await(count int) {
	s.t.Helper()
	timeout := time.After(30 * time.Second)
	for range count {
		select {
		case <-s.answers:
		case <-timeout:
			s.t.Fatal("nobody answers")
		}
	}
}

// end lets everybody finish what they are at.
func (s *stream) end() {
	close(s.over)
	s.people.Wait()
}

// stream is a number of people who work all the time.
type stream struct {
	t      *testing.T
	tenant *emulatortest.Tenant
	proxy  *nginxtest.Proxy

	over    chan struct{}
	answers chan struct{}
	people  sync.WaitGroup

	mu  sync.Mutex
	got map[string]int // status, by the request's name

	sent, forms, changes, longest atomic.Int64
}

func newStream(t *testing.T, tenant *emulatortest.Tenant, proxy *nginxtest.Proxy) *stream {
	return &stream{
		t: t, tenant: tenant, proxy: proxy, got: map[string]int{},
		over: make(chan struct{}), answers: make(chan struct{}, 1<<20),
	}
}
