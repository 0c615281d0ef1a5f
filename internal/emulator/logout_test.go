package emulator_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"mysecurity/internal/emulator"
	"mysecurity/internal/emulator/emulatortest"
)

const afterLogout = emulatortest.LogoutURL

// signedIn is a browser with a session at the tenant and what the application
// knows about it.
type signedIn struct {
	*emulatortest.Browser
	sid, idToken string
}

func signIn(t *testing.T, tenant *emulatortest.Tenant, user emulator.SeedUser) signedIn {
	t.Helper()
	b := tenant.NewBrowser()
	idToken := exchange(t, tenant, b.SignIn(user, nil).Query().Get("code")).IDToken
	sid, _ := payload(t, idToken)["sid"].(string)
	return signedIn{b, sid, idToken}
}

// hasSession asks with prompt=none.
func (s signedIn) hasSession(user emulator.SeedUser) bool {
	return s.SignIn(user, changes("prompt", "none")).Query().Has("code")
}

// TestOIDCLogout is section 10.1 of the protocol reference: what logs out at once,
// what asks first, and what is an error.
func TestOIDCLogout(t *testing.T) {
	type world struct{ me, other signedIn }
	for _, c := range []struct {
		name   string
		change func(w world) url.Values
		left   string // where the browser ends up; "": a page of the tenant
		status int
		over   bool // the session has ended
	}{
		{"logout_hint", func(w world) url.Values { return changes("logout_hint", w.me.sid) }, afterLogout, 0, true},
		{"id_token_hint", func(w world) url.Values { return changes("client_id", "", "id_token_hint", w.me.idToken) }, afterLogout, 0, true},
		{"both hints", func(w world) url.Values { return changes("id_token_hint", w.me.idToken, "logout_hint", w.me.sid) }, afterLogout, 0, true},
		{"state", func(w world) url.Values { return changes("logout_hint", w.me.sid, "state", "a b") }, afterLogout + "?state=a+b", 0, true},
		{"no target", func(w world) url.Values {
			return changes("logout_hint", w.me.sid, "post_logout_redirect_uri", "")
		}, "", http.StatusOK, true},
		{"no hint: confirmation", func(world) url.Values { return nil }, "", http.StatusOK, false},
		{"wrong hint: confirmation", func(world) url.Values { return changes("logout_hint", "x") }, "", http.StatusOK, false},
		{"hint of another session: confirmation", func(w world) url.Values { return changes("logout_hint", w.other.sid) }, "", http.StatusOK, false},
		{"ID token of another session: confirmation", func(w world) url.Values { return changes("id_token_hint", w.other.idToken) }, "", http.StatusOK, false},
		{"hints that disagree: confirmation", func(w world) url.Values {
			return changes("id_token_hint", w.me.idToken, "logout_hint", w.other.sid)
		}, "", http.StatusOK, false},
		{"URL not allowed", func(w world) url.Values {
			return changes("logout_hint", w.me.sid, "post_logout_redirect_uri", "https://evil.example/")
		}, "", http.StatusBadRequest, false},
		{"URL with a query more", func(w world) url.Values {
			return changes("logout_hint", w.me.sid, "post_logout_redirect_uri", afterLogout+"?a=b")
		}, "", http.StatusBadRequest, false},
		{"a callback is no logout URL", func(w world) url.Values {
			return changes("logout_hint", w.me.sid, "post_logout_redirect_uri", emulatortest.Callback)
		}, "", http.StatusBadRequest, false},
		{"URL without an application", func(w world) url.Values { return changes("client_id", "", "logout_hint", w.me.sid) }, "", http.StatusBadRequest, false},
		{"unknown application", func(w world) url.Values { return changes("client_id", "x", "logout_hint", w.me.sid) }, "", http.StatusBadRequest, false},
		{"ID token of another application", func(w world) url.Values {
			return changes("client_id", "management", "id_token_hint", w.me.idToken)
		}, "", http.StatusBadRequest, false},
		{"ID token changed", func(w world) url.Values { return changes("id_token_hint", w.me.idToken+"x") }, "", http.StatusBadRequest, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			tenant := start(t)
			user := tenant.NewUser()
			w := world{signIn(t, tenant, user), signIn(t, tenant, user)}
			p := w.me.Get(logoutURL(t, tenant, c.change(w)))
			if got := leftTo(p); got != c.left || p.Left == nil && p.Status != c.status {
				t.Errorf("left to %q, status %d", got, p.Status)
			}
			if over := !w.me.hasSession(user); over != c.over {
				t.Errorf("session over: %v, want %v", over, c.over)
			}
			if !w.other.hasSession(user) {
				t.Error("the other browser's session has ended")
			}
		})
	}
}

