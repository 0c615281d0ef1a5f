package auth0

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// problem is an error body: of the Authentication API (error, error_description)
// or, as leaks through from the Guardian service, errorCode and message.
//
// https://auth0.com/docs/api/authentication#standard-error-responses
type problem struct {
	Code        string `json:"error"`
	Description string `json:"error_description"`
	ErrorCode   string `json:"errorCode"`
	Message     string `json:"message"`
}

// says looks for any of the phrases in the description, which is the only place
// where some tenants tell two cases apart.
func (p problem) says(phrases ...string) bool {
	text := strings.ToLower(p.Description + " " + p.Message)
	return slices.ContainsFunc(phrases, func(phrase string) bool { return strings.Contains(text, phrase) })
}

// is compares the error code.
func (p problem) is(codes ...string) bool { return slices.Contains(codes, p.code()) }

func (p problem) code() string {
	if p.ErrorCode != "" {
		return p.ErrorCode
	}
	return p.Code
}

// refusal turns an answer into an error, or nil if it is a success. The body is
// read before the status is looked at: older tenants refuse with status 200.
func (c *Client) refusal(op string, a answer) error {
	var p problem
	if !isList(a.body) && json.Unmarshal(a.body, &p) != nil {
		p = problem{} // HTML, a number: then only the status speaks
	}
	if a.ok() && p.code() == "" {
		return nil
	}
	e := &Error{Op: op, Status: a.status, Code: knownCode(p.code())}
	e.Kind, e.Reason = classify(op, a.status, p)
	switch e.Kind {
	case KindRateLimited, KindTooManyCodes, KindTooManyMessages, KindSlowDown:
		e.RetryAt = retryAt(a.header, c.now())
	}
	return e
}

// isList reports a JSON array, which holds no error: every view of the list of
// authenticators would be read twice to find none.
func isList(body []byte) bool { return len(body) > 0 && body[0] == '[' }

// classify is the one place that knows how tenants word their refusals. The
// variants are those of the protocol reference, sections 5 to 7 and 16.
func classify(op string, status int, p problem) (Kind, string) {
	switch {
	case status >= 500, status == http.StatusRequestTimeout:
		return undecided(op), ""
	case op == opCheckPush && p.is("slow_down"):
		return KindSlowDown, "" // 400 or 429
	case isEnrolmentLimit(op, p):
		return KindLimitReached, ""
	case status == http.StatusTooManyRequests, p.says("too many"), p.is("too_many_attempts", "too_many_requests",
		"too_many_sms", "too_many_sms_per_tenant", "too_many_pn"):
		return tooMany(op, p), ""
	case p.is("insufficient_scope", "unauthorized_client", "unsupported_grant_type", "invalid_client",
		"tenant_not_found", "push_notification_wrong_credentials"):
		return KindForbidden, ""
	}
	switch {
	case op == opSignIn:
		return classifyRedemption(status, p)
	case op == opRefresh:
		return classifyRefresh(status, p), ""
	case confirms(op):
		return classifyConfirmation(op, status, p), ""
	default:
		return classifyBearer(op, status, p), ""
	}
}

// classifyRedemption: the code exchange of a sign-in.
func classifyRedemption(status int, p problem) (Kind, string) {
	switch {
	case p.is("invalid_grant"):
		return KindLoginRefused, reasonCode
	case p.is("unauthorized"):
		return KindLoginRefused, reasonUserBlocked
	case p.is("access_denied") && (status == http.StatusUnauthorized || p.says("service not found", "not authorized to access")):
		return KindForbidden, "" // wrong client secret, unknown audience
	case p.is("access_denied"), needsProof(p):
		return KindLoginRefused, reasonDenied
	default:
		return byStatus(opSignIn, status), ""
	}
}

// classifyRefresh: whatever the kind, a token that was refused is not tried again.
func classifyRefresh(status int, p problem) Kind {
	switch {
	case needsProof(p):
		return KindProofNeeded // a policy or an Action wants the second factor
	case isTokenTrouble(p), p.is("invalid_grant"):
		return KindTokenRejected // used, revoked, over, or its user is blocked or gone
	default:
		return byStatus(opRefresh, status)
	}
}

// classifyConfirmation: the MFA grants. Any invalid_grant is a wrong code, or a
// notification that was refused, unless the description speaks of the token or
// the transaction.
func classifyConfirmation(op string, status int, p problem) Kind {
	switch {
	case op == opCheckPush && p.is("authorization_pending"):
		return KindPending
	case op != opConfirm && isOver(p):
		return KindExpired
	case isTokenTrouble(p), p.is("invalid_grant") && p.says("token", "expired", "malformed"):
		return KindTokenRejected
	case needsProof(p):
		return KindProofNeeded
	case op == opCheckPush && isDenial(status, p):
		return KindDenied
	case p.is("invalid_grant", "invalid_otp"), p.says("mfa authorization rejected"):
		return KindWrongCode
	default:
		return byStatus(op, status) // 401 access_denied is a wrong client secret
	}
}

// isOver: the oob_code names no transaction that could still be confirmed with
// this token. An expired_token that does not say which token counts as such too:
// a new code can be asked for, and that call tells if it was the access token.
func isOver(p problem) bool {
	return p.says("oob_code", "oob code", "transaction") && p.says("expired", "malformed", "invalid", "match", "not found", "unknown") ||
		p.is("expired_token") && !p.says("token") ||
		p.is("transaction_expired", "enrollment_transaction_not_found", "login_transaction_not_found",
			"enrollment_not_found", "device_account_not_found", "invalid_enrollment", "not_enrolled")
}

