package auth0

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"mysecurity/internal/secret"
)

// maxOOBCode bounds an oob_code, which travels in a form and lies in a session.
const maxOOBCode = 4 << 10

// AppAssociation is an authenticator app that waits for its first code.
type AppAssociation struct {
	Secret secret.Secret // base32, for typing in
	URI    secret.Secret // otpauth://totp/…, for the QR code
	// RecoveryCode comes with the user's first association of any kind only,
	// confirmed or not, and is never given again; else zero. It is also set beside
	// an error if only the rest of the answer was of no use.
	RecoveryCode secret.Secret
}

// Delivery is a code on its way to the user's phone or mailbox.
type Delivery struct {
	OOB          secret.Secret // the tenant's name for the transaction, five minutes long
	RecoveryCode secret.Secret // as in AppAssociation
}

// PushAssociation is a QR code that waits for the notification app, five minutes
// long.
type PushAssociation struct {
	OOB          secret.Secret // the tenant's name for the transaction
	URI          secret.Secret // otpauth://…enrollment_tx_id=…, for the QR code
	RecoveryCode secret.Secret // as in AppAssociation
}

// AssociateApp starts an authenticator app. Each associate call makes another
// unconfirmed entry at the tenant, so none is ever repeated on its own.
//
// https://auth0.com/docs/secure/multi-factor-authentication/authenticate-using-ropg-flow-with-mfa/enroll-and-challenge-otp-authenticators
func (c *Client) AssociateApp(ctx context.Context, token AccessToken) (AppAssociation, error) {
	made, err := c.associate(ctx, opAssociate, token,
		map[string]any{"authenticator_types": []string{TypeOTP}},
		func(a association) bool { return isBase32(a.Secret) && isAppURI(a.URI) })
	return AppAssociation{Secret: secret.New(made.Secret), URI: secret.New(made.URI), RecoveryCode: made.recovery()}, err
}

// AssociatePhone sends a code to a phone number in E.164 form, by ChannelSMS or
// ChannelVoice. Sending again is another call: only the code of the last one is
// of use, because each belongs to an entry of its own.
//
// https://auth0.com/docs/secure/multi-factor-authentication/authenticate-using-ropg-flow-with-mfa/enroll-and-challenge-sms-voice-authenticators
func (c *Client) AssociatePhone(ctx context.Context, token AccessToken, channel, number string) (Delivery, error) {
	if channel != ChannelSMS && channel != ChannelVoice {
		return Delivery{}, &Error{Op: opAssociatePhone, Kind: KindInternal, Reason: reasonBadParameter}
	}
	if !e164.MatchString(number) {
		return Delivery{}, &Error{Op: opAssociatePhone, Kind: KindBadNumber, Reason: reasonBadParameter}
	}
	return c.deliver(ctx, opAssociatePhone, token, channel, map[string]any{"phone_number": number})
}

// AssociateEmail sends a code to an e-mail address; see AssociatePhone.
//
// https://auth0.com/docs/secure/multi-factor-authentication/authenticate-using-ropg-flow-with-mfa/enroll-and-challenge-email-authenticators
func (c *Client) AssociateEmail(ctx context.Context, token AccessToken, address string) (Delivery, error) {
	if !isAddress(address) {
		return Delivery{}, &Error{Op: opAssociateEmail, Kind: KindBadAddress, Reason: reasonBadParameter}
	}
	return c.deliver(ctx, opAssociateEmail, token, ChannelEmail, map[string]any{"email": address})
}

// AssociatePush starts the notification app: the user scans the QR code with it
// and CheckPush tells when that has happened.
//
// https://auth0.com/docs/secure/multi-factor-authentication/authenticate-using-ropg-flow-with-mfa/enroll-and-challenge-push-authenticators
func (c *Client) AssociatePush(ctx context.Context, token AccessToken) (PushAssociation, error) {
	made, err := c.associate(ctx, opAssociatePush, token, outOfBand(ChannelPush, map[string]any{}),
		func(a association) bool { return isOOBCode(a.OOB) && isPushURI(a.URI) })
	return PushAssociation{OOB: secret.New(made.OOB), URI: secret.New(made.URI), RecoveryCode: made.recovery()}, err
}

// deliver associates a channel that sends a code.
func (c *Client) deliver(ctx context.Context, op string, token AccessToken, channel string, to map[string]any) (Delivery, error) {
	made, err := c.associate(ctx, op, token, outOfBand(channel, to),
		func(a association) bool { return isOOBCode(a.OOB) })
	return Delivery{OOB: secret.New(made.OOB), RecoveryCode: made.recovery()}, err
}

func outOfBand(channel string, request map[string]any) map[string]any {
	request["authenticator_types"] = []string{TypeOOB}
	request["oob_channels"] = []string{channel}
	return request
}

// association is the answer to every associate call.
type association struct {
	Secret        string   `json:"secret"`
	URI           string   `json:"barcode_uri"`
	OOB           string   `json:"oob_code"`
	RecoveryCodes []string `json:"recovery_codes"`
}

func (a association) recovery() secret.Secret {
	if len(a.RecoveryCodes) == 0 {
		return secret.Secret{}
	}
	return secret.New(cleanLine(a.RecoveryCodes[0], 100))
}

// associate makes an unconfirmed entry. Beside an error it returns the recovery
// code of an answer that is of no other use: the tenant never gives it again.
func (c *Client) associate(ctx context.Context, op string, token AccessToken, request map[string]any, usable func(association) bool) (association, error) {
	ctx, cancel := c.bounded(ctx)
	defer cancel()
	request["client_id"] = c.cfg.ClientID
	if !c.cfg.BasicAuth {
		request["client_secret"] = c.cfg.ClientSecret.Reveal()
	}
	body, err := json.Marshal(request)
	if err != nil {
		return association{}, &Error{Op: op, Kind: KindInternal}
	}
	a, err := c.ask(ctx, call{
		op: op, method: http.MethodPost, url: c.cfg.Issuer + "mfa/associate",
		bearer: token, contentType: "application/json", body: string(body),
	})
	if err != nil {
		return association{}, err
	}
	var made association
	if err := a.decode(&made); err != nil || !usable(made) {
		return association{RecoveryCodes: made.RecoveryCodes}, malformed(op, a)
	}
	return made, nil
}

// e164 is an international number, as the API wants it.
var e164 = regexp.MustCompile(`^\+[0-9]{1,15}$`)

// isAddress admits an e-mail address into a request. Whether it exists, a code
// that arrives there tells.
func isAddress(s string) bool {
	at := strings.LastIndexByte(s, '@')
	return at > 0 && at < len(s)-1 && len(s) <= 320 && isClean(s) && !strings.ContainsRune(s, ' ')
}

// isOOBCode recognises a transaction's name: opaque, but of visible ASCII and of
// sensible length.
func isOOBCode(s string) bool { return len(s) <= maxOOBCode && isHeaderSafe(s) }

// isBase32 recognises a shared secret as people type it into an app (RFC 4648).
func isBase32(s string) bool {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567="
	return len(s) >= 16 && len(s) <= 256 && strings.Trim(s, alphabet) == ""
}

// isAppURI recognises the QR code's text of an authenticator app. It becomes a
// link on a page, so no other scheme may pass.
func isAppURI(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Scheme == "otpauth" && u.Host == "totp" && len(s) <= 2000 && isClean(s)
}

// isPushURI recognises the QR code's text of the notification app: it names an
// enrolment transaction instead of a shared secret.
func isPushURI(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Scheme == "otpauth" && u.Query().Get("enrollment_tx_id") != "" && len(s) <= 2000 && isClean(s)
}
