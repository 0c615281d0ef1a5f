package web_test

import (
	"strings"
	"testing"

	"mysecurity/internal/emulator/emulatortest"
)

// TestCancelTooLate (RC-04, MF-19): what the phone has made active before the
// attempt is given up is a method. It stays, is told, and goes by the rules of
// removing alone: cancelling must not take the last one away.
func TestCancelTooLate(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{minMethods: 1})
	user, b := p.person(emulatortest.WithApp())
	app := b.handles()[0]
	p.tenant.Scan(user, b.startPush())
	b.moved(b.post("methods/"+app+"/remove", nil), "") // the notification app is enough
	b.moved(b.post("add/push/cancel", nil), "")
	b.moved(b.get(""), "")
	if b.rows("pushes") != 1 {
		t.Fatal("MF-19 cancelling has removed the last method")
	}
	if b.get("add/push").has(".plate") {
		t.Error("the attempt goes on")
	}
}

// TestAppBesideBarePush: a list with one push method and one app shows them as one
// row. If the app is what was being added, the overview notices it all the same.
func TestAppBesideBarePush(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	user, b := p.person(emulatortest.WithPush())
	token := p.tenant.AccessToken(user)
	b.start()
	var push, app string
	for _, e := range p.entries(token) {
		switch kind, _, _ := strings.Cut(e.ID, "|"); {
		case kind == "push":
			push = e.ID
		case kind == "totp" && !e.Active:
			app = e.ID
		}
	}
	p.fault(`{"match":"GET /mfa/authenticators","status":200,"body":[` +
		`{"id":"` + push + `","authenticator_type":"oob","oob_channel":"auth0","active":true},` +
		`{"id":"` + app + `","authenticator_type":"otp","active":true}]}`)
	b.moved(b.get(""), "")
	if page := b.get(""); !strings.Contains(page.doc.Find("#notice").Text(), b.sentence("notice.app-added")) {
		t.Error("nothing says that the app was added")
	}
	if b.get("add/app").has("#code") {
		t.Error("the attempt goes on")
	}
}
