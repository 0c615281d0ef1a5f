package web_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"mysecurity/internal/auth0"
	"mysecurity/web"
)

const testVersion = "test"

// scrape is what the admin listener shows to Prometheus.
func (p *portal) scrape() string {
	p.t.Helper()
	w := httptest.NewRecorder()
	web.Admin(p.client.Ready, p.metrics.Handler()).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody))
	if w.Code != http.StatusOK {
		p.t.Fatalf("/metrics: %d %s", w.Code, w.Body)
	}
	return w.Body.String()
}

// wantSamples compares samples, by name with labels.
func (p *portal) wantSamples(want map[string]string) {
	p.t.Helper()
	got := map[string]string{}
	for line := range strings.Lines(p.scrape()) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "} "); ok {
			got[name+"}"] = value
		} else if name, value, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			got[name] = value
		}
	}
	for name, value := range want {
		if got[name] != value {
			p.t.Errorf("%s is %q, want %q", name, got[name], value)
		}
	}
}

// TestMetrics: what an operator watches is counted once, where it happens.
func TestMetrics(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{minMethods: 1, prefix: "security/"})
	user, b := p.tenant.NewUser(), p.browser()
	b.enter(user, "")
	key := b.start()
	b.confirm(b.wrong(key))
	b.moved(b.confirm(p.tenant.FreshCode(key)), "recovery-code")
	b.moved(b.post("recovery-code/saved", url.Values{"saved": {"yes"}}), "")
	b.addApp()
	handle := b.handles()[0]
	b.moved(b.post("methods/"+handle+"/remove", url.Values{"understood": {"yes"}}), "")
	last := b.handles()[0]
	b.wantStatus(b.post("methods/"+last+"/remove", url.Values{"understood": {"yes"}}), http.StatusConflict)
	p.fault(`{"match":"GET /mfa/authenticators","times":2,"status":200,"headers":{"Content-Type":"text/html"},"body":"Log in to the network"}`)
	b.get("")
	b.get("methods/" + handle)
	b.get("language")
	b.do(b.request("BREW", "language", nil))
	b.get("sign-in") // a transaction that stays open

	const requests, calls = "mysecurity_request_duration_seconds_count", "mysecurity_upstream_call_duration_seconds_count"
	p.wantSamples(map[string]string{
		"mysecurity_sign_ins_total":                                               "1",
		`mysecurity_enrolments_total{kind="app"}`:                                 "2",
		`mysecurity_removals_total{kind="app"}`:                                   "1",
		`mysecurity_refusals_total{kind="last-method"}`:                           "1",
		requests + `{method="GET",route="/callback",status="3xx"}`:                "1",
		requests + `{method="POST",route="/add/app/confirm",status="3xx"}`:        "2",
		requests + `{method="POST",route="/add/app/confirm",status="4xx"}`:        "1",
		requests + `{method="POST",route="/methods/:handle/remove",status="3xx"}`: "1",
		requests + `{method="POST",route="/methods/:handle/remove",status="4xx"}`: "1",
		requests + `{method="GET",route="/language",status="4xx"}`:                "1",
		requests + `{method="other",route="/language",status="4xx"}`:              "1",
		calls + `{endpoint="discovery",outcome="ok"}`:                             "1",
		calls + `{endpoint="keys",outcome="ok"}`:                                  "1",
		calls + `{endpoint="sign in",outcome="ok"}`:                               "1",
		calls + `{endpoint="confirm app",outcome="ok"}`:                           "2",
		calls + `{endpoint="confirm app",outcome="wrong code"}`:                   "1",
		calls + `{endpoint="delete authenticator",outcome="ok"}`:                  "1",
		calls + `{endpoint="list authenticators",outcome="unavailable"}`:          "1",
		"mysecurity_upstream_calls_in_flight":                                     "0",
		`mysecurity_store_records{bucket="sessions"}`:                             "1",
		`mysecurity_store_records{bucket="transactions"}`:                         "1",
		`mysecurity_build_info{version="test"}`:                                   "1",
	})
	if bytes := regexp.MustCompile(`(?m)^mysecurity_store_bytes [1-9]`); !bytes.MatchString(p.scrape()) {
		t.Error("the size of the store is not shown")
	}
}

// labels finds every label and its value.
var labels = regexp.MustCompile(`([a-z_]+)="((?:[^"\\]|\\.)*)"`)

// TestLabels (SL-01, SL-13): after a journey with every error on the way, and
// whatever strangers ask for, each label value is a word of ours.
func TestLabels(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{minMethods: 0, refresh: true})
	user, b := p.person()
	b.troubledJourney(user)
	stranger := p.browser()
	for _, canary := range []string{"canary-name", typedNumber, "canary@elsewhere.example", user.UserID, "10.11.12.13"} {
		stranger.get(url.PathEscape(canary))
		stranger.get("methods/" + url.PathEscape(canary) + "/remove")
		stranger.get("add/app?x=" + url.QueryEscape(canary))
		stranger.do(stranger.request("CANARY", "", nil, "User-Agent", canary))
	}
	text := p.scrape()
	for _, what := range append(leaks([]byte(text), p.canaries(user)), leaks([]byte(strings.ToLower(text)), map[string]string{
		"canary": "canary", "10.11.12.13": "address", user.UserID: "user id", p.addr: "own address", "localhost": "host", "evil": "host",
	})...) {
		t.Errorf("SL-01 /metrics holds: %s", what)
	}
	allowed := p.words()
	seen := map[string]bool{}
	for _, m := range labels.FindAllStringSubmatch(text, -1) {
		name, value := m[1], m[2]
		seen[name] = true
		if !slices.Contains(allowed[name], value) && (name != "le" && name != "quantile" || !number.MatchString(value)) {
			t.Errorf("SL-13 label %s has the value %q", name, value)
		}
	}
	for _, name := range []string{"route", "endpoint", "outcome", "kind", "bucket"} {
		if !seen[name] {
			t.Errorf("the journey left no label %s", name)
		}
	}
}

var number = regexp.MustCompile(`^(\+Inf|[0-9.e+-]+)$`)

// words are the values that each label may have.
func (p *portal) words() map[string][]string {
	routes := map[string]bool{"other": true}
	router := p.handler.(*echo.Echo)
	for _, r := range router.Routes() {
		routes[r.Path] = true
	}
	outcomes := []string{"ok"}
	for k := auth0.Kind(0); k.String() != fmt.Sprintf("kind %d", int(k)); k++ {
		outcomes = append(outcomes, k.String())
	}
	goVersion := regexp.MustCompile(`go_info\{version="([^"]*)"`).FindStringSubmatch(p.scrape())[1]
	return map[string][]string{
		"route": slices.Collect(maps.Keys(routes)), "method": {"GET", "HEAD", "POST", "other"}, "status": {"2xx", "3xx", "4xx", "5xx"},
		"endpoint": {
			"discovery", "keys", "sign in", "refresh", "revoke", "list authenticators", "associate app", "associate phone", "associate email",
			"associate push", "confirm app", "confirm message", "check push", "delete authenticator",
		},
		"outcome": outcomes, "reason": {"circuit open", "busy", "canceled"},
		"kind": {
			"app", "phone", "email", "push", "sign-in-refused", "sign-in-stale", "sign-in-denied", "sign-in-expired", "other-person", "refresh-refused", "forged",
			"form-expired", "too-many-codes", "too-many-tries", "too-many-messages", "discarded", "last-method", "fixed", "wrong-host", "no-second-step",
		},
		"bucket": {"sessions", "transactions", "enrolments"}, "group": {"sign-in", "mfa", "documents"}, "version": {testVersion, goVersion},
	}
}
