package auth0

import (
	"context"
	"net/url"
)

// Revoke ends a refresh token, for good and at once. A token that the tenant does
// not know is ended already. Access tokens live on; they cannot be revoked.
//
// https://auth0.com/docs/api/authentication#revoke-refresh-token (RFC 7009)
func (c *Client) Revoke(ctx context.Context, token RefreshToken) error {
	if token.value.IsZero() {
		return &Error{Op: opRevoke, Kind: KindInternal, Reason: reasonBadParameter}
	}
	ctx, cancel := c.bounded(ctx)
	defer cancel()
	_, err := c.ask(ctx, c.grant(opRevoke, c.cfg.Issuer+"oauth/revoke", url.Values{"token": {token.value.Reveal()}}))
	return err
}
