package emulatortest

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"mysecurity/internal/emulator"
)

// What AuthorizeURL sends unless a test says otherwise.
const (
	State    = "state-of-the-test"
	Nonce    = "nonce-of-the-test"
	Verifier = "verifier-of-the-test-that-is-long-enough-0123456789"
	Scope    = "openid profile email enroll read:authenticators remove:authenticators"

	// OfflineScope asks for a refresh token as well.
	OfflineScope = Scope + " offline_access"
)

// Tokens is an answer of the token endpoint.
type Tokens struct {
	AccessToken  string `json:"access_token"`
	IDToken      string `json:"id_token"`
	RefreshToken string `json:"refresh_token"`
	Scope        string `json:"scope"`
	ExpiresIn    int    `json:"expires_in"`
	TokenType    string `json:"token_type"`
}

// NewUser adds a user with a verified address and the given authenticators.
func (x *Tenant) NewUser(authenticators ...emulator.SeedAuthenticator) emulator.SeedUser {
	x.t.Helper()
	u, err := x.AddUser(emulator.SeedUser{
		Email: fmt.Sprintf("user%d@example.com", x.users.Add(1)), EmailVerified: true,
		Name: "Test User", Authenticators: authenticators,
	})
	if err != nil {
		x.t.Fatal(err)
	}
	return u
}

// WithApp is an active authenticator app, for NewUser.
func WithApp() emulator.SeedAuthenticator { return emulator.SeedAuthenticator{Type: "otp"} }

// WithPhone is an active phone for text messages and calls, for NewUser; "" makes
// up a number.
func WithPhone(number string) emulator.SeedAuthenticator {
	return emulator.SeedAuthenticator{Type: "phone", Number: number}
}

// WithEmail is an active e-mail authenticator, for NewUser; "" is the user's own
// address.
func WithEmail(address string) emulator.SeedAuthenticator {
	return emulator.SeedAuthenticator{Type: "email", Address: address}
}

// WithPush is an active Guardian account on the user's simulated phone, with the
// codes that come with it, for NewUser.
func WithPush() emulator.SeedAuthenticator { return emulator.SeedAuthenticator{Type: "push"} }

// WithRecoveryCode is an active recovery code, for NewUser.
func WithRecoveryCode() emulator.SeedAuthenticator {
	return emulator.SeedAuthenticator{Type: "recovery-code"}
}

// AuthorizeURL returns the address of a sign-in for the MFA API with PKCE, state
// and nonce. Parameters given replace the usual ones; an empty one leaves it out.
func (x *Tenant) AuthorizeURL(changes url.Values) string {
	sum := sha256.Sum256([]byte(Verifier))
	q := url.Values{
		"response_type": {"code"}, "client_id": {x.ClientID}, "redirect_uri": {x.Callback},
		"scope": {Scope}, "audience": {x.MFAAudience}, "state": {State}, "nonce": {Nonce},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
	}
	for name, values := range changes {
		q[name] = values
		if len(values) == 1 && values[0] == "" {
			q.Del(name)
		}
	}
	return x.Issuer() + "authorize?" + q.Encode()
}

// SignIn goes through the tenant's pages as the user and returns the address at
// the application that it ends at. Where a second factor is asked for it answers
// the one that the page begins with: it approves a notification on the simulated
// phone, types the app's code, the code of the newest message or the recovery code.
func (b *Browser) SignIn(user emulator.SeedUser, changes url.Values) *url.URL {
	b.x.t.Helper()
	return b.SignInWatched(user, changes, func(Page) {})
}

// SignInWatched is SignIn for tests of the pages: seen gets each one on the way.
func (b *Browser) SignInWatched(user emulator.SeedUser, changes url.Values, seen func(Page)) *url.URL {
	b.x.t.Helper()
	return b.finish(b.Get(b.x.AuthorizeURL(changes)), user, seen)
}

// Finish is the rest of SignIn, from a page on the way.
func (b *Browser) Finish(p Page, user emulator.SeedUser) *url.URL {
	b.x.t.Helper()
	return b.finish(p, user, func(Page) {})
}

func (b *Browser) finish(p Page, user emulator.SeedUser, seen func(Page)) *url.URL {
	b.x.t.Helper()
	for range 10 {
		if p.Left != nil {
			return p.Left
		}
		if p.Status != http.StatusOK {
			break
		}
		seen(p)
		p = b.next(p, user)
	}
	b.x.t.Fatalf("sign-in of %s stopped at %s: %d %s", user.Email, p.URL.Path, p.Status,
		strings.TrimSpace(p.Doc.Find("[role=alert]").Text()))
	return nil
}

// next fills in the page's form.
func (b *Browser) next(p Page, user emulator.SeedUser) Page {
	b.x.t.Helper()
	switch {
	case p.Doc.Find("#password").Length() > 0:
		return b.Submit(p, url.Values{"username": {user.Email}, "password": {user.Password}})
	case p.Doc.Find("#saved").Length() > 0:
		return b.Submit(p, url.Values{"saved": {"yes"}})
	case p.Doc.Find("#code").Length() > 0:
		return b.Submit(p, url.Values{"code": {b.code(p, user)}})
	case strings.Contains(p.URL.Path, "push"):
		return b.approve(p, user)
	}
	return b.Submit(p, url.Values{"action": {"accept"}})
}

