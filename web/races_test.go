package web_test

import (
	"context"
	"net/http"
	"net/url"
	"sync"
	"testing"
)

// clicks is how many requests arrive at once.
const clicks = 20

// atOnce sends n requests at the same moment and returns the answers.
func atOnce(n int, send func(i int) answer) []answer {
	answers, start := make([]answer, n), make(chan struct{})
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			<-start
			answers[i] = send(i)
		})
	}
	close(start)
	all.Wait()
	return answers
}

// repetitions of each race. The named cases ask for 200, which this many in each of
// many runs come to; all races together take a few seconds of processor time.
const repetitions = 10

// repeated runs a race a few times, each with people of its own.
func repeated(t *testing.T, p *portal, race func(p *portal)) {
	t.Helper()
	for range repetitions {
		t.Run("", func(t *testing.T) { race(p.in(t)) })
	}
}

// TestConfirmAtOnce (RC-01): one call, and twenty answers that tell the same.
func TestConfirmAtOnce(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	repeated(t, p, func(p *portal) {
		_, b := p.person()
		form := everything(b.formToken(), p.tenant.FreshCode(b.start()))
		mark := p.upstream.mark()
		for _, a := range atOnce(clicks, func(int) answer { return b.post("add/app/confirm", form) }) {
			b.moved(a, "recovery-code")
		}
		p.wantCalls(mark, map[string]int{tokenCall: 1, listCall: 1})
		if b.recoveryCode() == "" {
			p.t.Error("RC-01 the recovery code is lost")
		}
	})
}

// TestRemoveAtOnce (RC-02): one deletion, also from two sessions of the user.
func TestRemoveAtOnce(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{minMethods: 0})
	repeated(t, p, func(p *portal) {
		user, b := p.protected()
		other := p.browser()
		other.enter(user, "")
		path := "methods/" + b.handles()[0] + "/remove"
		forms := []url.Values{everything(b.formToken(), ""), everything(other.formToken(), "")}
		mark := p.upstream.mark()
		answers := atOnce(clicks, func(i int) answer { return []*browser{b, other}[i%2].post(path, forms[i%2]) })
		for _, a := range answers {
			b.moved(a, "")
		}
		if n := p.upstream.since(mark)[deleteCall]; n != 1 {
			p.t.Errorf("RC-02 %d deletions", n)
		}
	})
}

// TestStartAtOnce (RC-03): one attempt, one key, and everybody is led to it.
func TestStartAtOnce(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	repeated(t, p, func(p *portal) {
		_, b := p.person()
		form := everything(b.formToken(), "")
		mark := p.upstream.mark()
		for _, a := range atOnce(clicks, func(int) answer { return b.post("add/app", form) }) {
			b.moved(a, "add/app")
		}
		if n := p.upstream.since(mark)[associateCall]; n != 1 {
			p.t.Errorf("RC-03 %d attempts", n)
		}
		b.moved(b.confirm(p.tenant.FreshCode(b.key())), "recovery-code")
	})
}

// TestConfirmAndCancelAtOnce (RC-04): one of them wins, and both answers say so.
func TestConfirmAndCancelAtOnce(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	repeated(t, p, func(p *portal) {
		_, b := p.person()
		form := everything(b.formToken(), p.tenant.FreshCode(b.start()))
		answers := atOnce(2, func(i int) answer { return b.post([]string{"add/app/confirm", "add/app/cancel"}[i], form) })
		confirmed := answers[0].location() == p.url+"recovery-code"
		if confirmed {
			b.moved(b.get(""), "recovery-code")
			b.post("recovery-code/saved", url.Values{"saved": {"yes"}})
		} else {
			b.moved(answers[1], "")
		}
		if n := len(b.handles()); (n == 1) != confirmed {
			p.t.Errorf("RC-04 %d apps, confirmed: %v", n, confirmed)
		}
	})
}

// TestSignOutMeanwhile (RC-05): what finishes after the sign-out brings no
// session back.
func TestSignOutMeanwhile(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{minMethods: 0})
	for name, race := range map[string]struct {
		call string
		send func(b *browser, path string, form url.Values) answer
	}{
		"RC-05 a change": {deleteCall, func(b *browser, path string, form url.Values) answer { return b.post(path, form) }},
		"RC-05 a page":   {listCall, func(b *browser, path string, _ url.Values) answer { return b.get(path) }},
	} {
		t.Run(name, func(t *testing.T) {
			p := p.in(t)
			_, b := p.protected()
			path, form, ticket := "methods/"+b.handles()[0]+"/remove", everything(b.formToken(), ""), b.session()
			held := p.upstream.hold(t, race.call)
			var both sync.WaitGroup
			both.Go(func() { race.send(b, path, form) })
			<-held.arrived
			leaving := p.browser()
			leaving.plant("mss_dev", ticket)
			both.Go(func() { leaving.post("sign-out", form) })
			held.release()
			both.Wait()
			thief := p.browser()
			thief.plant("mss_dev", ticket)
			if thief.signedIn() || b.signedIn() {
				t.Error("the session lives on")
			}
		})
	}
}

// TestRecoveryCodeAtOnce: of several views at once one shows the code, and none
// fails.
func TestRecoveryCodeAtOnce(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	repeated(t, p, func(p *portal) {
		_, b := p.due()
		shown := 0
		for _, a := range atOnce(5, func(int) answer { return b.get("recovery-code") }) {
			b.wantStatus(a, http.StatusOK)
			if a.has("#recovery-code") {
				shown++
			}
		}
		if shown != 1 {
			p.t.Errorf("MF-22 shown %d times", shown)
		}
	})
}

// TestCallbackAtOnce (RC-07): one of them gets the session, the others a
// neutral page.
func TestCallbackAtOnce(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	repeated(t, p, func(p *portal) {
		b := p.browser()
		callback := b.callback(p.tenant.NewUser(), "")
		mark, through := p.upstream.mark(), 0
		for _, a := range atOnce(clicks, func(int) answer { return b.get(callback, fromTenant()...) }) {
			if a.StatusCode == http.StatusSeeOther {
				through++
			} else {
				b.wantStatus(a, http.StatusBadRequest)
			}
		}
		if n := p.upstream.since(mark)[tokenCall]; n != 1 || through != 1 {
			p.t.Errorf("RC-07 %d calls, %d sign-ins", n, through)
		}
	})
}

// TestBrowserLeaves: a browser that goes away while the tenant works (a second
// click, a reload) loses neither the attempt nor the recovery code with it,
// which the tenant hands out once.
func TestBrowserLeaves(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	_, b := p.person()
	ctx, leave := context.WithCancel(t.Context())
	first := b.form("add/app", nil).WithContext(ctx)
	mark := p.upstream.mark()
	held := p.upstream.hold(t, associateCall)
	gone := make(chan error)
	go func() {
		response, err := b.client.Do(first)
		if err == nil {
			response.Body.Close()
		}
		gone <- err
	}()
	<-held.arrived
	leave()
	if <-gone == nil {
		t.Fatal("the first click was answered")
	}
	for range 10 { // the portal notices meanwhile
		p.browser().get("")
	}
	held.release()
	b.moved(b.post("add/app", nil), "add/app")
	if n := p.upstream.since(mark)[associateCall]; n != 1 {
		t.Errorf("%d attempts", n)
	}
	b.moved(b.confirm(p.tenant.FreshCode(b.key())), "recovery-code")
	if b.recoveryCode() == "" {
		t.Error("the recovery code is lost")
	}
}
