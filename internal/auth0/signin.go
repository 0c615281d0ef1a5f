package auth0

import (
	"context"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/oauth2"

	"mysecurity/internal/secret"
)

// The scopes of a sign-in are fixed: who the user is, and the three rights of the
// MFA API. A refresh token is asked for only where the operator wants it.
const (
	signInScope  = "openid profile email enroll read:authenticators remove:authenticators"
	offlineScope = "openid profile email offline_access enroll read:authenticators remove:authenticators"
)

// Authorization is one trip to Universal Login.
type Authorization struct {
	State, Nonce string        // random, used once
	Verifier     secret.Secret // PKCE, RFC 7636
	// MaxAge is how old the user's last proof at the tenant may be, in whole
	// seconds; 0 makes the tenant ask again. It is always sent.
	MaxAge    time.Duration
	UILocales string // BCP 47 tags separated by spaces; empty leaves it to the tenant
}

// Callback is the tenant's answer as the browser brought it back.
type Callback struct {
	Code      secret.Secret
	Issuer    string // the iss parameter of RFC 9207
	HasIssuer bool
}

// Login is what the login transaction remembers from its start.
type Login struct {
	Nonce    string
	Verifier secret.Secret
	Started  time.Time
	MaxAge   time.Duration // as in Authorization
}

// Identity is who signed in, and how. Issuer and Subject together name the user;
// Name, Email and Locale are for display only.
type Identity struct {
	Issuer, Subject     string
	Name, Email, Locale string
	EmailVerified       bool      // the tenant says that Email is the user's
	SID                 string    // the tenant's session, for signing out of it
	AuthTime            time.Time // when the user last proved themselves
	MFA                 bool      // a second factor was used for this very sign-in
}

// Tokens is what a sign-in entitles to.
type Tokens struct {
	Access  AccessToken
	Expires time.Time // at most ten minutes from now, whatever the tenant says
	Refresh RefreshToken
}

// AuthorizeURL returns the address at the tenant that starts a sign-in. The set
// of parameters is fixed and none of them comes from a request.
//
// https://auth0.com/docs/api/authentication#authorization-code-flow-with-pkce
func (c *Client) AuthorizeURL(ctx context.Context, a Authorization) (string, error) {
	ctx, cancel := c.bounded(ctx)
	defer cancel()
	if a.State == "" || a.Nonce == "" || a.Verifier.IsZero() || a.MaxAge < 0 || !localeList.MatchString(a.UILocales) {
		return "", &Error{Op: opSignIn, Kind: KindInternal, Reason: reasonBadParameter}
	}
	p, err := c.provider.get(ctx)
	if err != nil {
		return "", err
	}
	scope := signInScope
	if c.cfg.OfflineAccess {
		scope = offlineScope
	}
	q := url.Values{
		"response_type":         {"code"},
		"client_id":             {c.cfg.ClientID},
		"redirect_uri":          {c.cfg.RedirectURL},
		"scope":                 {scope},
		"audience":              {c.cfg.MFAAudience},
		"state":                 {a.State},
		"nonce":                 {a.Nonce},
		"code_challenge":        {oauth2.S256ChallengeFromVerifier(a.Verifier.Reveal())},
		"code_challenge_method": {"S256"},
		"max_age":               {strconv.Itoa(int(a.MaxAge / time.Second))},
	}
	if a.UILocales != "" {
		q.Set("ui_locales", a.UILocales)
	}
	return p.value.authorize + "?" + q.Encode(), nil
}

// maxCode is the length of a code that is redeemed at most.
const maxCode = 4 << 10

// localeList admits what our own language list can produce, and nothing that
// could carry another meaning to the tenant.
var localeList = regexp.MustCompile(`^[A-Za-z0-9 -]{0,100}$`)

