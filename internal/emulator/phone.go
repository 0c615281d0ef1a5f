package emulator

import (
	"cmp"
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
	u, err := url.Parse(strings.TrimSpace(text))
	if err != nil || u.Scheme != "otpauth" {
		return phoneAccount{}, badRequest("this is not an otpauth text; it starts with otpauth://totp/")
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return phoneAccount{}, badRequest("the parameters of the otpauth text cannot be read")
	}
	if query.Has("enrollment_tx_id") {
		return phoneAccount{}, badRequest("this text enrols Guardian, which this phone does not have")
	}
	label := strings.TrimPrefix(u.Path, "/")
	if u.Host != "totp" || label == "" {
		return phoneAccount{}, badRequest("the phone adds time-based accounts with a name only: otpauth://totp/NAME")
	}
	if err := checkOTPParameters(query); err != nil {
		return phoneAccount{}, err
	}
	return phoneAccount{Label: label, Issuer: query.Get("issuer"), Secret: normalSecret(query.Get("secret"))}, nil
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
