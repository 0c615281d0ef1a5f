package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// due is a person who has just confirmed the first app.
func (p *portal) due() (enter func(query string) answer, b *browser) {
	p.t.Helper()
	user, b := p.person()
	key := b.start()
	b.moved(b.confirm(p.tenant.FreshCode(key)), "recovery-code")
	return func(query string) answer { return b.enter(user, query) }, b
}

// TestRecoveryCode (MF-22): shown right after the confirmation, hidden on every
// later visit, shown again on request, gone once it is said to be saved.
func TestRecoveryCode(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	_, b := p.due()
	first := b.recoveryCode()
	if len(first) != 24 {
		t.Fatalf("MF-22 the code is %q", first)
	}
	for range 2 { // reload, Back
		if a := b.get("recovery-code"); strings.Contains(a.body, first) || a.has("#recovery-code") {
			t.Fatal("MF-22 shown again by itself")
		}
	}
	b.moved(b.post("recovery-code/show", nil), "recovery-code")
	if b.recoveryCode() != first || b.recoveryCode() != "" {
		t.Error("MF-22 \"show again\" shows it once")
	}
	file := b.post("recovery-code/download", nil)
	if !strings.Contains(file.body, first) || !strings.HasPrefix(file.Header.Get("Content-Disposition"), "attachment; filename=") || strings.Contains(file.Header.Get("Content-Disposition"), first) {
		t.Errorf("MF-22 download: %v", file.Header)
	}
	for _, path := range []string{"", "add/app", "methods/" + anyHandle + "/remove"} {
		b.moved(b.get(path), "recovery-code") // nothing else is as important
	}
	unticked := b.post("recovery-code/saved", nil)
	b.wantStatus(unticked, http.StatusUnprocessableEntity)
	if !strings.Contains(strings.Join(strings.Fields(unticked.doc.Find("#recovery-code").Text()), ""), first) {
		t.Error("the page without the tick lost the code")
	}
	b.moved(b.post("recovery-code/saved", url.Values{"saved": {"yes"}}), "")
	b.post("recovery-code/show", nil)
	if b.recoveryCode() != "" || strings.Contains(b.post("recovery-code/download", nil).body, first) {
		t.Error("MF-22 shown after it was saved")
	}
	b.moved(b.post("recovery-code/saved", url.Values{"saved": {"yes"}}), "")
}

// TestRecoveryCodeNeedsProof (MF-22): to show it again takes a fresh proof, and
// the hop for it loses nothing.
func TestRecoveryCodeNeedsProof(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	enter, b := p.due()
	code := b.recoveryCode()
	p.later(11 * time.Minute)
	b.moved(b.post("recovery-code/show", nil), "confirm?page=recovery-code")
	b.moved(b.post("recovery-code/download", nil), "confirm?page=recovery-code")
	if unticked := b.post("recovery-code/saved", nil); strings.Contains(unticked.body, code) || unticked.has("#recovery-code") {
		t.Error("MF-22 shown without a fresh proof")
	}
	b.moved(enter("?page=recovery-code"), "recovery-code")
	if b.recoveryCode() != "" {
		t.Error("MF-22 the way through the sign-in shows it by itself")
	}
	b.moved(b.post("recovery-code/show", nil), "recovery-code")
	if b.recoveryCode() != code {
		t.Error("MF-22 the code was lost on the way")
	}
}

// TestRecoveryCodeBeforeConfirmation: a code that came with an attempt is not
// shown before the attempt has succeeded, and survives its end.
func TestRecoveryCodeBeforeConfirmation(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	_, b := p.person()
	b.start()
	if b.recoveryCode() != "" {
		t.Error("shown before anything is confirmed")
	}
	b.moved(b.post("recovery-code/show", nil), "recovery-code")
	b.moved(b.post("recovery-code/download", nil), "recovery-code")
	if b.recoveryCode() != "" {
		t.Error("shown on request before anything is confirmed")
	}
	b.post("add/app/cancel", nil)
	if _, code := b.addApp(); len(code) != 24 {
		t.Error("MF-22 the code of the cancelled attempt is lost")
	}
}

// TestSignOutWithUnsavedCode: the first click only warns.
func TestSignOutWithUnsavedCode(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	_, b := p.due()
	warned := b.post("sign-out", nil)
	b.wantStatus(warned, http.StatusOK)
	if warned.Header.Get("Refresh") != "" || !warned.has("input[name=lose_code]") || !b.signedIn() {
		t.Fatal("signed out with a code that nobody has saved")
	}
	if out := b.post("sign-out", url.Values{"lose_code": {"yes"}}); out.Header.Get("Refresh") == "" || b.signedIn() {
		t.Error("the second click does not sign out")
	}
}