// SignIn finishes a sign-in: it checks where the answer comes from, redeems the
// code (once, whatever happens) and applies the rules to the ID token. A refusal
// has KindLoginRefused and a Reason. A refresh token that came with an answer that
// does not count is in Tokens.Refresh, for revoking and nothing else.
func (c *Client) SignIn(ctx context.Context, cb Callback, login Login) (Identity, Tokens, error) {
	ctx, cancel := c.bounded(ctx)
	defer cancel()
	if login.Nonce == "" || login.Verifier.IsZero() || login.Started.IsZero() || login.MaxAge < 0 {
		return Identity{}, Tokens{}, &Error{Op: opSignIn, Kind: KindInternal, Reason: reasonTransaction}
	}
	p, err := c.provider.get(ctx)
	if err != nil {
		return Identity{}, Tokens{}, err
	}
	if !c.answeredByTenant(p.value, cb) {
		return Identity{}, Tokens{}, refused(reasonResponseIssuer)
	}
	// RFC 6749 appendix A.11. Anybody can make one up; what no tenant has written
	// does not get as far as to trouble it.
	if code := cb.Code.Reveal(); len(code) > maxCode || !isHeaderSafe(code) {
		return Identity{}, Tokens{}, refused(reasonCode)
	}
	set, err := c.redeem(ctx, p.value.token, cb.Code, login.Verifier)
	if !c.cfg.OfflineAccess {
		set.refresh = RefreshToken{}
	}
	if err != nil {
		return Identity{}, Tokens{Refresh: set.refresh}, err
	}
	who, err := c.verifyLogin(ctx, set.id, set.access, login)
	if err != nil {
		return Identity{}, Tokens{Refresh: set.refresh}, err
	}
	return who, Tokens{Access: NewAccessToken(secret.New(set.access)), Expires: set.expires, Refresh: set.refresh}, nil
}

// answeredByTenant is the defence against mix-up (RFC 9207): an issuer that is
// given must be ours, and one that the tenant promises must be given. It is
// checked before the code goes anywhere.
func (c *Client) answeredByTenant(p provider, cb Callback) bool {
	if !cb.HasIssuer {
		return !p.sendsIssuer
	}
	return cb.Issuer == c.cfg.Issuer
}

// SignOutURL returns the address that ends the user's session at the tenant and
// comes back to PostLogoutURL. The session is named by its sid: an ID token in
// a URL would leak. Without a sid, or where the tenant does not advertise
// RP-initiated logout, it is the older address, which asks nothing.
//
// https://auth0.com/docs/authenticate/login/logout/log-users-out-of-auth0
func (c *Client) SignOutURL(sid string) string {
	if end := c.provider.current().value.endSession; end != "" && sid != "" {
		return end + "?" + url.Values{
			"client_id":                {c.cfg.ClientID},
			"logout_hint":              {sid},
			"post_logout_redirect_uri": {c.cfg.PostLogoutURL},
		}.Encode()
	}
	return c.cfg.Issuer + "v2/logout?" + url.Values{
		"client_id": {c.cfg.ClientID},
		"returnTo":  {c.cfg.PostLogoutURL},
	}.Encode()
}

// identityOf reads claims that passed the rules. Everything but the subject is
// decoration: absent, of another type or too long is no reason to refuse.
func identityOf(claims object) Identity {
	who := Identity{
		Name:   display(claims, "name", 200),
		Email:  display(claims, "email", 320),
		Locale: display(claims, "locale", 35),
	}
	who.Issuer, _ = claims.text("iss")
	who.Subject, _ = claims.text("sub")
	who.AuthTime, _ = claims.time("auth_time")
	if sid, ok := claims.text("sid"); ok && len(sid) <= 200 && isClean(sid) {
		who.SID = sid
	}
	who.EmailVerified = claims.flag("email_verified")
	methods, _ := claims.texts("amr")
	who.MFA = slices.Contains(methods, "mfa")
	return who
}

// display returns a claim as one line of limited length, in characters.
func display(claims object, name string, limit int) string {
	text, _ := claims.text(name)
	return cleanLine(text, limit)
}

// cleanLine drops what does not print and cuts to a number of characters.
func cleanLine(text string, limit int) string {
	line := []rune(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, text))
	return strings.TrimSpace(string(line[:min(len(line), limit)]))
}