// isDenial: recorded as 400 access_denied, documented as invalid_grant with 403
// or 200. With 401 access_denied is a wrong client secret.
func isDenial(status int, p problem) bool {
	return p.says("rejected") || p.is("invalid_grant") || p.is("access_denied") && status != http.StatusUnauthorized
}

// classifyBearer: calls of the MFA API with the user's access token.
func classifyBearer(op string, status int, p problem) Kind {
	switch {
	case needsProof(p), associates(op) && p.is("access_denied"):
		return KindProofNeeded // "User is already enrolled.", in whatever words
	case isTokenTrouble(p), p.is("invalid_grant"), status == http.StatusUnauthorized:
		return KindTokenRejected
	case op == opDelete && (p.is("access_denied") || p.says("cannot be deleted", "cannot be removed")):
		return KindNotRemovable
	case isBadNumber(op, p):
		return KindBadNumber
	case op == opAssociateEmail && p.says("email", "e-mail") && p.says("invalid", "not valid", "malformed"):
		return KindBadAddress
	case isFactorTrouble(op, p):
		return KindFactorDisabled
	case p.is("not_found", "enrollment_not_found", "device_account_not_found"):
		return KindNotFound
	default:
		return byStatus(op, status)
	}
}

// isBadNumber: malformed, or one that the tenant's provider cannot reach.
func isBadNumber(op string, p problem) bool {
	return op == opAssociatePhone && (p.is("invalid_phone_number", "error_sending_sms") ||
		p.says("phone number", "phone_number") && p.says("invalid", "not valid", "malformed", "not supported", "unsupported"))
}

// isTokenTrouble: codes that speak of the access token, or of a user who may no
// longer use one; signing in again tells them.
func isTokenTrouble(p problem) bool {
	return p.is("expired_token", "invalid_token", "invalid_bearer_format", "unauthorized")
}

// needsProof: an existing authenticator has to be used first.
func needsProof(p problem) bool {
	return p.says("already enrolled") || p.is("mfa_required", "login_required", "interaction_required",
		"consent_required", "association_required", "already_enrolled", "enrollment_conflict")
}

// isFactorTrouble: the tenant has this kind of authenticator switched off. Code
// and wording are not documented for the MFA API.
func isFactorTrouble(op string, p problem) bool {
	return p.is("feature_disabled_by_admin", "feature_disabled_by_subscription", "pn_endpoint_disabled", "unsupported_challenge_type") ||
		associates(op) && p.says("disabled", "not enabled", "unsupported", "not supported")
}

// byStatus is for answers without a code that we know.
func byStatus(op string, status int) Kind {
	switch {
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return KindForbidden
	case status == http.StatusNotFound:
		return KindNotFound
	case status >= 400:
		return KindInvalid
	default:
		return undecided(op) // a redirect, or a success that claims an error
	}
}

// undecided: the tenant answered, but nobody can tell whether it acted.
func undecided(op string) Kind {
	if changes(op) {
		return KindUnknownOutcome
	}
	return KindUnavailable
}

// tooMany tells the bucket of wrong codes, which only time refills, and that of
// messages from limits on requests.
func tooMany(op string, p problem) Kind {
	switch {
	case p.says("failed codes"):
		return KindTooManyCodes
	case p.is("too_many_sms", "too_many_sms_per_tenant"),
		p.says("too many sms", "too many messages", "too many voice", "too many calls", "too many email"):
		return KindTooManyMessages
	case (op == opConfirm || op == opConfirmMessage) && !p.is("too_many_requests"):
		return KindTooManyCodes
	default:
		return KindRateLimited
	}
}

// isEnrolmentLimit: the wording of the 51st enrolment is not documented.
func isEnrolmentLimit(op string, p problem) bool {
	return associates(op) && p.is("invalid_request") &&
		p.says("enrol", "authenticator") && p.says("limit", "maximum", "too many")
}

// knownCode lets a code of the tenant's through only if it stands in the vendor's
// documents: an unknown one could be anything, our own token included (SL-11).
func knownCode(code string) string {
	known := []string{
		"access_denied", "already_enrolled", "association_required", "authorization_pending", "consent_required",
		"device_account_not_found", "enrollment_conflict", "enrollment_not_found", "enrollment_transaction_not_found",
		"error_sending_push_notification", "error_sending_sms", "expired_token", "feature_disabled_by_admin",
		"feature_disabled_by_subscription", "insufficient_scope", "interaction_required", "invalid_bearer_format",
		"invalid_body", "invalid_client", "invalid_enrollment", "invalid_grant", "invalid_json_request", "invalid_otp",
		"invalid_phone_number", "invalid_query_string", "invalid_recovery_code", "invalid_request", "invalid_token",
		"login_required", "login_transaction_not_found", "mfa_required", "not_enrolled", "not_found",
		"pn_endpoint_disabled", "push_notification_wrong_credentials", "slow_down", "tenant_not_found",
		"too_many_attempts", "too_many_pn", "too_many_requests", "too_many_sms", "too_many_sms_per_tenant",
		"transaction_expired", "unauthorized", "unauthorized_client", "unsupported_challenge_type", "unsupported_grant_type",
	}
	if slices.Contains(known, code) {
		return code
	}
	return ""
}
