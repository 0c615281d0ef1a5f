package emulator

import "slices"

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
		{variantIss, []string{"off", variantOn}, "RFC 9207: iss in authorization answers, advertised in discovery"},
		{variantRPLogout, []string{"advertised", variantNoRPLogout}, "end_session_endpoint in discovery; older tenants have none"},
		{"second_enrolment", []string{"allowed", "new_login_needed"}, "Adding a factor with a token from before the first factor was active"},
		{"wrong_code_status", []string{"403", "401", "200"}, "Status of the answer to a wrong one-time or recovery code"},
		{"too_many_codes", []string{"invalid_request", "too_many_attempts"}, "Error of the 429 answer when the wrong codes are used up"},
		{"token_error_status", []string{"401", "403"}, "Status for an expired or malformed mfa_token"},
		{"insufficient_scope_status", []string{"403", "401"}, "Status for an access token without the scope"},
		{"mfa_required_status", []string{"403", "401"}, "Status of mfa_required"},
		{"not_enrolled", []string{"association_required", "unsupported_challenge_type"}, "Error of a challenge for a user without an active factor"},
		{"associate_client", []string{"optional", "required"}, "Client authentication when enrolling with an mfa_token"},
		{"recovery_code_removal", []string{"allowed", "refused"}, "Deleting the recovery code through the MFA API"},
		{"last_factor_removal", []string{"keeps_recovery_code", "removes_recovery_code"}, "The recovery code when the last factor is deleted"},
		{"not_found_body", []string{"json", "empty"}, "Body of the 404 for an unknown authenticator"},
	}
}

// variant returns the chosen answer. The caller holds the store's lock.
func (e *Emulator) variant(name string) string {
	if chosen, ok := e.s.tenant.Variants[name]; ok {
		return chosen
	}
	if v, ok := variantNamed(name); ok {
		return v.Values[0]
	}
	return ""
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
