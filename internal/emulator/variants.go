package emulator

import (
	"slices"
	"strconv"
)

// Names of the variants.
const (
	variantIss             = "authorization_response_iss"
	variantRPLogout        = "rp_logout_discovery"
	variantSecondEnrolment = "second_enrolment"
	variantWrongCode       = "wrong_code_status"
	variantTooManyCodes    = "too_many_codes"
	variantTokenError      = "token_error_status"
	variantScopeError      = "insufficient_scope_status"
	variantMFARequired     = "mfa_required_status"
	variantNotEnrolled     = "not_enrolled"
	variantAssociateClient = "associate_client"
	variantRecoveryRemoval = "recovery_code_removal"
	variantLastFactor      = "last_factor_removal"
	variantNotFoundBody    = "not_found_body"
	variantImplicitEmail   = "implicit_email_removal"
	variantPhonePair       = "phone_pair"
	variantPushDenied      = "push_denied"
	variantPending         = "authorization_pending_status"
	variantPollInterval    = "push_poll_interval"
	variantSecondScan      = "second_scan"
	variantExpiredPush     = "expired_push"
	variantRefreshMFA      = "refresh_mfa"
	variantRefreshScope    = "refresh_wider_scope"
	variantRefreshSame     = "non_rotating_refresh"
	variantRevocation      = "refresh_revocation"
)

// A variant is a question to which the sources of the vendor's behaviour give
// different answers. The first value is the best-evidenced one and the default;
// the others exist so that a client can be tested against all of them.
type variant struct {
	Name   string
	Values []string
	Help   string // for the console
}

// variants lists the switches of PATCH /control/tenant.
func variants() []variant {
	return []variant{
		{variantIss, []string{"off", "on"}, "RFC 9207: iss in authorization answers, advertised in discovery"},
		{variantRPLogout, []string{"advertised", "hidden"}, "end_session_endpoint in discovery; older tenants have none"},
		{variantSecondEnrolment, []string{"allowed", "new_login_needed"}, "Adding a factor with a token from before the first factor was active"},
		{variantWrongCode, []string{"403", "401", "200"}, "Status of the answer to a wrong one-time or recovery code"},
		{variantTooManyCodes, []string{"invalid_request", "too_many_attempts"}, "Error of the 429 answer when the wrong codes are used up"},
		{variantTokenError, []string{"401", "403"}, "Status for an expired or malformed mfa_token"},
		{variantScopeError, []string{"403", "401"}, "Status for an access token without the scope"},
		{variantMFARequired, []string{"403", "401"}, "Status of mfa_required"},
		{variantNotEnrolled, []string{"association_required", "unsupported_challenge_type"}, "Error of a challenge for a user without an active factor"},
		{variantAssociateClient, []string{"optional", "required"}, "Client authentication when enrolling with an mfa_token"},
		{variantRecoveryRemoval, []string{"allowed", "refused"}, "Deleting the recovery code through the MFA API"},
		{variantLastFactor, []string{"keeps_recovery_code", "removes_recovery_code"}, "The recovery code when the last factor is deleted"},
		{variantNotFoundBody, []string{"json", "empty"}, "Body of the 404 for an unknown authenticator"},
		{variantImplicitEmail, []string{"403", "400", "409"}, "Status of the refusal to delete the authenticator of a verified address"},
		{variantPhonePair, []string{"at_confirmation", "from_the_start"}, "When the second entry of a number appears, if the tenant sends texts and calls"},
		{variantPushDenied, []string{"400_access_denied", "403_invalid_grant", "200_invalid_grant"}, "Answer to the poll of a push that was denied on the phone"},
		{variantPending, []string{"400", "200"}, "Status of authorization_pending; old documents show 200"},
		{variantPollInterval, []string{"1", "5"}, "Seconds between two polls of one oob_code below which the answer is slow_down"},
		{variantSecondScan, []string{"enrollment_transaction_not_found", "enrollment_conflict"}, "Error of a second scan of one Guardian QR code"},
		{variantExpiredPush, []string{"login_transaction_not_found", "transaction_expired"}, "Error when the phone answers a push after five minutes"},
		{variantRefreshMFA, []string{"off", "policy", "action"}, "What makes a refresh fail with mfa_required: nothing, the policy \"always\", or an Action, each time"},
		{variantRefreshScope, []string{"dropped", "invalid_scope"}, "A refresh for scopes that were not granted: tokens without them, or a refusal"},
		{variantRefreshSame, []string{"same", "none"}, "Refresh token in the answer if the application's do not rotate"},
		{variantRevocation, []string{"family", "grant"}, "What goes with a revoked refresh token: those of its sign-in, or all of the user and the application"},
	}
}

// variant returns the chosen answer to the question of that name, which must be
// one of the list. The caller holds the store's lock.
func (e *Emulator) variant(name string) string {
	v, known := variantNamed(name)
	if !known {
		panic("emulator: no variant " + name)
	}
	if chosen, ok := e.s.tenant.Variants[name]; ok {
		return chosen
	}
	return v.Values[0]
}

// variantStatus is variant for questions whose answer is a number, such as the
// status of an answer.
func (e *Emulator) variantStatus(name string) int {
	status, err := strconv.Atoi(e.variant(name))
	if err != nil {
		panic("emulator: variant " + name + " is no number")
	}
	return status
}

// allVariants returns the chosen answers to all questions.
func (e *Emulator) allVariants() map[string]string {
	chosen := make(map[string]string)
	for _, v := range variants() {
		chosen[v.Name] = e.variant(v.Name)
	}
	return chosen
}

func variantNamed(name string) (variant, bool) {
	all := variants()
	i := slices.IndexFunc(all, func(v variant) bool { return v.Name == name })
	if i < 0 {
		return variant{}, false
	}
	return all[i], true
}
