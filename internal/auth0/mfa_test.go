package auth0

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mysecurity/internal/secret"
)

const (
	listRoute      = "GET /mfa/authenticators"
	associateRoute = "POST /mfa/associate"
	confirmRoute   = "POST /oauth/token"
	deleteRoute    = "DELETE /mfa/authenticators/totp%7Cdev_1"
)

func TestListAuthenticators(t *testing.T) {
	tn := newTenant(t)
	tn.on(listRoute, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+testAccess {
			t.Error("no bearer token")
		}
		writeJSON(w, http.StatusOK, `[
			{"id":"sms|dev_a","authenticator_type":"oob","active":true,"oob_channel":"sms","name":"XXXXXXXXX0147"},
			{"id":"voice|dev_a","authenticator_type":"oob","active":true,"oob_channel":"voice","name":"XXXXXXXXX0147"},
			{"id":"email|dev_b","authenticator_type":"oob","active":true,"oob_channel":"email","name":"dupo****@exam*******"},
			{"id":"push|dev_c","authenticator_type":"oob","active":false,"oob_channel":"auth0"},
			{"id":"totp|dev_d","authenticator_type":"otp","active":true,"name":null},
			{"id":"recovery-code|dev_e","authenticator_type":"recovery-code","active":true},
			{"id":"webauthn-roaming|dev_f","authenticator_type":"webauthn-roaming","active":true,"type":"x","more":{"a":[1]}},
			{"id":"fax|dev_g","authenticator_type":"oob","active":true,"oob_channel":"fax","name":"\u001b[31mred\r\n"},
			{"id":"totp|dev_h","authenticator_type":"otp"}
		]`)
	})
	got, err := tn.client().ListAuthenticators(t.Context(), accessToken())
	if err != nil {
		t.Fatal(err)
	}
	want := []Authenticator{
		{ID: "sms|dev_a", Type: TypeOOB, Channel: ChannelSMS, Name: "XXXXXXXXX0147", Active: true},
		{ID: "voice|dev_a", Type: TypeOOB, Channel: ChannelVoice, Name: "XXXXXXXXX0147", Active: true},
		{ID: "email|dev_b", Type: TypeOOB, Channel: ChannelEmail, Name: "dupo****@exam*******", Active: true},
		{ID: "push|dev_c", Type: TypeOOB, Channel: ChannelPush},
		{ID: "totp|dev_d", Type: TypeOTP, Active: true},
		{ID: "recovery-code|dev_e", Type: TypeRecoveryCode, Active: true},
		{ID: "webauthn-roaming|dev_f", Type: TypeOther, Active: true}, // UP-12
		{ID: "fax|dev_g", Type: TypeOther, Name: "[31mred", Active: true},
		{ID: "totp|dev_h", Type: TypeOTP, Active: true},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestListEdges(t *testing.T) {
	entry := func(id string) string {
		return string(mustJSON(map[string]any{"id": id, "authenticator_type": "otp", "active": true}))
	}
	many := "[" + strings.TrimSuffix(strings.Repeat(entry("totp|dev_1")+",", 1000), ",") + "]"
	for _, c := range []struct {
		name string
		body string
		want int
		id   string
	}{
		{"none", `[]`, 0, ""},
		{"UP-12 1,000 entries", many, MaxAuthenticators, "totp|dev_1"},
		{"UP-19 id of 8 KB", "[" + entry(strings.Repeat("x", 8<<10)) + "]", 1, ""},
		{"UP-19 id of 200 bytes", "[" + entry(strings.Repeat("x", 200)) + "]", 1, strings.Repeat("x", 200)},
		{"UP-19 id with CR and LF", "[" + entry("totp|dev_1\r\nX: y") + "]", 1, ""},
		{"UP-19 id is a dot segment", "[" + entry("..") + "]", 1, ""},
		{"id missing", `[{"authenticator_type":"otp"}]`, 1, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			tn := newTenant(t)
			tn.says(listRoute, http.StatusOK, c.body)
			list, err := tn.client().ListAuthenticators(t.Context(), accessToken())
			if err != nil || len(list) != c.want {
				t.Fatalf("%d entries, %v", len(list), err)
			}
			if c.want > 0 && list[0].ID != c.id {
				t.Errorf("id %q", list[0].ID)
			}
		})
	}
	garbage := garbageBodies()
	garbage["an object"] = `{"authenticators":[]}`
	garbage["entries of another type"] = `["a","b"]`
	garbage["id a number"] = `[{"id":1}]`
	for name, body := range garbage {
		t.Run("UP-03 "+name, func(t *testing.T) {
			tn := newTenant(t)
			tn.says(listRoute, http.StatusOK, body)
			_, err := tn.client().ListAuthenticators(t.Context(), accessToken())
			wantError(t, err, KindUnavailable, reasonMalformed)
			if n := tn.count(listRoute); n != 1 {
				t.Errorf("asked %d times", n)
			}
		})
	}
	t.Run("UP-18 HTML labelled as what it is", func(t *testing.T) {
		tn := newTenant(t)
		tn.on(listRoute, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `[]`) })
		_, err := tn.client().ListAuthenticators(t.Context(), accessToken())
		wantError(t, err, KindUnavailable, reasonMalformed)
	})
}

