package web_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"mysecurity/handlers"
	"mysecurity/internal/account"
)

// event is one record of the audit stream.
type event struct {
	Event, Outcome, Reason, User, Session, Client, Request string
	Sequence                                               int
	Time                                                   time.Time
}

// events reads the audit records out of the log.
func (p *portal) events() []event {
	p.t.Helper()
	var all []event
	for _, line := range p.records() {
		var record struct {
			Msg string
			event
		}
		must(p.t, json.Unmarshal([]byte(line), &record))
		if record.Msg == "audit" {
			all = append(all, record.event)
		}
	}
	return all
}

// records are the lines of the log.
func (p *portal) records() []string { return strings.Split(strings.TrimSpace(p.log.String()), "\n") }

// TestEvents (SL-10, ASVS 16.3): each act that an auditor asks about is one
// record, with who (hashed), whence, outcome and reason; no number is missing.
func TestEvents(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{minMethods: 1, proxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	user, b := p.tenant.NewUser(), p.browser()
	last := 0
	after := func(what string, want ...string) {
		t.Helper()
		all := p.events()
		got := []string{}
		for _, e := range all[last:] {
			got = append(got, strings.TrimSuffix(e.Event+" "+e.Outcome+" "+e.Reason, " "))
		}
		if last = len(all); strings.Join(got, "; ") != strings.Join(want, "; ") {
			t.Errorf("SL-10 %s: %q, want %q", what, got, want)
		}
	}
	b.enter(user, "")
	after("sign-in", "sign-in done")
	key := b.start()
	b.confirm(b.wrong(key))
	after("a start and a wrong code")
	for range 4 {
		b.confirm(b.wrong(key))
	}
	after("too many wrong codes", "refused refused discarded")
	b.confirm(p.tenant.FreshCode(b.start()))
	after("an app", "method-added done app")
	b.recoveryCode()
	after("the recovery code", "recovery-code-shown done")
	b.recoveryCode()
	after("hidden the second time")
	b.post("recovery-code/show", nil)
	b.recoveryCode()
	after("shown again on request", "recovery-code-shown done")
	b.post("recovery-code/saved", nil)
	after("shown again without the tick", "recovery-code-shown done")
	b.post("recovery-code/download", nil)
	after("downloaded", "recovery-code-downloaded done")
	b.post("recovery-code/saved", url.Values{"saved": {"yes"}})
	after("said to be saved", "recovery-code-saved done")
	path := "methods/" + b.handles()[0] + "/remove"
	b.post(path, nil)
	after("removal of the last", "refused refused last-method")
	b.addApp()
	after("another app", "method-added done app")
	b.post(path, nil)
	after("removal", "method-removed done app")
	b.post("language", url.Values{"lang": {"en"}}, "Sec-Fetch-Site", "cross-site")
	after("a forged form", "refused refused forged")
	b.post("language", url.Values{"lang": {"en"}, "form_token": {"x"}})
	after("a foreign form token", "refused refused form-expired")
	b.get("callback?state=x&code=y")
	after("an answer to nothing", "refused refused sign-in-expired")
	b.get("callback?error=access_denied&state=" + b.authorize("").Query().Get("state"))
	after("a cancelled sign-in", "refused refused sign-in-denied")
	foreign := b.request(http.MethodGet, "", nil)
	foreign.Host = "evil.example"
	b.do(foreign)
	after("a foreign host", "refused refused wrong-host")
	b.post("sign-out", nil, "X-Forwarded-For", "198.51.100.7")
	after("sign-out", "sign-out done")

	all := p.events()
	for i, e := range all {
		switch {
		case e.Sequence != i+1:
			t.Fatalf("SL-10 record %d has the number %d", i+1, e.Sequence)
		case e.Client == "" || e.Request == "" || e.Time.IsZero():
			t.Errorf("SL-10 incomplete: %+v", e)
		}
	}
	if final := all[len(all)-1]; final.User == "" || final.User != all[0].User || final.Client != "198.51.100.7" {
		t.Errorf("SL-10 %+v", final)
	}
}

// TestEventNames (SL-10): who and which session are told apart and followed, under
// names that nobody can compute from what they know.
func TestEventNames(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	user, b := p.person()
	elsewhere := p.browser()
	elsewhere.enter(user, "")
	p.person()
	elsewhere.post("sign-out", nil)
	b.enter(user, "") // a new proof is a new session
	all := p.events()
	if len(all) != 5 {
		t.Fatalf("%d events", len(all))
	}
	first, second, other, left, again := all[0], all[1], all[2], all[3], all[4]
	if first.User != second.User || first.User != again.User || first.User == other.User || first.Session == second.Session || again.Session == first.Session {
		t.Errorf("SL-10 %+v", all)
	}
	if left.Session != second.Session || left.User != first.User {
		t.Errorf("SL-10 the sign-out has other names than its session: %+v", left)
	}
	name := regexp.MustCompile(`^[0-9a-f]{16}$`)
	owner := account.User{Issuer: p.tenant.Issuer(), Subject: user.UserID}
	for _, prefix := range []string{"", "audit\x00", "user\x00"} {
		sum := sha256.Sum256([]byte(prefix + owner.Key()))
		if !name.MatchString(first.User) || !name.MatchString(first.Session) || strings.HasPrefix(hex.EncodeToString(sum[:]), first.User) {
			t.Errorf("SL-10 user %q, session %q", first.User, first.Session)
		}
	}
}

// TestEventsOfEachKind (SL-10): what was added and removed is named, and nothing
// of a number or an address.
func TestEventsOfEachKind(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{minMethods: 0})
	for kind := range attempts {
		_, b := p.person()
		before := len(p.events())
		b.moved(b.begin(kind), "add/"+kind)
		b.finishes(kind, kind)
		b.removeOnly()
		var told []string
		for _, e := range p.events()[before:] {
			told = append(told, strings.TrimSpace(e.Event+" "+e.Reason))
		}
		want := "method-added " + kind + "; recovery-code-shown; recovery-code-saved; method-removed " + kind
		if got := strings.Join(told, "; "); got != want {
			t.Errorf("SL-10 %s", got)
		}
	}
}

