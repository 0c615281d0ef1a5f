package emulator_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"mysecurity/internal/emulator"
	"mysecurity/internal/emulator/emulatortest"
)

// control calls the control API and returns whatever it answers.
func control(t *testing.T, tenant *emulatortest.Tenant, method, path, body string) (status int, text string) {
	t.Helper()
	request, err := http.NewRequest(method, tenant.URL+"/control/"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	response, err := tenant.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	var failure struct{ Error string }
	if response.StatusCode >= http.StatusBadRequest && (json.Unmarshal(answer, &failure) != nil || failure.Error == "") {
		t.Errorf("%s %s: %d without an error text: %s", method, path, response.StatusCode, answer)
	}
	return response.StatusCode, string(answer)
}

// associatePush starts a push enrolment and returns the text of the QR code.
func associatePush(t *testing.T, tenant *emulatortest.Tenant, token string) (uri, oob string) {
	t.Helper()
	body := `{"authenticator_types":["oob"],"oob_channels":["auth0"],"client_id":"` + tenant.ClientID + `"}`
	request, err := http.NewRequest(http.MethodPost, tenant.URL+"/mfa/associate", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header = http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer " + token}}
	response, err := tenant.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var answer struct {
		BarcodeURI string `json:"barcode_uri"`
		OOBCode    string `json:"oob_code"`
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || answer.BarcodeURI == "" {
		t.Fatalf("associate: %d %v", response.StatusCode, err)
	}
	return answer.BarcodeURI, answer.OOBCode
}

// types lists what the user has, as a seed describes it.
func types(tenant *emulatortest.Tenant, user emulator.SeedUser) []string {
	now, _ := tenant.User(user.Email)
	list := []string{}
	for _, a := range now.Authenticators {
		list = append(list, a.Type)
	}
	return list
}

// calls counts the requests that the tenant got.
func calls(t *testing.T, tenant *emulatortest.Tenant, method, path string) (n int) {
	t.Helper()
	var list []struct{ Method, Path string }
	if err := json.Unmarshal(tenant.Control(http.MethodGet, "requests", ""), &list); err != nil {
		t.Fatal(err)
	}
	for _, r := range list {
		if r.Method == method && r.Path == path {
			n++
		}
	}
	return n
}

// TestGuardianLife goes from the QR code over a sign-in to the removal on the
// phone, all by the tenant's own Guardian service.
func TestGuardianLife(t *testing.T) {
	for name, options := range map[string][]emulatortest.Option{
		"http": nil, "https": {emulatortest.WithTLS()}, "by address": {emulatortest.WithHost("127.0.0.1")},
	} {
		t.Run(name, func(t *testing.T) {
			tenant := start(t, options...)
			user := tenant.NewUser()
			uri, _ := associatePush(t, tenant, tenant.AccessToken(user))
			added := tenant.Scan(user, uri)
			if calls(t, tenant, "POST", "/appliance-mfa/api/enroll") != 1 {
				t.Error("the phone did not call the tenant")
			}
			if got := types(tenant, user); len(got) != 2 || got[0] != "recovery-code" && got[0] != "push" {
				t.Errorf("the user has %v", got)
			}
			shown := tenant.Phone(user).Guardian
			if len(shown) != 1 || shown[0] != added || added.Code == "" || added.Code != tenant.Code(added.Secret) || !strings.HasPrefix(added.ID, "dev_") {
				t.Errorf("the phone shows %+v, the scan said %+v", shown, added)
			}
			if status, _ := control(t, tenant, "POST", "phones/"+tenant.Phone(user).ID+"/scan", `{"uri":"`+uri+`"}`); status != http.StatusConflict {
				t.Errorf("a second scan: status %d", status)
			}
			if claims := payload(t, tenant.Tokens(user, nil).IDToken); claims["amr"] == nil {
				t.Error("no sign-in by notification")
			}
			tenant.Unenrol(user)
			if len(tenant.Phone(user).Guardian) != 0 || calls(t, tenant, "DELETE", "/appliance-mfa/api/device-accounts/{id}") != 1 {
				t.Error("still on the phone, or the tenant was not told")
			}
			if got := types(tenant, user); len(got) != 1 || got[0] != "recovery-code" {
				t.Errorf("the tenant still has %v", got)
			}
		})
	}
}

// TestSeededPush: the phone of a seeded user makes its key when it needs one.
func TestSeededPush(t *testing.T) {
	tenant := start(t)
	dan, _ := tenant.User("dan@example.com")
	for range 2 {
		if claims := payload(t, tenant.Tokens(dan, nil).IDToken); claims["amr"] == nil {
			t.Error("no sign-in by notification")
		}
	}
	tenant.Control(http.MethodPost, "reset", "")
	if claims := payload(t, tenant.Tokens(dan, nil).IDToken); claims["amr"] == nil {
		t.Error("no sign-in after a reset")
	}
	tenant.Control(http.MethodPost, "reset", "")
	tenant.Unenrol(dan)
	if got := types(tenant, dan); len(got) != 0 {
		t.Errorf("left: %v", got)
	}
}

func TestGuardianScanRefused(t *testing.T) {
	tenant := start(t)
	user := tenant.NewUser()
	path := "phones/" + tenant.Phone(user).ID + "/scan"
	uri, _ := associatePush(t, tenant, tenant.AccessToken(user))
	for _, c := range []struct {
		name, uri string
		status    int
	}{
		{"another tenant", strings.Replace(uri, "localhost", "evil.example", 1), http.StatusBadRequest},
		{"no address", strings.Split(uri, "&base_url")[0], http.StatusBadRequest},
		{"no ticket", strings.Replace(uri, "enrollment_tx_id=", "enrollment_tx_id=&x=", 1), http.StatusBadRequest},
		{"malformed ticket", strings.Replace(uri, "enrollment_tx_id=", "enrollment_tx_id=%22", 1), http.StatusBadRequest},
		{"unknown ticket", strings.Replace(uri, "enrollment_tx_id=", "enrollment_tx_id=x", 1), http.StatusConflict},
	} {
		t.Run(c.name, func(t *testing.T) {
			if status, text := control(t, tenant, "POST", path, `{"uri":"`+c.uri+`"}`); status != c.status {
				t.Errorf("%d %s, want %d", status, text, c.status)
			}
		})
	}
	for fault, want := range map[string]int{
		`{"match":"POST /appliance-mfa/api/enroll","status":503,"times":1}`:                             http.StatusBadGateway,
		`{"match":"POST /appliance-mfa/api/enroll","drop":true,"times":1}`:                              http.StatusBadGateway,
		`{"match":"POST /appliance-mfa/api/enroll","status":201,"body":"<html>","times":1}`:             http.StatusBadGateway,
		`{"match":"POST /appliance-mfa/api/enroll","status":418,"body":"no JSON","times":1}`:            http.StatusConflict,
		`{"match":"POST /appliance-mfa/api/enroll","status":201,"body":{"id":""},"times":1}`:            http.StatusBadGateway,
		`{"match":"POST /appliance-mfa/api/enroll","status":302,"headers":{"Location":"/x"},"times":1}`: http.StatusBadGateway,
	} {
		tenant.Fault(fault)
		if status, text := control(t, tenant, "POST", path, `{"uri":"`+uri+`"}`); status != want {
			t.Errorf("%s: %d %s, want %d", fault, status, text, want)
		}
	}
	tenant.Clock().Advance(5 * time.Minute)
	if status, text := control(t, tenant, "POST", path, `{"uri":"`+uri+`"}`); status != http.StatusConflict || !strings.Contains(text, "enrollment_transaction_not_found") {
		t.Errorf("after five minutes: %d %s", status, text)
	}
	if len(tenant.Phone(user).Guardian) != 0 {
		t.Error("an account without an enrolment")
	}
}

// TestOffline: what arrives meanwhile is shown later, as long as it lives.
func TestOffline(t *testing.T) {
	tenant := start(t)
	user := tenant.NewUser(emulatortest.WithPush())
	path := "phones/" + tenant.Phone(user).ID
	tenant.SetOffline(user, true)
	b, p := atChallenge(t, tenant, user, nil)
	if shown := tenant.Phone(user); !shown.Offline || len(shown.Pushes) != 0 {
		t.Errorf("shown: %+v", shown)
	}
	if status, text := control(t, tenant, "POST", path+"/approve", ""); status != http.StatusConflict || !strings.Contains(text, "offline") {
		t.Errorf("approve: %d %s", status, text)
	}
	uri, _ := associatePush(t, tenant, tenant.AccessToken(tenant.NewUser()))
	for call, body := range map[string]string{"scan": `{"uri":"` + uri + `"}`, "unenroll": ""} {
		if status, text := control(t, tenant, "POST", path+"/"+call, body); status != http.StatusConflict || !strings.Contains(text, "offline") {
			t.Errorf("%s: %d %s", call, status, text)
		}
	}
	tenant.Clock().Advance(4 * time.Minute)
	tenant.SetOffline(user, false)
	if len(tenant.Phone(user).Pushes) != 1 {
		t.Fatal("the notification does not show up")
	}
	tenant.Approve(user)
	if p = b.Get(p.URL.String()); p.Left == nil {
		t.Errorf("status %d", p.Status)
	}
	atChallenge(t, tenant, user, nil)
	tenant.SetOffline(user, true)
	tenant.Clock().Advance(5 * time.Minute)
	tenant.SetOffline(user, false)
	if len(tenant.Phone(user).Pushes) != 0 {
		t.Error("a dead notification is shown")
	}
}

// TestControlPushes: what the calls about notifications and accounts refuse.
func TestControlPushes(t *testing.T) {
	tenant := start(t)
	user, plain := tenant.NewUser(emulatortest.WithPush()), tenant.NewUser()
	path, other := "phones/"+tenant.Phone(user).ID, "phones/"+tenant.Phone(plain).ID
	for _, c := range []struct {
		method, path, body string
		status             int
	}{
		{"POST", path + "/approve", "", http.StatusConflict},
		{"POST", path + "/approve", "{}", http.StatusConflict},
		{"POST", path + "/deny", `{"reason":"x"}`, http.StatusConflict},
		{"POST", path + "/approve", `{"reason":"x"}`, http.StatusBadRequest},
		{"POST", path + "/deny", `{"why":"x"}`, http.StatusBadRequest},
		{"POST", path + "/deny", `{"reason":1}`, http.StatusBadRequest},
		{"POST", path + "/deny", `{} {}`, http.StatusBadRequest},
		{"POST", path + "/unenroll", `{"id":"dev_x"}`, http.StatusNotFound},
		{"POST", path + "/unenroll", `{"all":true}`, http.StatusBadRequest},
		{"POST", other + "/unenroll", "", http.StatusConflict},
		{"PATCH", path, "", http.StatusBadRequest},
		{"PATCH", path, "{}", http.StatusBadRequest},
		{"PATCH", path, `{"offline":"yes"}`, http.StatusBadRequest},
		{"PATCH", path, `{"offline":true,"name":"x"}`, http.StatusBadRequest},
		{"POST", "phones/nobody/approve", "", http.StatusNotFound},
		{"POST", "phones/nobody/deny", "", http.StatusNotFound},
		{"POST", "phones/nobody/unenroll", "", http.StatusNotFound},
		{"POST", "phones/nobody/scan", `{"uri":"otpauth://totp/x?enrollment_tx_id=x"}`, http.StatusNotFound},
		{"PATCH", "phones/nobody", `{"offline":true}`, http.StatusNotFound},
		{"GET", path + "/approve", "", http.StatusNotFound},
	} {
		t.Run(c.method+" "+c.path+" "+c.body, func(t *testing.T) {
			if status, text := control(t, tenant, c.method, c.path, c.body); status != c.status {
				t.Errorf("%d %s, want %d", status, text, c.status)
			}
		})
	}
	if types(tenant, user)[0] != "push" || tenant.Phone(user).Offline {
		t.Error("something has changed")
	}
}

// TestPushShown: the notification says which browser asks, and when.
func TestPushShown(t *testing.T) {
	tenant := start(t)
	user := tenant.NewUser(emulatortest.WithPush())
	b := tenant.NewBrowser()
	b.UserAgent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0"
	p := b.Submit(b.Get(tenant.AuthorizeURL(nil)), changes("username", user.Email, "password", user.Password))
	shown := tenant.Phone(user).Pushes
	if len(shown) != 1 || shown[0].From != "Edge, Windows" || !shown[0].At.Equal(noon) || !strings.HasPrefix(shown[0].ID, "push_") {
		t.Fatalf("shown: %+v", shown)
	}
	b.Press(p, "Send another notification")
	if again := tenant.Phone(user).Pushes; len(again) != 2 || again[1] != shown[0] {
		t.Errorf("not newest first: %+v", again)
	}
}

// TestRemovedAtTheTenant: a phone can still get rid of an account that the tenant
// no longer knows.
func TestRemovedAtTheTenant(t *testing.T) {
	tenant := start(t)
	user := tenant.NewUser(emulatortest.WithPush())
	token := tenant.AccessToken(user)
	atChallenge(t, tenant, user, nil)
	for _, id := range authenticatorIDs(t, tenant, token) {
		if strings.HasPrefix(id, "push|") {
			request, _ := http.NewRequest(http.MethodDelete, tenant.URL+"/mfa/authenticators/"+strings.ReplaceAll(id, "|", "%7C"), nil)
			request.Header.Set("Authorization", "Bearer "+token)
			response, err := tenant.Client().Do(request)
			if err != nil || response.StatusCode != http.StatusNoContent {
				t.Fatalf("delete: %v %v", response, err)
			}
			_ = response.Body.Close()
		}
	}
	path := "phones/" + tenant.Phone(user).ID
	if status, text := control(t, tenant, "POST", path+"/approve", ""); status != http.StatusConflict {
		t.Errorf("approve: %d %s", status, text)
	}
	if len(tenant.Phone(user).Pushes) != 0 {
		t.Error("a notification that the tenant has refused is still shown")
	}
	tenant.Unenrol(user)
	if len(tenant.Phone(user).Guardian) != 0 {
		t.Error("the account is still on the phone")
	}
}

func authenticatorIDs(t *testing.T, tenant *emulatortest.Tenant, token string) (ids []string) {
	t.Helper()
	response := get(t, tenant, "/mfa/authenticators", http.Header{"Authorization": {"Bearer " + token}})
	var list []struct{ ID string }
	if err := json.NewDecoder(response.Body).Decode(&list); err != nil {
		t.Fatal(err)
	}
	for _, a := range list {
		ids = append(ids, a.ID)
	}
	return ids
}

// TestPhoneBehindPortMapping: in a container nobody listens at the public address;
// the phone reaches the tenant where the tester's request came in.
func TestPhoneBehindPortMapping(t *testing.T) {
	e, err := emulator.New(emulator.Options{PublicURL: "http://localhost:1", Keys: quickKey})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(e)
	t.Cleanup(func() { server.Close(); e.Close() })
	ask := func(method, path string) int {
		request, err := http.NewRequest(method, server.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Host = "localhost:1"
		response, err := server.Client().Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = response.Body.Close() }()
		return response.StatusCode
	}
	dan, _ := e.User("dan@example.com")
	phone := "/control/phones/phone_" + strings.TrimPrefix(dan.UserID, "auth0|")
	if got := ask(http.MethodPost, phone+"/unenroll"); got != http.StatusNoContent {
		t.Fatalf("status %d", got)
	}
	if now, _ := e.User("dan@example.com"); len(now.Authenticators) != len(dan.Authenticators)-1 {
		t.Errorf("the tenant still has %v", now.Authenticators)
	}
}
