package web_test

import (
	"net/http"
	"net/url"
	"testing"
)

// TestReadingLosesNothing: a page that is read while a change is under way, and
// writes the session too, takes nothing of the change's result with it.
func TestReadingLosesNothing(t *testing.T) {
	p := startPortal(t, portalOptions{})
	user, b := p.person()
	b.enter(user, "") // leaves a notice that the next overview takes
	held := p.upstream.hold(t, "POST /mfa/associate")
	form := url.Values{"form_token": {b.formToken()}}
	answered := make(chan answer, 1)
	go func() { answered <- b.post("add/app", form) }()
	<-held.arrived
	if !b.get("").has("#notice") {
		t.Fatal("the overview took no notice: this test sees nothing")
	}
	held.release()
	b.moved(<-answered, "add/app")
	b.moved(b.confirm(p.tenant.FreshCode(b.key())), "recovery-code")
	if b.recoveryCode() == "" {
		t.Fatal("the recovery code is lost")
	}
}

// TestCallbackReloaded (RC-07): a callback that is loaded twice while a session
// exists signs nobody out.
func TestCallbackReloaded(t *testing.T) {
	p := startPortal(t, portalOptions{})
	user, b := p.person()
	callback := b.callback(user, "")
	late := b.request(http.MethodGet, callback, nil, fromTenant()...)
	for _, c := range b.cookies() {
		late.AddCookie(c)
	}
	b.wantStatus(b.get(callback, fromTenant()...), http.StatusSeeOther)
	b.wantStatus(b.p.browser().do(late), http.StatusBadRequest)
	if !b.signedIn() {
		t.Fatal("signed out by the second answer")
	}
	for _, c := range b.p.browser().do(late.Clone(t.Context())).Cookies() {
		if c.Name == "mss_dev" {
			t.Errorf("the late answer touches the session's cookie: %v", c)
		}
	}
}
