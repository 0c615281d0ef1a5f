package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"mysecurity/handlers"
	"mysecurity/internal/account"
	"mysecurity/internal/emulator"
)

// offline is a portal whose sign-ins ask for a refresh token.
var offline = portalOptions{refresh: true}

// tired is a protected person whose access token and proof have ended.
func (p *portal) tired() (emulator.SeedUser, *browser) {
	p.t.Helper()
	user, b := p.protected()
	p.later(11 * time.Minute)
	return user, b
}

// listed insists on the overview with the list.
func (b *browser) listed(a answer) {
	b.p.t.Helper()
	b.wantStatus(a, http.StatusOK)
	b.wantHeading(a, "overview.title")
}

// asksToConfirm insists on the page that asks for a new proof.
func (b *browser) asksToConfirm(a answer) {
	b.p.t.Helper()
	b.wantStatus(a, http.StatusForbidden)
	b.wantHeading(a, "confirm.title")
}

// refreshable reports whether the tenant still takes the newest refresh token.
func (p *portal) refreshable() bool {
	p.t.Helper()
	return p.takes(p.upstream.lastRefresh())
}

// takes reports whether the tenant takes a refresh token.
func (p *portal) takes(token string) bool {
	p.t.Helper()
	status, _ := p.tenant.Post("oauth/token", url.Values{
		"grant_type": {"refresh_token"}, "refresh_token": {token},
		"client_id": {p.tenant.ClientID}, "client_secret": {p.tenant.ClientSecret},
	})
	return status == http.StatusOK
}

// TestRefresh: with REFRESH=on the list stays readable as long as the session
// lasts, by one call for each ten minutes, and a change needs a proof all the same.
func TestRefresh(t *testing.T) {
	t.Parallel()
	p := startPortal(t, offline)
	_, b := p.protected()
	handle := b.handles()[0]
	for range 4 {
		p.later(11 * time.Minute)
		mark := p.upstream.mark()
		b.listed(b.get(""))
		b.listed(b.get(""))
		p.wantCalls(mark, map[string]int{tokenCall: 1, listCall: 2})
		for _, page := range []string{"add", "add/app", "methods/" + handle + "/remove"} {
			b.asksToConfirm(b.get(page))
		}
		b.moved(b.post("methods/"+handle+"/remove", url.Values{"understood": {"yes"}}), "confirm?method="+handle+"&page=remove")
		p.wantCalls(mark, map[string]int{tokenCall: 1, listCall: 2})
	}
	p.later(14 * time.Minute) // 58 minutes
	b.listed(b.get(""))
	p.later(2 * time.Minute)
	mark := p.upstream.mark()
	b.wantHeading(b.get(""), "landing.ended.title")
	p.wantCalls(mark, map[string]int{})
}

// TestNoRefresh: with REFRESH=off nothing of all this happens.
func TestNoRefresh(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	_, b := p.protected()
	if scope := b.authorize("").Query().Get("scope"); strings.Contains(scope, "offline_access") {
		t.Errorf("scope %q", scope)
	}
	p.later(11 * time.Minute)
	mark := p.upstream.mark()
	b.asksToConfirm(b.get(""))
	b.post("sign-out", nil)
	p.wantCalls(mark, map[string]int{})
	if p.upstream.lastRefresh() != "" {
		t.Error("a refresh token was handed out")
	}
}