// TestOneRecordPerRequest: a page's reference leads to its record, also where
// the request failed.
func TestOneRecordPerRequest(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	b := p.browser()
	before := len(p.records())
	a := b.get("no-such-page?code=a-secret-in-the-query")
	b.wantError(a, http.StatusNotFound, handlers.KindPageNotFound)
	lines := p.records()[before-1:]
	reference := strings.TrimSpace(a.doc.Find(".reference code").Text())
	if len(lines) != 1 || reference == "" || !strings.Contains(lines[0], `"request":"`+reference+`"`) || !strings.Contains(lines[0], `"status":404`) {
		t.Errorf("reference %q, records %q", reference, lines)
	}
	if strings.Contains(p.log.String(), "a-secret-in-the-query") {
		t.Error("SL-01 the log holds the query")
	}
}

// TestLogInjection (SL-09): whatever a client sends is one escaped, short line.
func TestLogInjection(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	const forged = `"},{"level":"ERROR","msg":"forged"`
	long := strings.Repeat("A", 20_000)
	_, b := p.person()
	before := len(p.records())
	p.raw("GET /" + url.PathEscape("\r\n\x1b[31m"+forged) + " HTTP/1.1\r\nHost: " + p.site.Host() + "\r\nConnection: close\r\n\r\n")
	p.raw("GET /" + long + " HTTP/1.1\r\nHost: " + p.site.Host() + "\r\nConnection: close\r\n\r\n")
	p.raw(long[:300] + " / HTTP/1.1\r\nHost: " + p.site.Host() + "\r\nConnection: close\r\n\r\n")
	b.get("", "User-Agent", forged+long)
	b.get("callback?error=x&error_description=" + url.QueryEscape("\r\n"+forged))
	b.get("\xff\xfe")
	lines := p.records()[before:]
	for _, line := range lines {
		var record map[string]any
		if json.Unmarshal([]byte(line), &record) != nil || len(line) > 1500 || record["msg"] == "forged" || strings.ContainsAny(line, "\x1b\r") {
			t.Errorf("SL-09 %d bytes: %.200s", len(line), line)
		}
	}
	if len(lines) != 8 { // six requests, and the audit records of the callback and of the odd method
		t.Errorf("SL-09 %d lines", len(lines))
	}
}