// TestListIsRepeatedOnce is UP-06, with UP-05 for what is not repeated.
func TestListIsRepeatedOnce(t *testing.T) {
	for _, status := range []int{500, 502, 503, 504} {
		t.Run(fmt.Sprintf("UP-06 %d for ever", status), func(t *testing.T) {
			tn := newTenant(t)
			tn.says(listRoute, status, `<html>`)
			_, err := tn.client().ListAuthenticators(t.Context(), accessToken())
			wantError(t, err, KindUnavailable, "")
			if n := tn.count(listRoute); n != 2 {
				t.Errorf("asked %d times, want 2", n)
			}
		})
	}
	once := func(first http.HandlerFunc) http.HandlerFunc {
		var calls atomic.Int32
		return func(w http.ResponseWriter, r *http.Request) {
			if calls.Add(1) == 1 {
				first(w, r)
				return
			}
			writeJSON(w, http.StatusOK, "[]")
		}
	}
	for name, first := range map[string]http.HandlerFunc{
		"UP-06 503 once": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) },
		"UP-06 cut once": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			tn := newTenant(t)
			tn.on(listRoute, once(first))
			if _, err := tn.client().ListAuthenticators(t.Context(), accessToken()); err != nil {
				t.Error(err)
			}
		})
	}
	for status, kind := range map[int]Kind{400: KindInvalid, 401: KindTokenRejected, 403: KindForbidden, 429: KindRateLimited, 302: KindUnavailable} {
		t.Run(fmt.Sprintf("not repeated: %d", status), func(t *testing.T) {
			tn := newTenant(t)
			tn.says(listRoute, status, `{}`)
			_, err := tn.client().ListAuthenticators(t.Context(), accessToken())
			wantError(t, err, kind, "")
			if n := tn.count(listRoute); n != 1 {
				t.Errorf("asked %d times", n)
			}
		})
	}
}

// TestChangesAreNotRepeated is UP-06 for changing calls: sent once, outcome open.
func TestChangesAreNotRepeated(t *testing.T) {
	for _, name := range changingCalls() {
		route := routeOf(name)
		for _, status := range []int{408, 500, 502, 503, 504} {
			t.Run(fmt.Sprintf("UP-06 %s, %d", name, status), func(t *testing.T) {
				tn := newTenant(t)
				tn.says(route, status, `{"error":"invalid_grant"}`)
				err := calls()[name].run(t.Context(), tn.client(), tn.login())
				wantError(t, err, KindUnknownOutcome, "")
				if n := tn.count(route); n != 1 {
					t.Errorf("sent %d times", n)
				}
			})
		}
		for kind, body := range garbageBodies() {
			if name == "delete" && (kind == "empty" || json.Valid([]byte(body))) {
				continue // the body of a successful removal is of no interest
			}
			t.Run("UP-03 "+name+", "+kind, func(t *testing.T) {
				tn := newTenant(t)
				tn.says(route, http.StatusOK, body)
				err := calls()[name].run(t.Context(), tn.client(), tn.login())
				wantError(t, err, KindUnknownOutcome, reasonMalformed)
				if n := tn.count(route); n != 1 {
					t.Errorf("sent %d times", n)
				}
			})
		}
	}
}

