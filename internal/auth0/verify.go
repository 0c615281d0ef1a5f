package auth0

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/coreos/go-oidc/v3/oidc"
)

const (
	// clockSkew is how far the tenant's clock may be from ours, in every rule.
	clockSkew = 60 * time.Second
	// maxIDTokenLifetime refuses tokens that would be good for ever; a tenant's
	// default is ten hours.
	maxIDTokenLifetime = 24 * time.Hour
	// maxIDToken bounds what is parsed at all.
	maxIDToken = 16 << 10
	maxSubject = 255 // OpenID Connect Core section 2
)

// loginToken is all that the rules look at: the ID token's signed claims, what
// came with it, and what the transaction remembers.
type loginToken struct {
	claims object
	access string // the access token of the same answer
	login  Login
	issuer string
	client string
	now    time.Time

	original Original // of a refresh
}

// rule is one condition of a sign-in, and the reason given when it is broken.
type rule struct {
	reason string
	holds  func(loginToken) bool
}

// loginRules are the conditions on the signed claims. go-oidc alone accepts
// tokens that break most of them. No rule is "checked if present" where the
// claim is required: an absent claim breaks the rule.
//
// https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation
func loginRules() []rule {
	return []rule{
		{reasonIssuer, issuerIsTheTenant},
		{reasonAudience, audienceIsUsAlone},
		{reasonParty, authorizedPartyIsUs},
		{reasonSubject, subjectIsUsable},
		{reasonIssuedAt, issuedForThisTransaction},
		{reasonExpiry, notExpired},
		{reasonLifetime, lifetimeIsSane},
		{reasonNotBefore, alreadyValid},
		{reasonNonce, nonceIsOurs},
		{reasonTokenHash, accessTokenBelongs},
		{reasonAuthTime, authTimeIsKnown},
		{ReasonStaleLogin, authenticationIsRecent},
	}
}

// verifyLogin decides whether an ID token is the answer to this transaction.
func (c *Client) verifyLogin(ctx context.Context, raw, access string, login Login) (Identity, error) {
	claims, err := c.verify(ctx, raw, loginToken{access: access, login: login}, loginRules())
	if err != nil {
		return Identity{}, err
	}
	return identityOf(claims), nil
}

// verify holds an ID token, with what token has beside its claims, to rules. The
// signature comes first (go-oidc, with RS256 pinned), then our own rules, and
// whatever go-oidc found wrong beyond them.
func (c *Client) verify(ctx context.Context, raw string, token loginToken, rules []rule) (object, error) {
	keyID, err := parseHeader(raw)
	if err != nil {
		return nil, err
	}
	check := &signatureCheck{client: c, keyID: keyID}
	verifier := oidc.NewVerifier(c.cfg.Issuer, check, &oidc.Config{
		ClientID:             c.cfg.ClientID,
		SupportedSigningAlgs: []string{oidc.RS256},
		SkipExpiryCheck:      true, // notExpired does it, with the tolerance that go-oidc lacks
	})
	_, libraryErr := verifier.Verify(ctx, raw)
	if check.err != nil {
		return nil, check.err
	}
	if check.payload == nil {
		return nil, refused(reasonLibrary)
	}
	if token.claims, err = parseObject(check.payload); err != nil {
		return nil, refused(reasonClaims)
	}
	token.issuer, token.client, token.now = c.cfg.Issuer, c.cfg.ClientID, c.now()
	for _, r := range rules {
		if !r.holds(token) {
			return nil, refused(r.reason)
		}
	}
	if libraryErr != nil {
		return nil, refused(reasonLibrary)
	}
	return token.claims, nil
}

// signatureCheck is the key set that go-oidc asks. It keeps what go-oidc would
// turn into text: the payload, and the reason of a failure.
type signatureCheck struct {
	client  *Client
	keyID   string
	payload []byte
	err     error
}

// VerifySignature implements oidc.KeySet.
func (s *signatureCheck) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	s.payload, s.err = s.client.verifySignature(ctx, token, s.keyID)
	return s.payload, s.err
}

