package emulator

import (
	"cmp"
	"crypto/rsa"
	"encoding/base32"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// A phone holds so many accounts before it refuses more; nobody reads a longer
// list, and the memory is bounded.
const maxPhoneAccounts = 100

// phone is a simulated handset with an authenticator app and the Guardian app.
type phone struct {
	ID       string // also its address for push notifications
	Name     string
	Accounts []phoneAccount
	Guardian []*guardianAccount
	Pushes   []push // delivered and not yet answered here, newest last
	Offline  bool   // what is delivered meanwhile shows up later, if it still lives
}

// phoneAccount is an account of the authenticator app.
type phoneAccount struct {
	Label  string
	Issuer string
	Secret string
}

// guardianAccount is an account of the Guardian app.
type guardianAccount struct {
	ID         string // of the device account at the tenant, dev_…
	Identifier string // of the device, made up by the phone
	Label      string
	Issuer     string
	UserID     string
	Service    string // base URL of the tenant's Guardian service
	Token      string // device token
	Secret     string // of the codes that it shows offline, "" for none

	// Key is nil for a seeded account until it is first needed: making one takes
	// long. Its public half then goes to the tenant (deviceKey).
	Key *rsa.PrivateKey
}

// push is a notification with the data that the vendor's service puts into it.
type push struct {
	ID            string
	TxToken       string // txtkn: authorises the answer
	DeviceAccount string // dai
	Challenge     string // c
	ServiceHost   string // sh: base URL of the Guardian service
	At            time.Time
	Browser, OS   string // s: what asks for the sign-in
	Place         string // l
}

// pushService is what a simulated phone gives as its push service when it
// enrols; its push token is its own id, and the tenant delivers there.
const pushService = "GCM"

// newPhone returns u's simulated handset. Its id follows from the user's, so
// that it stays the same whatever happens.
func newPhone(u *user) *phone {
	return &phone{ID: "phone_" + afterPipe(u.ID), Name: "Phone of " + cmp.Or(u.Name, u.Email)}
}

// scan adds the account that an otpauth text describes. Like a real app it knows
// nothing of the tenant: it does not care whose account that is, and it keeps
// one that the tenant has since deleted. Scanning the same text twice changes
// nothing.
func (p *phone) scan(uri string) (phoneAccount, error) {
	account, err := parseOTPAuth(uri)
	if err != nil {
		return phoneAccount{}, err
	}
	if slices.Contains(p.Accounts, account) {
		return account, nil
	}
	if len(p.Accounts) >= maxPhoneAccounts {
		return phoneAccount{}, badRequest("the phone holds no more accounts")
	}
	p.Accounts = append(p.Accounts, account)
	return account, nil
}

// code returns what the app shows for the account at t.
func (a phoneAccount) code(t time.Time) string {
	code, err := totpCode(a.Secret, t)
	if err != nil { // cannot happen: scan has checked the secret
		return ""
	}
	return code
}

// parseOTPAuth reads the text of an authenticator app's QR code as apps do, with
// the parameters this tenant uses and no others.
//
// https://github.com/google/google-authenticator/wiki/Key-Uri-Format
func parseOTPAuth(text string) (phoneAccount, error) {
	label, query, err := splitOTPAuth(text)
	if err != nil {
		return phoneAccount{}, err
	}
	if err := checkOTPParameters(query); err != nil {
		return phoneAccount{}, err
	}
	return phoneAccount{Label: label, Issuer: query.Get("issuer"), Secret: normalSecret(query.Get("secret"))}, nil
}

// splitOTPAuth returns the account's name and the parameters of an otpauth text.
func splitOTPAuth(text string) (label string, query url.Values, err error) {
	u, err := url.Parse(strings.TrimSpace(text))
	if err != nil || u.Scheme != "otpauth" {
		return "", nil, badRequest("this is not an otpauth text; it starts with otpauth://totp/")
	}
	query, err = url.ParseQuery(u.RawQuery)
	if err != nil {
		return "", nil, badRequest("the parameters of the otpauth text cannot be read")
	}
	label = strings.TrimPrefix(u.Path, "/")
	if u.Host != "totp" || label == "" {
		return "", nil, badRequest("the phone adds time-based accounts with a name only: otpauth://totp/NAME")
	}
	return label, query, nil
}

func checkOTPParameters(query url.Values) error {
	for _, p := range []struct{ name, want string }{
		{"algorithm", "SHA1"}, {"digits", "6"}, {"period", "30"},
	} {
		if got := query.Get(p.name); got != "" && got != p.want {
			return badRequest(fmt.Sprintf("the phone knows %s %s only", p.name, p.want))
		}
	}
	secret := normalSecret(query.Get("secret"))
	if _, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret); err != nil || secret == "" {
		return badRequest("the otpauth text has no base32 secret")
	}
	return nil
}

// normalSecret allows for what people paste: lower case, spaces, padding.
func normalSecret(s string) string {
	return strings.ToUpper(strings.TrimRight(strings.ReplaceAll(s, " ", ""), "="))
}

// afterPipe returns the part of a user id that is unique and safe in a path.
func afterPipe(id string) string {
	_, rest, found := strings.Cut(id, "|")
	if !found {
		return id
	}
	return rest
}
