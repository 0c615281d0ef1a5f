package web_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"mysecurity/internal/account"
	"mysecurity/web"
)

// TestToldToWait (UP-05): the tenant's 429 becomes a sensible time, the call is
// not repeated, and the user's next one waits for that time.
func TestToldToWait(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	now := p.tenant.Clock().Now()
	tests := []struct {
		name, header, value string
		least, most         int // seconds; 0: no time is known
	}{
		{"seconds", "Retry-After", "7", 5, 8},
		{"date", "Retry-After", now.Add(time.Minute).UTC().Format(http.TimeFormat), 30, 61},
		{"negative", "Retry-After", "-5", 1, 1},
		{"a lifetime", "Retry-After", "1000000000", 890, 901},
		{"reset only", "X-RateLimit-Reset", strconv.FormatInt(now.Add(2*time.Minute).Unix(), 10), 90, 121},
		{"garbage", "Retry-After", "soon", 0, 0},
		{"nothing", "X-Other", "x", 0, 0},
	}
	for _, tt := range tests {
		t.Run("UP-05 "+tt.name, func(t *testing.T) {
			p := p.in(t)
			user, b := p.person()
			p.fault(fmt.Sprintf(`{"match":"GET /mfa/authenticators","status":429,"headers":{%q:%q},"body":{"error":"too_many_requests","error_description":"secret of the tenant"}}`, tt.header, tt.value))
			mark := p.upstream.mark()
			a := b.get("")
			b.wantError(a, http.StatusTooManyRequests, account.KindRateLimited)
			wait, _ := strconv.Atoi(a.Header.Get("Retry-After"))
			if wait < tt.least || wait > tt.most || a.has("#main time") != (tt.most > 0) || strings.Contains(a.body, "secret of the tenant") {
				t.Errorf("Retry-After %q", a.Header.Get("Retry-After"))
			}
			p.wantCalls(mark, map[string]int{listCall: 1})
			if tt.least <= 1 {
				return
			}
			p.heal()
			b.wantError(b.get(""), http.StatusTooManyRequests, account.KindRateLimited)
			b.wantError(b.post("add/app", nil), http.StatusTooManyRequests, account.KindRateLimited)
			p.wantCalls(mark, map[string]int{listCall: 1})
			_, other := p.person() // nobody else waits
			other.wantStatus(other.get(""), http.StatusOK)
			b.enter(user, "") // and signing in goes on
			if wait < 30 {
				p.later(time.Duration(wait) * time.Second)
				b.wantStatus(b.get(""), http.StatusOK)
			}
		})
	}
}

// TestTenantInTrouble (UP-01, UP-03, UP-06): reading is tried once more, a
// change never; the page says what is known.
func TestTenantInTrouble(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{minMethods: 0})
	_, b := p.protected()
	handle := b.handles()[0]
	remove := "methods/" + handle + "/remove"
	understood := url.Values{"understood": {"yes"}}
	for _, trouble := range []string{
		`"status":500`, `"status":502`, `"status":503`, `"status":504`, `"drop":true`,
		`"status":200,"body":""`, `"status":200,"headers":{"Content-Type":"text/html"},"body":"<h1>Maintenance</h1>"`, `"status":200,"body":"{\"truncated"`,
	} {
		t.Run("UP-06 "+trouble, func(t *testing.T) {
			p, b := p.in(t), b.in(t)
			least, most := 2, 2
			switch {
			case strings.Contains(trouble, "200"): // an answer that is none: asking again would not help
				least, most = 1, 1
			case strings.Contains(trouble, "drop"): // net/http itself replaces a kept connection that was closed
				most = 5
			}
			p.fault(`{"match":"GET /mfa/authenticators",` + trouble + `}`)
			mark := p.upstream.mark()
			b.wantError(b.get(""), http.StatusServiceUnavailable, account.KindUnavailable)
			if reads := p.upstream.since(mark)[listCall]; reads < least || reads > most {
				t.Errorf("%d reads", reads)
			}
			p.heal()

			p.fault(`{"match":"DELETE /*",` + trouble + `}`)
			mark = p.upstream.mark()
			if strings.Contains(trouble, `"body":""`) { // an empty 200 is as good as 204
				return
			}
			b.wantError(b.post(remove, understood), http.StatusBadGateway, account.KindNotDone)
			p.wantCalls(mark, map[string]int{listCall: 2, deleteCall: 1})
			p.heal()

			p.fault(`{"match":"POST /mfa/associate",` + trouble + `}`)
			mark = p.upstream.mark()
			b.wantError(b.post("add/app", nil), http.StatusBadGateway, account.KindNotDone)
			p.wantCalls(mark, map[string]int{listCall: 2, associateCall: 1})
			p.heal()

			key := b.start()
			p.fault(`{"match":"POST /oauth/token",` + trouble + `}`)
			mark = p.upstream.mark()
			a := b.confirm(p.tenant.FreshCode(key))
			b.wantStatus(a, http.StatusUnprocessableEntity)
			if !a.has("#key") || !a.has("#summary") {
				t.Error("the wizard is lost")
			}
			p.wantCalls(mark, map[string]int{listCall: 1, tokenCall: 1})
			p.heal()
			b.moved(b.post("add/app/cancel", nil), "")
		})
	}
	if len(b.handles()) != 1 {
		t.Error("something was changed")
	}
}

