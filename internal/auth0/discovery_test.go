package auth0

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

const discoveryRoute = "GET /.well-known/openid-configuration"

func TestDiscoveryIsReadOnce(t *testing.T) {
	tn := newTenant(t)
	c := tn.client()
	if n := tn.count(discoveryRoute); n != 0 {
		t.Fatalf("New used the network: %d requests", n)
	}
	var everyone sync.WaitGroup
	for range 20 {
		everyone.Go(func() {
			if err := c.Ready(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
	everyone.Wait()
	if n := tn.count(discoveryRoute); n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
}

// TestDiscoveryRefused: what a document must not say. Each case is accepted
// again when the one wrong member is left alone (TestDiscoveryIsReadOnce).
func TestDiscoveryRefused(t *testing.T) {
	foreign := func(name, value string) func(map[string]any) {
		return func(d map[string]any) { d[name] = value }
	}
	cases := []struct {
		name   string
		reason string
		bend   func(map[string]any)
	}{
		{"OP-20 another issuer", reasonMetadata, foreign("issuer", "https://other.example/")},
		{"OP-20 issuer without slash", reasonMetadata, func(d map[string]any) { d["issuer"] = strings.TrimSuffix(d["issuer"].(string), "/") }},
		{"OP-20 issuer missing", reasonMetadata, func(d map[string]any) { delete(d, "issuer") }},
		{"issuer not a string", reasonDiscovery, func(d map[string]any) { d["issuer"] = 1 }},
	}
	for _, name := range []string{"authorization_endpoint", "token_endpoint", "jwks_uri", "end_session_endpoint"} {
		for kind, value := range map[string]string{
			"on another host": "https://evil.example/x", "on http": "http://evil.example/x", "on a private address": "http://10.0.0.1/x",
			"with userinfo": "http://127.0.0.1@evil.example/x", "relative": "/oauth/token", "a script": "javascript:alert(1)",
		} {
			cases = append(cases, struct {
				name   string
				reason string
				bend   func(map[string]any)
			}{"OP-21 " + name + " " + kind, reasonEndpoint, foreign(name, value)})
		}
		for kind, suffix := range map[string]string{"with a query": "x?a=b", "with an empty query": "x?", "with a fragment": "x#y", "is the issuer": ""} {
			cases = append(cases, struct {
				name   string
				reason string
				bend   func(map[string]any)
			}{"OP-21 " + name + " " + kind, reasonEndpoint, func(d map[string]any) { d[name] = d["issuer"].(string) + suffix }})
		}
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			tn := newTenant(t)
			c.bend(tn.discovery)
			client := tn.client()
			wantError(t, client.Ready(t.Context()), KindNotReady, c.reason)
			_, err := client.AuthorizeURL(t.Context(), authorization())
			wantError(t, err, KindNotReady, c.reason)
			if _, _, err := client.SignIn(t.Context(), callback(), tn.login()); KindOf(err) != KindNotReady {
				t.Error(err)
			}
			if tn.count("POST /oauth/token") != 0 {
				t.Error("the code was sent")
			}
			if log := tn.log.String(); !strings.Contains(log, c.reason) || !strings.Contains(log, "WARN") {
				t.Errorf("no clear event in the log: %q", log)
			}
		})
	}
}

// UP-03 and UP-18 for discovery: answers that are no documents.
func TestDiscoveryGarbage(t *testing.T) {
	for name, garbage := range garbageBodies() {
		t.Run("UP-03 "+name, func(t *testing.T) {
			tn := newTenant(t)
			tn.says(discoveryRoute, http.StatusOK, garbage)
			wantError(t, tn.client().Ready(t.Context()), KindNotReady, reasonDiscovery)
		})
	}
	t.Run("UP-06 status 503", func(t *testing.T) {
		tn := newTenant(t)
		tn.says(discoveryRoute, http.StatusServiceUnavailable, string(mustJSON(tn.discovery)))
		wantError(t, tn.client().Ready(t.Context()), KindNotReady, reasonDiscovery)
	})
}

// UP-10: the client recovers by itself, and does not hammer a sick tenant.
func TestDiscoveryRecovers(t *testing.T) {
	tn := newTenant(t)
	c := tn.client()
	tn.says(discoveryRoute, http.StatusServiceUnavailable, "")
	for range 3 {
		wantError(t, c.Ready(t.Context()), KindNotReady, reasonDiscovery)
	}
	if n := tn.count(discoveryRoute); n != 1 {
		t.Fatalf("%d requests within five seconds, want 1", n)
	}
	tn.on(discoveryRoute, nil)
	tn.clock.Advance(retryEvery)
	if err := c.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// OP-20 and UP-11 for a later reading: the old document is kept, and the event
// is in the log.
func TestDiscoveryRefresh(t *testing.T) {
	for name, spoil := range map[string]func(*tenant){
		"OP-20 another issuer": func(tn *tenant) {
			tn.says(discoveryRoute, http.StatusOK, string(mustJSON(discoveryOf("https://other.example/"))))
		},
		"UP-11 tenant down":     func(tn *tenant) { tn.says(discoveryRoute, http.StatusBadGateway, "") },
		"UP-18 garbage, 200 OK": func(tn *tenant) { tn.says(discoveryRoute, http.StatusOK, "<html>maintenance</html>") },
	} {
		t.Run(name, func(t *testing.T) {
			tn := newTenant(t)
			c := tn.client()
			if err := c.Ready(t.Context()); err != nil {
				t.Fatal(err)
			}
			spoil(tn)
			tn.clock.Advance(heldFor)
			for range 3 {
				if err := c.Ready(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if n := tn.count(discoveryRoute); n != 2 {
				t.Errorf("%d requests, want the first and one repetition", n)
			}
			if !strings.Contains(tn.log.String(), "not accepted") {
				t.Error("no event in the log")
			}
			tn.on(discoveryRoute, nil)
			tn.clock.Advance(renewEvery)
			if err := c.Ready(t.Context()); err != nil || tn.count(discoveryRoute) != 3 {
				t.Errorf("not read again after recovery: %v", err)
			}
		})
	}
}

// EM-04, second half: a real tenant never carries the emulator's mark.
func TestEmulatorMark(t *testing.T) {
	for name, mark := range map[string]func(*tenant){
		"header": func(tn *tenant) {
			tn.on(discoveryRoute, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Mysecurity-Emulator", "1")
				writeJSON(w, http.StatusOK, string(mustJSON(tn.discovery)))
			})
		},
		"member": func(tn *tenant) { tn.discovery["mysecurity_emulator"] = true },
	} {
		t.Run("EM-04 by "+name, func(t *testing.T) {
			tn := newTLSTenant(t)
			mark(tn)
			cfg := tn.config()
			c := newTestClient(t, cfg, tn.trusting())
			if err := c.Ready(t.Context()); err != nil {
				t.Fatalf("refused in development: %v", err)
			}
			cfg.AllowLoopbackHTTP = false
			wantError(t, newTestClient(t, cfg, tn.trusting()).Ready(t.Context()), KindNotReady, reasonEmulator)
		})
	}
}

// A caller who leaves does not spoil the reading for those who wait for it.
func TestReadingOutlivesItsCaller(t *testing.T) {
	tn := newTenant(t)
	arrived, release := make(chan struct{}), make(chan struct{})
	tn.on(discoveryRoute, func(w http.ResponseWriter, _ *http.Request) {
		close(arrived)
		<-release
		writeJSON(w, http.StatusOK, string(mustJSON(tn.discovery)))
	})
	c := tn.client()
	ctx, leave := context.WithCancel(t.Context())
	first := make(chan error)
	go func() { first <- c.Ready(ctx) }()
	<-arrived

	waiting, give := context.WithCancel(t.Context())
	give()
	wantError(t, c.Ready(waiting), KindUnavailable, reasonCanceled)

	leave()
	close(release)
	if err := <-first; err != nil {
		t.Errorf("the reading ended with its first caller: %v", err)
	}
	if err := c.Ready(t.Context()); err != nil || tn.count(discoveryRoute) != 1 {
		t.Errorf("%v after %d requests", err, tn.count(discoveryRoute))
	}
}

// While one caller reads an aged document again, the others go on with it.
func TestAgedDocumentServesMeanwhile(t *testing.T) {
	tn := newTenant(t)
	c := tn.client()
	if err := c.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	arrived, release := make(chan struct{}), make(chan struct{})
	tn.on(discoveryRoute, func(w http.ResponseWriter, _ *http.Request) {
		close(arrived)
		<-release
		writeJSON(w, http.StatusOK, string(mustJSON(tn.discovery)))
	})
	tn.clock.Advance(heldFor)
	first := make(chan error)
	go func() { first <- c.Ready(context.Background()) }()
	<-arrived
	if _, err := c.AuthorizeURL(t.Context(), authorization()); err != nil {
		t.Error(err)
	}
	select {
	case <-first:
		close(release)
		t.Fatal("the caller waited until the reading had failed")
	default:
	}
	close(release)
	if err := <-first; err != nil {
		t.Error(err)
	}
}

func TestWithin(t *testing.T) {
	now := time.Unix(1000, 0)
	for _, c := range []struct {
		then time.Time
		want bool
	}{{now, true}, {now.Add(-9 * time.Second), true}, {now.Add(-10 * time.Second), false}, {now.Add(time.Second), false}} {
		if got := within(now, c.then, 10*time.Second); got != c.want {
			t.Errorf("%v: %v", c.then, got)
		}
	}
}

// garbageBodies are answers that pass for nothing (UP-03).
func garbageBodies() map[string]string {
	return map[string]string{
		"empty":          "",
		"HTML":           "<html><body>maintenance</body></html>",
		"truncated JSON": `{"issuer":"http`,
		"wrong type":     `"text"`,
		"null":           "null",
		"deep nesting":   strings.Repeat("[", 100_000),
		"deep object":    strings.Repeat(`{"a":`, 20_000) + "1" + strings.Repeat("}", 20_000),
		"NUL bytes":      "\x00\x00\x00",
		"UTF-16":         "\xff\xfe{\x00}\x00",
		"two values":     `{} {}`,
	}
}
