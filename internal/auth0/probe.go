package auth0

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"mysecurity/internal/secret"
)

// Probes ask the tenant whether the set-up of this application is right. They
// need no user and change nothing; each leaves at most an entry in the tenant's
// log. Of what the tenant answers only fixed words come back.

// The operations of probes, as they stand in errors.
const (
	opProbeGrant     = "probe grant"
	opProbeAuthorize = "probe authorize"
	opProbeLogout    = "probe logout"
)

// Grant is a grant type of the token endpoint that the portal needs.
type Grant string

// The grants of the portal.
const (
	GrantCode    Grant = "authorization_code"
	GrantMFA     Grant = grantOTP // one check box stands for all MFA grants
	GrantRefresh Grant = grantRefresh
)

// Finding is what a probe learned: one of the fixed words below.
type Finding string

// What probes find.
const (
	FindFine         Finding = "fine"
	FindUnreachable  Finding = "unreachable"       // no answer, or none that counts; the error says why
	FindLimited      Finding = "rate limited"      // ask again later
	FindUnknown      Finding = "unknown"           // an answer that tells nothing
	FindCredentials  Finding = "credentials"       // client id or secret is wrong, or sent the wrong way
	FindGrant        Finding = "grant"             // the application may not use the grant
	FindService      Finding = "service not found" // the tenant knows no API of that audience
	FindNotPermitted Finding = "not permitted"     // the API is not for this application
	FindAddress      Finding = "address"           // the callback, or logout URL, is not registered
	FindIssuer       Finding = "response issuer"   // RFC 9207: promised and absent, or another
)

// Reasons of the errors that probes meet, below HTTP and in the discovery
// document.
const (
	ReasonNameLookup = reasonName
	ReasonConnect    = reasonConnect
	ReasonTLS        = reasonTLS
	ReasonTimeout    = reasonTimeout
	ReasonDiscovery  = reasonDiscovery
	ReasonIssuer     = reasonMetadata
	ReasonEndpoint   = reasonEndpoint
	ReasonEmulator   = reasonEmulator
)

// Discovery is what the tenant says of itself, as far as it matters here.
type Discovery struct {
	SendsIssuer bool // RFC 9207
	EndSession  bool // RP-initiated logout
	// Ahead is by how much this machine's clock is ahead of the tenant's Date
	// header, to a second or two; only if the answer had one.
	Ahead   time.Duration
	HasDate bool
}

// ProbeDiscovery reads the discovery document anew. The error is an *Error whose
// Reason is one of the Reason constants for discovery; Ahead is known also then,
// if the tenant answered.
func (c *Client) ProbeDiscovery(ctx context.Context) (Discovery, error) {
	ctx, cancel := c.bounded(ctx)
	defer cancel()
	asked := c.now()
	a, err := c.send(ctx, call{op: opDiscovery, method: http.MethodGet, url: c.cfg.Issuer + ".well-known/openid-configuration"})
	if err != nil {
		return Discovery{}, err
	}
	var d Discovery
	if date, err := http.ParseTime(a.header.Get("Date")); err == nil {
		answered := c.now()
		// A Date is cut to its second: half of one is the better guess.
		d.Ahead, d.HasDate = asked.Add(answered.Sub(asked)/2).Sub(date.Add(time.Second/2)), true
	}
	p, err := c.acceptProvider(a)
	if err != nil {
		return d, err
	}
	c.provider.keep(p, nil)
	d.SendsIssuer, d.EndSession = p.sendsIssuer, p.endSession != ""
	return d, nil
}

// ProbeKeys returns how many keys the tenant publishes that can have signed an
// ID token.
func (c *Client) ProbeKeys(ctx context.Context) (int, error) {
	ctx, cancel := c.bounded(ctx)
	defer cancel()
	keys, err := c.keys.get(ctx)
	return len(keys.value.forSigning()), err
}

// forSigning are the keys that are not published for something else.
func (s keySet) forSigning() keySet {
	var fit keySet
	for _, k := range s {
		if len(keySet{k}.forToken(k.id)) > 0 {
			fit = append(fit, k)
		}
	}
	return fit
}

// ProbeGrant asks the token endpoint for something that it has to refuse: a code
// or token that nobody was given. How it refuses tells whether the client's
// credentials are right and the application may use the grant.
//
// https://auth0.com/docs/get-started/applications/application-grant-types
func (c *Client) ProbeGrant(ctx context.Context, g Grant) (Finding, error) {
	ctx, cancel := c.bounded(ctx)
	defer cancel()
	form := url.Values{"grant_type": {string(g)}}
	switch g {
	case GrantMFA:
		form.Set("mfa_token", madeUp())
		form.Set("otp", "000000")
	case GrantRefresh:
		form.Set("refresh_token", madeUp())
	default:
		form.Set("code", madeUp())
		form.Set("redirect_uri", c.cfg.RedirectURL)
		form.Set("code_verifier", oauth2.GenerateVerifier())
	}
	a, err := c.send(ctx, c.grant(opProbeGrant, c.cfg.Issuer+"oauth/token", form))
	if err != nil {
		return FindUnreachable, err
	}
	var p problem
	if json.Unmarshal(a.body, &p) != nil {
		p = problem{} // then only the status speaks
	}
	found := findOfGrant(a.status, p)
	if found == FindUnreachable || found == FindUnknown {
		err = &Error{Op: opProbeGrant, Kind: KindUnavailable, Status: a.status, Code: knownCode(p.code())}
	}
	return found, err
}

