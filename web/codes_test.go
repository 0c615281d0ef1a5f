package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"mysecurity/handlers"
	"mysecurity/internal/account"
)

// TestCodeForms (MF-09): codes as people copy them are taken; what cannot be
// one never reaches the tenant. The full table is beside parseCode.
func TestCodeForms(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	_, b := p.person()
	key := b.start()
	mark := p.upstream.mark()
	for _, typed := range []string{"", "12345", "1234567", "12345a", "+12345", "１２３４５６", "١٢٣٤٥٦", "123456 or so"} {
		a := b.confirm(typed)
		b.wantStatus(a, http.StatusUnprocessableEntity)
		if a.doc.Find("#code").AttrOr("value", "?") != typed || !a.has("#summary") {
			t.Errorf("MF-09 %q: the field holds %q", typed, a.doc.Find("#code").AttrOr("value", "?"))
		}
	}
	for _, codes := range [][]string{{"12345\x00"}, {"123456", "123456"}, {strings.Repeat("1", 600)}, {"\xff12345"}} {
		b.wantError(b.post("add/app/confirm", url.Values{"code": codes}), http.StatusBadRequest, handlers.KindBadRequest)
	}
	p.wantCalls(mark, map[string]int{})
	code := p.tenant.FreshCode(key)
	b.moved(b.confirm(" "+code[:3]+"\u00a0"+code[3:]+" "), "recovery-code")
}

// TestWrongCodes (MF-05): the fifth wrong code ends the attempt; the recovery
// code that came with it is kept and shown at the end.
func TestWrongCodes(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	_, b := p.person()
	first := b.start()
	for range 4 {
		a := b.confirm(b.wrong(first))
		b.wantStatus(a, http.StatusUnprocessableEntity)
		if !a.has("#key") || a.doc.Find("#code").AttrOr("value", "?") != "" {
			t.Fatal("the attempt is gone, or a wrong code stays in the field")
		}
	}
	last := b.confirm(b.wrong(first))
	b.wantStatus(last, http.StatusUnprocessableEntity)
	if !last.has("#discarded") || b.get("add/app").has("#key") {
		t.Fatal("MF-05 the attempt goes on")
	}
	second := b.start()
	if second == first {
		t.Fatal("MF-05 the same key again")
	}
	b.moved(b.confirm(p.tenant.FreshCode(second)), "recovery-code")
	if b.recoveryCode() == "" {
		t.Error("MF-05 the recovery code of the first attempt is lost")
	}
}

// TestGuessesOfOneUser: ten wrong codes per user and hour, over all sessions;
// nobody else's, and nothing that strangers do, counts (MF-07).
func TestGuessesOfOneUser(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	user := p.tenant.NewUser()
	stranger := p.browser()
	for range 30 {
		stranger.do(stranger.request(http.MethodPost, "add/app/confirm", url.Values{"code": {"000000"}}))
		stranger.get("callback?state=x&code=y")
	}
	mark, refused := p.upstream.mark(), 0
	var b *browser
	for range 3 {
		b = p.browser()
		b.enter(user, "")
		key := b.start()
		for range 4 {
			a := b.confirm(b.wrong(key), "X-Forwarded-For", "198.51.100."+key[:1])
			if a.StatusCode == http.StatusTooManyRequests {
				refused++
			}
		}
	}
	asked := p.upstream.since(mark)
	if guesses := asked[tokenCall] - 3; guesses != 10 || refused != 2 { // three sign-ins
		t.Errorf("MF-06 %d guesses reached the tenant, %d were refused", guesses, refused)
	}
	a := b.confirm("000000")
	b.wantStatus(a, http.StatusTooManyRequests)
	if !a.has("#main time") || !a.has("#key") {
		t.Error("the page says no time, or lost the wizard")
	}
	_, other := p.person()
	key := other.start()
	other.moved(other.confirm(p.tenant.FreshCode(key)), "recovery-code")
	p.later(7 * time.Minute) // one more is allowed by then
	b.wantStatus(b.confirm(b.wrong(b.key())), http.StatusUnprocessableEntity)
}

// TestStartsOfOneUser (MF-08).
func TestStartsOfOneUser(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	_, b := p.person()
	mark := p.upstream.mark()
	token := url.Values{"form_token": {b.formToken()}}
	for range 30 {
		b.moved(b.post("add/app", token), "add/app")
		b.moved(b.post("add/app/cancel", token), "")
	}
	a := b.post("add/app", token)
	b.wantError(a, http.StatusTooManyRequests, account.KindTooManyTries)
	if a.Header.Get("Retry-After") == "" || !a.has("#main time") {
		t.Error("MF-08 no time is named")
	}
	if n := p.upstream.since(mark)[associateCall]; n != 30 {
		t.Errorf("MF-08 the tenant saw %d starts", n)
	}
}

// TestCodeTwice (MF-10): a code that has confirmed one app confirms no other.
func TestCodeTwice(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	_, b := p.person()
	first := b.start()
	code := p.tenant.FreshCode(first)
	b.moved(b.confirm(code), "recovery-code")
	b.post("recovery-code/saved", url.Values{"saved": {"yes"}})
	b.start()
	b.wantStatus(b.confirm(code), http.StatusUnprocessableEntity)
	if n := len(b.handles()); n != 1 {
		t.Errorf("MF-10 %d apps", n)
	}
	// A new code of the first app is right for the tenant, yet not for this attempt.
	b.wantStatus(b.confirm(p.tenant.FreshCode(first)), http.StatusUnprocessableEntity)
	if n := len(b.handles()); n != 1 {
		t.Errorf("%d apps", n)
	}
}