// TestRefreshOutcomes: what certainly was not done is told as any trouble of the
// tenant's, and tried again by the next page; everything else costs the token, which
// is never shown a second time and does not live on at the tenant.
func TestRefreshOutcomes(t *testing.T) {
	t.Parallel()
	p := startPortal(t, offline)
	for name, fault := range map[string]string{
		"refused":               `"status":403,"body":{"error":"invalid_grant","error_description":"Unknown or invalid refresh token."}`,
		"second factor wanted":  `"status":403,"body":{"error":"mfa_required","mfa_token":"x"}`,
		"blocked":               `"status":403,"body":{"error":"unauthorized","error_description":"user is blocked"}`,
		"grant not enabled":     `"status":403,"body":{"error":"unauthorized_client"}`,
		"tenant ill":            `"status":503`,
		"cut":                   `"drop":true`,
		"done, and answer lost": `"drop":true,"after":true`,
		"garbage":               `"status":200,"body":"x"`,
		"a page":                `"status":200,"headers":{"Content-Type":"text/html"},"body":"<h1>Maintenance</h1>"`,
	} {
		t.Run("lost: "+name, func(t *testing.T) {
			p := p.in(t)
			user, b := p.tired()
			p.fault(`{"match":"POST /oauth/token","times":1,` + fault + `}`)
			mark := p.upstream.mark()
			b.asksToConfirm(b.get(""))
			b.asksToConfirm(b.get(""))
			if n := p.upstream.since(mark); n[tokenCall] != 1 || n[revokeCall] != 1 {
				t.Errorf("calls %v", n)
			}
			if p.refreshable() {
				t.Error("the token lives on")
			}
			b.enter(user, "")
			b.listed(b.get(""))
		})
	}
	t.Run("lost: signed with a key that cannot be read", func(t *testing.T) {
		p := p.in(t)
		_, b := p.tired()
		shown := p.upstream.lastRefresh()
		for range 2 { // so that no key is one that was published before
			p.control(http.MethodPatch, "tenant", `{"rotate_keys":true}`)
		}
		p.fault(`{"match":"GET /.well-known/jwks.json","status":503}`)
		mark := p.upstream.mark()
		b.asksToConfirm(b.get(""))
		if n := p.upstream.since(mark); n[tokenCall] != 1 || n[revokeCall] != 2 {
			t.Errorf("calls %v", n)
		}
		p.heal()
		p.later(time.Minute) // until the keys may be read again
		if p.upstream.lastRefresh() == shown || p.refreshable() {
			t.Error("the token that came lives on")
		}
	})
	t.Run("kept: told to wait", func(t *testing.T) {
		p := p.in(t)
		_, b := p.tired()
		p.fault(`{"match":"POST /oauth/token","times":1,"status":429,"headers":{"Retry-After":"60"},"body":{"error":"too_many_requests"}}`)
		mark := p.upstream.mark()
		a := b.get("")
		b.wantError(a, http.StatusTooManyRequests, account.KindRateLimited)
		if a.Header.Get("Retry-After") != "60" {
			t.Errorf("Retry-After %q", a.Header.Get("Retry-After"))
		}
		b.wantError(b.get(""), http.StatusTooManyRequests, account.KindRateLimited)
		p.later(time.Minute)
		b.listed(b.get(""))
		if n := p.upstream.since(mark)[tokenCall]; n != 2 {
			t.Errorf("%d refreshes", n)
		}
	})
	t.Run("a tenant that does not rotate", func(t *testing.T) {
		for _, answer := range []string{"same", "none"} {
			p := p.in(t)
			p.control(http.MethodPatch, "tenant", `{"applications":[{"name":"portal","refresh_token":{"rotation_type":"non-rotating"}}],"variants":{"non_rotating_refresh":"`+answer+`"}}`)
			_, b := p.protected()
			for range 3 {
				p.later(11 * time.Minute)
				b.listed(b.get(""))
			}
		}
	})
}

