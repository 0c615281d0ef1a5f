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
	refresh    RefreshToken // zero if there is none that can be used
	rotated    bool         // the answer has a member refresh_token
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
	set, reason := readTokenSet(a, asked)
	if reason != "" {
		return set, refused(reason)
	}
	return set, nil
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

// readTokenSet reads the answer to a redeemed code or a refresh. The reason is what
// is not as the protocol wants it, empty for a good answer. The refresh token comes
// first: of a bad answer it is all that counts, because somebody has to revoke it.
func readTokenSet(a answer, asked time.Time) (set tokenSet, reason string) {
	members, err := parseObject(a.body)
	if err != nil || !a.isJSON() {
		return tokenSet{}, reasonTokenAnswer
	}
	set.rotated = members.has("refresh_token")
	if refresh, ok := members.text("refresh_token"); ok && len(refresh) <= maxRefreshToken && isHeaderSafe(refresh) {
		set.refresh = NewRefreshToken(secret.New(refresh))
	}
	if kind, ok := members.text("token_type"); !ok || !strings.EqualFold(kind, "bearer") {
		return set, reasonTokenType
	}
	set.expires = asked.Add(accessLife(members))
	var ok bool
	if set.access, ok = members.text("access_token"); !ok || !isHeaderSafe(set.access) {
		return set, reasonAccessToken
	}
	if set.id, ok = members.text("id_token"); !ok {
		return set, reasonIDToken
	}
	return set, ""
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
