package web_test

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestHeaderMatrix (SL-03, e.1, e.2): every route by everybody in every way, and
// every kind of answer that the site has. The headers themselves are rules for
// every answer; this test makes sure that no kind of answer goes unseen.
func TestHeaderMatrix(t *testing.T) {
	t.Parallel()
	for name, address := range map[string]string{"own host": "https://security.example", "shared host": "https://intranet.example/security", "development": ""} {
		t.Run(name, func(t *testing.T) {
			p := startPortal(t, portalOptions{url: address, minMethods: 1})
			seen := map[int]bool{}
			see := func(answers ...answer) {
				for _, a := range answers {
					seen[a.StatusCode] = true
				}
			}
			see(p.everyWay()...)
			see(p.everyError()...)
			want := []int{200, 204, 303, 400, 401, 403, 404, 405, 409, 413, 421, 422, 429, 500, 502, 503}
			for _, status := range want {
				if !seen[status] {
					t.Errorf("no answer %d among %v", status, slices.Sorted(maps.Keys(seen)))
				}
			}
		})
	}
}

// everyWay asks for every route as a visitor, as a user, with an old proof, in
// an htmx request, from elsewhere, under another name, and with too much.
func (p *portal) everyWay() []answer {
	p.t.Helper()
	_, stale := p.protected()
	p.later(11 * time.Minute)
	_, fresh := p.protected()
	handle := fresh.handles()[0]
	fresh.start()
	token := fresh.formToken()
	var all []answer
	for _, r := range p.pages(handle) {
		var form url.Values
		if r.method == http.MethodPost {
			form = url.Values{"form_token": {token}, "code": {"1"}}
		}
		visitor := p.browser()
		all = append(all,
			visitor.do(visitor.request(r.method, r.path, form)), visitor.do(visitor.request(r.method, r.path, form, htmx()...)),
			stale.do(stale.request(r.method, r.path, form)), stale.do(stale.request(r.method, r.path, form, htmx()...)),
			fresh.do(fresh.request(r.method, r.path, form, "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors")),
			fresh.do(fresh.request(http.MethodDelete, r.path, nil)), fresh.do(fresh.request(http.MethodOptions, r.path, nil)),
		)
		foreign := fresh.request(r.method, r.path, form)
		foreign.Host = "evil.example"
		all = append(all, fresh.do(foreign))
		if r.path == "sign-out" || r.path == "sign-in" {
			continue
		}
		all = append(all, fresh.do(fresh.request(r.method, r.path, form, htmx()...)), fresh.do(fresh.request(r.method, r.path, form)))
		if form != nil {
			form.Set("form_token", strings.Repeat("x", 20_000))
			all = append(all, fresh.do(fresh.request(r.method, r.path, form)), fresh.do(fresh.request(r.method, r.path, form, htmx()...)))
		}
	}
	return append(all, visitorOfAssets(p)...)
}

// visitorOfAssets loads what the pages need.
func visitorOfAssets(p *portal) []answer {
	b := p.browser()
	page := b.get("")
	var all []answer
	for _, name := range []string{"link[rel=stylesheet]", "link[rel=icon]"} {
		all = append(all, b.get(page.doc.Find(name).AttrOr("href", ""), "Cookie", "mss_dev="+strings.Repeat("A", 64)))
	}
	return append(all, b.get(page.doc.Find("script").AttrOr("src", ""), "Accept-Encoding", "br"))
}

// everyError makes the site fail in all the ways that no form alone can.
func (p *portal) everyError() []answer {
	p.t.Helper()
	_, b := p.protected()
	handle := b.handles()[0]
	remove, list := "methods/"+handle+"/remove", `{"match":"GET /mfa/authenticators",`
	all := []answer{b.post(remove, nil), b.post(remove, nil, htmx()...), b.get("callback?state=x")}
	for _, fault := range []string{
		list + `"status":503}`, list + `"status":403,"body":{"error":"insufficient_scope"}}`, `{"match":"DELETE /*","drop":true}`,
		list + `"status":429,"headers":{"Retry-After":"1"}}`,
	} {
		p.fault(fault)
		all = append(all, b.get(""), b.get("", htmx()...))
		p.heal()
		p.later(2 * time.Second)
	}
	for _, headers := range [][]string{nil, htmx()} {
		p.panics.Store(true)
		all = append(all, b.get("add/app"))
		p.panics.Store(true)
		all = append(all, b.get("recovery-code", headers...))
	}
	p.panics.Store(false)
	p.closeIt()
	all = append(all, b.get(""), b.get("", htmx()...), b.get("sign-in"), p.browser().get(""), p.browser().get("sign-in"))
	if b.session() == "" {
		p.t.Error("a store that is down takes the cookie away")
	}
	return all
}