// TestRefusedList: a list that answers 401 is asked for once more with a new token;
// refused again, both tokens go. A change is not repeated, nor does it refresh.
func TestRefusedList(t *testing.T) {
	t.Parallel()
	p := startPortal(t, offline)
	const refused = `"status":401,"body":{"error":"invalid_token","error_description":"revoked"}`
	t.Run("UP-07 once", func(t *testing.T) {
		p := p.in(t)
		_, b := p.protected()
		remove := "methods/" + b.handles()[0] + "/remove"
		for _, page := range []string{"", remove} {
			p.fault(`{"match":"GET /mfa/authenticators","times":1,` + refused + `}`)
			mark := p.upstream.mark()
			b.wantStatus(b.get(page), http.StatusOK)
			p.wantCalls(mark, map[string]int{tokenCall: 1, listCall: 2})
		}
		b.moved(b.post(remove, url.Values{"understood": {"yes"}}), "") // the proof is what it was
	})
	for name, age := range map[string]time.Duration{"a token that lives": 0, "a token just refreshed": 11 * time.Minute} {
		t.Run("UP-07 always, "+name, func(t *testing.T) {
			p := p.in(t)
			_, b := p.protected()
			p.later(age)
			p.fault(`{"match":"GET /mfa/authenticators",` + refused + `}`)
			mark := p.upstream.mark()
			b.asksToConfirm(b.get(""))
			want := map[string]int{tokenCall: 1, listCall: 2, revokeCall: 1}
			if age > 0 {
				want[listCall] = 1
			}
			p.wantCalls(mark, want)
			b.asksToConfirm(b.get(""))
			p.wantCalls(mark, want)
			p.heal()
			if p.refreshable() {
				t.Error("the token that was dropped still works")
			}
		})
	}
	t.Run("a change", func(t *testing.T) {
		p := p.in(t)
		_, b := p.protected()
		b.start()
		p.fault(`{"match":"POST /oauth/token","times":1,` + refused + `}`)
		mark := p.upstream.mark()
		b.moved(b.confirm("123456"), "confirm?page=add-app")
		p.wantCalls(mark, map[string]int{tokenCall: 1})
		b.listed(b.get("")) // and reading goes on
		p.wantCalls(mark, map[string]int{tokenCall: 2, listCall: 1})
	})
}

// TestRevocation: what nobody will use any more is revoked: at a sign-out, when a
// new proof replaces it, when somebody else turns up.
func TestRevocation(t *testing.T) {
	t.Parallel()
	p := startPortal(t, offline)
	t.Run("sign-out", func(t *testing.T) {
		p := p.in(t)
		_, b := p.tired()
		b.listed(b.get(""))
		mark := p.upstream.mark()
		b.wantStatus(b.post("sign-out", nil), http.StatusOK)
		p.wantCalls(mark, map[string]int{revokeCall: 1})
		if p.refreshable() {
			t.Error("the refresh token outlives the session")
		}
		b.post("sign-out", nil)
		p.wantCalls(mark, map[string]int{revokeCall: 1})
	})
	for _, trouble := range []string{`"drop":true`, `"status":500`, `"status":400,"body":{"error":"invalid_request"}`} {
		t.Run("SE-10 sign-out with a tenant in trouble, "+trouble, func(t *testing.T) {
			p := p.in(t)
			_, b := p.protected()
			old := b.session()
			p.fault(`{"match":"POST /oauth/revoke",` + trouble + `}`)
			b.wantStatus(b.post("sign-out", nil), http.StatusOK)
			thief := p.browser()
			thief.plant("mss_dev", old)
			thief.wantStatus(thief.get("add"), http.StatusUnauthorized)
			if !strings.Contains(p.log.String(), "refresh token not revoked") {
				t.Error("nobody is told")
			}
		})
	}
	t.Run("a new proof", func(t *testing.T) {
		p := p.in(t)
		user, b := p.protected()
		old := p.upstream.lastRefresh()
		mark := p.upstream.mark()
		b.enter(user, "")
		p.wantCalls(mark, map[string]int{tokenCall: 1, listCall: 1, revokeCall: 1})
		if p.upstream.lastRefresh() == old || !p.refreshable() {
			t.Error("the new refresh token does not work")
		}
	})
	t.Run("somebody else", func(t *testing.T) {
		p := p.in(t)
		_, b := p.protected()
		mark := p.upstream.mark()
		b.tenant = p.tenant.NewBrowser()
		b.wantError(b.signIn(p.tenant.NewUser(), ""), http.StatusForbidden, account.KindOtherPerson)
		p.wantCalls(mark, map[string]int{tokenCall: 1, listCall: 1, revokeCall: 2})
		if p.refreshable() {
			t.Error("the refresh token of the other person works")
		}
	})
	t.Run("a sign-in without a list", func(t *testing.T) {
		p := p.in(t)
		p.fault(`{"match":"GET /mfa/authenticators","status":500}`)
		b := p.browser()
		b.wantError(b.signIn(p.tenant.NewUser(), ""), http.StatusServiceUnavailable, account.KindUnavailable)
		p.heal()
		if p.refreshable() {
			t.Error("a refresh token without a session works")
		}
	})
	t.Run("a sign-in that cannot be stored", func(t *testing.T) {
		p := startPortal(t, offline)
		b := p.browser()
		callback := b.callback(p.tenant.NewUser(), "")
		held := p.upstream.hold(t, listCall)
		answered := make(chan answer, 1)
		go func() { answered <- b.get(callback, fromTenant()...) }()
		<-held.arrived
		p.closeIt()
		held.release()
		b.wantError(<-answered, http.StatusServiceUnavailable, handlers.KindStoreDown)
		if p.refreshable() {
			t.Error("a refresh token without a session works")
		}
	})
	t.Run("a sign-in that is refused", func(t *testing.T) {
		p := startPortal(t, portalOptions{refresh: true, skew: 5 * time.Minute}) // whose ID tokens are too old
		mark := p.upstream.mark()
		b := p.browser()
		b.wantError(b.signIn(p.tenant.NewUser(), ""), http.StatusForbidden, account.KindSignInRefused)
		p.wantCalls(mark, map[string]int{discoveryCall: 1, keysCall: 1, tokenCall: 1, revokeCall: 1})
		if token := p.upstream.lastRefresh(); token == "" || p.takes(token) {
			t.Error("a refresh token without a session works")
		}
	})
}

