package auth0

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
)

// Types and channels of authenticators, as the MFA API spells them. TypeOther
// is ours, for kinds this portal does not know.
const (
	TypeOTP          = "otp"
	TypeOOB          = "oob"
	TypeRecoveryCode = "recovery-code"
	TypeOther        = "other"

	ChannelSMS   = "sms"
	ChannelVoice = "voice"
	ChannelEmail = "email"
	ChannelPush  = "auth0"
)

// MaxAuthenticators is how many entries of a list are read. A tenant allows 51;
// a list of exactly this length may have been longer.
const MaxAuthenticators = 200

const maxAuthenticatorID = 200

// usualAuthenticators is how many entries are made room for at once.
const usualAuthenticators = 8

// Authenticator is one entry of the user's list.
type Authenticator struct {
	// ID is empty if the tenant's id cannot be sent back safely; such an entry can
	// be shown but not managed.
	ID      string
	Type    string // one of the Type constants
	Channel string // one of the Channel constants for TypeOOB, else empty
	Name    string // masked number or address, or a device's name; may be empty
	Active  bool   // false: the enrolment was never confirmed
}

// ListAuthenticators returns the user's authenticators, unconfirmed ones too. It
// is the only call that is repeated, once, after a failure of network or server.
//
// https://auth0.com/docs/secure/multi-factor-authentication/manage-mfa-auth0-apis/manage-authenticator-factors-mfa-api#list-authenticators
func (c *Client) ListAuthenticators(ctx context.Context, token AccessToken) ([]Authenticator, error) {
	ctx, cancel := c.bounded(ctx)
	defer cancel()
	k := call{op: opList, method: http.MethodGet, url: c.cfg.Issuer + "mfa/authenticators", bearer: token}
	a, err := c.ask(ctx, k)
	if isPassing(err) && ctx.Err() == nil {
		a, err = c.ask(ctx, k)
	}
	if err != nil {
		return nil, err
	}
	list, ok := readAuthenticators(a)
	if !ok {
		return nil, malformed(k.op, a)
	}
	return list, nil
}

// readAuthenticators reads the answer of a list, as far as it is taken.
func readAuthenticators(a answer) ([]Authenticator, bool) {
	entries := make([]wireAuthenticator, 0, usualAuthenticators)
	if err := a.decode(&entries); err != nil || entries == nil {
		return nil, false
	}
	entries = entries[:min(len(entries), MaxAuthenticators)]
	list := make([]Authenticator, 0, len(entries))
	for _, e := range entries {
		list = append(list, e.read())
	}
	return list, true
}

// DeleteAuthenticator removes one authenticator, and with it its twin where it
// has one. KindNotFound means that it is gone already.
//
// https://auth0.com/docs/secure/multi-factor-authentication/manage-mfa-auth0-apis/manage-authenticator-factors-mfa-api#delete-authenticators
func (c *Client) DeleteAuthenticator(ctx context.Context, token AccessToken, id string) error {
	if !isSendableID(id) {
		return &Error{Op: opDelete, Kind: KindInvalid, Reason: reasonBadParameter}
	}
	ctx, cancel := c.bounded(ctx)
	defer cancel()
	a, err := c.ask(ctx, call{
		op: opDelete, method: http.MethodDelete,
		url: c.cfg.Issuer + "mfa/authenticators/" + url.PathEscape(id), bearer: token,
	})
	if err == nil && len(a.body) > 0 && !json.Valid(a.body) {
		return malformed(opDelete, a) // a page of some box on the way
	}
	return err
}

// ask sends a request and turns a refusal into an error.
func (c *Client) ask(ctx context.Context, k call) (answer, error) {
	started := c.now()
	a, err := c.send(ctx, k)
	if err == nil {
		err = c.refusal(k.op, a)
	}
	c.measure(k.op, started, judged(k.op, a, err))
	return a, err
}

// isPassing tells failures that a second try may not meet: of the network and of
// a server, not refusals and not our own limits.
func isPassing(err error) bool {
	e, ok := err.(*Error) //nolint:errorlint // ask returns this very type
	return ok && e.Kind == KindUnavailable && e.Reason != reasonBusy && e.Reason != reasonOpen && e.Reason != reasonTooLarge &&
		(e.Status == 0 || e.Status >= 500)
}

// malformed is a success whose body is not what the API promises.
func malformed(op string, a answer) *Error {
	return &Error{Op: op, Kind: undecided(op), Status: a.status, Reason: reasonMalformed}
}

// wireAuthenticator is a list entry as the MFA API sends it.
type wireAuthenticator struct {
	ID      string `json:"id"`
	Type    string `json:"authenticator_type"`
	Channel string `json:"oob_channel"`
	Name    string `json:"name"`
	Active  *bool  `json:"active"`
}

// read takes an entry over. Kinds that we do not know stay in the list: they
// protect the account too. For the same reason an entry that does not say
// whether it is active counts as active.
func (w wireAuthenticator) read() Authenticator {
	a := Authenticator{Type: TypeOther, Name: cleanLine(w.Name, 200), Active: w.Active == nil || *w.Active}
	if isSendableID(w.ID) {
		a.ID = w.ID
	}
	switch w.Type {
	case TypeOTP, TypeRecoveryCode:
		a.Type = w.Type
	case TypeOOB:
		switch w.Channel {
		case ChannelSMS, ChannelVoice, ChannelEmail, ChannelPush:
			a.Type, a.Channel = TypeOOB, w.Channel
		}
	}
	return a
}

// isSendableID admits an id into a request's path: short, printable, and not a
// dot segment, which escaping would leave as it is (UP-19).
func isSendableID(id string) bool {
	return id != "" && len(id) <= maxAuthenticatorID && id != "." && id != ".." && isClean(id)
}
