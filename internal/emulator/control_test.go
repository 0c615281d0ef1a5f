package emulator

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// list decodes an answer that is an array.
func list[T any](t *testing.T, a answer) []T {
	t.Helper()
	var out []T
	if err := json.Unmarshal([]byte(a.body), &out); err != nil || a.status != http.StatusOK || out == nil {
		t.Fatalf("%v: %v", a, err)
	}
	return out
}

// TestControlBadInput: a clear error, and nothing changed.
func TestControlBadInput(t *testing.T) {
	w := newWorld(t)
	phoneID := list[phoneJSON](t, w.do("GET", "/control/phones", ""))[0].ID
	state := func() string {
		var all []string
		for _, path := range []string{"tenant", "users", "clock", "phones", "messages", "requests"} {
			all = append(all, w.do("GET", "/control/"+path, "").body)
		}
		return strings.Join(all, "\n")
	}
	before := state()
	long := strings.Repeat("x", 300)
	for _, c := range []struct{ method, path, body string }{
		{"PATCH", "tenant", ``},
		{"PATCH", "tenant", `[]`},
		{"PATCH", "tenant", `{"factors":{"otp":false}} {}`},
		{"PATCH", "tenant", `{"name":"x"}`},
		{"PATCH", "tenant", `{"factors":{"otp":false,"u2f":true}}`},
		{"PATCH", "tenant", `{"factors":{"otp":false,"duo":true}}`},
		{"PATCH", "tenant", `{"factors":{"otp":"no"}}`},
		{"PATCH", "tenant", `{"factors":{"otp":false},"policy":["sometimes"]}`},
		{"PATCH", "tenant", `{"policy":["all-applications","all-applications"]}`},
		{"PATCH", "tenant", `{"message_types":["fax"]}`},
		{"PATCH", "tenant", `{"variants":{"wrong_code_status":"401","nonsense":"1"}}`},
		{"PATCH", "tenant", `{"variants":{"wrong_code_status":"418"}}`},
		{"PATCH", "tenant", `{"rotate_keys":"yes"}`},
		{"PATCH", "tenant", `{"applications":[{"name":"nobody","refresh_token":{}}]}`},
		{"PATCH", "tenant", `{"applications":[{"name":"portal"}]}`},
		{"PATCH", "tenant", `{"applications":[{"name":"portal","client_id":"x","refresh_token":{}}]}`},
		{"PATCH", "tenant", `{"applications":[{"name":"portal","refresh_token":{"rotation":"off"}}]}`},
		{"PATCH", "tenant", `{"applications":[{"name":"portal","refresh_token":{"rotation_type":"sometimes"}}]}`},
		{"PATCH", "tenant", `{"applications":[{"name":"portal","refresh_token":{"expiration_type":"non-expiring"}}]}`},
		{"PATCH", "tenant", `{"applications":[{"name":"portal","refresh_token":{"leeway":-1}}]}`},
		{"PATCH", "tenant", `{"applications":[{"name":"portal","refresh_token":{"token_lifetime":60}}]}`},
		{"PATCH", "tenant", `{"applications":[{"name":"portal","refresh_token":{"idle_token_lifetime":0}}]}`},
		{"PATCH", "tenant", `{"applications":[{"name":"portal","refresh_token":{"leeway":5}},{"name":"nobody","refresh_token":{}}],"policy":["all-applications"],"rotate_keys":true}`},
		{"PATCH", "users/nobody", `{"blocked":true}`},
		{"PATCH", "users/" + url.PathEscape(w.userID(ada)), `{}`},
		{"PATCH", "users/" + url.PathEscape(w.userID(ada)), `{"blocked":true,"name":"Eve"}`},
		{"DELETE", "users/nobody", ``},
		{"POST", "users", `{}`},
		{"POST", "users", `{"email":"eve@example.com"}`},
		{"POST", "users", `{"email":"eve","password":"p"}`},
		{"POST", "users", `{"email":"Eve <eve@example.com>","password":"p"}`},
		{"POST", "users", `{"email":"ADA@example.com","password":"p"}`},
		{"POST", "users", `{"email":"eve@example.com","password":"p","admin":true}`},
		{"POST", "users", `{"email":"eve@example.com","password":"p","locale":"français"}`},
		{"POST", "users", `{"email":"eve@example.com","password":"p","name":"` + long + `"}`},
		{"POST", "users", `{"email":"eve@example.com","password":"p","name":"a\u0000"}`},
		{"POST", "users", `{"email":"eve@example.com","password":"p","user_id":"../eve"}`},
		{"POST", "users", `{"email":"eve@example.com","password":"p","authenticators":[{"type":"sms"}]}`},
		{"POST", "users", `{"email":"eve@example.com","password":"p","authenticators":[{"type":"otp","secret":"short"}]}`},
		{"POST", "users", `{"email":"eve@example.com","password":"p","authenticators":[` + strings.Repeat(`{"type":"otp"},`, maxEnrolments) + `{"type":"otp"}]}`},
		{"POST", "clock", `{}`},
		{"POST", "clock", `{"advance":"10m","set":"2030-01-01T00:00:00Z"}`},
		{"POST", "clock", `{"advance":"ten minutes"}`},
		{"POST", "clock", `{"advance":10}`},
		{"POST", "clock", `{"advance":"999999h"}`},
		{"POST", "clock", `{"set":"tomorrow"}`},
		{"POST", "clock", `{"set":"1970-01-01T00:00:00Z"}`},
		{"POST", "clock", `{"set":"2999-01-01T00:00:00Z"}`},
		{"POST", "faults", `{}`},
		{"POST", "faults", `{"match":"/mfa/associate","status":503}`},
		{"POST", "faults", `{"match":"POST /mfa/associate"}`},
		{"POST", "faults", `{"match":"POST /mfa/*/x","status":503}`},
		{"POST", "faults", `{"match":"POST /control/reset","status":503}`},
		{"POST", "faults", `{"match":"GET /console*","status":503}`},
		{"POST", "faults", `{"match":"GET /x","status":99}`},
		{"POST", "faults", `{"match":"GET /x","status":503,"drop":true}`},
		{"POST", "faults", `{"match":"GET /x","body":{"a":1}}`},
		{"POST", "faults", `{"match":"GET /x","status":503,"delay":"soon"}`},
		{"POST", "faults", `{"match":"GET /x","status":503,"delay":"24h"}`},
		{"POST", "faults", `{"match":"GET /x","status":503,"delay":"-1s"}`},
		{"POST", "faults", `{"match":"GET /x","status":503,"times":-1}`},
		{"POST", "faults", `{"match":"GET /x","status":503,"headers":{"a b":"c"}}`},
		{"POST", "faults", `{"match":"GET /x","status":503,"headers":{"A":"b\r\nc"}}`},
		{"POST", "faults", `{"match":"GET /x","delay":"1s","after":true}`},
		{"POST", "phones/" + phoneID + "/scan", `{}`},
		{"POST", "phones/" + phoneID + "/scan", `{"uri":"https://example.com"}`},
		{"POST", "phones/nobody/scan", `{"uri":"otpauth://totp/x?secret=JBSWY3DPEHPK3PXP"}`},
		{"GET", "requests?since=yesterday", ``},
		{"POST", "phones/" + phoneID + "/approve", ``},
		{"POST", "phones/" + phoneID + "/deny", `{"reason":"x"}`},
		{"POST", "phones/" + phoneID + "/unenroll", ``},
		{"PATCH", "phones/" + phoneID, `{"offline":"no"}`},
		{"GET", "nonsense", ``},
		{"POST", "users", `{"email":"` + strings.Repeat("x", maxBody) + `"}`},
	} {
		name := c.method + " " + c.path + " " + c.body[:min(len(c.body), 80)]
		t.Run(name, func(t *testing.T) {
			a := w.do(c.method, "/control/"+c.path, c.body, header("Content-Type", "application/json"))
			text, _ := a.json["error"].(string)
			if a.status < 400 || a.status > 499 || text == "" || len(a.json) != 1 {
				t.Errorf("answer %v", a)
			}
		})
	}
	if after := state(); after != before {
		t.Errorf("something changed:\n%s\n\n%s", before, after)
	}
	if w.do("GET", "/x", "").status != http.StatusNotFound {
		t.Error("a refused fault is armed")
	}
}

