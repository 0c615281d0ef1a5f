package auth0

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxWait caps what a tenant can make us wait for.
const maxWait = 15 * time.Minute

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
	if json.Unmarshal(a.body, &p) != nil {
		p = problem{} // HTML, an array, a number: then only the status speaks
	}
	if a.ok() && p.code() == "" {
		return nil
	}
	e := &Error{Op: op, Status: a.status, Code: knownCode(p.code())}
	e.Kind, e.Reason = classify(op, a.status, p)
	if e.Kind == KindRateLimited || e.Kind == KindTooManyCodes {
		e.RetryAt = retryAt(a.header, c.now())
	}
	return e
}

// classify is the one place that knows how tenants word their refusals. The
// variants are those of the protocol reference, sections 5 to 7 and 16.
func classify(op string, status int, p problem) (Kind, string) {
	switch {
	case status >= 500, status == http.StatusRequestTimeout:
		return undecided(op), ""
	case isEnrolmentLimit(op, p):
		return KindLimitReached, ""
	case status == http.StatusTooManyRequests, p.says("too many"), p.is("too_many_attempts", "too_many_requests"):
		return tooMany(op, p), ""
	case p.is("insufficient_scope", "unauthorized_client", "unsupported_grant_type", "invalid_client"):
		return KindForbidden, ""
	}
	switch op {
	case opSignIn:
		return classifyRedemption(status, p)
	case opConfirm:
		return classifyConfirmation(status, p), ""
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

// classifyConfirmation: the mfa-otp grant. Any invalid_grant is a wrong code
// unless the description speaks of the token.
func classifyConfirmation(status int, p problem) Kind {
	switch {
	case isTokenTrouble(p), p.is("invalid_grant") && p.says("token", "expired", "malformed"):
		return KindTokenRejected
	case p.is("invalid_grant", "invalid_otp"), p.says("mfa authorization rejected"):
		return KindWrongCode
	case needsProof(p):
		return KindProofNeeded
	default:
		return byStatus(opConfirm, status) // 401 access_denied is a wrong client secret
	}
}

// classifyBearer: calls of the MFA API with the user's access token.
func classifyBearer(op string, status int, p problem) Kind {
	switch {
	case needsProof(p), op == opAssociate && p.is("access_denied"):
		return KindProofNeeded // "User is already enrolled.", in whatever words
	case isTokenTrouble(p), p.is("invalid_grant"), status == http.StatusUnauthorized:
		return KindTokenRejected
	case isFactorTrouble(op, p):
		return KindFactorDisabled
	case p.is("not_found", "enrollment_not_found", "device_account_not_found"):
		return KindNotFound
	default:
		return byStatus(op, status)
	}
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
	return p.is("feature_disabled_by_admin", "feature_disabled_by_subscription", "unsupported_challenge_type") ||
		op == opAssociate && p.says("disabled", "not enabled", "unsupported", "not supported")
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

// tooMany tells the bucket of wrong codes, which only time refills, from limits
// on requests and messages.
func tooMany(op string, p problem) Kind {
	if p.says("failed codes") || op == opConfirm && !p.is("too_many_requests") {
		return KindTooManyCodes
	}
	return KindRateLimited
}

// isEnrolmentLimit: the wording of the 51st enrolment is not documented.
func isEnrolmentLimit(op string, p problem) bool {
	return op == opAssociate && p.is("invalid_request") &&
		p.says("enrol", "authenticator") && p.says("limit", "maximum", "too many")
}

// knownCode lets a code of the tenant's through only if it stands in the vendor's
// documents: an unknown one could be anything, our own token included (SL-11).
func knownCode(code string) string {
	known := []string{
		"access_denied", "already_enrolled", "association_required", "authorization_pending", "consent_required",
		"device_account_not_found", "enrollment_conflict", "enrollment_not_found", "expired_token",
		"feature_disabled_by_admin", "feature_disabled_by_subscription", "insufficient_scope", "interaction_required",
		"invalid_bearer_format", "invalid_client", "invalid_grant", "invalid_otp", "invalid_request", "invalid_token",
		"login_required", "mfa_required", "not_found", "slow_down", "too_many_attempts", "too_many_requests",
		"unauthorized", "unauthorized_client", "unsupported_challenge_type", "unsupported_grant_type",
	}
	if slices.Contains(known, code) {
		return code
	}
	return ""
}

// retryAt reads when to come back: Retry-After in seconds or as a date, else
// X-RateLimit-Reset in epoch seconds, kept within 0 and maxWait from now.
//
// RFC 9110 section 10.2.3;
// https://auth0.com/docs/troubleshoot/customer-support/operational-policies/rate-limit-policy
func retryAt(h http.Header, now time.Time) time.Time {
	at, ok := retryAfter(h.Get("Retry-After"), now)
	if !ok {
		seconds, err := strconv.ParseInt(strings.TrimSpace(h.Get("X-RateLimit-Reset")), 10, 64)
		if left := strings.TrimSpace(h.Get("X-RateLimit-Remaining")); err != nil || left != "" && left != "0" {
			return time.Time{} // this limit is not the one that was hit
		}
		at = time.Unix(seconds, 0)
	}
	switch {
	case at.Before(now):
		return now
	case at.After(now.Add(maxWait)):
		return now.Add(maxWait)
	default:
		return at
	}
}

func retryAfter(value string, now time.Time) (time.Time, bool) {
	value = strings.TrimSpace(value)
	if seconds, err := strconv.ParseInt(value, 10, 64); err == nil {
		// Cut before multiplying: a huge number must not wrap around.
		return now.Add(time.Duration(max(0, min(seconds, int64(maxWait/time.Second)))) * time.Second), true
	}
	at, err := http.ParseTime(value)
	return at, err == nil
}