func TestAssociateApp(t *testing.T) {
	const uri = "otpauth://totp/Acme%20Tenant:user%40example.com?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Acme%20Tenant&algorithm=SHA1&digits=6&period=30"
	answer := map[string]any{
		"authenticator_type": "otp", "secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "barcode_uri": uri,
		"recovery_codes": []string{"A1B2C3D4E5F6G7H8J9K0L1M2"},
	}
	associate := func(t *testing.T, bend map[string]any) (AppAssociation, error) {
		t.Helper()
		tn := newTenant(t)
		body := map[string]any{}
		apply(body, answer)
		apply(body, bend)
		tn.on(associateRoute, func(w http.ResponseWriter, r *http.Request) {
			var asked map[string]any
			if err := json.NewDecoder(r.Body).Decode(&asked); err != nil || r.Header.Get("Authorization") != "Bearer "+testAccess {
				t.Errorf("request %v", err)
			}
			want := map[string]any{"authenticator_types": []any{"otp"}, "client_id": testClient, "client_secret": testSecret}
			if diff := cmp.Diff(want, asked); diff != "" {
				t.Error(diff)
			}
			writeJSON(w, http.StatusOK, string(mustJSON(body)))
		})
		return tn.client().AssociateApp(t.Context(), accessToken())
	}
	t.Run("first", func(t *testing.T) {
		got, err := associate(t, nil)
		if err != nil || got.Secret.Reveal() != answer["secret"] || got.URI.Reveal() != uri || got.RecoveryCode.Reveal() != "A1B2C3D4E5F6G7H8J9K0L1M2" {
			t.Errorf("%v", err)
		}
	})
	for name, codes := range map[string]any{"absent": absent, "null": nil, "empty": []string{}} {
		t.Run("later, recovery_codes "+name, func(t *testing.T) {
			got, err := associate(t, map[string]any{"recovery_codes": codes})
			if err != nil || !got.RecoveryCode.IsZero() {
				t.Errorf("%v", err)
			}
		})
	}
	for name, bend := range map[string]map[string]any{
		"no secret":                {"secret": absent},
		"secret not base32":        {"secret": "not base32, not at all"},
		"no URI":                   {"barcode_uri": absent},
		"XS-02 URI a script":       {"barcode_uri": "javascript:alert(1)//otpauth://totp/"},
		"XS-02 URI of another app": {"barcode_uri": "https://evil.example/"},
		"URI of push":              {"barcode_uri": "otpauth://push/x"},
		"URI with a line break":    {"barcode_uri": "otpauth://totp/x\n?secret=y"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := associate(t, bend)
			wantError(t, err, KindUnknownOutcome, reasonMalformed)
		})
	}
}

func TestConfirmApp(t *testing.T) {
	tn := newTenant(t)
	tn.on(confirmRoute, func(w http.ResponseWriter, r *http.Request) {
		for name, want := range map[string]string{
			"grant_type": "http://auth0.com/oauth/grant-type/mfa-otp", "mfa_token": testAccess, "otp": "123456",
			"client_id": testClient, "client_secret": testSecret,
		} {
			if r.PostFormValue(name) != want {
				t.Errorf("%s is %q", name, r.PostFormValue(name))
			}
		}
		if r.Header.Get("Authorization") != "Bearer "+testAccess || r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" {
			t.Error("header")
		}
		writeJSON(w, http.StatusOK, `{"access_token":"x","token_type":"Bearer","expires_in":600}`)
	})
	if err := tn.client().ConfirmApp(t.Context(), accessToken(), secret.New("123456")); err != nil {
		t.Error(err)
	}
	if n := tn.count(discoveryRoute); n != 0 {
		t.Error("a confirmation waited for discovery")
	}
}

