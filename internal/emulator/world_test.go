package emulator

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// world is a tenant on a clock that stands still until a test moves it, asked
// without a network.
type world struct {
	t *testing.T
	e *Emulator
}

const worldURL = "http://localhost:8081"

// worldTime is a round number of TOTP steps, so that tests can count them.
var worldTime = time.Date(2030, 1, 31, 12, 0, 0, 0, time.UTC)

var worldKeys = [2]func() (*rsa.PrivateKey, error){
	sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) }),
	sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) }),
}

func newWorld(t *testing.T) *world {
	t.Helper()
	var mu sync.Mutex
	made := 0
	e, err := New(Options{
		PublicURL: worldURL,
		Clock:     NewClock(func() time.Time { return worldTime }),
		Callbacks: []string{"http://localhost:8080/callback"},
		Keys: func() (*rsa.PrivateKey, error) {
			mu.Lock()
			defer mu.Unlock()
			made++
			return worldKeys[made%2]()
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return &world{t, e}
}

// answer is what the tenant said.
type answer struct {
	status int
	header http.Header
	body   string
	json   map[string]any
}

func (a answer) String() string { return http.StatusText(a.status) + " " + a.body }

// do sends a request as a program on this machine would; edits change it first.
func (w *world) do(method, target, body string, edits ...func(*http.Request)) answer {
	w.t.Helper()
	r := httptest.NewRequest(method, worldURL+target, strings.NewReader(body))
	r.RemoteAddr = "127.0.0.1:50000"
	for _, edit := range edits {
		edit(r)
	}
	recorder := httptest.NewRecorder()
	w.e.ServeHTTP(recorder, r)
	raw, err := io.ReadAll(recorder.Result().Body)
	if err != nil {
		w.t.Fatal(err)
	}
	a := answer{status: recorder.Code, header: recorder.Result().Header, body: string(raw)}
	_ = json.Unmarshal(raw, &a.json) // not every answer is an object
	return a
}

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

func bearerToken(raw string) func(*http.Request) { return header("Authorization", "Bearer "+raw) }

// api sends a JSON body, or none if body is nil.
func (w *world) api(method, target string, body any, edits ...func(*http.Request)) answer {
	w.t.Helper()
	if body == nil {
		return w.do(method, target, "", edits...)
	}
	raw, err := json.Marshal(body)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.do(method, target, string(raw), append(edits, header("Content-Type", "application/json"))...)
}

// grant asks the token endpoint as the portal application; fields may replace its
// credentials.
func (w *world) grant(kind string, fields url.Values) answer {
	w.t.Helper()
	id, secret := w.e.PortalApplication()
	form := url.Values{"grant_type": {kind}, "client_id": {id}, "client_secret": {secret}}
	for name, values := range fields {
		form[name] = values
	}
	return w.do("POST", "/oauth/token", form.Encode(), header("Content-Type", "application/x-www-form-urlencoded"))
}

func (w *world) userID(email string) string {
	w.t.Helper()
	w.e.s.mu.Lock()
	defer w.e.s.mu.Unlock()
	u := w.e.userByEmail(email)
	if u == nil {
		w.t.Fatalf("no user %s", email)
	}
	return u.ID
}

const allScopes = "openid profile email enroll read:authenticators remove:authenticators"

// accessToken mints what a sign-in without a challenge would have given.
func (w *world) accessToken(email, scope string) string {
	w.t.Helper()
	return w.mint(email, w.e.mfaAudience(), scope)
}

func (w *world) mint(email, audience, scope string) string {
	w.t.Helper()
	id, _ := w.e.PortalApplication()
	userID := w.userID(email)
	w.e.s.mu.Lock()
	defer w.e.s.mu.Unlock()
	set, failure := w.e.mint(grant{App: w.e.s.apps[id], User: w.e.s.users[userID], Audience: audience, Scope: scope})
	if failure != nil {
		w.t.Fatal(failure.Description)
	}
	return set.AccessToken
}

// mfaToken makes the opaque token of an mfa_required error.
func (w *world) mfaToken(email string) string {
	w.t.Helper()
	id, _ := w.e.PortalApplication()
	userID := w.userID(email)
	w.e.s.mu.Lock()
	defer w.e.s.mu.Unlock()
	return w.e.newMFAToken(w.e.s.apps[id], w.e.s.users[userID], w.e.mfaAudience(), allScopes)
}

// associate starts an app enrolment and returns the answer.
func (w *world) associate(token string) answer {
	w.t.Helper()
	id, secret := w.e.PortalApplication()
	return w.api("POST", "/mfa/associate", map[string]any{
		"client_id": id, "client_secret": secret, "authenticator_types": []string{"otp"},
	}, bearerToken(token))
}

// enrol adds a confirmed app and returns its secret and the recovery code, if
// there was one. The code of the present step is used up.
func (w *world) enrol(token string) (secret, recovery string) {
	w.t.Helper()
	started := w.associate(token)
	if started.status != http.StatusOK {
		w.t.Fatalf("associate: %v", started)
	}
	secret, _ = started.json["secret"].(string)
	if codes, ok := started.json["recovery_codes"].([]any); ok {
		recovery, _ = codes[0].(string)
	}
	confirmed := w.grant(grantTypeMFAOTP, url.Values{"mfa_token": {token}, "otp": {w.code(secret)}})
	if confirmed.status != http.StatusOK {
		w.t.Fatalf("confirm: %v", confirmed)
	}
	return secret, recovery
}

func (w *world) code(secret string) string {
	w.t.Helper()
	code, err := totpCode(secret, w.e.clock.Now())
	if err != nil {
		w.t.Fatal(err)
	}
	return code
}

// wrongCode is a code that secret does not yield anywhere near the present.
func (w *world) wrongCode(secrets ...string) string {
	w.t.Helper()
	taken := make(map[string]bool)
	for _, secret := range secrets {
		for step := -2; step <= 2; step++ {
			code, err := totpCode(secret, w.e.clock.Now().Add(time.Duration(step)*totpPeriod*time.Second))
			if err != nil {
				w.t.Fatal(err)
			}
			taken[code] = true
		}
	}
	for _, code := range []string{"000000", "111111", "222222", "333333", "444444", "555555"} {
		if !taken[code] {
			return code
		}
	}
	w.t.Fatal("no wrong code found")
	return ""
}

// authenticators lists what the user has.
func (w *world) authenticators(email string) []authenticatorJSON {
	w.t.Helper()
	a := w.do("GET", "/mfa/authenticators", "", bearerToken(w.accessToken(email, scopeList)))
	var list []authenticatorJSON
	if err := json.Unmarshal([]byte(a.body), &list); err != nil || a.status != http.StatusOK {
		w.t.Fatalf("list: %v %v", a, err)
	}
	return list
}

// enrolled is authenticators without what a verified address is by itself.
func (w *world) enrolled(email string) []authenticatorJSON {
	w.t.Helper()
	id := w.userID(email)
	w.e.s.mu.Lock()
	implicit := w.e.implicitEmail(w.e.s.users[id])
	w.e.s.mu.Unlock()
	return slices.DeleteFunc(w.authenticators(email), func(a authenticatorJSON) bool {
		return implicit != nil && a.ID == implicit.ID
	})
}

// settings changes the tenant through the control API.
func (w *world) settings(patch map[string]any) {
	w.t.Helper()
	if a := w.api("PATCH", "/control/tenant", patch); a.status != http.StatusOK {
		w.t.Fatalf("settings: %v", a)
	}
}

// factor switches a factor of the tenant on or off.
func (w *world) factor(name string, on bool) {
	w.t.Helper()
	w.settings(map[string]any{"factors": map[string]bool{name: on}})
}

// variantSet switches a variant through the control API.
func (w *world) variantSet(name, value string) {
	w.t.Helper()
	w.settings(map[string]any{"variants": map[string]string{name: value}})
}

func (w *world) wantError(a answer, status int, code, description string) {
	w.t.Helper()
	if a.status != status || a.json["error"] != code || a.json["error_description"] != description {
		w.t.Errorf("answer %v, want %d %s %q", a, status, code, description)
	}
}
