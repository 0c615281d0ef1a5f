package web_test

import (
	"net/url"
	"testing"

	"mysecurity/internal/emulator/emulatortest"
)

// TestUpstreamCalls (G3): what each act asks of the tenant, counted at its door.
func TestUpstreamCalls(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{minMethods: 1})
	step := func(what string, want map[string]int, act func()) {
		t.Helper()
		mark := p.upstream.mark()
		act()
		if t.Failed() {
			return
		}
		if p.wantCalls(mark, want); t.Failed() {
			t.Fatalf("G3 %s", what)
		}
	}
	user, b := p.tenant.NewUser(emulatortest.WithApp(), emulatortest.WithRecoveryCode()), p.browser()
	step("landing", map[string]int{}, func() { b.get("") })
	step("first sign-in", map[string]int{discoveryCall: 1, keysCall: 1, tokenCall: 1, listCall: 1}, func() { b.enter(user, "") })
	step("another sign-in", map[string]int{tokenCall: 1, listCall: 1}, func() { p.browser().enter(user, "") })
	step("confirmation", map[string]int{tokenCall: 1, listCall: 1}, func() { b.enter(user, "?page=add-app") })
	step("overview", map[string]int{listCall: 1}, func() { b.get("") })

	// The lists before and after the start find the id of the new entry, for the
	// cleaning of leftovers, which is not counted (design.md section 8).
	step("start of an app", map[string]int{listCall: 2, associateCall: 1}, func() { b.start() })
	step("wizard", map[string]int{}, func() { b.key() })
	step("malformed code", map[string]int{}, func() { b.confirm("12345") })
	step("confirmation of an app", map[string]int{tokenCall: 1, listCall: 1}, func() { b.moved(b.confirm(p.tenant.FreshCode(b.key())), "") })

	handle := b.handles()[0]
	step("page of the removal", map[string]int{listCall: 1}, func() { b.get("methods/" + handle + "/remove") })
	step("removal", map[string]int{listCall: 1, deleteCall: 1}, func() { b.moved(b.post("methods/"+handle+"/remove", nil), "") })
	step("overview after it", map[string]int{listCall: 1}, func() { b.get("") })
	step("pages without the tenant", map[string]int{}, func() {
		b.get("recovery-code")
		b.get("add/app")
		b.get("no-such-page")
		b.post("language", url.Values{"lang": {"fr-CA"}})
		b.post("sign-out", nil)
	})
}

// TestKeptConnections (G3): in a steady run no call opens a connection.
func TestKeptConnections(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	_, b := p.protected()
	const together = 8
	run := func() {
		for range 5 {
			atOnce(together, func(int) answer { return b.get("") })
		}
	}
	run() // opens as many as are ever needed at once
	mark := p.upstream.mark()
	for range 40 {
		b.get("")
	}
	if n := p.upstream.connections(mark); n != 0 {
		t.Errorf("G3 %d new connections in a steady run", n)
	}
	mark = p.upstream.mark()
	run() // now and then a call finds all of them busy for a moment
	if n := p.upstream.connections(mark); n > together {
		t.Errorf("G3 %d new connections for the same load as before", n)
	}
}
