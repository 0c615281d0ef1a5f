package web_test

import (
	"bufio"
	"io"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// hostile are addresses that somebody may want the browser to end at.
var hostile = []string{
	"https://evil.example/", "//evil.example", `/\evil.example`, "/%09/evil.example", "%2f%2fevil.example", "https:evil.example",
	"\u2044\u2044evil.example", "https://localhost@evil.example", "javascript:alert(1)", strings.Repeat("/evil.example", 200),
	"OVERVIEW", "add-app/", "add-app\n", "remove", "unknown",
}

// TestReturn: after a sign-in the browser is on a page of the fixed list,
// whatever the sign-in was started with.
func TestReturn(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	user, b := p.tenant.NewUser(), p.browser()
	for _, target := range hostile {
		query := url.Values{"page": {target}, "method": {target}}
		for _, name := range []string{"return_to", "returnTo", "next", "redirect", "redirect_uri", "url", "target_link_uri"} {
			query.Set(name, target)
		}
		to := b.authorize("?" + query.Encode())
		if strings.Contains(to.String(), "evil") {
			t.Fatalf("RD-06 passed on: %s", to)
		}
		back := b.get(b.tenant.SignIn(user, to.Query()).String(), fromTenant()...)
		if back.location() != p.url {
			t.Errorf("RD-01 RD-02 %.60q leads to %s", target, back.location())
		}
	}
	for key, page := range map[string]string{
		"overview": "", "add-app": "add/app", "recovery-code": "recovery-code", "remove&method=" + anyHandle: "methods/" + anyHandle + "/remove",
	} {
		b.moved(b.signIn(user, "?page="+key), page)
	}
}

// TestAuthorizeParameters (RD-06): a fixed set, and one value that depends on
// the visitor, out of our own list of languages.
func TestAuthorizeParameters(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	want := []string{
		"audience", "client_id", "code_challenge", "code_challenge_method", "max_age", "nonce", "redirect_uri",
		"response_type", "scope", "state", "ui_locales",
	}
	for _, injected := range []string{"", "?login_hint=mallory&prompt=none&ui_locales=xx&acr_values=x&scope=offline_access&audience=x&state=fixed&organization=x"} {
		b := p.browser()
		a := b.get("sign-in"+injected, "Accept-Language", `de, "><script>, fr;q=0.5`)
		to, err := url.Parse(a.location())
		must(t, err)
		query := to.Query()
		if got := slices.Sorted(maps.Keys(query)); !slices.Equal(got, want) {
			t.Errorf("RD-06 parameters %q", got)
		}
		if query.Get("scope") != "openid profile email enroll read:authenticators remove:authenticators" || query.Get("code_challenge_method") != "S256" ||
			query.Get("ui_locales") != "fr-CA fr en" && query.Get("ui_locales") != "en" || query.Get("state") == "fixed" {
			t.Errorf("RD-06 %s", to)
		}
	}
}

// TestSignOutTarget (RD-05): the way out leads to the tenant and back, and no
// parameter changes that.
func TestSignOutTarget(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	_, b := p.person()
	injected := url.Values{"returnTo": {"https://evil.example/"}, "post_logout_redirect_uri": {"https://evil.example/"}, "state": {"x"}}
	out := b.post("sign-out?"+injected.Encode(), maps.Clone(injected))
	target, _ := strings.CutPrefix(out.Header.Get("Refresh"), "0; url=")
	to, err := url.Parse(target)
	must(t, err)
	if !isLogout(p, target) || to.Query().Get("post_logout_redirect_uri") != p.url+"signed-out" {
		t.Errorf("RD-05 to %s", target)
	}
	back := b.get("signed-out?" + injected.Encode())
	b.wantStatus(back, http.StatusOK)
	if strings.Contains(out.body+back.body, "evil.example") {
		t.Error("RD-05 reflected")
	}
}

// raw sends bytes that no HTTP client would send and returns the first answer.
func (p *portal) raw(request string) answer {
	p.t.Helper()
	connection, err := net.Dial("tcp", p.addr)
	must(p.t, err)
	defer connection.Close()
	_, err = io.WriteString(connection, request)
	must(p.t, err)
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	must(p.t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	must(p.t, err)
	return answer{Response: response, body: string(body)}
}

// TestHost (RD-07): one name, compared as a whole; what a client says about the
// host appears nowhere.
func TestHost(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	host := p.site.Host()
	name, port, _ := strings.Cut(host, ":")
	tests := []struct {
		name, head string
		status     int
	}{
		{"right", "GET / HTTP/1.1\r\nHost: " + host, http.StatusOK},
		{"RD-07 upper case", "GET / HTTP/1.1\r\nHost: " + strings.ToUpper(host), http.StatusOK},
		{"RD-07 foreign", "GET / HTTP/1.1\r\nHost: evil.example", http.StatusMisdirectedRequest},
		{"RD-07 foreign, same port", "GET / HTTP/1.1\r\nHost: evil.example:" + port, http.StatusMisdirectedRequest},
		{"RD-07 no port", "GET / HTTP/1.1\r\nHost: " + name, http.StatusMisdirectedRequest},
		{"RD-07 other port", "GET / HTTP/1.1\r\nHost: " + host + "0", http.StatusMisdirectedRequest},
		{"RD-07 trailing dot", "GET / HTTP/1.1\r\nHost: " + name + ".:" + port, http.StatusMisdirectedRequest},
		{"RD-07 its address", "GET / HTTP/1.1\r\nHost: " + p.addr, http.StatusMisdirectedRequest},
		{"RD-07 suffix", "GET / HTTP/1.1\r\nHost: evil." + host, http.StatusMisdirectedRequest},
		{"RD-07 two hosts", "GET / HTTP/1.1\r\nHost: " + host + "\r\nHost: evil.example", http.StatusBadRequest},
		{"RD-07 absolute form", "GET http://evil.example/ HTTP/1.1\r\nHost: " + host, http.StatusMisdirectedRequest},
		{"RD-07 absolute form of ours", "GET http://" + host + "/ HTTP/1.1\r\nHost: evil.example", http.StatusOK},
		{"RD-07 no host", "GET / HTTP/1.0", http.StatusMisdirectedRequest},
		{"RD-07 user info", "GET / HTTP/1.1\r\nHost: " + host + "@evil.example", http.StatusBadRequest},
		{"CS-08 CONNECT", "CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443", http.StatusMisdirectedRequest},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := p.in(t).raw(tt.head + "\r\nConnection: close\r\n\r\n")
			if a.StatusCode != tt.status {
				t.Errorf("status %d, want %d", a.StatusCode, tt.status)
			}
			if strings.Contains(a.body+a.location()+a.Header.Get("Content-Security-Policy"), "evil.example") {
				t.Error("the foreign name is in the answer")
			}
		})
	}
}

