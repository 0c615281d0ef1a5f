package web_test

import (
	"net/http"
	"testing"
	"time"
)

// TestSignOutOvertakesStepUp (RC-05): whoever was told to be signed out is, also
// when a confirmation in another tab is finished at the same moment. Nor is its
// refresh token left at the tenant, which nobody has any more.
func TestSignOutOvertakesStepUp(t *testing.T) {
	t.Parallel()
	p := startPortal(t, offline)
	for _, call := range []string{tokenCall, listCall} {
		t.Run("the confirmation waits for "+call, func(t *testing.T) {
			p := p.in(t)
			user, b := p.person()
			callback, leaving := b.callback(user, ""), b.otherTab()
			form := everything(leaving.formToken(), "")
			held := p.upstream.hold(t, call)
			answered := make(chan answer, 1)
			go func() { answered <- b.get(callback, fromTenant()...) }()
			<-held.arrived
			leaving.wantHeading(leaving.post("sign-out", form), "signing-out.title")
			held.release()
			if late := <-answered; late.StatusCode == http.StatusSeeOther || b.signedIn() {
				t.Errorf("%d to %s, signed in: %v", late.StatusCode, late.location(), b.signedIn())
			}
			if p.refreshable() {
				t.Error("its refresh token lives on")
			}
		})
	}
	t.Run("the confirmation is finished, the form has the ticket before it", func(t *testing.T) {
		p := p.in(t)
		user, b := p.person()
		leaving := b.otherTab()
		form := everything(b.formToken(), "")
		b.enter(user, "")
		leaving.wantHeading(leaving.post("sign-out", form), "signing-out.title")
		if b.signedIn() {
			t.Error("still signed in")
		}
	})
}

// otherTab is a request that the browser has sent with its cookies of now: a
// browser of its own, which does not get those of later answers.
func (b *browser) otherTab() *browser {
	other := b.p.browser()
	other.plant("mss_dev", b.session())
	return other
}

// TestAddedIsRecordedOnce (SL-10, CS-08): several pages find out at once that a
// method has come, and a monitor asks for heads only; it is one record.
func TestAddedIsRecordedOnce(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	added := func(p *portal) (n int) {
		for _, e := range p.events() {
			if e.Event == "method-added" {
				n++
			}
		}
		return n
	}
	repeated(t, p, func(p *portal) {
		user, b := p.person()
		b.startPush()
		p.tenant.Scan(user, b.scanText())
		p.later(5*time.Minute + time.Second) // the code is over: its page looks at the list
		before, mark := added(p), p.upstream.mark()
		for range 3 {
			b.do(b.request(http.MethodHead, "add/push", nil))
		}
		if n := added(p) - before; n != 0 {
			p.t.Errorf("CS-08 heads have recorded %d", n)
		}
		p.wantCalls(mark, map[string]int{})
		for _, a := range atOnce(6, func(int) answer { return b.get("") }) {
			if a.StatusCode >= http.StatusBadRequest {
				p.t.Errorf("a page: %d", a.StatusCode)
			}
		}
		if n := added(p) - before; n != 1 {
			p.t.Errorf("SL-10 %d records of one method", n)
		}
	})
}
