package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"mysecurity/handlers"
	"mysecurity/internal/account"
)

// TestCallbackOfNoTransaction: an answer that no sign-in of this browser waits
// for makes no session and sends nothing to the tenant.
func TestCallbackOfNoTransaction(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	user := p.tenant.NewUser()
	tests := []struct {
		name   string
		answer func(own, strangers url.Values) url.Values
	}{
		{"OP-24 unknown state", func(own, _ url.Values) url.Values { own.Set("state", "unknown"); return own }},
		{"OP-24 state of another browser", func(_, strangers url.Values) url.Values { return strangers }},
		{"OP-24 own state in another case", func(own, _ url.Values) url.Values {
			own.Set("state", strings.ToUpper(own.Get("state")))
			return own
		}},
		{"OP-25 no state", func(own, _ url.Values) url.Values { own.Del("state"); return own }},
		{"OP-25 empty state", func(own, _ url.Values) url.Values { own.Set("state", ""); return own }},
		{"OP-25 two states", func(own, _ url.Values) url.Values { own.Add("state", own.Get("state")); return own }},
		{"OP-31 answer in the fragment", func(_, _ url.Values) url.Values { return url.Values{} }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := p.in(t)
			own, stranger := p.browser(), p.browser()
			a, b := answerOf(t, own.callback(user, "")), answerOf(t, stranger.callback(user, ""))
			mark := p.upstream.mark()
			back := own.get("callback?"+tt.answer(a, b).Encode(), fromTenant()...)
			own.wantError(back, http.StatusBadRequest, account.KindSignInExpired)
			p.wantCalls(mark, map[string]int{})
			if own.signedIn() {
				t.Error("signed in")
			}
		})
	}
}

// answerOf takes the query off a callback's address.
func answerOf(t *testing.T, callback string) url.Values {
	t.Helper()
	u, err := url.Parse(callback)
	must(t, err)
	return u.Query()
}

// TestCallbackErrors: what the provider says beside its error code is never
// shown, and an answer counts once whatever it says.
func TestCallbackErrors(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	user := p.tenant.NewUser()
	const markup = `"><img src=x onerror=alert(1)>https://evil.example/`
	tests := []struct {
		name   string
		answer url.Values // added to state
		status int
		kind   account.Kind
	}{
		{"OP-39 the user cancelled", url.Values{"error": {"access_denied"}}, http.StatusForbidden, account.KindSignInDenied},
		{"OP-39 XS-03 markup in the error", url.Values{"error": {markup}, "error_description": {markup}, "error_uri": {"https://evil.example/"}}, http.StatusForbidden, account.KindSignInRefused},
		{"OP-39 XS-03 markup in the description", url.Values{"error": {"access_denied"}, "error_description": {markup}}, http.StatusForbidden, account.KindSignInDenied},
		{"provider in trouble", url.Values{"error": {"temporarily_unavailable"}}, http.StatusServiceUnavailable, account.KindUnavailable},
		{"OP-40 code and error", url.Values{"error": {"access_denied"}, "code": {"a-code"}}, http.StatusForbidden, account.KindSignInDenied},
		{"two codes", url.Values{"code": {"one", "two"}}, http.StatusForbidden, account.KindSignInRefused},
		{"no code", url.Values{}, http.StatusForbidden, account.KindSignInRefused},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := p.in(t)
			b := p.browser()
			good := answerOf(t, b.callback(user, ""))
			mark := p.upstream.mark()
			tt.answer.Set("state", good.Get("state"))
			back := b.get("callback?"+tt.answer.Encode(), fromTenant()...)
			b.wantError(back, tt.status, tt.kind)
			if strings.Contains(back.body, "evil.example") || strings.Contains(back.body, "onerror") {
				t.Error("the answer is reflected")
			}
			again := b.get("callback?"+good.Encode(), fromTenant()...)
			b.wantError(again, http.StatusBadRequest, account.KindSignInExpired)
			p.wantCalls(mark, map[string]int{})
		})
	}
}

