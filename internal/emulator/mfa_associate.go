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

// appJSON is the answer of POST /mfa/associate for an authenticator app.
type appJSON struct {
	AuthenticatorType string   `json:"authenticator_type"`
	Secret            string   `json:"secret"`
	BarcodeURI        string   `json:"barcode_uri"`
	RecoveryCodes     []string `json:"recovery_codes,omitempty"`
}

// associate starts an enrolment. Every call makes a new pending entry; nothing is
// active before the user has shown that it works.
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
	answer, failure := e.startEnrolment(r, b, p)
	if failure != nil {
		e.logEvent("gd_start_enroll_failed", b.user.ID, failure.Description)
	}
	return answer, failure
}

// startEnrolment checks what is asked for and makes the pending entry.
func (e *Emulator) startEnrolment(r *http.Request, b *bearerUser, p parameters) (any, *oauthFailure) {
	kind, failure := e.wantedFactor(p)
	if failure != nil {
		return nil, failure
	}
	if failure := e.mayEnrol(b); failure != nil {
		return nil, failure
	}
	if kind == kindTOTP {
		return e.startApp(b.user), nil
	}
	return e.startOOB(r, b, kind, p)
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

// mayEnrol decides whether b may add a factor. An mfa_token stands for a password
// alone: it may enrol the first factor, but who has one must prove it before
// adding another.
func (e *Emulator) mayEnrol(b *bearerUser) *oauthFailure {
	enrolled := e.hasFactor(b.user)
	switch {
	case enrolled && b.opaque:
		return alreadyEnrolled()
	case enrolled && e.variant(variantSecondEnrolment) == "new_login_needed" && !b.challenged:
		return alreadyEnrolled()
	case e.enrolments(b.user) >= maxEnrolments:
		return invalidRequest("The user has reached the maximum number of enrollments.")
	}
	return nil
}

// wantedFactor reads which kind of factor is to be enrolled, and refuses those
// that the tenant has switched off.
func (e *Emulator) wantedFactor(p parameters) (string, *oauthFailure) {
	types, channels := p["authenticator_types"], p["oob_channels"]
	kind := kindTOTP
	switch {
	case len(types) == 0:
		return "", missing("authenticator_types")
	case len(types) > 1 || types[0] != "otp" && types[0] != "oob":
		return "", invalidRequest("Unsupported authenticator_types")
	case types[0] == "oob" && len(channels) == 0:
		return "", missing("oob_channels")
	case types[0] == "oob":
		if kind = kindOfChannel(channels[0]); len(channels) > 1 || kind == "" {
			return "", invalidRequest("Unsupported oob_channels")
		}
	}
	if !e.kindOn(kind) {
		return "", invalidRequest("The factor is not enabled for this tenant.")
	}
	return kind, nil
}

// kindOfChannel is the kind of authenticator of an oob_channel, or "".
func kindOfChannel(channel string) string {
	kinds := []string{kindSMS, kindVoice, kindEmail, kindPush}
	i := slices.IndexFunc(kinds, func(kind string) bool { return oobChannel(kind) == channel })
	if i < 0 {
		return ""
	}
	return kinds[i]
}

// startApp makes the pending entry of an authenticator app.
func (e *Emulator) startApp(u *user) appJSON {
	first := e.firstAssociation(u)
	app := e.addEntry(u, &authenticator{Kind: kindTOTP, Secret: e.newTOTPSecret()})
	e.logEvent("gd_start_enroll", u.ID, "Started to enrol an authenticator app")
	return appJSON{
		AuthenticatorType: "otp",
		Secret:            app.Secret,
		BarcodeURI:        barcodeURI(e.s.tenant.Name, u.Email, app.Secret),
		RecoveryCodes:     e.handOutRecoveryCode(u, first),
	}
}

// firstAssociation reports whether u has no authenticator yet, pending ones
// included. What a verified address is by itself was not associated.
func (e *Emulator) firstAssociation(u *user) bool { return len(e.s.authenticators[u.ID]) == 0 }

// handOutRecoveryCode makes the recovery code at the user's very first
// association. It is handed out now and never again, even if this attempt is not
// confirmed.
func (e *Emulator) handOutRecoveryCode(u *user, first bool) []string {
	if !first || !e.s.tenant.Factors["recovery-code"] {
		return nil
	}
	code := e.addEntry(u, &authenticator{Kind: kindRecovery, Secret: e.newRecoveryCode()})
	return []string{code.Secret}
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