func TestDeleteAuthenticator(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"204":                   func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) },
		"UP-14 200":             func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) },
		"UP-14 200 with JSON":   func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, http.StatusOK, `{"deleted":true}`) },
		"UP-14 204 with a body": abruptly("HTTP/1.1 204 No Content\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"),
	} {
		t.Run(name, func(t *testing.T) {
			tn := newTenant(t)
			tn.on(deleteRoute, answer)
			if err := tn.client().DeleteAuthenticator(t.Context(), accessToken(), "totp|dev_1"); err != nil {
				t.Error(err)
			}
		})
	}
	t.Run("UP-14 404", func(t *testing.T) {
		tn := newTenant(t)
		tn.says(deleteRoute, http.StatusNotFound, `{"error":"not_found","error_description":"Authenticator not found"}`)
		wantError(t, tn.client().DeleteAuthenticator(t.Context(), accessToken(), "totp|dev_1"), KindNotFound, "")
	})
	for _, id := range []string{"", ".", "..", "a\r\nX: y", "a\x00", strings.Repeat("x", 201), "\xff", "a\u2028b"} {
		t.Run(fmt.Sprintf("UP-19 id %.20q", id), func(t *testing.T) {
			tn := newTenant(t)
			wantError(t, tn.client().DeleteAuthenticator(t.Context(), accessToken(), id), KindInvalid, reasonBadParameter)
			if len(tn.asked) != 0 {
				t.Errorf("requests %v", tn.asked)
			}
		})
	}
	for id, route := range map[string]string{
		"../../oauth/token": "DELETE /mfa/authenticators/..%2F..%2Foauth%2Ftoken",
		"totp|dev_1?x=y#z":  "DELETE /mfa/authenticators/totp%7Cdev_1%3Fx=y%23z",
		"%2e%2e":            "DELETE /mfa/authenticators/%252e%252e",
		"a b":               "DELETE /mfa/authenticators/a%20b",
		"push|dev_é":        "DELETE /mfa/authenticators/push%7Cdev_%C3%A9",
	} {
		t.Run("MF-03 escaped "+id, func(t *testing.T) {
			tn := newTenant(t)
			tn.says(route, http.StatusNoContent, "")
			if err := tn.client().DeleteAuthenticator(t.Context(), accessToken(), id); err != nil {
				t.Errorf("%v, requests %v", err, tn.asked)
			}
		})
	}
}

// abruptly writes a raw answer and closes the connection.
func abruptly(raw string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		_, _ = io.WriteString(conn, raw)
		conn.Close()
	}
}

