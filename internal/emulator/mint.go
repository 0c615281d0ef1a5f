package emulator

import (
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4/jwt"
)

// Lifetimes of tokens (auth0-protocol.md section 9).
const (
	idTokenLife    = 36000 * time.Second
	accessLife     = 86400 * time.Second // every API but the MFA API
	mfaAccessLife  = 600 * time.Second   // fixed by the vendor
	mfaTokenLife   = 10 * time.Minute
	multiFactorACR = "http://schemas.openid.net/pape/policies/2007/06/multi-factor"
)

// grant is what somebody was granted: everything that tokens are made from.
type grant struct {
	App      *Application
	User     *user  // nil for client_credentials
	Audience string // "": an opaque access token for /userinfo
	Scope    string // as granted, space-separated
	Type     string // claim gty; "" for authorization_code

	// Challenged: a second factor was proven for it. No token says so.
	Challenged bool

	// The rest is for ID tokens of the authorization code flow.
	Nonce    string
	SID      string
	AuthTime time.Time // zero: not in the token
	MFA      bool      // a challenge was passed in this very authorization
}

// tokenSet is a successful answer of /oauth/token.
type tokenSet struct {
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token,omitempty"`
	IDToken      string `json:"id_token,omitempty"`
	RecoveryCode string `json:"recovery_code,omitempty"` // mfa-recovery-code grant: the replacement
	Scope        string `json:"scope,omitempty"`
	ExpiresIn    int    `json:"expires_in"`
	TokenType    string `json:"token_type"`
}

// accessClaims are those of an access token for an API.
type accessClaims struct {
	Issuer   string           `json:"iss"`
	Subject  string           `json:"sub"`
	Audience jwt.Audience     `json:"aud"`
	IssuedAt *jwt.NumericDate `json:"iat"`
	Expiry   *jwt.NumericDate `json:"exp"`
	Scope    string           `json:"scope,omitempty"`
	Grant    string           `json:"gty,omitempty"`
	Client   string           `json:"azp"`
	ID       string           `json:"jti"`
}

// hasAudience reports whether the token is meant for the API.
func (c accessClaims) hasAudience(api string) bool { return slices.Contains(c.Audience, api) }

// hasScope reports whether a space-separated list holds the wanted value.
func hasScope(scopes, wanted string) bool { return slices.Contains(strings.Fields(scopes), wanted) }

// withoutScope returns the list without one value.
func withoutScope(scopes, unwanted string) string {
	left := slices.DeleteFunc(strings.Fields(scopes), func(s string) bool { return s == unwanted })
	return strings.Join(left, " ")
}

// idClaims are those of an ID token (section 4.4 of the protocol reference).
type idClaims struct {
	Nickname      string           `json:"nickname,omitempty"`
	Name          string           `json:"name,omitempty"`
	Locale        string           `json:"locale,omitempty"`
	UpdatedAt     string           `json:"updated_at,omitempty"`
	Email         string           `json:"email,omitempty"`
	EmailVerified *bool            `json:"email_verified,omitempty"`
	Issuer        string           `json:"iss,omitempty"`
	Subject       string           `json:"sub"`
	Audience      string           `json:"aud,omitempty"`
	IssuedAt      *jwt.NumericDate `json:"iat,omitempty"`
	Expiry        *jwt.NumericDate `json:"exp,omitempty"`
	AuthTime      *jwt.NumericDate `json:"auth_time,omitempty"`
	SID           string           `json:"sid,omitempty"`
	Nonce         string           `json:"nonce,omitempty"`
	AtHash        string           `json:"at_hash,omitempty"`
	ACR           string           `json:"acr,omitempty"`
	AMR           []string         `json:"amr,omitempty"`
}

// mintTokens makes the token set for g. The caller holds the store's lock.
func (e *Emulator) mintTokens(g grant) (*tokenSet, error) {
	set := &tokenSet{Scope: g.Scope, TokenType: "Bearer"}
	life := e.lifetime(g.Audience)
	set.ExpiresIn = int(life / time.Second)
	var err error
	if set.AccessToken, err = e.mintAccessToken(g, life); err != nil {
		return nil, err
	}
	if g.User == nil || !hasScope(g.Scope, "openid") {
		return set, nil
	}
	set.IDToken, err = e.keys.sign(e.identity(g, set.AccessToken))
	return set, err
}

