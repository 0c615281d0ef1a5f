package web_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"mysecurity/handlers"
	"mysecurity/internal/account"
	"mysecurity/internal/emulator/emulatortest"
)

// TestConfirmWithoutEnrolment: a code without a running attempt of this very
// session asks nothing of the tenant.
func TestConfirmWithoutEnrolment(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	user, owner := p.person()
	key := owner.start()
	sameUser := p.browser()
	sameUser.enter(user, "")
	_, stranger := p.person()
	for name, b := range map[string]*browser{
		"MF-01 nothing started": stranger, "MF-01 started in the user's other session": sameUser,
	} {
		t.Run(name, func(t *testing.T) {
			p, b := p.in(t), b.in(t)
			mark := p.upstream.mark()
			b.moved(b.confirm(p.tenant.Code(key)), "")
			p.wantCalls(mark, map[string]int{})
		})
	}
	t.Run("MF-02 cancelled", func(t *testing.T) {
		p, b := p.in(t), owner.in(t)
		b.moved(b.post("add/app/cancel", nil), "")
		if told := b.get("").doc.Find("#notice").Text(); !strings.Contains(told, b.sentence("notice.scan-cancelled")) {
			t.Errorf("that it was cancelled is told as %q", told)
		}
		mark := p.upstream.mark()
		b.moved(b.confirm(p.tenant.Code(key)), "")
		p.wantCalls(mark, map[string]int{})
	})
	t.Run("MF-02 confirmed before", func(t *testing.T) {
		p, b := p.in(t), owner.in(t)
		key := b.start()
		code := p.tenant.FreshCode(key)
		b.moved(b.confirm(code), "recovery-code") // the code that came with the first attempt
		mark := p.upstream.mark()
		b.moved(b.confirm(code), "recovery-code")
		p.wantCalls(mark, map[string]int{})
	})
	t.Run("MF-02 ended with its session", func(t *testing.T) {
		p := p.in(t)
		user, b := p.person()
		key := b.start()
		form := everything(b.formToken(), p.tenant.Code(key))
		p.later(16 * time.Minute)
		b.enter(user, "")
		b.enter(user, "?page=add-app") // the tenant's own session was as old
		mark := p.upstream.mark()
		b.wantStatus(b.post("add/app/confirm", form), http.StatusForbidden)
		b.moved(b.confirm(form.Get("code")), "")
		p.wantCalls(mark, map[string]int{})
	})
}

// TestEnrolmentFields (MF-04): what is enrolled does not depend on the request.
func TestEnrolmentFields(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	_, b := p.person()
	b.moved(b.post("add/app?authenticator_types=oob", url.Values{
		"authenticator_types": {"oob"}, "oob_channels": {"sms"}, "phone_number": {"+1900555"}, "client_id": {"x"}, "page": {"https://evil.example"},
	}), "add/app")
	if !b.get("add/app").has("#key") || b.get("add/phone").has("#code") {
		t.Error("MF-04 no app was started, or something else was")
	}
	b.wantError(b.get("add/sms"), http.StatusNotFound, handlers.KindPageNotFound)
}

// TestOldProof (MF-11): after ten minutes every change asks for a new proof and
// then shows the wanted page, without having done anything.
func TestOldProof(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{minMethods: 0})
	user, b := p.protected()
	handle := b.handles()[0]
	key := b.start()
	p.later(11 * time.Minute)
	mark := p.upstream.mark()
	for path, page := range map[string]string{
		"add/app": "add-app", "add/app/confirm": "add-app", "methods/" + handle + "/remove": "remove", "recovery-code/show": "recovery-code",
	} {
		to := "confirm?page=" + page
		if page == "remove" {
			to = "confirm?method=" + handle + "&page=remove"
		}
		b.moved(b.post(path, everything(b.formToken(), p.tenant.Code(key))), to)
		asking := b.get(to)
		b.wantHeading(asking, "confirm.title")
		if !asking.has(`a[href^="` + p.url + `sign-in?"]`) {
			t.Errorf("%s: no way on", to)
		}
	}
	p.wantCalls(mark, map[string]int{})

	b.moved(b.signIn(user, "?page=remove&method="+handle), "methods/"+handle+"/remove")
	b.wantStatus(b.get("methods/"+handle+"/remove"), http.StatusOK)
	b.enter(user, "?page=add-app")
	if b.key() != key {
		t.Error("MF-11 the wizard was lost on the way")
	}
	asked := p.upstream.since(mark)
	if asked[deleteCall]+asked[associateCall] != 0 || asked[tokenCall] != 2 {
		t.Errorf("MF-11 the way through the sign-in changed something: %v", asked)
	}
}

// TestSignInWithoutSecondStep (MF-12): a password alone shows and changes
// nothing once a strong method protects the account.
func TestSignInWithoutSecondStep(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{minMethods: 0})
	user := p.tenant.NewUser()
	thief := p.browser()
	callback := thief.callback(user, "") // while there is no method yet
	owner := p.browser()
	owner.enter(user, "")
	owner.addApp()
	handle := owner.handles()[0]

	thief.moved(thief.get(callback, fromTenant()...), "")
	mark := p.upstream.mark()
	for _, path := range []string{"", "add/app", "methods/" + handle + "/remove"} {
		a := thief.get(path)
		thief.wantStatus(a, http.StatusForbidden)
		thief.wantHeading(a, "confirm.title")
	}
	for _, path := range []string{"add/app", "add/app/confirm", "methods/" + handle + "/remove", "recovery-code/show", "recovery-code/download"} {
		thief.wantStatus(thief.post(path, everything(thief.formToken(), "123456")), http.StatusSeeOther)
	}
	p.wantCalls(mark, map[string]int{})
	thief.enter(user, "") // now with the app's code
	if got := thief.handles(); !slices.Equal(got, []string{handle}) {
		t.Errorf("MF-12 after the second step: %v", got)
	}
}

// TestFirstMethod (MF-13): ten minutes of full rights for a user without any
// factor, through the first enrolment and beyond, without another hop.
func TestFirstMethod(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{minMethods: 0})
	user, b := p.person()
	mark := p.upstream.mark()
	b.addApp()
	b.addApp()
	p.later(8 * time.Minute)
	for _, handle := range b.handles() {
		b.moved(b.post("methods/"+handle+"/remove", url.Values{"understood": {"yes"}}), "")
	}
	if n := p.upstream.since(mark)[tokenCall]; n != 2 { // the two confirmations
		t.Errorf("MF-13 %d calls of the token endpoint", n)
	}
	p.later(3 * time.Minute)
	b.moved(b.post("add/app", nil), "confirm?page=add-app")
	if got := b.authorize("?page=add-app").Query().Get("max_age"); got != "0" {
		t.Errorf("MF-13 max_age=%s", got)
	}
	b.moved(b.signIn(user, "?page=add-app"), "add/app")
	b.start()
}

// TestStepUpAsAnotherPerson (MF-23).
func TestStepUpAsAnotherPerson(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	_, b := p.person(emulatortest.WithApp())
	b.start()
	p.later(11 * time.Minute)
	b.tenant = p.tenant.NewBrowser()
	a := b.signIn(p.tenant.NewUser(), "?page=add-app")
	b.wantError(a, http.StatusForbidden, account.KindOtherPerson)
	if b.session() != "" || b.signedIn() {
		t.Error("MF-23 somebody is signed in")
	}
}