func findOfGrant(status int, p problem) Finding {
	switch {
	case status >= http.StatusInternalServerError:
		return FindUnreachable
	case status == http.StatusTooManyRequests:
		return FindLimited
	case p.is("unauthorized_client", "unsupported_grant_type"):
		return FindGrant
	case p.is("invalid_client"), status == http.StatusUnauthorized && p.is("access_denied"):
		return FindCredentials
	case p.is("invalid_grant", "expired_token"):
		return FindFine // the refusal of what was made up
	default:
		return FindUnknown
	}
}

// ProbeAuthorize starts a sign-in that may not show a page, without a browser's
// cookies: the right answer is login_required, sent to our callback.
//
// https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest
func (c *Client) ProbeAuthorize(ctx context.Context) (Finding, error) {
	state := madeUp()
	to, err := c.AuthorizeURL(ctx, Authorization{
		State: state, Nonce: madeUp(), Verifier: secret.New(oauth2.GenerateVerifier()), MaxAge: time.Minute,
	})
	if err != nil {
		return FindUnreachable, err
	}
	ctx, cancel := c.bounded(ctx)
	defer cancel()
	a, err := c.send(ctx, call{op: opProbeAuthorize, method: http.MethodGet, url: to + "&prompt=none"})
	if err != nil {
		return FindUnreachable, err
	}
	answered, ours := c.redirectTo(a, c.cfg.RedirectURL)
	switch {
	case a.status >= http.StatusInternalServerError:
		return FindUnreachable, unexpected(opProbeAuthorize, a, "")
	case a.status == http.StatusTooManyRequests:
		return FindLimited, nil
	case !ours:
		return FindAddress, nil // the tenant keeps the user with it, or sends them elsewhere
	case answered.Get("state") != state:
		return FindUnknown, unexpected(opProbeAuthorize, a, "")
	}
	return c.findOfAnswer(a, answered)
}

// findOfAnswer reads an answer that came to our callback.
func (c *Client) findOfAnswer(a answer, answered url.Values) (Finding, error) {
	cb := Callback{Issuer: answered.Get("iss"), HasIssuer: answered.Has("iss")}
	p := problem{Code: answered.Get("error"), Description: answered.Get("error_description")}
	switch {
	case p.is("access_denied") && p.says("service not found"):
		return FindService, nil
	case p.is("access_denied") && p.says("not authorized"):
		return FindNotPermitted, nil
	case p.is("unauthorized_client"):
		return FindGrant, nil
	case !p.is("login_required", "interaction_required", "consent_required", "mfa_required"):
		return FindUnknown, unexpected(opProbeAuthorize, a, p.code())
	case !c.answeredByTenant(c.provider.current().value, cb):
		return FindIssuer, nil
	}
	return FindFine, nil
}

// ProbeLogout asks to sign out somebody who is not signed in: the answer leads
// back to us if the address is registered, and else is the tenant's own page.
//
// https://auth0.com/docs/authenticate/login/logout/redirect-users-after-logout
func (c *Client) ProbeLogout(ctx context.Context) (Finding, error) {
	ctx, cancel := c.bounded(ctx)
	defer cancel()
	a, err := c.send(ctx, call{op: opProbeLogout, method: http.MethodGet, url: c.SignOutURL("")})
	if err != nil {
		return FindUnreachable, err
	}
	_, ours := c.redirectTo(a, c.cfg.PostLogoutURL)
	switch {
	case a.status >= http.StatusInternalServerError:
		return FindUnreachable, unexpected(opProbeLogout, a, "")
	case a.status == http.StatusTooManyRequests:
		return FindLimited, nil
	case ours:
		return FindFine, nil
	case a.status >= http.StatusBadRequest:
		return FindAddress, nil
	default:
		return FindUnknown, unexpected(opProbeLogout, a, "")
	}
}

// redirectTo reports whether an answer sends the browser to exactly that address
// of ours, and with what.
func (c *Client) redirectTo(a answer, address string) (url.Values, bool) {
	target, query, _ := strings.Cut(a.header.Get("Location"), "?")
	if a.status < 300 || a.status > 399 || target != address {
		return nil, false
	}
	values, err := url.ParseQuery(query)
	return values, err == nil
}

func unexpected(op string, a answer, code string) *Error {
	return &Error{Op: op, Kind: KindInvalid, Status: a.status, Code: knownCode(code)}
}

// madeUp is a value that nobody was given.
func madeUp() string { return "made-up-" + rand.Text() }
