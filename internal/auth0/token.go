package auth0

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"mysecurity/internal/secret"
)

// maxAccess is the life of an MFA API access token; it cannot be configured on
// the tenant, so nothing longer is believed.
const maxAccess = 10 * time.Minute

// maxAccessToken bounds a token that goes into a header of each later request.
const maxAccessToken = 16 << 10

// tokenSet is a successful answer of the token endpoint.
type tokenSet struct {
	access, id string
	expires    time.Time
}

// redeem exchanges the code of a sign-in. It is our own request, not x/oauth2's:
// that one takes plain-text answers, lets the second of two equal names win, and
// puts the answer's body into its errors.
//
// https://auth0.com/docs/api/authentication#authorization-code-flow-with-pkce
func (c *Client) redeem(ctx context.Context, endpoint string, code, verifier secret.Secret) (tokenSet, error) {
	asked := c.now()
	k := c.grant(opSignIn, endpoint, url.Values{
		"grant_type":    {"authorization_code"},
		"code":          {code.Reveal()},
		"redirect_uri":  {c.cfg.RedirectURL},
		"code_verifier": {verifier.Reveal()},
	})
	a, err := c.ask(ctx, k)
	if err != nil {
		return tokenSet{}, err
	}
	return parseTokenSet(a, asked)
}

// grant is a request to the token endpoint, with the client's credentials where
// the configuration puts them.
func (c *Client) grant(op, endpoint string, form url.Values) call {
	k := call{op: op, method: http.MethodPost, url: endpoint, contentType: "application/x-www-form-urlencoded"}
	if c.cfg.BasicAuth {
		// RFC 6749 section 2.3.1: both halves are form-encoded first.
		k.basic = url.UserPassword(url.QueryEscape(c.cfg.ClientID), url.QueryEscape(c.cfg.ClientSecret.Reveal()))
	} else {
		form.Set("client_id", c.cfg.ClientID)
		form.Set("client_secret", c.cfg.ClientSecret.Reveal())
	}
	k.body = form.Encode()
	return k
}

// parseTokenSet reads the answer to a redeemed code. Whatever is not as the
// protocol wants it refuses the sign-in.
func parseTokenSet(a answer, asked time.Time) (tokenSet, error) {
	members, err := parseObject(a.body)
	if err != nil || !a.isJSON() {
		return tokenSet{}, refused(reasonTokenAnswer)
	}
	if kind, ok := members.text("token_type"); !ok || !strings.EqualFold(kind, "bearer") {
		return tokenSet{}, refused(reasonTokenType)
	}
	set := tokenSet{expires: asked.Add(accessLife(members))}
	var ok bool
	if set.access, ok = members.text("access_token"); !ok || !isHeaderSafe(set.access) {
		return tokenSet{}, refused(reasonAccessToken)
	}
	if set.id, ok = members.text("id_token"); !ok {
		return tokenSet{}, refused(reasonIDToken)
	}
	return set, nil
}

// accessLife is expires_in, at most ten minutes; ten minutes if it is absent or
// not a number (OP-28).
func accessLife(members object) time.Duration {
	seconds, ok := members.number("expires_in")
	if !ok {
		return maxAccess
	}
	return time.Duration(max(0, min(seconds, maxAccess.Seconds()))) * time.Second
}

// isHeaderSafe accepts visible ASCII of limited length.
func isHeaderSafe(token string) bool {
	if token == "" || len(token) > maxAccessToken {
		return false
	}
	return !strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' })
}
