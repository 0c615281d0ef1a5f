package auth0

import (
	"net/http"
	"testing"
	"time"
)

// TestRefusalsOutOfBand walks the refusals that concern messages, push and their
// transactions: protocol reference, sections 6.3, 6.4, 7, 9 and 16.
func TestRefusalsOutOfBand(t *testing.T) {
	const (
		denied    = `{"error":"access_denied","error_description":"MFA Authorization rejected."}`
		refusal   = `{"error":"invalid_grant","error_description":"MFA Authorization rejected."}`
		waiting   = `{"error":"authorization_pending","error_description":"Authorization pending: please repeat the request in a few seconds."}`
		slow      = `{"error":"slow_down","error_description":"You are polling faster than the specified interval of 5 seconds."}`
		oobOver   = `{"error":"expired_token","error_description":"oob_code is expired"}`
		oobBroken = `{"error":"invalid_grant","error_description":"Malformed oob_code"}`
		mixed     = `{"error":"invalid_request","error_description":"The oob_code doesn't match the mfa_token"}`
		badCode   = `{"error":"invalid_grant","error_description":"Invalid binding_code."}`
		manyCodes = `{"error":"invalid_request","error_description":"Too many failed codes. Wait for some minutes before retrying."}`
		manySMS   = `{"error":"invalid_request","error_description":"Too many SMS sent by the user. Wait for some minutes before retrying."}`
		manyMails = `{"error":"invalid_request","error_description":"Too many emails sent by the user. Wait for some minutes before retrying."}`
		number    = `{"error":"invalid_request","error_description":"The phone number is invalid."}`
		address   = `{"error":"invalid_request","error_description":"The email is invalid."}`
		off       = `{"error":"invalid_request","error_description":"The factor is not enabled for this tenant."}`
	)
	guardian := func(code string) string { return `{"statusCode":400,"error":"Bad Request","errorCode":"` + code + `"}` }
	tests := []struct {
		name   string
		ops    []string
		status int
		body   string
		kind   Kind
	}{
		{"pending", []string{"check"}, 400, waiting, KindPending},
		{"pending, status of old documents", []string{"check"}, 200, waiting, KindPending},
		{"pending, without words", []string{"check"}, 403, `{"error":"authorization_pending"}`, KindPending},
		{"a code cannot be pending", []string{"message"}, 400, waiting, KindInvalid},
		{"slow down", []string{"check"}, 400, slow, KindSlowDown},
		{"slow down, 429", []string{"check"}, 429, slow, KindSlowDown},
		{"denied, as recorded", []string{"check"}, 400, denied, KindDenied},
		{"denied, 403", []string{"check"}, 403, refusal, KindDenied},
		{"denied, 200", []string{"check"}, 200, refusal, KindDenied},
		{"denied, 401 with words", []string{"check"}, 401, denied, KindDenied},
		{"denied, without words", []string{"check"}, 403, `{"error":"invalid_grant"}`, KindDenied},
		{"denied, other words", []string{"check"}, 400, `{"error":"access_denied","error_description":"No"}`, KindDenied},
		{"client secret", []string{"check", "message"}, 401, `{"error":"access_denied","error_description":"Unauthorized"}`, KindForbidden},

		{"oob_code over", []string{"check", "message"}, 401, oobOver, KindExpired},
		{"oob_code over, 403", []string{"check", "message"}, 403, oobOver, KindExpired},
		{"oob_code over, 200", []string{"check", "message"}, 200, oobOver, KindExpired},
		{"oob_code over, other code", []string{"check", "message"}, 403, `{"error":"invalid_grant","error_description":"oob_code is expired"}`, KindExpired},
		{"something over", []string{"check", "message"}, 401, `{"error":"expired_token"}`, KindExpired},
		{"oob_code malformed, 401", []string{"check", "message"}, 401, oobBroken, KindExpired},
		{"oob_code malformed, 403", []string{"check", "message"}, 403, oobBroken, KindExpired},
		{"oob_code of another token", []string{"check", "message"}, 400, mixed, KindExpired},
		{"transaction over, Guardian", []string{"check", "message"}, 400, guardian("transaction_expired"), KindExpired},
		{"enrolment over, Guardian", []string{"check", "message"}, 404, guardian("enrollment_transaction_not_found"), KindExpired},
		{"sign-in over, Guardian", []string{"check", "message"}, 404, guardian("login_transaction_not_found"), KindExpired},
		{"enrolment deleted, Guardian", []string{"check", "message"}, 404, guardian("enrollment_not_found"), KindExpired},
		{"token over", []string{"check", "message"}, 401, `{"error":"expired_token","error_description":"mfa_token is expired"}`, KindTokenRejected},
		{"token malformed", []string{"check", "message"}, 401, `{"error":"invalid_grant","error_description":"Malformed mfa_token"}`, KindTokenRejected},
		{"oob_code missing is no expiry", []string{"check", "message"}, 400, `{"error":"invalid_request","error_description":"Missing required parameter: oob_code"}`, KindInvalid},

		{"wrong code", []string{"message"}, 403, badCode, KindWrongCode},
		{"wrong code, 401", []string{"message"}, 401, badCode, KindWrongCode},
		{"wrong code, 200", []string{"message"}, 200, badCode, KindWrongCode},
		{"wrong code, without words", []string{"message"}, 403, `{"error":"invalid_grant"}`, KindWrongCode},
		{"wrong code, Guardian", []string{"message"}, 400, guardian("invalid_otp"), KindWrongCode},
		{"wrong code, rejected", []string{"message"}, 400, denied, KindWrongCode},
		{"binding_code missing", []string{"message"}, 400, `{"error":"invalid_request","error_description":"Missing required parameter: binding_code"}`, KindInvalid},
		{"too many codes", []string{"message", "check"}, 429, manyCodes, KindTooManyCodes},
		{"too many codes, 400", []string{"message", "check"}, 400, manyCodes, KindTooManyCodes},
		{"too many codes, other code", []string{"message"}, 429, `{"error":"too_many_attempts"}`, KindTooManyCodes},
		{"429 without a word", []string{"message"}, 429, ``, KindTooManyCodes},
		{"429 without a word, no codes here", []string{"check", "phone", "email", "push"}, 429, ``, KindRateLimited},

		{"messages", []string{"phone"}, 429, manySMS, KindTooManyMessages},
		{"messages, 400", []string{"phone"}, 400, manySMS, KindTooManyMessages},
		{"messages, 403", []string{"phone"}, 403, manySMS, KindTooManyMessages},
		{"messages, Guardian", []string{"phone"}, 400, guardian("too_many_sms"), KindTooManyMessages},
		{"messages of the tenant", []string{"phone"}, 429, guardian("too_many_sms_per_tenant"), KindTooManyMessages},
		{"e-mails", []string{"email"}, 429, manyMails, KindTooManyMessages},
		{"notifications", []string{"push", "check"}, 429, guardian("too_many_pn"), KindRateLimited},
		{"notifications, 400", []string{"push", "check"}, 400, `{"error":"too_many_pn"}`, KindRateLimited},

		{"number", []string{"phone"}, 400, number, KindBadNumber},
		{"number, Guardian", []string{"phone"}, 400, guardian("invalid_phone_number"), KindBadNumber},
		{"number that nothing can be sent to", []string{"phone"}, 400, guardian("error_sending_sms"), KindBadNumber},
		{"number of a country not served", []string{"phone"}, 400, `{"error":"invalid_request","error_description":"This phone number is not supported"}`, KindBadNumber},
		{"address", []string{"email"}, 400, address, KindBadAddress},
		{"factor off", []string{"phone", "email", "push"}, 400, off, KindFactorDisabled},
		{"channel off", []string{"phone", "email", "push"}, 400, `{"error":"invalid_request","error_description":"Unsupported oob_channels"}`, KindFactorDisabled},
		{"factor off, Guardian", []string{"phone", "email", "push"}, 403, guardian("feature_disabled_by_admin"), KindFactorDisabled},
		{"factor not paid for", []string{"phone", "email", "push"}, 403, guardian("feature_disabled_by_subscription"), KindFactorDisabled},
		{"notifications off", []string{"push"}, 403, guardian("pn_endpoint_disabled"), KindFactorDisabled},
		{"notifications not set up", []string{"push"}, 400, guardian("push_notification_wrong_credentials"), KindForbidden},
		{"tenant", []string{"push"}, 404, guardian("tenant_not_found"), KindForbidden},
		{"51 enrolments", []string{"phone", "email", "push"}, 400, `{"error":"invalid_request","error_description":"The user has reached the maximum number of enrollments."}`, KindLimitReached},
		{"access denied in other words", []string{"phone", "email", "push"}, 403, `{"error":"access_denied","error_description":"Forbidden"}`, KindProofNeeded},
		{"body", []string{"phone", "email", "push"}, 400, guardian("invalid_body"), KindInvalid},

		{"verified address, 403", []string{"delete"}, 403, `{"error":"access_denied","error_description":"The authenticator of a verified email address cannot be deleted."}`, KindNotRemovable},
		{"verified address, 400", []string{"delete"}, 400, `{"error":"invalid_request","error_description":"This authenticator cannot be deleted."}`, KindNotRemovable},
		{"verified address, 409", []string{"delete"}, 409, `{"error":"access_denied"}`, KindNotRemovable},
	}
	for _, tt := range tests {
		for _, op := range tt.ops {
			t.Run(op+", "+tt.name, func(t *testing.T) { refuse(t, op, tt.status, tt.body, tt.kind) })
		}
	}
}

// TestRetryAtOutOfBand: the tenant's wait is read where it tells one.
func TestRetryAtOutOfBand(t *testing.T) {
	for _, tt := range []struct{ op, body string }{
		{"check", `{"error":"slow_down"}`},
		{"check", `{"error":"too_many_requests"}`},
		{"phone", `{"error":"too_many_sms"}`},
		{"message", `{"error":"too_many_attempts"}`},
	} {
		t.Run(tt.op+" "+tt.body, func(t *testing.T) {
			tn := newTenant(t)
			tn.on(routeOf(tt.op), func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", "30")
				writeJSON(w, http.StatusTooManyRequests, tt.body)
			})
			err := calls()[tt.op].run(t.Context(), tn.client(), tn.login())
			if e, ok := err.(*Error); !ok || !e.RetryAt.Equal(tn.clock.Now().Add(30*time.Second)) { //nolint:errorlint // the package promises this very type
				t.Fatalf("%v", err)
			}
		})
	}
}