// TestSignOutDuringRefresh (RC-05): what a refresh brings after the sign-out, or
// after a new proof, brings no session back, and does not live on at the tenant.
func TestSignOutDuringRefresh(t *testing.T) {
	t.Parallel()
	p := startPortal(t, offline)
	for name, end := range map[string]func(emulator.SeedUser, *browser){
		"RC-05 sign-out": func(_ emulator.SeedUser, b *browser) { b.wantStatus(b.post("sign-out", nil), http.StatusOK) },
		"RC-05 proof":    func(u emulator.SeedUser, b *browser) { b.enter(u, "") },
	} {
		t.Run(name, func(t *testing.T) {
			p := p.in(t)
			user, b := p.tired()
			old := b.session()
			held := p.upstream.hold(t, tokenCall)
			late := make(chan answer)
			go func() { late <- b.copy().get("") }()
			<-held.arrived
			end(user, b)
			mark := p.upstream.mark()
			held.release()
			b.wantStatus(<-late, http.StatusUnauthorized)
			p.wantCalls(mark, map[string]int{revokeCall: 1})
			if p.refreshable() {
				t.Error("RC-05 the refresh token works")
			}
			thief := p.browser()
			thief.plant("mss_dev", old)
			thief.wantStatus(thief.get("add"), http.StatusUnauthorized)
		})
	}
}

// TestHeadDoesNotRefresh (CS-08): neither does any page that knows nobody's list.
func TestHeadDoesNotRefresh(t *testing.T) {
	t.Parallel()
	p := startPortal(t, offline)
	_, b := p.tired()
	mark := p.upstream.mark()
	if a := b.do(b.request(http.MethodHead, "", nil)); a.StatusCode != http.StatusForbidden {
		t.Errorf("HEAD: %d", a.StatusCode)
	}
	for _, page := range []string{"recovery-code", "signed-out", "add", "add/app", "confirm", "no-such-page", "callback?state=x"} {
		b.get(page)
	}
	b.post("add/app", nil)
	b.post("language", url.Values{"lang": {"fr-CA"}})
	p.wantCalls(mark, map[string]int{})
	b.post("language", url.Values{"lang": {"en"}})
	b.listed(b.get(""))
}

// TestRefreshIsCounted: metrics know the calls by their words.
func TestRefreshIsCounted(t *testing.T) {
	t.Parallel()
	p := startPortal(t, offline)
	_, b := p.tired()
	b.listed(b.get(""))
	b.post("sign-out", nil)
	page := p.scrape()
	for _, endpoint := range []string{"refresh", "revoke"} {
		want := fmt.Sprintf(`mysecurity_upstream_call_duration_seconds_count{endpoint=%q,outcome="ok"} 1`, endpoint)
		if !strings.Contains(page, want) {
			t.Errorf("SL-13 no %s", want)
		}
	}
}
