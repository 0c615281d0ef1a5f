package emulator

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	codeLife      = 10 * time.Minute // authorization codes
	loginLife     = time.Hour        // the sign-in pages as a whole
	secondStep    = 5 * time.Minute  // from the first factor to the second
	promptNone    = "none"
	promptLogin   = "login"
	promptConsent = "consent"
	promptSelect  = "select_account"
)

// handleAuthorize starts a sign-in.
//
// https://auth0.com/docs/api/authentication and OpenID Connect Core section 3.1.2
func (e *Emulator) handleAuthorize(w http.ResponseWriter, r *http.Request) {
	malformed := r.ParseForm() // before the lock: a slow body must not hold up the tenant
	e.show(w, e.decide(func() step {
		if malformed != nil {
			return e.errorPage(e.languageOf(r, ""), http.StatusBadRequest, "error.malformed")
		}
		return e.authorize(r, r.Form)
	}))
}

// authorize checks the request and returns its first step. Without a known
// application and one of its redirect URIs there is no safe place to go, and the
// user stays on a page here.
func (e *Emulator) authorize(r *http.Request, q url.Values) step {
	e.s.sweep(e.clock.Now())
	lang := e.languageOf(r, q.Get("ui_locales"))
	app, known := e.s.apps[q.Get("client_id")]
	if !known || len(q["client_id"]) > 1 {
		return e.errorPage(lang, http.StatusBadRequest, "error.unknown_client")
	}
	if !slices.Contains(app.Callbacks, q.Get("redirect_uri")) || len(q["redirect_uri"]) > 1 {
		return e.errorPage(lang, http.StatusForbidden, "error.redirect_uri")
	}
	request, failure := e.parseAuthorize(app, q)
	if failure != nil {
		return e.refuse(request, failure)
	}
	l := &login{
		ID: randomString(e.rand, 32, alphanumeric), Lang: lang,
		Request: request, Expires: e.clock.Now().Add(loginLife),
		Second: secondFactor{From: clientOf(r, lang)},
	}
	e.useSession(r, l)
	if hasScope(request.Prompt, promptNone) {
		return e.silently(l)
	}
	e.s.logins[l.ID] = l
	return e.advance(l)
}

// useSession signs l in by the browser's session at the tenant, if the request
// allows it.
func (e *Emulator) useSession(r *http.Request, l *login) {
	s := e.sessionOf(r)
	if s != nil {
		l.Replaces = s
	}
	if s == nil || hasScope(l.Request.Prompt, promptLogin) || hasScope(l.Request.Prompt, promptSelect) {
		return
	}
	now := e.clock.Now()
	if age := l.Request.MaxAge; age != nil && (*age == 0 || now.Sub(s.AuthTime) > time.Duration(*age)*time.Second) {
		return
	}
	l.UserID, l.AuthTime, l.FirstFactorAt = s.UserID, s.AuthTime, now
	l.SID, s.LastUsed = s.SID, now
}

// silently answers prompt=none: a code, or why there would have to be a page.
func (e *Emulator) silently(l *login) step {
	if l.UserID == "" {
		return e.refuse(l.Request, fail(0, "login_required", "Login required"))
	}
	if e.mfaNeed(e.s.users[l.UserID], l.Request.Audience, l.Request.AcrValues) != mfaNone {
		return e.refuse(l.Request, fail(0, "interaction_required", "Multifactor authentication required"))
	}
	return e.finish(l)
}

// parseAuthorize reads the parameters beyond client and redirect URI. The
// request is good for an error redirect even when a failure comes with it. What
// the vendor knows and this tenant does not need (connection, organization,
// screen_hint, ext-…) is ignored.
func (e *Emulator) parseAuthorize(app *Application, q url.Values) (authorizeRequest, *oauthFailure) {
	request := authorizeRequest{
		ClientID: q.Get("client_id"), RedirectURI: q.Get("redirect_uri"),
		State: q.Get("state"), Nonce: q.Get("nonce"), ResponseMode: q.Get("response_mode"),
		Audience: q.Get("audience"), Challenge: q.Get("code_challenge"),
		Prompt: q.Get("prompt"), LoginHint: q.Get("login_hint"), AcrValues: q.Get("acr_values"),
	}
	for name, values := range q {
		if len(values) > 1 { // RFC 6749 section 3.1
			return request, invalidRequest("Parameter sent more than once: " + name)
		}
	}
	for _, check := range []func(url.Values, *authorizeRequest) *oauthFailure{
		checkResponse, checkChallenge, checkPrompt, checkMaxAge, e.checkAudience,
	} {
		if failure := check(q, &request); failure != nil {
			return request, failure
		}
	}
	request.Scope = e.grantedScope(app, q.Get("scope"), request.Audience)
	request.RequestedAuth = request.MaxAge != nil || hasScope(request.Prompt, promptLogin)
	return request, nil
}

func invalidRequest(description string) *oauthFailure {
	return fail(http.StatusBadRequest, "invalid_request", description)
}