func TestControlTenant(t *testing.T) {
	w := newWorld(t)
	var got tenantJSON
	if err := json.Unmarshal([]byte(w.do("GET", "/control/tenant", "").body), &got); err != nil {
		t.Fatal(err)
	}
	id, secret := w.e.PortalApplication()
	i := slices.IndexFunc(got.Applications, func(a Application) bool { return a.Name == "portal" })
	switch {
	case got.Domain != "localhost:8081" || got.Issuer != worldURL+"/":
		t.Errorf("names: %+v", got)
	case len(got.Applications) != 2 || got.Applications[i].ClientID != id || got.Applications[i].ClientSecret != secret:
		t.Errorf("applications: %+v", got.Applications)
	case !slices.Equal(got.Applications[i].Callbacks, []string{"http://localhost:8080/callback"}):
		t.Errorf("callbacks: %+v", got.Applications)
	case len(got.Factors) != 8 || !got.Factors["otp"] || !got.Factors["sms"] || got.Factors["duo"] || got.Policy == nil || len(got.MessageTypes) != 2:
		t.Errorf("settings: %+v", got)
	case len(got.Variants) != len(variants()) || got.Variants["wrong_code_status"] != "403": // each name once, too
		t.Errorf("variants: %v", got.Variants)
	}
	a := w.api("PATCH", "/control/tenant", map[string]any{
		"factors": map[string]bool{"recovery-code": false}, "message_types": []string{"voice"},
		"policy": []string{"all-applications"}, "variants": map[string]string{"not_found_body": "empty"},
	})
	var patched tenantJSON
	if err := json.Unmarshal([]byte(a.body), &patched); err != nil || a.status != http.StatusOK {
		t.Fatal(a, err)
	}
	if patched.Factors["recovery-code"] || !patched.Factors["otp"] || patched.MessageTypes[0] != "voice" ||
		patched.Policy[0] != "all-applications" || patched.Variants["not_found_body"] != "empty" {
		t.Errorf("patched: %+v", patched)
	}
}

