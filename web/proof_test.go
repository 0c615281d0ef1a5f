package web_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestUnseenCodeNeedsProof: a recovery code that was never looked at is not
// shown to whoever sits at the screen after the proof has ended.
func TestUnseenCodeNeedsProof(t *testing.T) {
	p := startPortal(t, portalOptions{})
	user, b := p.person()
	b.moved(b.confirmFresh(), "recovery-code")
	p.later(12 * time.Minute)
	if b.recoveryCode() != "" {
		t.Fatal("shown with a dead proof")
	}
	b.enter(user, "?page=recovery-code")
	if b.recoveryCode() == "" {
		t.Fatal("not shown after a new proof")
	}
}

// TestNoSecondStep (OP-33): a tenant that lets people with a method in without
// asking for it leaves changes locked, and the page says why.
func TestNoSecondStep(t *testing.T) {
	p := startPortal(t, portalOptions{})
	user, b := p.person()
	callback := b.callback(user, "") // the token is made now, for somebody without a method
	other := p.browser()
	other.enter(user, "")
	other.confirmFresh()
	b.wantStatus(b.get(callback, fromTenant()...), http.StatusSeeOther)
	a := b.get("")
	b.wantStatus(a, http.StatusForbidden)
	if !strings.Contains(a.doc.Find("main").Text(), b.sentence("confirm.no-second-step")) {
		t.Errorf("the page does not say why:\n%s", a.doc.Find("main").Text())
	}
	if !strings.Contains(p.log.String(), `"reason":"no-second-step"`) {
		t.Error("the audit stream does not say why")
	}
}

// TestSignOutWaitsForNobody: a change that hangs at the tenant does not keep
// anybody signed in, and its result brings no session back (RC-05).
func TestSignOutWaitsForNobody(t *testing.T) {
	p := startPortal(t, portalOptions{})
	_, b := p.person()
	held := p.upstream.hold(t, "POST /mfa/associate")
	token := b.formToken()
	answered := make(chan answer, 1)
	go func() { answered <- b.post("add/app", map[string][]string{"form_token": {token}}) }()
	<-held.arrived
	b.wantStatus(b.post("sign-out", map[string][]string{"form_token": {token}}), http.StatusOK)
	held.release()
	if late := <-answered; late.StatusCode == http.StatusOK || strings.Contains(late.location(), "recovery-code") {
		t.Errorf("the change says it was done: %d to %q", late.StatusCode, late.location())
	}
	if b.signedIn() {
		t.Error("the session is back")
	}
}

// TestSignInStarts: one address cannot use up the room for everybody's sign-ins.
func TestSignInStarts(t *testing.T) {
	p := startPortal(t, portalOptions{})
	b := p.browser()
	for range 300 {
		b.wantStatus(b.get("sign-in"), http.StatusSeeOther)
	}
	var refused answer
	for range 50 {
		if refused = b.get("sign-in"); refused.StatusCode == http.StatusTooManyRequests {
			break
		}
	}
	b.wantStatus(refused, http.StatusTooManyRequests)
	if refused.Header.Get("Retry-After") == "" {
		t.Error("it is not said when to come back")
	}
}
