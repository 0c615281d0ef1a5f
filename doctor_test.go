package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"mysecurity/internal/auth0"
	"mysecurity/internal/emulator"
	"mysecurity/internal/emulator/emulatortest"
)

const (
	doctorSecret = "canary-secret-of-the-application-0123456789"
	doctorKey    = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
)

// patient is what one examination looks at: a tenant that is set up right, until
// a test changes it.
type patient struct {
	t         *testing.T
	app       emulator.Application
	patch     map[string]string // variants of the tenant
	answer    url.Values        // what the tenant answers to a sign-in instead of its own
	elsewhere string            // where such an answer goes instead of the callback
	foreign   bool              // the tenant's keys are published for something else than signing
	issuer    string
	faults    []string
	environ   map[string]string
	data      string
	given     []string // the environment of the examination
	doctor    *doctor
	out       bytes.Buffer
}

func newPatient(t *testing.T) *patient {
	p := &patient{t: t, data: t.TempDir(), patch: map[string]string{"authorization_response_iss": "on"}, environ: map[string]string{}}
	p.app = emulator.Application{
		Name: "portal", ClientID: "the-client", ClientSecret: doctorSecret,
		Callbacks: []string{"http://localhost:8080/callback"}, LogoutURLs: []string{"http://localhost:8080/signed-out"},
	}
	p.doctor = &doctor{out: &p.out, now: time.Now, limit: 20 * time.Second}
	return p
}

// examine runs the doctor and returns its findings, "verdict check" each.
func (p *patient) examine() (findings []string, err error) {
	p.t.Helper()
	tenant := emulatortest.Start(p.t, emulatortest.WithTap(p.tap), emulatortest.WithCallbacks(nil, nil), emulatortest.WithSeed(emulator.Seed{
		Applications: []emulator.Application{p.app}, Variants: p.patch,
	}))
	p.issuer = tenant.Issuer()
	for _, fault := range p.faults {
		tenant.Fault(strings.ReplaceAll(fault, "ISSUER/", p.issuer))
	}
	settings := map[string]string{
		"PORTAL_MODE": "development", "PUBLIC_URL": "http://localhost:8080", "COMPANY_NAME": "Acme", "AUTH0_ISSUER": p.issuer,
		"AUTH0_CLIENT_ID": p.app.ClientID, "AUTH0_CLIENT_SECRET": doctorSecret, "SESSION_KEYS": doctorKey, "DATA_DIR": p.data,
	}
	for name, value := range p.environ {
		value = strings.ReplaceAll(value, "ISSUER/", p.issuer)
		settings[name] = strings.ReplaceAll(value, "OTHER-NAME/", strings.Replace(p.issuer, "localhost", "127.0.0.1", 1))
	}
	for name, value := range settings {
		p.given = append(p.given, name+"="+value)
	}
	err = p.doctor.examine(p.t.Context(), p.given)
	for _, canary := range []string{doctorSecret, doctorKey, "canary"} {
		if strings.Contains(p.out.String(), canary) {
			p.t.Errorf("SL-01 %q was printed:\n%s", canary, p.out.String())
		}
	}
	return p.findings(), err
}

// findings reads what was printed.
func (p *patient) findings() []string {
	var all []string
	for line := range strings.Lines(p.out.String()) {
		if strings.HasPrefix(line, " ") {
			continue // what to do
		}
		all = append(all, strings.TrimSpace(line[:12])+" "+strings.TrimSpace(line[13:32]))
	}
	return all
}

// tap answers a sign-in in the tenant's place, if the test says how.
func (p *patient) tap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p.foreign && r.URL.Path == "/.well-known/jwks.json" {
			own := httptest.NewRecorder()
			next.ServeHTTP(own, r)
			_, _ = w.Write(bytes.ReplaceAll(own.Body.Bytes(), []byte(`"sig"`), []byte(`"enc"`)))
			return
		}
		if r.URL.Path != "/authorize" || p.answer == nil {
			next.ServeHTTP(w, r)
			return
		}
		to, asked := p.elsewhere, r.URL.Query()
		if to == "" {
			to = asked.Get("redirect_uri")
		}
		if !p.answer.Has("state") {
			p.answer.Set("state", asked.Get("state"))
		}
		http.Redirect(w, r, to+"?"+p.answer.Encode(), http.StatusFound)
	})
}

