package web_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// upstream stands at the tenant's door. It counts the portal's calls, remembers
// the secrets that travel with them, and can keep a call waiting.
type upstream struct {
	mu      sync.Mutex
	calls   []call
	secrets map[string]string // value: what it is
	scan    string            // text of the newest QR code for the notification app
	refresh string            // the newest refresh token
	held    map[string]*heldCall
	instead map[string]http.HandlerFunc // answers a kind of call in the tenant's place
}

// call is one request of the portal to the tenant.
type call struct {
	what       string // "GET /mfa/authenticators"
	connection string
}

func newUpstream() *upstream {
	return &upstream{secrets: map[string]string{}, held: map[string]*heldCall{}, instead: map[string]http.HandlerFunc{}}
}

// tap wraps the tenant's handler. Browsers pass unseen.
func (u *upstream) tap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.UserAgent() != "mysecurity" {
			next.ServeHTTP(w, r)
			return
		}
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		u.learn(r.Header, body)
		if answer := u.enter(r); answer != nil {
			answer(w, r)
			return
		}
		seen := &copied{ResponseWriter: w}
		next.ServeHTTP(seen, r)
		u.learn(nil, seen.body.Bytes())
	})
}

// enter counts a call, keeps it waiting if it was asked to, and returns who else
// answers it.
func (u *upstream) enter(r *http.Request) http.HandlerFunc {
	path, _, removal := strings.Cut(r.URL.Path, "authenticators/")
	if removal {
		path += "authenticators/ID"
	}
	what := r.Method + " " + path
	u.mu.Lock()
	u.calls = append(u.calls, call{what, r.RemoteAddr})
	h := u.held[what]
	delete(u.held, what)
	instead := u.instead[what]
	u.mu.Unlock()
	if h != nil {
		close(h.arrived)
		<-h.released
	}
	return instead
}

// answer lets a handler answer a kind of call until the end of the test, the
// connection included.
func (u *upstream) answer(t *testing.T, what string, h http.HandlerFunc) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.instead[what] = h
	t.Cleanup(func() {
		u.mu.Lock()
		defer u.mu.Unlock()
		delete(u.instead, what)
	})
}

// heldCall is a call that waits at the tenant's door.
type heldCall struct {
	arrived, released chan struct{}
	release           func()
}

// hold makes the next call of a kind wait until it is released, at the latest
// at the end of the test.
func (u *upstream) hold(t *testing.T, what string) *heldCall {
	h := &heldCall{arrived: make(chan struct{}), released: make(chan struct{})}
	h.release = sync.OnceFunc(func() { close(h.released) })
	t.Cleanup(h.release)
	u.mu.Lock()
	defer u.mu.Unlock()
	u.held[what] = h
	return h
}

// mark is a point in the sequence of calls, for since.
func (u *upstream) mark() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return len(u.calls)
}

// since counts the calls after a mark by kind.
func (u *upstream) since(mark int) map[string]int {
	u.mu.Lock()
	defer u.mu.Unlock()
	count := map[string]int{}
	for _, c := range u.calls[mark:] {
		count[c.what]++
	}
	return count
}

// connections counts the connections that calls after a mark came over and
// calls before it did not.
func (u *upstream) connections(mark int) int {
	u.mu.Lock()
	defer u.mu.Unlock()
	before, fresh := map[string]bool{}, map[string]bool{}
	for _, c := range u.calls[:mark] {
		before[c.connection] = true
	}
	for _, c := range u.calls[mark:] {
		if !before[c.connection] {
			fresh[c.connection] = true
		}
	}
	return len(fresh)
}

// known returns the secrets seen so far.
func (u *upstream) known() map[string]string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return maps.Clone(u.secrets)
}

// lastScan is the text of the newest QR code for the notification app.
func (u *upstream) lastScan() string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.scan
}

// lastRefresh is the newest refresh token that the tenant gave, empty without one.
func (u *upstream) lastRefresh() string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.refresh
}

// secretMembers are the form fields and JSON members whose values are secret.
var secretMembers = []string{
	"client_secret", "code", "code_verifier", "otp", "binding_code", "phone_number", "email", "refresh_token", // sent by the portal
	"access_token", "id_token", "secret", "barcode_uri", "oob_code", "recovery_codes", // sent by the tenant
}

// learn remembers the secrets of a header and a body, form or JSON.
func (u *upstream) learn(header http.Header, body []byte) {
	u.mu.Lock()
	defer u.mu.Unlock()
	keep := func(value, what string) {
		if _, known := u.secrets[value]; !known {
			u.secrets[value] = what
		}
	}
	if token, ok := strings.CutPrefix(header.Get("Authorization"), "Bearer "); ok {
		keep(token, "access_token")
	}
	form, _ := url.ParseQuery(string(body))
	var members map[string]any
	_ = json.Unmarshal(body, &members)
	for _, name := range secretMembers {
		if form.Has(name) {
			keep(form.Get(name), name)
		}
		switch value := members[name].(type) {
		case string:
			keep(value, name)
			if name == "refresh_token" {
				u.refresh = value
			}
			if name == "barcode_uri" && strings.Contains(value, "enrollment_tx_id=") {
				u.scan = value
			}
		case []any:
			for _, v := range value {
				if text, ok := v.(string); ok {
					keep(text, name)
				}
			}
		}
	}
}

// copied keeps what passes through it.
type copied struct {
	http.ResponseWriter
	body bytes.Buffer
}

func (c *copied) Write(p []byte) (int, error) {
	c.body.Write(p)
	return c.ResponseWriter.Write(p)
}

// control calls the tenant's control API.
func (p *portal) control(method, path, body string) {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), method, p.tenant.URL+"/control/"+path, strings.NewReader(body))
	must(p.t, err)
	response, err := p.tenant.Client().Do(r)
	must(p.t, err)
	defer response.Body.Close()
	if response.StatusCode >= http.StatusMultipleChoices {
		text, _ := io.ReadAll(response.Body)
		p.t.Fatalf("%s /control/%s: %d %s", method, path, response.StatusCode, text)
	}
}

// fault makes the tenant fail, until the end of the test unless told how often.
func (p *portal) fault(body string) {
	p.t.Helper()
	p.control(http.MethodPost, "faults", body)
	p.t.Cleanup(p.heal)
}

// heal ends all faults. It is called at the end of tests too, when their
// contexts have ended.
func (p *portal) heal() {
	r, err := http.NewRequest(http.MethodDelete, p.tenant.URL+"/control/faults", http.NoBody)
	must(p.t, err)
	response, err := p.tenant.Client().Do(r)
	must(p.t, err)
	must(p.t, response.Body.Close())
}

// wantCalls compares what the tenant was asked since a mark.
func (p *portal) wantCalls(mark int, want map[string]int) {
	p.t.Helper()
	if got := p.upstream.since(mark); !maps.Equal(got, want) {
		p.t.Errorf("the tenant was asked %v, want %v", got, want)
	}
}

// The portal's calls, as upstream names them.
const (
	listCall      = "GET /mfa/authenticators"
	associateCall = "POST /mfa/associate"
	tokenCall     = "POST /oauth/token"
	deleteCall    = "DELETE /mfa/authenticators/ID"
	discoveryCall = "GET /.well-known/openid-configuration"
	keysCall      = "GET /.well-known/jwks.json"
	revokeCall    = "POST /oauth/revoke"
)
