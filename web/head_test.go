package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// headers are those that HEAD has to have like GET (RFC 9110, section 9.3.2); the
// policy and the reference of a page differ with each answer.
var headers = []string{"Content-Type", "Cache-Control", "Vary", "Location", "Allow", "Retry-After"}

// TestHead (CS-08, RFC 9110 section 9.3.2): HEAD answers what GET would, for a
// visitor, for somebody signed in, and once the proof has ended.
func TestHead(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{minMethods: 1})
	_, b := p.protected()
	style := strings.TrimPrefix(p.browser().get("").doc.Find("link[rel=stylesheet]").AttrOr("href", ""), p.url)
	same := func(b *browser, when string) {
		t.Helper()
		for _, path := range []string{
			"", "signed-out", style, "assets/none.css", "no-such-page", "add", "add/app", "add/phone", "add/email",
			"add/push", "confirm", "methods/" + anyHandle + "/remove", "sign-out", "language", "csp-report",
			"add/app/confirm", "add/phone/resend", "add/push/cancel", "recovery-code/saved",
		} {
			looked, got := b.do(b.request(http.MethodHead, path, nil)), b.get(path)
			if looked.StatusCode != got.StatusCode || looked.body != "" {
				t.Errorf("CS-08 %s, /%s: HEAD %d, GET %d", when, path, looked.StatusCode, got.StatusCode)
			}
			for _, name := range headers {
				if looked.Header.Get(name) != got.Header.Get(name) {
					t.Errorf("CS-08 %s, /%s: %s is %q, with GET %q", when, path, name, looked.Header.Get(name), got.Header.Get(name))
				}
			}
		}
	}
	same(p.browser(), "visitor")
	same(b, "signed in")
	p.later(11 * time.Minute)
	same(b, "proof ended")
}

// TestHeadChangesNothing (CS-08): a message waits for somebody who sees it, what
// happened unseen is made up for by a page, and a session that is only looked at
// ends by its idle time.
func TestHeadChangesNothing(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{minMethods: 1})
	_, b := p.protected()
	b.addApp() // leaves a message for the next page
	b.post("methods/"+b.handles()[0]+"/remove", url.Values{"understood": {"yes"}})
	events := len(p.events())
	look := func() {
		for range 3 {
			b.wantStatus(b.do(b.request(http.MethodHead, "", nil)), http.StatusOK)
		}
	}
	look()
	if a := b.get(""); !a.has("#notice") {
		t.Error("CS-08 HEAD used the message up")
	}
	for range 4 {
		p.later(4 * time.Minute)
		b.do(b.request(http.MethodHead, "", nil))
	}
	if b.signedIn() {
		t.Error("CS-08 HEAD kept the session alive")
	}
	if n := len(p.events()) - events; n != 0 {
		t.Errorf("CS-08 %d audit events", n)
	}
}