// pushPause is how long the tenant waits for its next notification once its
// allowance of five is used up.
const pushPause = 12 * time.Second

// approve answers a push challenge on the simulated phone. Somebody who signs in
// often uses up the notifications; the clock moves on then.
func (b *Browser) approve(p Page, user emulator.SeedUser) Page {
	b.x.t.Helper()
	if p.Doc.Find("[role=alert]").Length() > 0 {
		b.x.Clock().Advance(pushPause)
		p = b.Submit(p, url.Values{"action": {"resend"}})
	}
	b.x.Approve(user)
	return b.Submit(p, nil)
}

// code answers the challenge with what the user has by now.
func (b *Browser) code(p Page, user emulator.SeedUser) string {
	b.x.t.Helper()
	now, _ := b.x.User(user.Email)
	if channel, ok := messageChannel(p.URL.Path); ok {
		return b.x.sentCode(channel, now)
	}
	wanted, types := b.x.FreshCode, []string{"otp", "push"} // Guardian shows codes as well
	if strings.Contains(p.URL.Path, "recovery") {
		wanted, types = func(secret string) string { return secret }, []string{"recovery-code"}
	}
	for _, kind := range types {
		for _, a := range now.Authenticators {
			if a.Type == kind {
				return wanted(a.Secret)
			}
		}
	}
	b.x.t.Fatalf("%s has nothing of %v", user.Email, types)
	return ""
}

// messageChannel says by which way the code of a challenge page was sent.
func messageChannel(path string) (string, bool) {
	for _, channel := range []string{"sms", "voice", "email"} {
		if strings.Contains(path, "-"+channel+"-") {
			return channel, true
		}
	}
	return "", false
}

// sentCode returns the newest code that the user got by a channel.
func (x *Tenant) sentCode(channel string, user emulator.SeedUser) string {
	x.t.Helper()
	own := []string{user.Email}
	for _, a := range user.Authenticators {
		own = append(own, a.Number, a.Address)
	}
	for _, m := range controlList[Message](x, "messages") {
		if m.Channel == channel && slices.Contains(own, m.To) {
			return m.Code
		}
	}
	x.t.Fatalf("%s was sent nothing by %s", user.Email, channel)
	return ""
}

// Tokens signs the user in with a browser of its own and exchanges the code.
func (x *Tenant) Tokens(user emulator.SeedUser, changes url.Values) Tokens {
	x.t.Helper()
	answer := x.NewBrowser().SignIn(user, changes).Query()
	tokens, problem := x.Exchange(answer.Get("code"))
	if problem != "" {
		x.t.Fatalf("%s (sign-in: %s)", problem, answer.Get("error_description"))
	}
	return tokens
}

// Exchange redeems a code that was asked for by AuthorizeURL; problem is what the
// token endpoint answered if it refused.
func (x *Tenant) Exchange(code string) (tokens Tokens, problem string) {
	x.t.Helper()
	return x.redeem(url.Values{
		"grant_type": {"authorization_code"}, "code": {code},
		"redirect_uri": {x.Callback}, "code_verifier": {Verifier},
	})
}

func (x *Tenant) redeem(form url.Values) (tokens Tokens, problem string) {
	x.t.Helper()
	status, body := x.Token(form)
	if status != http.StatusOK {
		return Tokens{}, fmt.Sprintf("token endpoint: %d %s", status, body)
	}
	if err := json.Unmarshal(body, &tokens); err != nil {
		x.t.Fatal(err)
	}
	return tokens, ""
}

// AccessToken returns a fresh access token of the user for the MFA API, with all
// its scopes.
func (x *Tenant) AccessToken(user emulator.SeedUser) string {
	x.t.Helper()
	return x.Tokens(user, nil).AccessToken
}

// Token posts a form to the token endpoint as the portal application.
func (x *Tenant) Token(form url.Values) (status int, body []byte) {
	x.t.Helper()
	form.Set("client_id", x.ClientID)
	form.Set("client_secret", x.ClientSecret)
	return x.Post("oauth/token", form)
}

// OfflineTokens is Tokens with a refresh token among them.
func (x *Tenant) OfflineTokens(user emulator.SeedUser, changes url.Values) Tokens {
	x.t.Helper()
	wanted := url.Values{"scope": {OfflineScope}}
	maps.Copy(wanted, changes)
	tokens := x.Tokens(user, wanted)
	if tokens.RefreshToken == "" {
		x.t.Fatal("the tenant gave no refresh token")
	}
	return tokens
}

// Refresh uses a refresh token; problem is what the token endpoint answered if it
// refused. Parameters given are added.
func (x *Tenant) Refresh(token string, changes url.Values) (tokens Tokens, problem string) {
	x.t.Helper()
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}
	maps.Copy(form, changes)
	return x.redeem(form)
}

// Revoke revokes a refresh token as the portal application.
func (x *Tenant) Revoke(token string) {
	x.t.Helper()
	form := url.Values{"token": {token}, "client_id": {x.ClientID}, "client_secret": {x.ClientSecret}}
	if status, body := x.Post("oauth/revoke", form); status != http.StatusOK {
		x.t.Fatalf("revocation: %d %s", status, body)
	}
}