// TestPaths (RD-03): odd paths are unknown, and never a redirect to elsewhere.
func TestPaths(t *testing.T) {
	t.Parallel()
	for _, prefix := range []string{"", "security"} {
		p := startPortal(t, portalOptions{prefix: prefix})
		home := p.site.Prefix()
		for _, path := range []string{
			"//evil.example", "//evil.example/", "///evil.example", "/%5cevil.example", `/\evil.example`, "/%2f%2fevil.example",
			home + "/evil.example/..", home + "sign-in/", home + "./sign-in", home + "add/../sign-in", home + "%2e%2e/sign-in",
			home + "sign-in;x", home + "sign-in%00", home + "sign-in%23", home + "add%2fapp", home + "assets//app.css",
		} {
			a := p.raw("GET " + path + " HTTP/1.1\r\nHost: " + p.site.Host() + "\r\nConnection: close\r\n\r\n")
			if a.StatusCode != http.StatusNotFound && a.StatusCode != http.StatusBadRequest || a.location() != "" {
				t.Errorf("RD-03 %s: %d %s", path, a.StatusCode, a.location())
			}
		}
	}
}

// TestForwardedHeaders (RD-08): they change nothing, whoever sends them.
func TestForwardedHeaders(t *testing.T) {
	t.Parallel()
	for name, proxies := range map[string][]netip.Prefix{
		"RD-08 from a client": nil, "RD-08 from a trusted proxy": {netip.MustParsePrefix("127.0.0.0/8")},
	} {
		t.Run(name, func(t *testing.T) {
			p := startPortal(t, portalOptions{proxies: proxies})
			b, handle, _ := p.inTheMiddle()
			var lies []string
			for _, header := range []string{
				"X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Prefix", "X-Forwarded-Uri", "X-Forwarded-Port", "X-Forwarded-Server",
				"X_Forwarded_Host", "Forwarded", "X-Original-URL", "X-Original-Host", "X-Rewrite-URL", "X-Script-Name", "X-Url-Scheme", "X-Forwarded-For", "X-Real-IP",
			} {
				lies = append(lies, header, map[string]string{
					"X-Forwarded-Proto": "https", "X-Url-Scheme": "https", "X-Forwarded-Port": "443", "Forwarded": "host=evil.example;proto=https",
				}[header])
				if lies[len(lies)-1] == "" {
					lies[len(lies)-1] = "/sign-out?evil.example"
				}
			}
			for _, r := range p.pages(handle) {
				if r.method != http.MethodGet || r.path == "sign-in" {
					continue
				}
				honest, lied := b.get(r.path), b.get(r.path, lies...)
				if neutral(honest) != neutral(lied) || honest.StatusCode != lied.StatusCode || honest.location() != lied.location() {
					t.Errorf("/%s differs", r.path)
				}
			}
			started := p.browser().get("sign-in", lies...) // whose cookies are held against the mode by a rule
			if strings.Contains(started.location(), "evil.example") {
				t.Errorf("sign-in to %s", started.location())
			}
		})
	}
}

