package emulator

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// maxEnrolments is what one user may hold, unconfirmed entries included. The
// recovery code is not an enrolment.
const maxEnrolments = 51

// associationJSON is the answer of POST /mfa/associate for an authenticator app.
type associationJSON struct {
	AuthenticatorType string   `json:"authenticator_type"`
	Secret            string   `json:"secret"`
	BarcodeURI        string   `json:"barcode_uri"`
	RecoveryCodes     []string `json:"recovery_codes,omitempty"`
}

// associate starts an enrolment. Every call makes a new pending entry; nothing is
// active before the user has shown a code of it.
//
// https://auth0.com/docs/secure/multi-factor-authentication/authenticate-using-ropg-flow-with-mfa/enroll-and-challenge-otp-authenticators
func (e *Emulator) associate(r *http.Request, p parameters) (any, *oauthFailure) {
	b, failure := e.bearer(r, scopeEnroll)
	if failure != nil {
		return nil, failure
	}
	if failure := e.associateClient(r, p, b); failure != nil {
		return nil, failure
	}
	if failure := e.mayEnrol(b, p); failure != nil {
		e.logEvent("gd_start_enroll_failed", b.user.ID, failure.Description)
		return nil, failure
	}
	return e.startEnrolment(b.user), nil
}

// associateClient checks the client's own credentials. The reference lists them as
// parameters, but the vendor's samples and SDKs leave them out.
func (e *Emulator) associateClient(r *http.Request, p parameters, b *bearerUser) *oauthFailure {
	if p.get("client_secret") != "" || b.opaque && e.variant(variantAssociateClient) == "required" {
		if _, failure := e.authenticateClient(r, p); failure != nil {
			return failure
		}
	}
	if id := p.get("client_id"); id != "" && id != b.app.ClientID {
		return notIssuedToClient()
	}
	return nil
}

// mayEnrol decides whether the enrolment that p asks for is allowed. An
// mfa_token stands for a password alone: it may enrol the first factor, but who
// has one must prove it before adding another.
func (e *Emulator) mayEnrol(b *bearerUser, p parameters) *oauthFailure {
	if failure := e.checkFactor(p); failure != nil {
		return failure
	}
	enrolled := e.hasFactor(b.user)
	switch {
	case enrolled && b.opaque:
		return alreadyEnrolled()
	case enrolled && e.variant(variantSecondEnrolment) == "new_login_needed" && !b.challenged:
		return alreadyEnrolled()
	case e.enrolments(b.user) >= maxEnrolments:
		return fail(http.StatusBadRequest, "invalid_request", "The user has reached the maximum number of enrollments.")
	}
	return nil
}

// checkFactor reads which factor is to be enrolled. Only the authenticator app
// can be, as yet; the others answer like factors that the tenant has switched off.
func (e *Emulator) checkFactor(p parameters) *oauthFailure {
	types := p["authenticator_types"]
	invalid := func(text string) *oauthFailure {
		return fail(http.StatusBadRequest, "invalid_request", text)
	}
	switch {
	case len(types) == 0:
		return missing("authenticator_types")
	case len(types) > 1 || types[0] != "otp" && types[0] != "oob":
		return invalid("Unsupported authenticator_types")
	case types[0] == "oob" && len(p["oob_channels"]) == 0:
		return missing("oob_channels")
	case types[0] == "oob" && (len(p["oob_channels"]) > 1 || !slices.Contains([]string{"sms", "voice", "email", "auth0"}, p["oob_channels"][0])):
		return invalid("Unsupported oob_channels")
	case types[0] == "oob", !e.s.tenant.Factors["otp"]:
		return invalid("The factor is not enabled for this tenant.")
	}
	return nil
}

// startEnrolment makes the pending authenticator and, at the user's very first
// one, the recovery code. It is handed out now and never again, even if this
// attempt is not confirmed.
func (e *Emulator) startEnrolment(u *user) associationJSON {
	first := len(e.s.authenticators[u.ID]) == 0
	app := &authenticator{ID: e.newAuthenticatorID(kindTOTP), Kind: kindTOTP, Secret: e.newTOTPSecret()}
	e.s.authenticators[u.ID] = append(e.s.authenticators[u.ID], app)
	answer := associationJSON{
		AuthenticatorType: "otp",
		Secret:            app.Secret,
		BarcodeURI:        barcodeURI(e.s.tenant.Name, u.Email, app.Secret),
	}
	if first && e.s.tenant.Factors["recovery-code"] {
		code := &authenticator{ID: e.newAuthenticatorID(kindRecovery), Kind: kindRecovery, Secret: e.newRecoveryCode()}
		e.s.authenticators[u.ID] = append(e.s.authenticators[u.ID], code)
		answer.RecoveryCodes = []string{code.Secret}
	}
	e.logEvent("gd_start_enroll", u.ID, "Started to enrol an authenticator app")
	return answer
}

// enrolments counts what falls under maxEnrolments.
func (e *Emulator) enrolments(u *user) int {
	n := 0
	for _, a := range e.s.authenticators[u.ID] {
		if a.Kind != kindRecovery {
			n++
		}
	}
	return n
}

func (e *Emulator) newAuthenticatorID(kind string) string {
	return kind + "|dev_" + randomString(e.rand, 16, alphanumeric)
}

func (e *Emulator) newTOTPSecret() string { return randomString(e.rand, 32, base32Alphabet) }

func (e *Emulator) newRecoveryCode() string { return randomString(e.rand, 24, upperAlphanumeric) }

// barcodeURI is the text of the QR code, as recorded from real tenants.
func barcodeURI(tenant, email, secret string) string {
	name := percentEncode(tenant)
	return "otpauth://totp/" + name + ":" + percentEncode(email) +
		"?secret=" + secret + "&issuer=" + name + "&algorithm=SHA1&digits=6&period=30"
}

// percentEncode escapes everything but the unreserved characters of RFC 3986.
func percentEncode(s string) string {
	return strings.ReplaceAll(url.QueryEscape(s), "+", "%20")
}