// TestCallbackReplay (OP-40): back button and link previews.
func TestCallbackReplay(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	b := p.browser()
	callback := b.callback(p.tenant.NewUser(), "?page=add-app")
	b.moved(b.get(callback, fromTenant()...), "add/app")

	before, mark := b.session(), p.upstream.mark()
	b.wantError(b.get(callback, fromTenant()...), http.StatusBadRequest, account.KindSignInExpired)
	p.wantCalls(mark, map[string]int{})
	if b.session() != before || !b.signedIn() {
		t.Error("the replay harmed the session")
	}
	bot := p.browser()
	bot.wantError(bot.get(callback), http.StatusBadRequest, account.KindSignInExpired)
}

// TestResponseIssuer (OP-26, OP-27): a tenant that promises to name itself in
// its answers (RFC 9207) has to, before anything is sent to it.
func TestResponseIssuer(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	p.control(http.MethodPatch, "tenant", `{"variants":{"authorization_response_iss":"on"}}`)
	user := p.tenant.NewUser()
	for name, change := range map[string]func(url.Values){
		"OP-26 foreign": func(q url.Values) { q.Set("iss", "https://evil.example/") },
		"OP-26 twice":   func(q url.Values) { q.Add("iss", "https://evil.example/") },
		"OP-27 omitted": func(q url.Values) { q.Del("iss") },
	} {
		t.Run(name, func(t *testing.T) {
			p := p.in(t)
			b := p.browser()
			query := answerOf(t, b.callback(user, ""))
			change(query)
			mark := p.upstream.mark()
			b.wantError(b.get("callback?"+query.Encode(), fromTenant()...), http.StatusForbidden, account.KindSignInRefused)
			p.wantCalls(mark, map[string]int{})
		})
	}
	t.Run("right", func(t *testing.T) {
		p := p.in(t)
		p.browser().enter(user, "")
	})
}

// TestUninvited (OP-31): answers by form POST and sign-ins that others start
// are refused politely; their parameters go nowhere.
func TestUninvited(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	user, b := p.tenant.NewUser(), p.browser()

	posted := answerOf(t, b.callback(user, ""))
	b.wantError(b.do(b.request(http.MethodPost, "callback", posted, "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example")),
		http.StatusForbidden, handlers.KindForged)

	const invitation = "sign-in?iss=https%3A%2F%2Fevil.example%2F&login_hint=mallory&target_link_uri=https%3A%2F%2Fevil.example%2F"
	b.moved(b.get(invitation, "Sec-Fetch-Site", "cross-site"), "")
	if to := b.get(invitation).location(); strings.Contains(to, "evil.example") || strings.Contains(to, "mallory") {
		t.Errorf("parameters passed on: %s", to)
	}
}

// TestStaleStepUp (OP-33): the tenant answers a confirmation out of its own
// session, without asking the user again.
func TestStaleStepUp(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	user, b := p.person()
	p.later(11 * time.Minute)
	b.wantHeading(b.get("add/app"), "confirm.title")

	t.Run("OP-33 old auth_time", func(t *testing.T) {
		b := b.in(t)
		query := b.authorize("?page=add-app").Query()
		if query.Get("max_age") != "0" {
			t.Fatalf("max_age=%q", query.Get("max_age"))
		}
		query.Set("max_age", "3600")
		back := b.get(b.tenant.SignIn(user, query).String(), fromTenant()...)
		b.wantError(back, http.StatusForbidden, account.KindSignInStale)
	})
	t.Run("OP-33 no auth_time", func(t *testing.T) {
		b := b.in(t)
		query := b.authorize("?page=add-app").Query()
		query["max_age"] = []string{""}
		back := b.get(b.tenant.SignIn(user, query).String(), fromTenant()...)
		b.wantError(back, http.StatusForbidden, account.KindSignInRefused)
	})
	b.wantHeading(b.get("add/app"), "confirm.title") // still locked, and still signed in
	b.moved(b.signIn(user, "?page=add-app"), "add/app")
	b.wantHeading(b.get("add/app"), "add-app.title")
}

// TestKeyRotation (OP-22): the tenant changes its signing keys and withdraws the
// old ones.
func TestKeyRotation(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	_, early := p.person()
	p.later(time.Minute)
	for range 2 { // the next key becomes the present one, and then the old one is gone
		p.control(http.MethodPatch, "tenant", `{"rotate_keys":true}`)
	}
	mark := p.upstream.mark()
	p.person()
	p.wantCalls(mark, map[string]int{tokenCall: 1, keysCall: 1, listCall: 1})
	if !early.signedIn() {
		t.Error("the first session ended")
	}
}
