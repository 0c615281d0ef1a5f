package auth0

import (
	"context"
	"net/url"

	"mysecurity/internal/secret"
)

// Grants by which an unconfirmed authenticator is made active.
const (
	grantOTP = "http://auth0.com/oauth/grant-type/mfa-otp"
	grantOOB = "http://auth0.com/oauth/grant-type/mfa-oob"
)

// ConfirmApp proves possession of the authenticator app that was just
// associated, with its six digits.
//
// https://auth0.com/docs/secure/multi-factor-authentication/authenticate-using-ropg-flow-with-mfa/enroll-and-challenge-otp-authenticators
func (c *Client) ConfirmApp(ctx context.Context, token AccessToken, code secret.Secret) error {
	return c.confirm(ctx, opConfirm, token, url.Values{"grant_type": {grantOTP}, "otp": {code.Reveal()}})
}

// ConfirmMessage proves that the code of a Delivery has arrived. KindExpired
// says that the delivery is over and a new one is needed.
//
// https://auth0.com/docs/secure/multi-factor-authentication/authenticate-using-ropg-flow-with-mfa/enroll-and-challenge-sms-voice-authenticators
func (c *Client) ConfirmMessage(ctx context.Context, token AccessToken, oob, code secret.Secret) error {
	return c.confirm(ctx, opConfirmMessage, token, url.Values{
		"grant_type": {grantOOB}, "oob_code": {oob.Reveal()}, "binding_code": {code.Reveal()},
	})
}

// CheckPush asks whether the QR code of a PushAssociation has been scanned: nil
// if so, else KindPending, KindSlowDown, KindDenied or KindExpired. The phone
// makes the entry active, not this call: the list knows better where the two
// disagree.
//
// https://auth0.com/docs/secure/multi-factor-authentication/authenticate-using-ropg-flow-with-mfa/enroll-and-challenge-push-authenticators
func (c *Client) CheckPush(ctx context.Context, token AccessToken, oob secret.Secret) error {
	return c.confirm(ctx, opCheckPush, token, url.Values{"grant_type": {grantOOB}, "oob_code": {oob.Reveal()}})
}

// confirm sends one of the MFA grants, once. The access token goes into the
// field mfa_token; the tokens that come back are dropped, because the list tells
// the outcome and the proof of this session does not change.
func (c *Client) confirm(ctx context.Context, op string, token AccessToken, form url.Values) error {
	ctx, cancel := c.bounded(ctx)
	defer cancel()
	form.Set("mfa_token", token.value.Reveal())
	// The path is the vendor's, so that a confirmation after a restart does not
	// wait for discovery.
	k := c.grant(op, c.cfg.Issuer+"oauth/token", form)
	// Some documents want the token in the header as well; where the client's own
	// credentials are there, the field has to do.
	k.bearer = token
	a, err := c.ask(ctx, k)
	if err != nil {
		return err
	}
	var set object
	if err := a.decode(&set); err != nil || !set.has("access_token") {
		return malformed(op, a)
	}
	return nil
}
