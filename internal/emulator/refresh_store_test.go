package emulator

import (
	"net/http"
	"net/url"
	"testing"
	"time"
)

// refreshToken signs somebody without a factor in and returns the refresh token.
func (w *world) refreshToken(email string) string {
	w.t.Helper()
	w.e.s.mu.Lock()
	password := w.e.userByEmail(email).Password
	w.e.s.mu.Unlock()
	a := w.grant(grantPassword, url.Values{"username": {email}, "password": {password}, "scope": {"offline_access"}})
	token, _ := a.json["refresh_token"].(string)
	if token == "" {
		w.t.Fatal(a)
	}
	return token
}

func (w *world) refresh(token string) answer {
	w.t.Helper()
	return w.grant(grantRefreshToken, url.Values{"refresh_token": {token}})
}

// TestRefreshTokensAreForgotten: what is over leaves nothing behind, used tokens
// included.
func TestRefreshTokensAreForgotten(t *testing.T) {
	w := newWorld(t)
	a := w.refresh(w.refreshToken(ada))
	w.refreshToken("chloe@example.com")
	if got := len(w.e.s.refreshTokens); got != 3 {
		t.Fatalf("%d tokens, want 3", got)
	}
	w.do("POST", "/oauth/revoke", w.revocation(a.json["refresh_token"].(string)).Encode())
	w.e.clock.Advance(15 * 24 * time.Hour)
	w.refresh("v1.unknown")
	if got := len(w.e.s.refreshTokens) + len(w.e.s.refreshActive); got != 0 {
		t.Errorf("%d entries are left", got)
	}
}

func (w *world) revocation(token string) url.Values {
	id, secret := w.e.PortalApplication()
	return url.Values{"client_id": {id}, "client_secret": {secret}, "token": {token}}
}

// TestRefreshClockMovedBack: a clock that is moved back gives no leeway.
func TestRefreshClockMovedBack(t *testing.T) {
	w := newWorld(t)
	token := w.refreshToken(ada)
	w.refresh(token)
	w.e.clock.Advance(-time.Hour)
	if a := w.refresh(token); a.status != http.StatusForbidden {
		t.Errorf("reuse: %v", a)
	}
}

// TestControlBlocksAndDeletes: users by the control API.
func TestControlBlocksAndDeletes(t *testing.T) {
	w := newWorld(t)
	path := "/control/users/" + url.PathEscape(w.userID(ada))
	blocked := func(on bool) userJSON {
		a := w.api("PATCH", path, map[string]bool{"blocked": on})
		if a.status != http.StatusOK || a.json["blocked"] != on {
			t.Errorf("blocked %v: %v", on, a)
		}
		return list[userJSON](t, w.do("GET", "/control/users", ""))[0]
	}
	if u := blocked(true); u.Email != ada || !u.Blocked {
		t.Errorf("%+v", u)
	}
	if u := blocked(false); u.Blocked {
		t.Errorf("%+v", u)
	}
	token := w.accessToken(ada, allScopes)
	for _, want := range []int{http.StatusNoContent, http.StatusNotFound} {
		if a := w.do("DELETE", path, ""); a.status != want {
			t.Errorf("delete: %v, want %d", a, want)
		}
	}
	if a := w.do("GET", "/mfa/authenticators", "", bearerToken(token)); a.status != http.StatusUnauthorized {
		t.Errorf("access token of nobody: %v", a)
	}
	if got := list[phoneJSON](t, w.do("GET", "/control/phones", "")); len(got) != 3 {
		t.Errorf("%d phones", len(got))
	}
	// The address and the id are free again.
	if a := w.api("POST", "/control/users", map[string]string{"email": ada, "password": "p"}); a.status != http.StatusCreated {
		t.Errorf("created again: %v", a)
	}
}

// TestDeletedInTheMiddle: whatever the user has begun ends well.
func TestDeletedInTheMiddle(t *testing.T) {
	w := newWorld(t)
	id := w.userID(bruno)
	token, access := w.mfaToken(bruno), w.mint(bruno, w.e.mfaAudience(), allScopes)
	w.e.s.mu.Lock()
	l := &login{
		ID: "state", UserID: id, FirstFactorAt: worldTime, Expires: worldTime.Add(loginLife),
		Request: authorizeRequest{Audience: w.e.mfaAudience()},
	}
	w.e.s.logins[l.ID] = l
	w.e.due(l)
	w.e.deleteUser(id)
	w.e.s.mu.Unlock()
	for name, a := range map[string]answer{
		"sign-in page":    w.do("GET", pathOTP+"?state=state", ""),
		"mfa_token":       w.do("GET", "/mfa/authenticators", "", bearerToken(token)),
		"access token":    w.do("GET", "/mfa/authenticators", "", bearerToken(access)),
		"code for an app": w.otp(token, "000000"),
		"phone":           w.do("GET", "/console/phones/phone_"+afterPipe(id), ""),
	} {
		if a.status < 400 || a.status > 499 {
			t.Errorf("%s: %v", name, a)
		}
	}
}

// TestPatchApplications: what a patch does not name stays, also if it names the
// application twice.
func TestPatchApplications(t *testing.T) {
	w := newWorld(t)
	w.settings(map[string]any{"applications": []any{
		map[string]any{"name": "portal", "refresh_token": map[string]any{"leeway": 5}},
		map[string]any{"name": "portal", "refresh_token": map[string]any{"rotation_type": nonRotating}},
	}})
	id, _ := w.e.PortalApplication()
	want := RefreshSettings{nonRotating, expiring, 5, refreshLife, refreshIdleLife}
	if got := w.e.s.apps[id].RefreshToken; got != want {
		t.Errorf("%+v", got)
	}
	w.do("POST", "/control/reset", "")
	if got := w.e.s.apps[id].RefreshToken; got != (RefreshSettings{}.withDefaults()) {
		t.Errorf("after a reset: %+v", got)
	}
}