// TestRefusals walks every refusal of the protocol reference, sections 5 to 7,
// with the variants of section 16.
func TestRefusals(t *testing.T) {
	const (
		badToken = `{"error":"invalid_grant","error_description":"The mfa_token provided is invalid. Try getting a new token."}`
		expired  = `{"error":"expired_token","error_description":"mfa_token is expired"}`
		noGrant  = `{"error":"unauthorized_client","error_description":"Grant type 'http://auth0.com/oauth/grant-type/mfa-otp' not allowed for the client."}`
		scope    = `{"error":"insufficient_scope","error_description":"Insufficient scope, expected any of: enroll"}`
	)
	everywhere := []struct {
		name   string
		status int
		body   string
		kind   Kind
	}{
		{"bad token, 401", 401, badToken, KindTokenRejected},
		{"expired token, 401", 401, expired, KindTokenRejected},
		{"expired token, 403", 403, expired, KindTokenRejected},
		{"expired token, 200", 200, expired, KindTokenRejected},
		{"malformed token, 401", 401, `{"error":"invalid_grant","error_description":"Malformed mfa_token"}`, KindTokenRejected},
		{"malformed token, 403", 403, `{"error":"invalid_grant","error_description":"Malformed mfa_token"}`, KindTokenRejected},
		{"Guardian invalid_token", 401, `{"statusCode":401,"error":"Unauthorized","message":"Invalid token","errorCode":"invalid_token"}`, KindTokenRejected},
		{"blocked user", 403, `{"error":"unauthorized","error_description":"user is blocked"}`, KindTokenRejected},
		{"UP-08 scope, 403", 403, scope, KindForbidden},
		{"UP-08 scope, 401", 401, scope, KindForbidden},
		{"MFA grant off", 403, noGrant, KindForbidden},
		{"client secret", 401, `{"error":"invalid_client"}`, KindForbidden},
		{"unknown grant", 403, `{"error":"unsupported_grant_type","error_description":"Unsupported grant type: X"}`, KindForbidden},
		{"already enrolled", 403, `{"error":"access_denied","error_description":"User is already enrolled."}`, KindProofNeeded},
		{"MFA required, 403", 403, `{"error":"mfa_required","mfa_token":"Fe26.2*x"}`, KindProofNeeded},
		{"MFA required, 401", 401, `{"error":"mfa_required"}`, KindProofNeeded},
		{"association required", 403, `{"error":"association_required"}`, KindProofNeeded},
		{"global limit", 429, `{"error":"too_many_requests","error_description":"Global limit has been reached"}`, KindRateLimited},
		{"403 without a word", 403, ``, KindForbidden},
		{"400 of unknown code", 400, `{"error":"something_new"}`, KindInvalid},
		{"400 that is HTML", 400, `<html>`, KindInvalid},
		{"404", 404, `{"error":"not_found"}`, KindNotFound},
		{"409", 409, `{}`, KindInvalid},
	}
	for _, op := range append(changingCalls(), "list") {
		for _, c := range everywhere {
			t.Run(op+", "+c.name, func(t *testing.T) { refuse(t, op, c.status, c.body, c.kind) })
		}
	}
	for _, c := range []struct {
		op     string
		name   string
		status int
		body   string
		kind   Kind
	}{
		{"confirm", "wrong code", 403, `{"error":"invalid_grant","error_description":"Invalid otp_code."}`, KindWrongCode},
		{"confirm", "wrong code, 400", 400, `{"error":"invalid_grant","error_description":"Invalid otp_code."}`, KindWrongCode},
		{"confirm", "wrong code, no words", 403, `{"error":"invalid_grant"}`, KindWrongCode},
		{"confirm", "wrong code, status 200", 200, `{"error":"invalid_grant","error_description":"Invalid otp_code."}`, KindWrongCode},
		{"confirm", "wrong code, Guardian", 400, `{"error":"Bad Request","errorCode":"invalid_otp"}`, KindWrongCode},
		{"confirm", "rejected", 403, `{"error":"invalid_grant","error_description":"MFA Authorization rejected."}`, KindWrongCode},
		{"confirm", "rejected, other code", 400, `{"error":"access_denied","error_description":"MFA Authorization rejected."}`, KindWrongCode},
		{"confirm", "expired transaction", 403, `{"error":"invalid_grant","error_description":"oob_code is expired"}`, KindTokenRejected},
		{"confirm", "too many codes, 429", 429, `{"error":"invalid_request","error_description":"Too many failed codes. Wait for some minutes before retrying."}`, KindTooManyCodes},
		{"confirm", "too many codes, 400", 400, `{"error":"invalid_request","error_description":"Too many failed codes. Wait for some minutes before retrying."}`, KindTooManyCodes},
		{"confirm", "too many codes, other code", 403, `{"error":"too_many_attempts"}`, KindTooManyCodes},
		{"confirm", "429 without a word", 429, ``, KindTooManyCodes},
		{"confirm", "wrong client secret", 401, `{"error":"access_denied","error_description":"Unauthorized"}`, KindForbidden},
		{"confirm", "missing parameter", 400, `{"error":"invalid_request","error_description":"Missing required parameter: otp"}`, KindInvalid},
		{"confirm", "mixed transactions", 400, `{"error":"invalid_request","error_description":"mfa_token not issued to this client"}`, KindInvalid},
		{"associate", "access denied in other words", 403, `{"error":"access_denied","error_description":"Forbidden"}`, KindProofNeeded},
		{"associate", "already enrolled, Guardian", 409, `{"error":"Conflict","errorCode":"already_enrolled"}`, KindProofNeeded},
		{"associate", "51 enrolments", 400, `{"error":"invalid_request","error_description":"The user has reached the maximum number of enrollments."}`, KindLimitReached},
		{"associate", "51 enrolments, other words", 400, `{"error":"invalid_request","error_description":"Too many authenticators"}`, KindLimitReached},
		{"associate", "factor off", 400, `{"error":"invalid_request","error_description":"The factor is not enabled for this tenant."}`, KindFactorDisabled},
		{"associate", "factor off, Guardian", 403, `{"error":"Forbidden","errorCode":"feature_disabled_by_admin"}`, KindFactorDisabled},
		{"associate", "unsupported", 400, `{"error":"invalid_request","error_description":"Unsupported authenticator_types"}`, KindFactorDisabled},
		{"associate", "messages", 429, `{"error":"invalid_request","error_description":"Too many SMS sent by the user. Wait for some minutes before retrying."}`, KindTooManyMessages},
		{"associate", "messages, 400", 400, `{"error":"invalid_request","error_description":"Too many SMS sent by the user. Wait for some minutes before retrying."}`, KindTooManyMessages},
		{"associate", "429 without a word", 429, ``, KindRateLimited},
		{"list", "401 without a word", 401, `Unauthorized`, KindTokenRejected},
		{"list", "UP-07 invalid_grant, 403", 403, `{"error":"invalid_grant"}`, KindTokenRejected},
		{"delete", "404 without a word", 404, ``, KindNotFound},
		{"delete", "404, Guardian", 404, `{"error":"Not Found","errorCode":"enrollment_not_found"}`, KindNotFound},
		{"delete", "implicit e-mail", 403, `{"error":"access_denied","error_description":"Cannot be deleted"}`, KindNotRemovable},
		{"delete", "success that claims an error", 200, `{"error":"something_new"}`, KindUnknownOutcome},
	} {
		t.Run(c.op+", "+c.name, func(t *testing.T) { refuse(t, c.op, c.status, c.body, c.kind) })
	}
}