// TestPrefix (RD-12): the whole journey below a path. That each link, form,
// redirect, cookie path, policy source and htmx address has it, is a rule.
func TestPrefix(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{url: "https://intranet.example/security", minMethods: 1})
	p.journey()
	b := p.browser()
	for _, outside := range outsidePrefix {
		b.wantStatus(b.get("https://intranet.example"+outside), http.StatusNotFound)
	}
	b.moved(b.get("https://intranet.example/security"), "") // RD-13, as people type it
}

// outsidePrefix are paths of the host that are not the portal's.
var outsidePrefix = []string{
	"/", "/sign-in", "/callback", "/add/app", "/assets/app.css", "/securityx/", "/Security/", "/other/security/", "/security/security/sign-in",
}

// journey adds and removes an app, with detours and mistakes.
func (p *portal) journey() {
	p.t.Helper()
	user, b := p.person()
	for _, path := range []string{"", "no-such-page", "callback", "recovery-code", "add/app", "signed-out", "methods/" + anyHandle + "/remove"} {
		b.get(path)
	}
	b.confirm("12345", htmx()...)
	key := b.start()
	b.confirm("12345")
	b.confirm("12345", htmx()...)
	b.moved(b.confirm(p.tenant.FreshCode(key)), "recovery-code")
	b.post("sign-out", nil)
	b.get("recovery-code")
	b.get("recovery-code")
	b.post("recovery-code/show", nil)
	b.post("recovery-code/download", nil)
	b.moved(b.post("recovery-code/saved", url.Values{"saved": {"yes"}}), "")
	handle := b.handles()[0]
	b.wantStatus(b.get("methods/"+handle+"/remove"), http.StatusOK)
	b.wantStatus(b.post("methods/"+handle+"/remove", nil), http.StatusConflict)
	b.moved(b.post("language", url.Values{"lang": {"fr-CA"}, "page": {"remove"}, "method": {handle}}), "methods/"+handle+"/remove")
	b.enter(user, "")
	b.get("")
	p.browser().get("add/app")
}
