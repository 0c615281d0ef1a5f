package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"mysecurity/internal/account"
)

// TestOffers: what the company does not offer is not shown, and a link or a form
// for it explains; what somebody has already is shown all the same.
func TestOffers(t *testing.T) {
	t.Parallel()
	all := map[string]func(account.Offers) bool{
		"app": func(o account.Offers) bool { return o.App }, "phone": account.Offers.Phone,
		"email": func(o account.Offers) bool { return o.Email }, "push": func(o account.Offers) bool { return o.Push },
	}
	for name, offers := range map[string]account.Offers{
		"everything": {App: true, Text: true, Call: true, Email: true, Push: true}, "app": {App: true}, "text": {Text: true},
		"call and email": {Call: true, Email: true}, "push": {Push: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := startPortal(t, portalOptions{offers: offers})
			_, b := p.withMany()
			if b.rows("apps") == 0 || b.rows("phones") == 0 || b.rows("pushes") == 0 {
				t.Error("what somebody has is hidden")
			}
			choice := b.get("add")
			for kind, offered := range all {
				if shown := choice.has(`a[href="` + p.url + `add/` + kind + `"]`); shown != offered(offers) {
					t.Errorf("%s is shown: %v", kind, shown)
				}
				mark := p.upstream.mark()
				page := b.get("add/" + kind)
				if offered(offers) {
					b.wantStatus(page, http.StatusOK)
					continue
				}
				b.wantError(page, http.StatusConflict, account.KindNotOffered)
				for _, path := range []string{"", "/confirm", "/resend", "/check"} {
					if a := b.begun(attempts[kind], path); a.StatusCode != http.StatusNotFound && a.StatusCode != http.StatusMethodNotAllowed {
						b.wantError(a, http.StatusConflict, account.KindNotOffered)
					}
				}
				p.wantCalls(mark, map[string]int{})
			}
		})
	}
}

// begun sends the form that starts an attempt to one of its addresses.
func (b *browser) begun(a attempt, path string) answer {
	b.p.t.Helper()
	form := url.Values{}
	for name, values := range a.form {
		form[name] = values
	}
	return b.post(a.path+path, form)
}

// TestOneChannel: with texts alone there is nothing to choose, and a form that
// asks for a call is answered in words; and the other way round.
func TestOneChannel(t *testing.T) {
	t.Parallel()
	for own, other := range map[string]string{"sms": "voice", "voice": "sms"} {
		t.Run(own, func(t *testing.T) {
			t.Parallel()
			p := startPortal(t, portalOptions{offers: account.Offers{Text: own == "sms", Call: own == "voice"}})
			_, b := p.person()
			if page := b.get("add/phone"); page.has("input[type=radio]") || page.doc.Find("#main input[name=channel]").AttrOr("value", "") != own {
				t.Error("a choice of one")
			}
			form := url.Values{"country": {"CA"}, "number": {"506 234 5678"}, "channel": {other}}
			mark := p.upstream.mark()
			b.wantError(b.post("add/phone", form), http.StatusConflict, account.KindNotOffered)
			p.wantCalls(mark, map[string]int{})
			form.Set("channel", own)
			b.moved(b.post("add/phone", form), "add/phone")
			p.later(minute)
			mark = p.upstream.mark()
			b.wantError(b.post("add/phone/resend", url.Values{"channel": {other}}), http.StatusConflict, account.KindNotOffered)
			p.wantCalls(mark, map[string]int{})
			if page := b.get("add/phone"); page.doc.Find("form[action$=resend]").Length() != 1 {
				t.Error("the other channel is offered")
			}
		})
	}
}

// TestSwitchedOffAtTenant: what the tenant has switched off is found out at the
// attempt, and told in the same words.
func TestSwitchedOffAtTenant(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	_, b := p.person()
	p.control(http.MethodPatch, "tenant", `{"factors":{"otp":false,"sms":false,"email":false,"push-notification":false}}`)
	for kind := range attempts {
		a := b.begin(kind)
		b.wantError(a, http.StatusConflict, account.KindNotOffered)
		if strings.Contains(p.log.String(), `"level":"ERROR"`) {
			t.Errorf("%s: an error of the portal", kind)
		}
	}
}