func refuse(t *testing.T, op string, status int, body string, want Kind) {
	t.Helper()
	route := routeOf(op)
	tn := newTenant(t)
	tn.says(route, status, body)
	err := calls()[op].run(t.Context(), tn.client(), tn.login())
	if KindOf(err) != want {
		t.Errorf("%v, want %v", err, want)
	}
	if n := tn.count(route); n != 1 {
		t.Errorf("sent %d times", n)
	}
}

// TestRetryAt is UP-05.
func TestRetryAt(t *testing.T) {
	now := newClock().Now()
	for _, c := range []struct {
		name   string
		header map[string]string
		want   time.Time
	}{
		{"UP-05 seconds", map[string]string{"Retry-After": "30"}, now.Add(30 * time.Second)},
		{"UP-05 date", map[string]string{"Retry-After": now.Add(time.Minute).Format(http.TimeFormat)}, now.Add(time.Minute)},
		{"UP-05 negative", map[string]string{"Retry-After": "-5"}, now},
		{"UP-05 1e9", map[string]string{"Retry-After": "1000000000"}, now.Add(15 * time.Minute)},
		{"UP-05 largest number", map[string]string{"Retry-After": "9223372036854775807"}, now.Add(15 * time.Minute)},
		{"UP-05 date in the past", map[string]string{"Retry-After": now.Add(-time.Hour).Format(http.TimeFormat)}, now},
		{"UP-05 date far away", map[string]string{"Retry-After": now.Add(time.Hour).Format(http.TimeFormat)}, now.Add(15 * time.Minute)},
		{"UP-05 reset", map[string]string{"X-RateLimit-Reset": fmt.Sprint(now.Add(time.Minute).Unix())}, now.Add(time.Minute)},
		{"UP-05 garbage and reset", map[string]string{"Retry-After": "soon", "X-RateLimit-Reset": fmt.Sprint(now.Add(time.Minute).Unix())}, now.Add(time.Minute)},
		{"UP-05 reset of a limit that has room", map[string]string{"X-RateLimit-Remaining": "7", "X-RateLimit-Reset": fmt.Sprint(now.Add(time.Minute).Unix())}, time.Time{}},
		{"UP-05 reset of the limit that was hit", map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": fmt.Sprint(now.Add(time.Minute).Unix())}, now.Add(time.Minute)},
		{"UP-05 reset far away", map[string]string{"X-RateLimit-Reset": "99999999999"}, now.Add(15 * time.Minute)},
		{"UP-05 nothing", nil, time.Time{}},
		{"UP-05 garbage", map[string]string{"Retry-After": "soon", "X-RateLimit-Reset": "x"}, time.Time{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			tn := newTenant(t)
			tn.on(listRoute, func(w http.ResponseWriter, _ *http.Request) {
				for name, value := range c.header {
					w.Header().Set(name, value)
				}
				w.WriteHeader(http.StatusTooManyRequests)
			})
			_, err := tn.client().ListAuthenticators(t.Context(), accessToken())
			wantError(t, err, KindRateLimited, "")
			if e := err.(*Error); !e.RetryAt.Equal(c.want) { //nolint:errorlint // checked above
				t.Errorf("retry at %v, want %v", e.RetryAt, c.want)
			}
			if n := tn.count(listRoute); n != 1 {
				t.Errorf("repeated: %d requests", n)
			}
		})
	}
}

// TestNothingOfTheTenantLeaks is SL-11: a tenant that repeats our secrets in
// every member of an error does not get them into an error or the log.
func TestNothingOfTheTenantLeaks(t *testing.T) {
	secrets := []string{testSecret, testCode, testVerifier, testAccess, testOOB, "canary-otp"}
	echo := strings.Join(secrets, " ")
	bodies := []string{
		string(mustJSON(map[string]any{"error": echo, "error_description": echo, "errorCode": echo, "message": echo, "mfa_token": echo})),
		string(mustJSON(map[string]any{"error": testAccess})),
		string(mustJSON(map[string]any{"error": "invalid_grant", "error_description": echo})),
		echo,
		`{"access_token":"` + echo + `","token_type":"` + echo + `"}`,
	}
	for _, status := range []int{200, 302, 400, 401, 403, 404, 429, 500} {
		for i, body := range bodies {
			for name, call := range calls() {
				t.Run(fmt.Sprintf("SL-11 %s %d %d", name, status, i), func(t *testing.T) {
					tn := newTenant(t)
					if name != "ready" {
						for _, route := range []string{listRoute, associateRoute, confirmRoute, deleteRoute, keysRoute} {
							tn.on(route, func(w http.ResponseWriter, _ *http.Request) {
								w.Header().Set("Location", "https://evil.example/?"+testAccess)
								w.Header().Set("Retry-After", testAccess)
								writeJSON(w, status, body)
							})
						}
					} else {
						tn.says(discoveryRoute, status, body)
					}
					err := call.run(t.Context(), tn.client(), tn.login())
					if err == nil {
						if status == 200 && (name == "delete" || routeOf(name) == confirmRoute) {
							return // a success, to these
						}
						t.Fatal("no error")
					}
					text := fmt.Sprintf("%v %+v %#v %s", err, err, err, tn.log)
					for _, canary := range secrets {
						if strings.Contains(text, canary) {
							t.Errorf("%q is in %s", canary, text)
						}
					}
				})
			}
		}
	}
}

func TestErrorText(t *testing.T) {
	err := error(&Error{Op: opConfirm, Kind: KindWrongCode, Status: 403, Code: "invalid_grant", Reason: reasonCode})
	if got := err.Error(); got != "auth0: confirm app: wrong code, status 403, code invalid_grant, reason code" {
		t.Error(got)
	}
	if KindOf(fmt.Errorf("wrapped: %w", err)) != KindWrongCode || KindOf(io.EOF) != KindInternal {
		t.Error("KindOf")
	}
	for k := KindInternal; k <= KindNotReady; k++ {
		if name := k.String(); name == "" || strings.HasPrefix(name, "kind ") {
			t.Errorf("kind %d has no name", int(k))
		}
	}
	if Kind(99).String() != "kind 99" {
		t.Error("unknown kind")
	}
}

func FuzzRetryAt(f *testing.F) {
	f.Add("30", "")
	f.Add("Wed, 21 Oct 2026 07:28:00 GMT", "1790000000")
	f.Add("-9223372036854775808", "9223372036854775807")
	now := newClock().Now()
	f.Fuzz(func(t *testing.T, after, reset string) {
		h := http.Header{"Retry-After": {after}, "X-Ratelimit-Reset": {reset}}
		if at := retryAt(h, now); !at.IsZero() && (at.Before(now) || at.After(now.Add(maxWait))) {
			t.Errorf("%v", at)
		}
	})
}

func FuzzParseObject(f *testing.F) {
	for _, body := range garbageBodies() {
		f.Add([]byte(body))
	}
	f.Add([]byte(`{"a":{"b":1,"b":2}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := parseObject(data); err == nil && !json.Valid(data) {
			t.Error("accepted what is not JSON")
		}
	})
}