// allFine is what a good examination says.
func allFine() []string {
	return []string{
		"ok configuration", "ok session file", "ok discovery", "ok RFC 9207", "ok end of session", "ok clock", "ok signing keys",
		"ok client credentials", "ok MFA grant", "ok code grant", "ok callback", "ok audience", "ok logout address", "ok TLS of PUBLIC_URL",
	}
}

// but replaces findings, by their check, and drops those of dropped checks.
func but(findings []string, changes ...string) []string {
	for _, change := range changes {
		verdict, check, _ := strings.Cut(change, " ")
		if v, c, found := strings.Cut(check, " "); verdict == "not" && found && v == "checked" {
			check = c
		}
		i := slices.IndexFunc(findings, func(f string) bool { return strings.HasSuffix(f, " "+check) })
		switch {
		case verdict == "also":
			findings = append(findings, check)
		case verdict == "no":
			findings = slices.Delete(findings, i, i+1)
		case i < 0:
			findings = append(findings, change)
		default:
			findings[i] = change
		}
	}
	return findings
}

// TestDoctor: a tenant that is set up right passes, and each thing that can be
// wrong with it is found, named, and is the only finding.
func TestDoctor(t *testing.T) {
	echo := `"body":{"error":"` + doctorSecret + `","error_description":"canary ` + doctorSecret + `"}`
	const token, discovery = `{"match":"POST /oauth/token",`, `{"match":"GET /.well-known/openid-configuration",`
	withoutTenant := []string{
		"no signing keys", "no client credentials", "no MFA grant", "no code grant", "no callback", "no audience",
		"no logout address", "no RFC 9207", "no end of session", "not checked tenant",
	}
	type change func(*patient)
	fault := func(text string) change { return func(p *patient) { p.faults = append(p.faults, text) } }
	set := func(name, value string) change { return func(p *patient) { p.environ[name] = value } }
	answer := func(values url.Values) change { return func(p *patient) { p.answer = values } }
	tests := []struct {
		name   string
		change change
		want   []string // in place of "ok"
	}{
		{"everything right", func(*patient) {}, nil},
		{"client credentials in the header", set("AUTH0_CLIENT_AUTH", "basic"), nil},
		{"unknown setting", set("AUTH0_CLINET", "x"), []string{"also warning configuration"}},
		{"no RFC 9207", func(p *patient) { p.patch["authorization_response_iss"] = "off" }, []string{"warning RFC 9207"}},
		{"no end of session", func(p *patient) { p.patch["rp_logout_discovery"] = "hidden" }, []string{"warning end of session"}},

		{"no discovery document", fault(discovery + `"status":404,` + echo + `}`), append(withoutTenant, "problem discovery")},
		{"another issuer", set("AUTH0_ISSUER", "OTHER-NAME/"), append(withoutTenant, "problem discovery")},
		{"endpoints elsewhere", fault(discovery + `"status":200,"body":{"issuer":"ISSUER/","authorization_endpoint":"https://canary.example/"}}`), append(withoutTenant, "problem discovery")},
		{"no date", fault(discovery + `"status":500,"headers":{"Date":"canary"}}`), append(withoutTenant, "problem discovery", "not checked clock")},
		{"clock ahead", func(p *patient) { p.doctor.now = func() time.Time { return time.Now().Add(45 * time.Second) } }, []string{"warning clock"}},
		{"clock behind", func(p *patient) { p.doctor.now = func() time.Time { return time.Now().Add(-45 * time.Second) } }, []string{"warning clock"}},
		{"clock off by little", func(p *patient) { p.doctor.now = func() time.Time { return time.Now().Add(25 * time.Second) } }, nil},
		{"no keys", fault(`{"match":"GET /.well-known/jwks.json","status":200,"body":{"keys":[]}}`), []string{"problem signing keys"}},
		{"keys for something else", func(p *patient) { p.foreign = true }, []string{"problem signing keys"}},

		{"wrong secret", func(p *patient) { p.app.ClientSecret = "another" }, []string{"problem client credentials", "no MFA grant", "no code grant", "not checked grants"}},
		{"wrong secret, newer words", fault(token + `"status":401,"body":{"error":"invalid_client","error_description":"canary"}}`), []string{"problem client credentials", "no MFA grant", "no code grant", "not checked grants"}},
		{"no MFA grant", func(p *patient) { p.app.GrantTypes = []string{"authorization_code"} }, []string{"problem MFA grant"}},
		{"no code grant", func(p *patient) { p.app.GrantTypes = []string{string(auth0.GrantMFA)} }, []string{"problem code grant"}},
		{"refresh", set("REFRESH", "on"), []string{"also ok refresh grant", "also not checked refresh tokens"}},
		{"no refresh grant", func(p *patient) {
			p.app.GrantTypes, p.environ["REFRESH"] = []string{"authorization_code", string(auth0.GrantMFA)}, "on"
		}, []string{"also problem refresh grant", "also not checked refresh tokens"}},
		{"limited", fault(token + `"times":1,"status":429,` + echo + `}`), []string{"no client credentials", "warning MFA grant"}},
		{"ill", fault(token + `"times":1,"status":503,` + echo + `}`), []string{"no client credentials", "problem MFA grant"}},
		{"cut", fault(token + `"times":1,"drop":true}`), []string{"no client credentials", "problem MFA grant"}},
		{"unknown refusal", fault(token + `"times":1,"status":400,` + echo + `}`), []string{"no client credentials", "warning MFA grant"}},
		{"unexpected success", fault(token + `"times":1,"status":200,"body":"canary"}`), []string{"no client credentials", "warning MFA grant"}},

		{"callback not registered", func(p *patient) { p.app.Callbacks = []string{"http://localhost:8080/other"} }, []string{"problem callback", "not checked audience"}},
		{"sent elsewhere", func(p *patient) { p.answer, p.elsewhere = url.Values{}, "https://canary.example/" }, []string{"problem callback", "not checked audience"}},
		{"audience unknown", set("AUTH0_MFA_AUDIENCE", "https://elsewhere.example/mfa/"), []string{"problem audience"}},
		{"audience without its slash", set("AUTH0_MFA_AUDIENCE", "ISSUER/mfa"), []string{"problem audience"}},
		{"audience not permitted", answer(url.Values{"error": {"access_denied"}, "error_description": {"Client is not authorized to access resource server canary"}}), []string{"problem audience"}},
		{"may not sign in", answer(url.Values{"error": {"unauthorized_client"}}), []string{"problem sign-in", "no audience"}},
		{"promised name missing", answer(url.Values{"error": {"login_required"}}), []string{"problem sign-in", "no audience"}},
		{"promised name of another", answer(url.Values{"error": {"login_required"}, "iss": {"https://canary.example/"}}), []string{"problem sign-in", "no audience"}},
		{"other refusal", answer(url.Values{"error": {doctorSecret}}), []string{"warning sign-in", "no audience"}},
		{"answer to something else", answer(url.Values{"error": {"login_required"}, "state": {"canary"}}), []string{"warning sign-in", "no audience"}},
		{"sign-in limited", fault(`{"match":"GET /authorize","status":429,` + echo + `}`), []string{"warning callback", "no audience"}},
		{"sign-in ill", fault(`{"match":"GET /authorize","status":502,` + echo + `}`), []string{"problem callback", "no audience"}},

		{"logout address not registered", func(p *patient) { p.app.LogoutURLs = nil }, []string{"problem logout address"}},
		{"logout not to be seen", fault(`{"match":"GET /v2/logout","status":200,"body":"canary"}`), []string{"warning logout address"}},
		{"logout ill", fault(`{"match":"GET /v2/logout","status":500,` + echo + `}`), []string{"problem logout address"}},
		{"logout limited", fault(`{"match":"GET /v2/logout","status":429,` + echo + `}`), []string{"warning logout address"}},
	}
	words := map[string]string{
		"no discovery document": "(status 404) is no discovery document", "another issuer": "goes by another name",
		"endpoints elsewhere": "leads to another host", "clock ahead": "s ahead of", "clock behind": "s behind",
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := newPatient(t)
			tt.change(p)
			got, err := p.examine()
			want := but(allFine(), tt.want...)
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) || !strings.Contains(p.out.String(), words[tt.name]) {
				t.Errorf("found\n%s\n%v, want %q", p.out.String(), err, want)
			}
			p.wantVerdict(err)
		})
	}
}

// wantVerdict compares the end of the program with what was printed.
func (p *patient) wantVerdict(err error) {
	p.t.Helper()
	problems, todo := 0, strings.Count(p.out.String(), "\n ")
	for _, f := range p.findings() {
		if strings.HasPrefix(f, "problem ") {
			problems++
		}
		if strings.HasPrefix(f, "problem ") || strings.HasPrefix(f, "warning ") && f != "warning configuration" {
			todo--
		}
	}
	if (err == nil) != (problems == 0) || todo != 0 {
		p.t.Errorf("%d problems end with %v; %d advices too many:\n%s", problems, err, todo, p.out.String())
	}
}
