package emulator

import (
	"crypto/rsa"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"
)

// ownToken makes the bearer token of a device-accounts call.
func (h *handset) ownToken(changes map[string]any) string {
	h.w.t.Helper()
	now := h.w.e.clock.Now()
	claims := map[string]any{
		"iat": now.Unix(), "exp": now.Add(2 * time.Hour).Unix(), "iss": h.identifier, "sub": h.user,
		"aud": guardianBase + "/api/device-accounts/" + h.id,
	}
	maps.Copy(claims, changes)
	return h.w.signed(h.w.handsetKey(), claims)
}

func (h *handset) account(method, token string, body any) answer {
	h.w.t.Helper()
	return h.w.api(method, "/appliance-mfa/api/device-accounts/"+h.id, body, bearerToken(token))
}

// TestDeviceAccount: a phone changes and removes its own account, and no other.
func TestDeviceAccount(t *testing.T) {
	w := newWorld(t)
	token := w.accessToken(ada, allScopes)
	h := w.scan(w.associateOOB(token, "auth0"))
	other := w.scan(w.associateOOB(w.accessToken(bruno, allScopes), "auth0"))
	for name, wrong := range map[string]string{
		"other user":    h.ownToken(map[string]any{"sub": other.user}),
		"other device":  h.ownToken(map[string]any{"iss": "device-2"}),
		"other account": other.ownToken(nil),
		"expired":       h.ownToken(map[string]any{"iat": worldTime.Add(-time.Hour).Unix(), "exp": worldTime.Unix()}),
		"too long":      h.ownToken(map[string]any{"exp": worldTime.Add(2*time.Hour + time.Second).Unix()}),
		"device token":  other.token,
		"garbage":       "x",
	} {
		t.Run(name, func(t *testing.T) {
			h := &handset{w: &world{t, w.e}, id: h.id}
			h.w.wantGuardianError(h.account("DELETE", wrong, nil), 401, "invalid_token")
			h.w.wantGuardianError(h.account("PATCH", wrong, map[string]string{"name": "x"}), 401, "invalid_token")
		})
	}
	w.wantGuardianError(w.do("DELETE", "/appliance-mfa/api/device-accounts/"+h.id, ""), 401, "invalid_bearer_format")
	unknown := &handset{w: w, id: "dev_AAAAAAAAAAAAAAAA"}
	w.wantGuardianError(unknown.account("DELETE", h.ownToken(nil), nil), 404, "device_account_not_found")

	a := h.account("PATCH", h.token, map[string]any{"name": "Pixel 10", "push_credentials": map[string]string{"service": "APNS", "token": "t"}})
	if a.status != http.StatusOK || a.json["name"] != "Pixel 10" || a.json["identifier"] != "device-1" || len(a.json) != 3 {
		t.Errorf("change: %v", a)
	}
	if list := w.enrolled(ada); list[0].Name != "Pixel 10" || w.logged("gd_update_device_account") != 1 {
		t.Errorf("list: %+v", list)
	}
	for _, body := range []any{map[string]string{"name": ""}, map[string]string{"identifier": "a\x00"}, map[string]any{"push_credentials": map[string]string{}}, "x"} {
		w.wantGuardianError(h.account("PATCH", h.ownToken(nil), body), 400, "invalid_body")
	}
	if a := h.account("DELETE", h.ownToken(nil), nil); a.status != http.StatusNoContent || a.body != "" {
		t.Errorf("delete: %v", a)
	}
	w.wantKinds(ada, "recovery-code+") // its codes are gone as well
	w.wantGuardianError(h.account("DELETE", h.ownToken(nil), nil), 404, "device_account_not_found")
	w.otp(w.mfaToken(bruno), w.code(other.secret))
}

// TestSeededDevice: a seeded phone signs nothing before the tenant knows its key,
// and a key that is known is not replaced.
func TestSeededDevice(t *testing.T) {
	w := newWorld(t)
	w.e.s.mu.Lock()
	dan := w.e.userByEmail("dan@example.com")
	account := w.e.s.phones[dan.ID].Guardian[0]
	device := w.e.activeOf(dan, kindPush)[0].Device
	w.e.s.mu.Unlock()
	h := &handset{w: w, id: account.ID, user: dan.ID, identifier: account.Identifier}
	_, _, o := w.pushed(dan.Email)
	w.wantGuardianError(w.resolve(o.TxToken, w.signed(w.handsetKey(), h.response(o, true, nil))), 401, "invalid_token")
	first, second := &rsa.PrivateKey{}, &rsa.PrivateKey{}
	w.e.s.mu.Lock()
	account.Key = first
	w.e.adoptDeviceKey(account)
	account.Key = second
	w.e.adoptDeviceKey(account)
	adopted := device.Key == &first.PublicKey
	pushes := w.e.s.phones[dan.ID].Pushes
	w.e.s.mu.Unlock()
	if !adopted {
		t.Error("the first key is not the one that counts")
	}
	if len(pushes) != 1 || pushes[0].TxToken != o.TxToken || pushes[0].Challenge != o.Challenge || pushes[0].DeviceAccount != account.ID ||
		pushes[0].ServiceHost != guardianBase || !pushes[0].At.Equal(worldTime) || !strings.HasPrefix(pushes[0].ID, "push_") {
		t.Errorf("on the phone: %+v", pushes)
	}
}