func TestControlUsers(t *testing.T) {
	w := newWorld(t)
	a := w.api("POST", "/control/users", map[string]any{
		"email": "eve@example.com", "password": "correct horse", "email_verified": true, "name": "Ève", "locale": "fr-CA",
	})
	var eve userJSON
	if err := json.Unmarshal([]byte(a.body), &eve); err != nil || a.status != http.StatusCreated {
		t.Fatal(a, err)
	}
	if want := (userJSON{eve.UserID, "eve@example.com", true, "Ève", "fr-CA", false}); eve != want || !strings.HasPrefix(eve.UserID, "auth0|") {
		t.Errorf("created %+v", eve)
	}
	if strings.Contains(a.body, "correct horse") {
		t.Error("the answer has the password")
	}
	users := list[userJSON](t, w.do("GET", "/control/users", ""))
	if len(users) != 5 || !slices.Contains(users, eve) {
		t.Errorf("users: %+v", users)
	}
	if a := w.api("POST", "/control/users", map[string]any{"email": "eve@example.com", "password": "x"}); a.status != http.StatusConflict {
		t.Errorf("twice: %v", a)
	}
	// The user can be used: sign-in, phone, MFA API.
	signIn := w.grant(grantPassword, url.Values{"username": {"eve@example.com"}, "password": {"correct horse"}, "audience": {w.e.mfaAudience()}, "scope": {allScopes}})
	token, _ := signIn.json["access_token"].(string)
	w.enrol(token)
	if phones := list[phoneJSON](t, w.do("GET", "/control/phones", "")); len(phones) != 5 {
		t.Errorf("phones: %+v", phones)
	}
}