func checkResponse(q url.Values, request *authorizeRequest) *oauthFailure {
	switch q.Get("response_type") {
	case "":
		return missing("response_type")
	case "code":
	default:
		return fail(http.StatusBadRequest, "unsupported_response_type", "Unsupported response type: "+q.Get("response_type"))
	}
	if mode := request.ResponseMode; mode != "" && mode != "query" && mode != "fragment" {
		request.ResponseMode = ""
		return invalidRequest("Unsupported response_mode: " + mode)
	}
	return nil
}

// checkChallenge allows no PKCE at all, as the vendor does for confidential
// clients, but nothing weaker than S256 (RFC 7636 section 4.2).
func checkChallenge(q url.Values, request *authorizeRequest) *oauthFailure {
	if !q.Has("code_challenge") && !q.Has("code_challenge_method") {
		return nil
	}
	if q.Get("code_challenge_method") != "S256" {
		return invalidRequest("code_challenge_method must be S256")
	}
	if raw, err := base64.RawURLEncoding.DecodeString(request.Challenge); err != nil || len(raw) != 32 {
		return invalidRequest("code_challenge is not a SHA-256 digest")
	}
	return nil
}

func checkPrompt(_ url.Values, request *authorizeRequest) *oauthFailure {
	prompts := strings.Fields(request.Prompt)
	for _, prompt := range prompts {
		if !slices.Contains([]string{promptNone, promptLogin, promptConsent, promptSelect}, prompt) {
			return invalidRequest("Unsupported prompt: " + prompt)
		}
	}
	if len(prompts) > 1 && slices.Contains(prompts, promptNone) {
		return invalidRequest("prompt=none stands alone")
	}
	return nil
}

func checkMaxAge(q url.Values, request *authorizeRequest) *oauthFailure {
	if !q.Has("max_age") {
		return nil
	}
	const longest = 10 * 365 * 24 * 3600
	age, err := strconv.Atoi(q.Get("max_age"))
	if err != nil || age < 0 || age > longest {
		return invalidRequest("max_age must be a number of seconds")
	}
	request.MaxAge = &age
	return nil
}

func (e *Emulator) checkAudience(_ url.Values, request *authorizeRequest) *oauthFailure {
	if !e.isService(request.Audience) {
		return serviceNotFound(request.Audience)
	}
	return nil
}

func serviceNotFound(audience string) *oauthFailure {
	return fail(http.StatusForbidden, "access_denied", "Service not found: "+audience)
}

// isService reports whether an API with that identifier exists. Identifiers are
// compared exactly: "…/mfa" without the slash is another, unknown one.
func (e *Emulator) isService(audience string) bool {
	return slices.Contains([]string{"", e.userinfoAudience(), e.mfaAudience(), e.managementAudience()}, audience)
}

// grantedScope returns those of the requested scopes that a user may grant for
// the audience, each once. offline_access is for applications that may use the
// refresh_token grant.
func (e *Emulator) grantedScope(app *Application, requested, audience string) string {
	allowed := []string{"openid", "profile", "email", "address", "phone"}
	if audience == e.mfaAudience() {
		allowed = append(allowed, scopeEnroll, scopeList, scopeRemove)
	}
	if slices.Contains(app.GrantTypes, grantRefreshToken) {
		allowed = append(allowed, scopeOffline)
	}
	var granted []string
	for _, scope := range strings.Fields(requested) {
		if slices.Contains(allowed, scope) && !slices.Contains(granted, scope) {
			granted = append(granted, scope)
		}
	}
	return strings.Join(granted, " ")
}

// finish ends a sign-in: session at the tenant, code, redirect.
func (e *Emulator) finish(l *login) step {
	now := e.clock.Now()
	delete(e.s.logins, l.ID)
	var cookie *http.Cookie
	if l.SID == "" {
		l.SID, cookie = e.startSession(l)
	}
	code := randomString(e.rand, 48, base64URLAlphabet)
	e.s.codes[code] = &authCode{
		Request: l.Request, UserID: l.UserID, SID: l.SID,
		AuthTime: l.AuthTime, MFA: l.MFADone, Expires: now.Add(codeLife),
	}
	e.logEvent("s", l.UserID, "Signed in")
	next := e.answerAuthorize(l.Request, url.Values{"code": {code}})
	next.cookie = cookie
	return next
}

// refuse ends a sign-in with an error redirect.
func (e *Emulator) refuse(request authorizeRequest, failure *oauthFailure) step {
	e.logEvent("f", "", "Sign-in refused: "+failure.Code)
	return e.answerAuthorize(request, url.Values{
		"error": {failure.Code}, "error_description": {failure.Description},
	})
}

// answerAuthorize redirects to the application with an authorization answer.
func (e *Emulator) answerAuthorize(request authorizeRequest, answer url.Values) step {
	if request.State != "" {
		answer.Set("state", request.State)
	}
	if e.variant(variantIss) == "on" {
		answer.Set("iss", e.issuer)
	}
	target, err := url.Parse(request.RedirectURI)
	if err != nil { // registered, yet no URL
		return e.errorPage(fallbackLanguage, http.StatusForbidden, "error.redirect_uri")
	}
	switch {
	case request.ResponseMode == "fragment":
		return step{redirect: request.RedirectURI + "#" + answer.Encode()}
	case target.RawQuery == "":
		target.RawQuery = answer.Encode()
	default:
		target.RawQuery += "&" + answer.Encode()
	}
	return step{redirect: target.String()}
}