// parseHeader checks what has to be known before any key is looked up: size,
// compact form (go-oidc would take the JSON form too), algorithm and type. It
// returns the name of the key, empty if there is none.
func parseHeader(raw string) (keyID string, err error) {
	if raw == "" || len(raw) > maxIDToken || strings.Count(raw, ".") != 2 {
		return "", refused(reasonIDToken)
	}
	encoded, _, _ := strings.Cut(raw, ".")
	data, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil {
		return "", refused(reasonIDToken)
	}
	members, err := parseObject(data)
	if err != nil {
		return "", refused(reasonIDToken)
	}
	alg, _ := members.text("alg")
	typ, _ := members.text("typ")
	switch {
	case alg != oidc.RS256:
		return "", refused(reasonAlgorithm)
	case members.has("typ") && !strings.EqualFold(typ, "JWT"):
		// An access token (at+jwt) or a logout token (logout+jwt) is no sign-in.
		return "", refused(reasonType)
	}
	keyID, _ = members.text("kid")
	return keyID, nil
}

func issuerIsTheTenant(t loginToken) bool {
	iss, ok := t.claims.text("iss")
	return ok && iss == t.issuer
}

// audienceIsUsAlone also refuses [us, stranger]: nobody else has business with
// the token of a sign-in.
func audienceIsUsAlone(t loginToken) bool {
	if aud, ok := t.claims.text("aud"); ok {
		return aud == t.client
	}
	list, ok := t.claims.texts("aud")
	return ok && len(list) == 1 && list[0] == t.client
}

func authorizedPartyIsUs(t loginToken) bool {
	if !t.claims.has("azp") {
		return true
	}
	azp, ok := t.claims.text("azp")
	return ok && azp == t.client
}

// subjectIsUsable: the subject is half of the user's identity and a key in
// limiters and logs.
func subjectIsUsable(t loginToken) bool {
	sub, ok := t.claims.text("sub")
	return ok && sub != "" && len(sub) <= maxSubject && isClean(sub)
}

// issuedForThisTransaction: the token is made when the code is redeemed, so it
// cannot be older than the transaction that asked for it.
func issuedForThisTransaction(t loginToken) bool {
	iat, ok := t.claims.time("iat")
	return ok && !iat.After(t.now.Add(clockSkew)) && !iat.Before(t.login.Started.Add(-clockSkew))
}

func notExpired(t loginToken) bool {
	exp, ok := t.claims.time("exp")
	return ok && !t.now.After(exp.Add(clockSkew))
}

func lifetimeIsSane(t loginToken) bool {
	iat, _ := t.claims.time("iat")
	exp, _ := t.claims.time("exp")
	return exp.After(iat) && exp.Sub(iat) <= maxIDTokenLifetime
}

func alreadyValid(t loginToken) bool {
	if !t.claims.has("nbf") {
		return true
	}
	nbf, ok := t.claims.time("nbf")
	return ok && !nbf.After(t.now.Add(clockSkew))
}

// nonceIsOurs binds the token to this browser's transaction. An array that holds
// the right value is not it.
func nonceIsOurs(t loginToken) bool {
	nonce, ok := t.claims.text("nonce")
	return ok && nonce != "" && nonce == t.login.Nonce
}

// accessTokenBelongs: at_hash is the left half of the access token's SHA-256. It
// is optional in the code flow, and binding where it is sent.
func accessTokenBelongs(t loginToken) bool {
	if !t.claims.has("at_hash") {
		return true
	}
	sum := sha256.Sum256([]byte(t.access))
	hash, ok := t.claims.text("at_hash")
	return ok && hash == base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2])
}

// authTimeIsKnown: max_age goes with every sign-in, so the tenant has to say when
// the user last proved themselves.
func authTimeIsKnown(t loginToken) bool {
	at, ok := t.claims.time("auth_time")
	return ok && !at.After(t.now.Add(clockSkew))
}

// authenticationIsRecent enforces max_age on the way back, because it can be
// stripped from the URL on the way out. It counts from the start of the
// transaction, when the tenant was asked; with max_age=0 the user must have
// proved themselves after that.
func authenticationIsRecent(t loginToken) bool {
	at, ok := t.claims.time("auth_time")
	return ok && !at.Before(t.login.Started.Add(-t.login.MaxAge-clockSkew))
}

// time returns a member that is a NumericDate (RFC 7519) of this epoch.
func (o object) time(name string) (time.Time, bool) {
	seconds, ok := o.number(name)
	if !ok || seconds <= 0 || seconds > 1e11 {
		return time.Time{}, false
	}
	return time.UnixMilli(int64(seconds * 1000)), true
}

// isClean reports text without control characters, line separators and the like,
// and without characters that stand for something undecodable.
func isClean(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if !unicode.IsPrint(r) || r == utf8.RuneError {
			return false
		}
	}
	return true
}