// TestControlUserWithApp: whoever is created with an app and a recovery code can
// use both at once, and the app is on the phone.
func TestControlUserWithApp(t *testing.T) {
	w := newWorld(t)
	a := w.api("POST", "/control/users", map[string]any{
		"email": "eve@example.com", "password": "p", "user_id": "auth0|eve",
		"authenticators": []map[string]string{{"type": "otp"}, {"type": "recovery-code", "secret": "ABCDEFGHIJKLMNOPQRSTUVWX"}},
	})
	want := `{"user_id":"auth0|eve","email":"eve@example.com","email_verified":false,"name":"eve@example.com","locale":"","blocked":false}`
	if a.status != http.StatusCreated || a.body != want {
		t.Fatalf("%v, want %s", a, want)
	}
	phones := list[phoneJSON](t, w.do("GET", "/control/phones", ""))
	i := slices.IndexFunc(phones, func(p phoneJSON) bool { return p.User == "eve@example.com" })
	if len(phones[i].Accounts) != 1 {
		t.Fatalf("phone %+v", phones[i])
	}
	if a := w.otp(w.mfaToken("eve@example.com"), phones[i].Accounts[0].Code); a.status != http.StatusOK {
		t.Errorf("the phone's code: %v", a)
	}
	a = w.grant(grantTypeMFARecoveryCode, url.Values{"mfa_token": {w.mfaToken("eve@example.com")}, "recovery_code": {"ABCDEFGHIJKLMNOPQRSTUVWX"}})
	if a.status != http.StatusOK {
		t.Errorf("the recovery code: %v", a)
	}
	if a := w.api("POST", "/control/users", map[string]any{"email": "x@example.com", "password": "p", "user_id": "auth0|eve"}); a.status != http.StatusConflict {
		t.Errorf("the id twice: %v", a)
	}
}

func TestControlPhones(t *testing.T) {
	w := newWorld(t)
	phones := func() map[string]phoneJSON {
		byUser := make(map[string]phoneJSON)
		for _, p := range list[phoneJSON](t, w.do("GET", "/control/phones", "")) {
			byUser[p.User] = p
		}
		return byUser
	}
	first := phones()
	seeded := first[bruno]
	if len(seeded.Accounts) != 1 || seeded.Accounts[0].Code != w.code(w.brunoSecret()) || seeded.Accounts[0].Label != "Example Company:"+bruno || seeded.Pushes == nil {
		t.Fatalf("bruno's phone: %+v", seeded)
	}
	if first[ada].Accounts == nil || len(first[ada].Accounts) != 0 {
		t.Errorf("ada's phone: %+v", first[ada])
	}
	token := w.accessToken(ada, allScopes)
	uri, _ := w.associate(token).json["barcode_uri"].(string)
	a := w.api("POST", "/control/phones/"+first[ada].ID+"/scan", map[string]string{"uri": uri})
	if a.status != http.StatusCreated || a.json["label"] != "Example Company:"+ada {
		t.Fatalf("scan: %v", a)
	}
	w.e.clock.Advance(time.Minute)
	after := phones()[ada]
	if after.ID != first[ada].ID || len(after.Accounts) != 1 {
		t.Fatalf("after the scan: %+v", after)
	}
	if a := w.otp(token, after.Accounts[0].Code); a.status != http.StatusOK {
		t.Errorf("the phone's code at the moved clock: %v", a)
	}
}

