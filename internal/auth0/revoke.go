package auth0

import (
	"context"
	"net/url"
)

// Revoke ends a refresh token, for good and at once. A token that the tenant does
// not know is ended already. Access tokens live on; they cannot be revoked.
//
// It counts as a call of the user with this subject, or where nobody is known as
// that of a user of its own: never as a stranger's, who cannot have such a token. No
// circuit looks at it, because nobody's page depends on what comes of it; the caller
// bounds the time.
//
// https://auth0.com/docs/api/authentication#revoke-refresh-token (RFC 7009)
func (c *Client) Revoke(ctx context.Context, token RefreshToken, subject string) error {
	if token.value.IsZero() {
		return &Error{Op: opRevoke, Kind: KindInternal, Reason: reasonBadParameter}
	}
	ctx, cancel := c.bounded(ctx)
	defer cancel()
	k := c.grant(opRevoke, c.cfg.Issuer+"oauth/revoke", url.Values{"token": {token.value.Reveal()}})
	k.user = user{c.cfg.Issuer, subject}
	if subject == "" {
		k.user = user{subject: token.value.Reveal()}
	}
	_, err := c.ask(ctx, k)
	return err
}
