package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"mysecurity/internal/account"
)

// TestScanInTrouble (UP-05, UP-06): a tenant that does not answer is told and
// asked again at the usual rhythm; as soon as it does, the page waits as before.
func TestScanInTrouble(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	user, b := p.person()
	uri := b.startPush()
	page := b.get("add/push")
	p.fault(`{"match":"POST /oauth/token","status":503}`)
	p.fault(`{"match":"GET /mfa/authenticators","status":503}`)
	unsure := b.polled(page)
	b.wantStatus(unsure, http.StatusOK)
	if !strings.Contains(unsure.doc.Text(), b.sentence("add-push.state.unsure")) || !unsure.has("[hx-trigger]") {
		t.Error("UP-06 not told, or the page stops asking")
	}
	p.later(5 * time.Second)
	b.wantStatus(b.polled(unsure), http.StatusNoContent)
	p.later(5 * time.Second)
	if asked := b.post("add/push/check", nil); asked.StatusCode != http.StatusOK || !strings.Contains(asked.doc.Find("#asked").Text(), b.sentence("add-push.asked.unsure")) {
		t.Error("UP-06 the button's answer says nothing")
	}
	p.heal()
	p.later(5 * time.Second)
	waiting := b.polled(unsure)
	b.wantStatus(waiting, http.StatusOK)
	if !strings.Contains(waiting.doc.Text(), b.sentence("add-push.state.waiting")) {
		t.Error("the page does not wait as before")
	}
	p.later(5 * time.Second)
	b.wantStatus(b.polled(waiting), http.StatusNoContent)
	p.later(5 * time.Second)
	p.fault(`{"match":"POST /oauth/token","drop":true,"after":true,"times":1}`)
	p.tenant.Scan(user, uri)
	b.led(b.polled(waiting), "recovery-code") // the answer was lost, the list tells
}

// TestScanWithoutProof (MF-11): a page that waits moves as a whole to where the
// user confirms, and comes back to the same QR code.
func TestScanWithoutProof(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	user, b := p.person()
	p.later(8 * time.Minute)
	uri := b.startPush()
	page := b.get("add/push")
	p.later(3 * time.Minute)
	mark := p.upstream.mark()
	boxed := b.polled(page)
	if boxed.StatusCode != http.StatusForbidden || boxed.Header.Get("HX-Redirect") != p.url+"confirm?page=add-push" {
		t.Errorf("XS-11 %d to %q", boxed.StatusCode, boxed.Header.Get("HX-Redirect"))
	}
	for _, act := range []string{"", "/check", "/renew"} {
		b.moved(b.post("add/push"+act, nil), "confirm?page=add-push")
	}
	p.wantCalls(mark, map[string]int{})
	b.moved(b.signIn(user, "?page=add-push"), "add/push")
	if b.scanText() != uri {
		t.Error("MF-11 another QR code")
	}
	p.tenant.Scan(user, uri)
	b.led(b.polled(b.get("add/push")), "recovery-code")
}

// TestTokenDiesWhileWaiting (UP-07).
func TestTokenDiesWhileWaiting(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	user, b := p.person()
	b.startPush()
	page := b.get("add/push")
	p.fault(`{"match":"POST /oauth/token","status":401,"body":{"error":"expired_token","error_description":"mfa_token is expired"},"times":1}`)
	boxed := b.polled(page)
	if boxed.StatusCode != http.StatusForbidden || boxed.Header.Get("HX-Redirect") != p.url+"confirm?page=add-push" {
		t.Errorf("UP-07 %d to %q", boxed.StatusCode, boxed.Header.Get("HX-Redirect"))
	}
	b.moved(b.signIn(user, "?page=add-push"), "add/push")
	if !b.get("add/push").has(".plate") {
		t.Error("UP-07 the QR code is lost")
	}
}

// TestScanOverInTrouble (decision 18): while the list cannot be read when a QR code
// is over, nobody says that nothing was added; the tenant's next answer tells.
func TestScanOverInTrouble(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	user, b := p.person()
	uri := b.startPush()
	page := b.get("add/push")
	p.tenant.Scan(user, uri)
	p.later(5*time.Minute + time.Second)
	p.fault(`{"match":"GET /mfa/authenticators","status":503}`)
	asked := b.polled(page)
	for name, a := range map[string]answer{
		"the page asks": asked, "the button": b.post("add/push/check", nil), "a reload": b.get("add/push"),
	} {
		if a.has("#push-over") || !strings.Contains(a.doc.Text(), b.sentence("add-push.state.unsure")) {
			t.Errorf("%s: it is said that nothing was added", name)
		}
	}
	p.heal()
	b.led(b.polled(page), "recovery-code")
}

// TestScanFailsForGood (UP-08): a page that cannot go on becomes an error page as
// a whole, not a box with one in it that has stopped asking.
func TestScanFailsForGood(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	_, b := p.person()
	b.startPush()
	page := b.get("add/push")
	p.fault(`{"match":"POST /oauth/token","status":403,"body":{"error":"unauthorized_client"},"times":1}`)
	failed := b.polled(page)
	b.wantStatus(failed, http.StatusUnprocessableEntity)
	if got := failed.Header.Get("HX-Retarget"); got != "#main" || !failed.has("#main") {
		t.Errorf("UP-08 the page goes to %q", got)
	}
}

// TestScanWithoutEnrolment (MF-01, MF-02).
func TestScanWithoutEnrolment(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	user, owner := p.person()
	uri := owner.startPush()
	sameUser := p.browser()
	sameUser.enter(user, "")
	_, stranger := p.person()
	mark := p.upstream.mark()
	for _, b := range []*browser{sameUser, stranger} {
		b.moved(b.post("add/push/check", nil), "")
		b.led(b.post("add/push/check", nil, htmx()...), "")
		b.moved(b.post("add/push/renew", nil), "add/push")
		b.moved(b.post("add/push/cancel", nil), "")
	}
	p.wantCalls(mark, map[string]int{})
	owner.moved(owner.post("add/push/cancel", nil), "")
	mark = p.upstream.mark()
	owner.led(owner.post("add/push/check", nil, htmx()...), "")
	p.wantCalls(mark, map[string]int{})
	if strings.Contains(owner.get("add/push").body, url.QueryEscape(uri)) || owner.get("add/push").has(".plate") {
		t.Error("SL-06 the QR code is still there")
	}
}

// TestStartsOfPush (MF-08).
func TestStartsOfPush(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	_, b := p.person()
	mark := p.upstream.mark()
	for range 5 {
		b.startPush()
		b.moved(b.post("add/push/cancel", nil), "")
	}
	a := b.post("add/push", nil)
	b.wantError(a, http.StatusTooManyRequests, account.KindTooManyTries)
	b.tooEarly(a, "#main time", time.Second)
	if n := p.upstream.since(mark)[associateCall]; n != 5 {
		t.Errorf("MF-08 the tenant saw %d starts", n)
	}
}
