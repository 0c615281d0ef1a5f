package web_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// Fifty requests over three instances that share one store.
const (
	requestsAtOnce = 50
	instancesOfOne = 3
)

// instances are a portal and its twins, and the browser as each of them sees it.
func (p *portal) instances(o portalOptions, b *browser) ([]*portal, []*browser) {
	p.t.Helper()
	all, tabs := []*portal{p}, []*browser{b}
	for len(all) < instancesOfOne {
		twin := p.twin(o)
		all, tabs = append(all, twin), append(tabs, b.copy().at(twin))
	}
	return all, tabs
}

// insists asks for the overview, and again when it is told to come back: an
// instance does not make more than so many calls of one user at a time.
func (b *browser) insists() answer {
	a := b.get("")
	for a.StatusCode == http.StatusServiceUnavailable && a.Header.Get("Retry-After") != "" {
		a = b.get("")
	}
	return a
}

// TestRefreshAtOnce is RC-08: a refresh that takes six seconds is made once, and all
// who wait for it get the list.
func TestRefreshAtOnce(t *testing.T) {
	t.Parallel()
	p := startPortal(t, offline)
	_, b := p.protected()
	_, tabs := p.instances(offline, b)
	for _, tab := range tabs { // each has read the tenant's documents
		tab.listed(tab.get(""))
	}
	p.later(11 * time.Minute)
	p.fault(`{"match":"POST /oauth/token","delay":"6s","times":1}`)
	mark := p.upstream.mark()
	answers := atOnce(requestsAtOnce, func(i int) answer { return tabs[i%len(tabs)].insists() })
	for _, a := range answers {
		b.listed(a)
	}
	if n := p.upstream.since(mark); n[tokenCall] != 1 || n[listCall] != requestsAtOnce {
		t.Errorf("RC-08 %v", n)
	}
	p.later(11 * time.Minute) // and the token that it has brought is good for the next time
	for _, a := range atOnce(requestsAtOnce, func(i int) answer { return tabs[i%len(tabs)].insists() }) {
		b.listed(a)
	}
	if n := p.upstream.since(mark)[tokenCall]; n != 2 {
		t.Errorf("RC-08 %d refreshes", n)
	}
}

// TestRefreshOfADeadProcess is RC-08: a process that dies with the token in its hand
// takes it along. Nobody else shows it to the tenant; when a refresh must be over,
// everybody is asked to confirm.
func TestRefreshOfADeadProcess(t *testing.T) {
	t.Parallel()
	p := startPortal(t, offline)
	user, b := p.protected()
	instances, tabs := p.instances(offline, b)
	p.later(11 * time.Minute)
	request := b.request(http.MethodGet, "", nil)
	for _, c := range b.cookies() {
		request.AddCookie(c)
	}
	dying, err := instances[1].sessions.Open(httptest.NewRecorder(), request, false)
	must(t, err)
	token, err := dying.TakeRefresh()
	must(t, err)
	if token.IsZero() {
		t.Fatal("nothing to take")
	}
	mark := p.upstream.mark()
	done := make(chan []answer)
	go func() { done <- atOnce(requestsAtOnce, func(i int) answer { return tabs[i%len(tabs)].get("") }) }()
	p.later(9 * time.Second)
	select {
	case <-done:
		t.Error("RC-08 given up before the refresh can be over")
	case <-time.After(500 * time.Millisecond): // a few looks at the record
	}
	p.later(time.Minute + time.Second) // over by any clock: nobody waits, also of those who come now
	for _, a := range <-done {
		b.asksToConfirm(a)
	}
	for _, tab := range tabs {
		tab.asksToConfirm(tab.get(""))
	}
	p.wantCalls(mark, map[string]int{})
	b.enter(user, "")
	b.listed(b.get(""))
}

// TestRefreshOutlivesTheBrowser: who has begun a refresh ends it, also if nobody
// waits for its page; others do.
func TestRefreshOutlivesTheBrowser(t *testing.T) {
	t.Parallel()
	p := startPortal(t, offline)
	_, b := p.tired()
	held := p.upstream.hold(t, tokenCall)
	request := b.request(http.MethodGet, "", nil)
	for _, c := range b.cookies() {
		request.AddCookie(c)
	}
	ctx, leave := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.handler.ServeHTTP(httptest.NewRecorder(), request.WithContext(ctx))
	}()
	<-held.arrived
	leave()
	waiting := make(chan answer)
	go func() { waiting <- b.get("") }()
	held.release()
	b.listed(<-waiting)
	<-done
	if n := p.upstream.since(0)[tokenCall]; n != 2 { // that of the sign-in and one refresh
		t.Errorf("%d calls", n)
	}
}
