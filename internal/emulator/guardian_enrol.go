package emulator

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"unicode"
)

// enrolRequest is the body of the call that a phone makes after scanning.
type enrolRequest struct {
	Identifier      string          `json:"identifier"`
	Name            string          `json:"name"`
	PushCredentials pushCredentials `json:"push_credentials"`
	PublicKey       json.RawMessage `json:"public_key"`
}

// pushCredentials are where the phone gets its notifications: APNS or GCM, and the
// token there.
type pushCredentials struct {
	Service string `json:"service"`
	Token   string `json:"token"`
}

// enrolAnswer is the account that the phone keeps. totp is the codes that the app
// shows offline.
type enrolAnswer struct {
	ID     string   `json:"id"`
	URL    string   `json:"url"`
	Issuer string   `json:"issuer"`
	UserID string   `json:"user_id"`
	Token  string   `json:"token"`
	TOTP   totpJSON `json:"totp"`
}

type totpJSON struct {
	Secret    string `json:"secret"`
	Algorithm string `json:"algorithm"`
	Period    int    `json:"period"`
	Digits    int    `json:"digits"`
}

// ticketHeader is the Authorization header of an enrolment.
var ticketHeader = regexp.MustCompile(`^Ticket id="([A-Za-z0-9]{1,64})"$`)

// guardianEnrol is the scan of a push QR code. It makes the entry active, whether
// or not anybody polls for it afterwards.
func (e *Emulator) guardianEnrol(r *http.Request, body []byte) (int, any, *guardianRefusal) {
	ticket := ticketHeader.FindStringSubmatch(r.Header.Get("Authorization"))
	if ticket == nil {
		return 0, nil, refuseGuardian(http.StatusUnauthorized, "invalid_token", "Invalid ticket")
	}
	u, a, o, failure := e.scannable(ticket[1])
	if failure != nil {
		return 0, nil, failure
	}
	d, failure := readDevice(r, body)
	if failure != nil {
		return 0, nil, failure
	}
	secret := e.newTOTPSecret()
	e.activatePush(u, a, d, secret)
	e.logEvent("gd_enrollment_complete", u.ID, "A phone has enrolled")
	o.State, o.Ticket, o.SpentTicket = oobAccepted, "", o.Ticket
	return http.StatusCreated, enrolAnswer{
		ID: d.ID, URL: e.guardianURL(), Issuer: e.s.tenant.Name, UserID: u.ID, Token: d.Token,
		TOTP: totpJSON{Secret: secret, Algorithm: "sha1", Period: totpPeriod, Digits: totpDigits},
	}, nil
}

// scannable finds the enrolment that a ticket stands for: five minutes long, for
// one phone.
func (e *Emulator) scannable(ticket string) (*user, *authenticator, *oob, *guardianRefusal) {
	unknown := refuseGuardian(http.StatusNotFound, "enrollment_transaction_not_found", "Enrollment transaction not found")
	o := e.oobWhere(func(o *oob) bool { return o.Ticket == ticket || o.SpentTicket == ticket })
	if o == nil || e.expired(o) {
		return nil, nil, nil, unknown
	}
	u := e.s.users[o.UserID]
	a := e.authenticatorByID(u, o.AuthenticatorID)
	switch {
	case o.SpentTicket != "" && e.variant(variantSecondScan) == "enrollment_conflict":
		return nil, nil, nil, refuseGuardian(http.StatusConflict, "enrollment_conflict", "There is already an enrollment for this transaction")
	case o.SpentTicket != "" || a == nil || u.Blocked:
		return nil, nil, nil, unknown
	case !e.kindOn(kindPush):
		return nil, nil, nil, refuseGuardian(http.StatusForbidden, "feature_disabled_by_admin", "Push notifications are disabled")
	case o.MFAToken != "" && e.hasFactor(u):
		return nil, nil, nil, refuseGuardian(http.StatusConflict, "already_enrolled", "The user is already enrolled")
	}
	return u, a, o, nil
}

// oobWhere finds a transaction that has not been forgotten, or returns nil.
func (e *Emulator) oobWhere(condition func(*oob) bool) *oob {
	for _, o := range e.s.oobs {
		if condition(o) {
			return o
		}
	}
	return nil
}

// readDevice reads the phone out of the body of an enrolment.
func readDevice(r *http.Request, body []byte) (*device, *guardianRefusal) {
	var in enrolRequest
	if failure := readGuardianBody(r, body, &in); failure != nil {
		return nil, failure
	}
	key, ok := devicePublicKey(in.PublicKey)
	switch {
	case !validField(in.Identifier):
		return nil, invalidBody("identifier is missing or malformed")
	case !validField(in.Name):
		return nil, invalidBody("name is missing or malformed")
	case !in.PushCredentials.valid():
		return nil, invalidBody("push_credentials needs a service, APNS or GCM, and a token")
	case !ok:
		return nil, invalidBody("public_key must be an RSA key of at least 2048 bits for RS256 signatures")
	}
	return &device{
		Identifier: in.Identifier, Name: in.Name, Key: key,
		PushService: in.PushCredentials.Service, PushToken: in.PushCredentials.Token,
	}, nil
}

func (c pushCredentials) valid() bool {
	return (c.Service == pushService || c.Service == "APNS") && validField(c.Token)
}

// validField reports whether a phone may say this of itself.
func validField(s string) bool {
	const longest = 1000
	return strings.TrimSpace(s) != "" && len(s) <= longest && !strings.ContainsFunc(s, unicode.IsControl)
}