func TestControlClockAndReset(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct{ name, value, want string }{
		{"advance", "10m", "2030-01-31T12:10:00Z"},
		{"advance", "-1h", "2030-01-31T11:10:00Z"},
		{"set", "2031-02-03T04:05:06+01:00", "2031-02-03T03:05:06Z"},
	} {
		a := w.api("POST", "/control/clock", map[string]string{c.name: c.value})
		if a.status != http.StatusOK || a.json["now"] != c.want || w.do("GET", "/control/clock", "").json["now"] != c.want {
			t.Errorf("%s %s: %v, want %s", c.name, c.value, a, c.want)
		}
	}

	tenant, users := w.do("GET", "/control/tenant", "").body, w.do("GET", "/control/users", "").body
	w.api("POST", "/control/users", map[string]any{"email": "eve@example.com", "password": "x"})
	w.variantSet("not_found_body", "empty")
	w.api("POST", "/control/faults", map[string]any{"match": "GET /userinfo", "status": 503})
	w.associate(w.accessToken(ada, allScopes))
	if a := w.do("POST", "/control/reset", ""); a.status != http.StatusNoContent || a.body != "" {
		t.Fatalf("reset: %v", a)
	}
	if w.do("GET", "/control/tenant", "").body != tenant || w.do("GET", "/control/users", "").body != users {
		t.Error("not back to the seed")
	}
	if got := list[recordedRequest](t, w.do("GET", "/control/requests", "")); len(got) != 0 {
		t.Errorf("requests: %v", got)
	}
	if a := w.do("GET", "/userinfo", ""); a.status != http.StatusUnauthorized {
		t.Errorf("fault: %v", a)
	}
	if !w.e.clock.Now().Equal(worldTime) || len(w.enrolled(ada)) != 0 {
		t.Error("clock or authenticators are not reset")
	}
}

// TestUnknownVariant: a misspelt name in the program must not quietly mean "the
// default".
func TestUnknownVariant(t *testing.T) {
	w := newWorld(t)
	for name, ask := range map[string]func(){
		"no such name":        func() { w.e.variant("nonsense") },
		"no number of status": func() { w.e.variantStatus(variantNotFoundBody) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			ask()
		})
	}
}

func TestControlMessages(t *testing.T) {
	w := newWorld(t)
	if a := w.do("GET", "/control/messages?to=%2B15550100", ""); a.status != http.StatusOK || a.body != "[]" {
		t.Errorf("%v", a)
	}
}

// TestOnlyTester proves EM-13 for console and control API.
func TestOnlyTester(t *testing.T) {
	w := newWorld(t)
	from := func(address string) func(*http.Request) { return func(r *http.Request) { r.RemoteAddr = address } }
	site := func(value string) func(*http.Request) { return header("Sec-Fetch-Site", value) }
	for _, c := range []struct {
		name    string
		edits   []func(*http.Request)
		refused bool
	}{
		{"a program", nil, false},
		{"IPv6 loopback", []func(*http.Request){from("[::1]:50000")}, false},
		{"another machine", []func(*http.Request){from("192.0.2.1:50000")}, true},
		{"no address", []func(*http.Request){from("")}, true},
		{"own page", []func(*http.Request){site("same-origin")}, false},
		{"address bar", []func(*http.Request){site("none")}, false},
		{"cross-site page", []func(*http.Request){site("cross-site")}, true},
		{"page on another port", []func(*http.Request){site("same-site")}, true},
	} {
		t.Run("EM-13 "+c.name, func(t *testing.T) {
			for _, path := range []string{"/control/tenant", "/control/messages", "/control/phones", "/console", "/console/users", "/console/messages"} {
				if a := w.do("GET", path, "", c.edits...); (a.status == http.StatusForbidden) != c.refused {
					t.Errorf("%s: %v", path, a.status)
				}
			}
			a := w.do("POST", "/control/faults", "{}", c.edits...)
			if (a.status == http.StatusForbidden) != c.refused {
				t.Errorf("POST: %v", a)
			}
		})
	}
	if a := w.do("GET", "/console", "", site("cross-site"), header("Sec-Fetch-Mode", "navigate")); a.status != http.StatusOK {
		t.Errorf("a link from another page: %v", a.status)
	}
	if a := w.do("POST", "/control/reset", "", header("Origin", "https://evil.example")); a.status != http.StatusForbidden {
		t.Errorf("EM-13 foreign origin: %v", a)
	}
	if a := w.do("GET", "/control/tenant", "", func(r *http.Request) { r.Host = "evil.example:8081" }); a.status == http.StatusOK {
		t.Errorf("EM-13 DNS rebinding: %v", a)
	}
	if a := w.do("GET", "/control/tenant", "", header("Origin", worldURL)); a.header.Get("Access-Control-Allow-Origin") != "" {
		t.Error("EM-13 CORS header")
	}
}