// TestLostAnswers (decision 18): a change whose answer was lost is not
// repeated; the list tells what is true.
func TestLostAnswers(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{minMethods: 0})
	t.Run("removal that was done", func(t *testing.T) {
		p := p.in(t)
		_, b := p.protected()
		remove := "methods/" + b.handles()[0] + "/remove"
		p.fault(`{"match":"DELETE /*","drop":true,"after":true,"times":1}`)
		mark := p.upstream.mark()
		b.moved(b.post(remove, url.Values{"understood": {"yes"}}), "")
		p.wantCalls(mark, map[string]int{listCall: 2, deleteCall: 1})
	})
	t.Run("removal, and nobody can look", func(t *testing.T) {
		p := p.in(t)
		_, b := p.protected()
		form := b.form("methods/"+b.handles()[0]+"/remove", url.Values{"understood": {"yes"}})
		p.fault(`{"match":"DELETE /*","drop":true,"times":1}`)
		held := p.upstream.hold(t, deleteCall)
		answered := make(chan answer)
		go func() { answered <- b.do(form) }()
		<-held.arrived
		p.fault(`{"match":"GET /mfa/authenticators","status":503}`)
		held.release()
		b.wantError(<-answered, http.StatusBadGateway, account.KindUnknown)
	})
	t.Run("confirmation that was done", func(t *testing.T) {
		p := p.in(t)
		_, b := p.person()
		key := b.start()
		p.fault(`{"match":"POST /oauth/token","drop":true,"after":true,"times":1}`)
		b.moved(b.confirm(p.tenant.FreshCode(key)), "recovery-code")
		if b.recoveryCode() == "" {
			t.Error("the recovery code is lost")
		}
	})
	t.Run("confirmation that was done, and nobody could look", func(t *testing.T) {
		p := p.in(t)
		_, b := p.person()
		key := b.start()
		p.fault(`{"match":"POST /oauth/token","drop":true,"after":true,"times":1}`)
		p.fault(`{"match":"GET /mfa/authenticators","status":503}`)
		b.wantError(b.confirm(p.tenant.FreshCode(key)), http.StatusBadGateway, account.KindUnknown)
		p.heal()
		b.moved(b.get(""), "recovery-code")
		if b.recoveryCode() == "" {
			t.Error("the recovery code is lost")
		}
	})
}

// TestTokenRefused (UP-07): an access token that the tenant no longer takes
// leads to one confirmation, and nowhere in circles.
func TestTokenRefused(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	user, b := p.protected()
	p.fault(`{"match":"GET /mfa/authenticators","status":401,"body":{"error":"invalid_token"}}`)
	mark := p.upstream.mark()
	for range 3 {
		a := b.get("")
		b.wantStatus(a, http.StatusForbidden)
		b.wantHeading(a, "confirm.title")
	}
	p.wantCalls(mark, map[string]int{listCall: 1}) // the dead token is not tried again
	b.wantError(b.signIn(user, ""), http.StatusForbidden, account.KindSignInRefused)
	p.heal()
	b.moved(b.signIn(user, ""), "")
	b.wantStatus(b.get(""), http.StatusOK)
}

// TestApplicationRefused (UP-08): a missing scope is the operator's problem.
func TestApplicationRefused(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	_, b := p.protected()
	p.fault(`{"match":"GET /mfa/authenticators","status":403,"body":{"error":"insufficient_scope","error_description":"Insufficient scope, expected: read:authenticators"}}`)
	mark := p.upstream.mark()
	b.wantError(b.get(""), http.StatusBadGateway, account.KindMisconfigured)
	p.wantCalls(mark, map[string]int{listCall: 1})
	if !strings.Contains(p.log.String(), "misconfigured: auth0: list authenticators: forbidden, status 403, code insufficient_scope") {
		t.Error("UP-08 the log does not tell the operator")
	}
}

// TestTenantDownAtStart (UP-10): the portal runs, says so, and recovers by itself.
func TestTenantDownAtStart(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	p.fault(`{"match":"GET /*","drop":true}`)
	probe := func(path string) int {
		w := httptest.NewRecorder()
		web.Admin(p.client.Ready, http.NotFoundHandler()).ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, http.NoBody))
		return w.Code
	}
	if probe("/healthz") != http.StatusOK || probe("/readyz") != http.StatusServiceUnavailable {
		t.Error("UP-10 probes")
	}
	b := p.browser()
	b.wantStatus(b.get(""), http.StatusOK)
	a := b.get("sign-in")
	b.wantError(a, http.StatusServiceUnavailable, account.KindUnavailable)
	if len(a.Cookies()) > 0 {
		t.Error("UP-10 a transaction was begun")
	}
	p.heal()
	p.later(30 * time.Second)
	b.enter(p.tenant.NewUser(), "")
	if probe("/readyz") != http.StatusOK {
		t.Error("UP-10 not ready after all")
	}
}

// TestTenantDownLater (UP-11): readiness, sessions and sign-out do not need it.
func TestTenantDownLater(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	_, b := p.person()
	key := b.start()
	p.fault(`{"match":"GET /*","status":503}`)
	p.fault(`{"match":"POST /*","drop":true}`)
	if err := p.client.Ready(t.Context()); err != nil {
		t.Errorf("UP-11 not ready: %v", err)
	}
	b.wantError(b.get(""), http.StatusServiceUnavailable, account.KindUnavailable)
	if b.key() != key {
		t.Error("UP-11 the wizard needs the tenant")
	}
	boxed := b.post("add/app/confirm", url.Values{"code": {p.tenant.FreshCode(key)}}, htmx()...)
	b.wantStatus(boxed, http.StatusUnprocessableEntity) // 502 would not be swapped in
	b.wantStatus(b.post("sign-out", nil), http.StatusOK)
}