func (e *Emulator) mintAccessToken(g grant, life time.Duration) (string, error) {
	now := e.clock.Now()
	if g.Audience == "" || g.Audience == e.userinfoAudience() {
		raw := randomString(e.rand, 32, base64URLAlphabet)
		e.s.accessTokens[raw] = &opaqueAccess{UserID: g.User.ID, Scope: g.Scope, Expires: now.Add(life)}
		return raw, nil
	}
	claims := accessClaims{
		Issuer: e.issuer, Subject: g.App.ClientID + "@clients", Audience: jwt.Audience{g.Audience},
		IssuedAt: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(now.Add(life)),
		Scope: g.Scope, Grant: g.Type, Client: g.App.ClientID, ID: randomString(e.rand, 22, base64URLAlphabet),
	}
	if g.User != nil {
		claims.Subject = g.User.ID
		if hasScope(g.Scope, "openid") {
			claims.Audience = append(claims.Audience, e.userinfoAudience())
		}
	}
	return e.keys.sign(claims)
}

// identity makes the claims of the ID token for g.
func (e *Emulator) identity(g grant, accessToken string) idClaims {
	now := e.clock.Now()
	claims := profile(g.User, g.Scope)
	claims.Issuer, claims.Audience = e.issuer, g.App.ClientID
	claims.IssuedAt, claims.Expiry = jwt.NewNumericDate(now), jwt.NewNumericDate(now.Add(idTokenLife))
	claims.SID, claims.Nonce, claims.AtHash = g.SID, g.Nonce, atHash(accessToken)
	if !g.AuthTime.IsZero() {
		claims.AuthTime = jwt.NewNumericDate(g.AuthTime)
	}
	if g.MFA {
		claims.AMR, claims.ACR = []string{"mfa"}, multiFactorACR
	}
	return claims
}

// profile makes the claims that scopes open: for the ID token and for userinfo.
func profile(u *user, scope string) idClaims {
	claims := idClaims{Subject: u.ID}
	if hasScope(scope, "profile") {
		claims.Nickname, _, _ = strings.Cut(u.Email, "@")
		claims.Name, claims.Locale = u.Name, u.Locale
		claims.UpdatedAt = u.UpdatedAt.UTC().Format("2006-01-02T15:04:05.000Z")
	}
	if hasScope(scope, "email") {
		claims.Email, claims.EmailVerified = u.Email, &u.EmailVerified
	}
	return claims
}

// atHash binds an ID token to its access token (OpenID Connect Core 3.1.3.6).
func atHash(accessToken string) string {
	sum := sha256.Sum256([]byte(accessToken))
	return base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2])
}

func (e *Emulator) lifetime(audience string) time.Duration {
	if audience == e.mfaAudience() {
		return mfaAccessLife
	}
	return accessLife
}

// verifyAccessToken checks a JWT access token of ours: signature (RS256),
// issuer and expiry by the tenant's clock. The caller holds the store's lock and
// checks audience and scope.
func (e *Emulator) verifyAccessToken(raw string) (claims accessClaims, ok bool) {
	if err := e.keys.claimsOf(raw, &claims); err != nil {
		return accessClaims{}, false
	}
	// An ID token is signed by the same key but has no azp.
	if claims.Issuer != e.issuer || claims.Subject == "" || claims.Client == "" || claims.Expiry == nil {
		return accessClaims{}, false
	}
	_, revoked := e.s.revoked[claims.ID]
	return claims, !revoked && e.clock.Now().Before(claims.Expiry.Time())
}

// newMFAToken makes the opaque token of an mfa_required error. The caller holds
// the store's lock.
func (e *Emulator) newMFAToken(app *Application, u *user, audience, scope string) string {
	raw := e.newOpaque()
	e.s.mfaTokens[raw] = &mfaToken{
		ClientID: app.ClientID, UserID: u.ID, Audience: audience, Scope: scope,
		Expires: e.clock.Now().Add(mfaTokenLife),
	}
	return raw
}