// leftTo is where the browser was sent, or "".
func leftTo(p emulatortest.Page) string {
	if p.Left == nil {
		return ""
	}
	return p.Left.String()
}

func logoutURL(t *testing.T, tenant *emulatortest.Tenant, change url.Values) string {
	t.Helper()
	q := url.Values{"client_id": {tenant.ClientID}, "post_logout_redirect_uri": {afterLogout}}
	for name, values := range change {
		q[name] = values
		if values[0] == "" {
			q.Del(name)
		}
	}
	if q.Get("client_id") == "management" {
		id, _ := tenant.ManagementApplication()
		q.Set("client_id", id)
	}
	return tenant.URL + "/oidc/logout?" + q.Encode()
}

// TestLogoutConfirmation goes through the page, and tries to get past it.
func TestLogoutConfirmation(t *testing.T) {
	tenant := start(t)
	user := tenant.NewUser()
	me := signIn(t, tenant, user)
	ask := me.Get(logoutURL(t, tenant, changes("state", `"><b>`)))
	t.Run("checked again", func(t *testing.T) {
		p := me.Submit(ask, changes("post_logout_redirect_uri", "https://evil.example/"))
		if p.Left != nil || p.Status != http.StatusBadRequest || !me.hasSession(user) {
			t.Errorf("status %d, left to %v", p.Status, p.Left)
		}
	})
	p := me.Submit(ask, nil)
	if p.Left == nil || p.Left.Query().Get("state") != `"><b>` || me.hasSession(user) {
		t.Errorf("status %d, left to %v", p.Status, p.Left)
	}
	t.Run("without a session nothing is asked", func(t *testing.T) {
		if p := me.Get(logoutURL(t, tenant, nil)); p.Left == nil {
			t.Errorf("status %d", p.Status)
		}
	})
}

// TestExpiredHint: the ID token may be long expired.
func TestExpiredHint(t *testing.T) {
	tenant := start(t)
	user := tenant.NewUser()
	me := signIn(t, tenant, user)
	tenant.Clock().Advance(48 * time.Hour)
	if p := me.Get(logoutURL(t, tenant, changes("id_token_hint", me.idToken))); p.Left == nil || me.hasSession(user) {
		t.Errorf("status %d, left to %v", p.Status, p.Left)
	}
}

// TestV2Logout is section 10.2 of the protocol reference.
func TestV2Logout(t *testing.T) {
	second := "http://localhost:8080/other?x=1"
	for _, c := range []struct {
		name, client, returnTo string
		left                   string
		status                 int
		over                   bool
	}{
		{"first URL by default", "portal", "", afterLogout, 0, true},
		{"allowed URL", "portal", second, second, 0, true},
		{"URL not allowed", "portal", "https://evil.example/", "", http.StatusBadRequest, false},
		{"URL without an application", "", afterLogout, "", http.StatusBadRequest, false},
		{"nothing", "", "", "", http.StatusOK, true},
		{"unknown application", "x", "", "", http.StatusBadRequest, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			tenant := start(t, emulatortest.WithCallbacks([]string{emulatortest.Callback}, []string{afterLogout, second}))
			user := tenant.NewUser()
			me := signIn(t, tenant, user)
			q := url.Values{"client_id": {strings.Replace(c.client, "portal", tenant.ClientID, 1)}, "returnTo": {c.returnTo}}
			for name := range q {
				if q.Get(name) == "" {
					q.Del(name)
				}
			}
			p := me.Get(tenant.URL + "/v2/logout?" + q.Encode())
			if leftTo(p) != c.left || p.Left == nil && p.Status != c.status {
				t.Errorf("left to %q, status %d", leftTo(p), p.Status)
			}
			if over := !me.hasSession(user); over != c.over {
				t.Errorf("session over: %v, want %v", over, c.over)
			}
		})
	}
}
