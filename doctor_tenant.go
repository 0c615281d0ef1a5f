package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"mysecurity/internal/auth0"
	"mysecurity/internal/config"
	"mysecurity/internal/site"
)

// clockTolerance is from when on a difference between the clocks is told. The
// rules of the ID token forgive a little more.
const clockTolerance = 30 * time.Second

// checkup is the part of the examination that asks the tenant.
type checkup struct {
	*doctor
	cfg    config.Config
	own    site.Site
	client *auth0.Client
}

// tenant asks the tenant whether it is set up for this portal, by calls that
// change nothing and need no user.
func (d *doctor) tenant(ctx context.Context, cfg config.Config, own site.Site) {
	options := tenantConfig(cfg)
	options.RedirectURL, options.PostLogoutURL, options.Now = own.URL("callback"), own.URL("signed-out"), d.now
	client, err := auth0.New(options)
	if err != nil {
		d.say(problem, "configuration", err.Error(), "")
		return
	}
	defer client.Close()
	c := &checkup{d, cfg, own, client}
	if !c.discovery(ctx) {
		c.say(unchecked, "tenant", "the rest of it can be asked once its discovery document is accepted", "")
		return
	}
	c.keys(ctx)
	c.grants(ctx)
	c.authorize(ctx)
	c.logout(ctx)
}

// discovery checks the document that everything else follows from.
func (c *checkup) discovery(ctx context.Context) bool {
	found, err := c.client.ProbeDiscovery(ctx)
	if err != nil {
		text, todo := discoveryTrouble(err, c.cfg.Issuer)
		c.say(problem, "discovery", text, todo)
	} else {
		c.say(fine, "discovery", "the tenant answers under the name "+c.cfg.Issuer+" and with endpoints of its own", "")
		c.promises(found)
	}
	c.clock(found)
	return err == nil
}

// promises are what the portal uses if the tenant has it.
func (c *checkup) promises(found auth0.Discovery) {
	if found.SendsIssuer {
		c.say(fine, "RFC 9207", "the tenant names itself in authorization answers", "")
	} else {
		c.say(warning, "RFC 9207", "the tenant does not name itself in authorization answers", "README, step 7: switch it on, so that an answer of another tenant cannot pass for yours")
	}
	if found.EndSession {
		c.say(fine, "end of session", "the tenant announces RP-initiated logout", "")
	} else {
		c.say(warning, "end of session", "the tenant does not announce RP-initiated logout; the portal uses /v2/logout", "README, step 8")
	}
}

func (c *checkup) clock(found auth0.Discovery) {
	off := found.Ahead.Round(time.Second)
	switch {
	case !found.HasDate:
		c.say(unchecked, "clock", "the tenant's answer has no Date", "")
	case off.Abs() <= clockTolerance:
		c.say(fine, "clock", "agrees with the tenant's", "")
	case off > 0:
		c.say(warning, "clock", "this machine's is "+off.String()+" ahead of the tenant's", "set the clock by NTP: sign-ins are refused when it is off by more")
	default:
		c.say(warning, "clock", "this machine's is "+(-off).String()+" behind the tenant's", "set the clock by NTP: sign-ins are refused when it is off by more")
	}
}

// discoveryTrouble says why there is no discovery document, and what to do.
func discoveryTrouble(err error, issuer string) (text, todo string) {
	switch e := detailsOf(err); e.Reason {
	case auth0.ReasonNameLookup:
		return "the host name of " + issuer + " has no address", "correct AUTH0_DOMAIN, or let this machine look up names of the internet"
	case auth0.ReasonConnect:
		return "nothing answers at " + issuer, "let this machine reach it, or name the company's outbound proxy in HTTPS_PROXY"
	case auth0.ReasonTLS:
		return "the certificate of " + issuer + " is not accepted", "if a proxy of the company opens TLS, make its authority known to this machine (SSL_CERT_FILE); else it is not your tenant"
	case auth0.ReasonTimeout:
		return issuer + " does not answer in time", "try again; if it stays so, look at the way out to the internet and at the vendor's status page"
	case auth0.ReasonIssuer:
		return "the tenant at " + issuer + " goes by another name", "set AUTH0_DOMAIN to the name that it gives itself: the custom domain if there is one, else the canonical name"
	case auth0.ReasonEndpoint:
		return "the document of " + issuer + " leads to another host", "do not use it: nothing but the tenant itself may get codes and secrets"
	case auth0.ReasonEmulator:
		return "at " + issuer + " is an emulated tenant", "name a real one in AUTH0_DOMAIN; an emulated one is for PORTAL_MODE=development"
	default:
		return "the answer of " + issuer + statusOf(e) + " is no discovery document", "correct AUTH0_DOMAIN: it stands in the application's settings as Domain"
	}
}

func (c *checkup) keys(ctx context.Context) {
	n, err := c.client.ProbeKeys(ctx)
	if err != nil || n == 0 {
		c.say(problem, "signing keys", "the tenant publishes no RSA key that the portal can use"+statusOf(detailsOf(err)), "look at Settings > Signing Keys; the portal accepts RS256 and nothing else")
		return
	}
	c.say(fine, "signing keys", strconv.Itoa(n)+" published for RS256", "")
}

// grants asks for tokens that nobody may have: what is refused first tells.
func (c *checkup) grants(ctx context.Context) {
	found, err := c.client.ProbeGrant(ctx, auth0.GrantMFA)
	switch found {
	case auth0.FindFine, auth0.FindGrant:
		c.say(fine, "client credentials", "accepted for application "+c.cfg.ClientID, "")
	case auth0.FindCredentials:
		c.say(problem, "client credentials", "the tenant refuses them for application "+c.cfg.ClientID, "README, steps 1 and 4: correct AUTH0_CLIENT_ID, AUTH0_CLIENT_SECRET and AUTH0_CLIENT_AUTH")
		c.say(unchecked, "grants", "the credentials have to be right first", "")
		return
	}
	c.grant("MFA grant", "Authorization Code and MFA", found, err)
	found, err = c.client.ProbeGrant(ctx, auth0.GrantCode)
	c.grant("code grant", "Authorization Code and MFA", found, err)
	if !c.cfg.Refresh {
		return
	}
	found, err = c.client.ProbeGrant(ctx, auth0.GrantRefresh)
	c.grant("refresh grant", "Refresh Token, or set REFRESH=off", found, err)
	c.say(unchecked, "refresh tokens", "whether sign-ins bring some, and whether they rotate, shows only with a user", "")
}

func (c *checkup) grant(check, box string, found auth0.Finding, err error) {
	switch found {
	case auth0.FindFine:
		c.say(fine, check, "the application may use it", "")
	case auth0.FindGrant:
		c.say(problem, check, "the application may not use it", "README, step 3: Advanced Settings > Grant Types: "+box)
	default:
		c.unclear(check, found, err)
	}
}

// authorize starts a sign-in that may not show a page.
func (c *checkup) authorize(ctx context.Context) {
	const callback, audience, signIn = "callback", "audience", "sign-in"
	found, err := c.client.ProbeAuthorize(ctx)
	switch found {
	case auth0.FindAddress:
		c.say(problem, callback, "the tenant does not send people to "+c.own.URL("callback"), "README, step 2: add exactly this to Allowed Callback URLs of the application with the client id "+c.cfg.ClientID)
		c.say(unchecked, audience, "the callback has to be right first", "")
		return
	case auth0.FindUnreachable, auth0.FindLimited:
		c.unclear(callback, found, err)
		return
	}
	c.say(fine, callback, "the tenant sends people to "+c.own.URL("callback"), "")
	switch found {
	case auth0.FindFine:
		c.say(fine, audience, "the tenant knows "+c.cfg.MFAAudience, "")
	case auth0.FindService:
		c.say(problem, audience, "the tenant knows no API "+c.cfg.MFAAudience, "correct AUTH0_MFA_AUDIENCE; beside a custom domain the tenant may know it by its canonical name only: https://TENANT.REGION.auth0.com/mfa/, slash at the end included")
	case auth0.FindNotPermitted:
		c.say(problem, audience, "application "+c.cfg.ClientID+" may not use "+c.cfg.MFAAudience, "allow it: Applications > APIs > Application Access")
	case auth0.FindGrant:
		c.say(problem, signIn, "the application may not sign people in", "README, step 3: Advanced Settings > Grant Types: Authorization Code and MFA")
	case auth0.FindIssuer:
		c.say(problem, signIn, "the tenant promises its name in the answer (RFC 9207) and sends none, or another", "every sign-in will be refused: check AUTH0_DOMAIN, and for something on the way that changes answers")
	default:
		c.unclear(signIn, found, err)
	}
}

// logout is seen as far as the tenant tells it of somebody who is not signed in.
func (c *checkup) logout(ctx context.Context) {
	const check = "logout address"
	found, err := c.client.ProbeLogout(ctx)
	switch found {
	case auth0.FindFine:
		c.say(fine, check, "the tenant sends people to "+c.own.URL("signed-out"), "")
	case auth0.FindAddress:
		c.say(problem, check, "the tenant does not send people to "+c.own.URL("signed-out"), "README, step 2: add exactly this to Allowed Logout URLs of the application with the client id "+c.cfg.ClientID)
	default:
		c.unclear(check, found, err)
	}
}

// unclear is an answer that decides nothing, or none.
func (c *checkup) unclear(check string, found auth0.Finding, err error) {
	e := detailsOf(err)
	switch found {
	case auth0.FindLimited:
		c.say(warning, check, "the tenant limits requests now", "try again later")
	case auth0.FindUnreachable:
		c.say(problem, check, "no answer that counts"+statusOf(e), "try again; if it stays so, look at the way out to the internet and at the vendor's status page")
	default:
		c.say(warning, check, "an answer that tells nothing"+statusOf(e), "look at the tenant's log, Monitoring > Logs")
	}
}

func detailsOf(err error) *auth0.Error {
	var e *auth0.Error
	if errors.As(err, &e) {
		return e
	}
	return &auth0.Error{}
}

// statusOf is what may be printed of an answer or of a failure.
func statusOf(e *auth0.Error) string {
	text := ""
	if e.Status != 0 {
		text += fmt.Sprintf(" (status %d", e.Status)
		if e.Code != "" {
			text += ", " + e.Code
		}
		return text + ")"
	}
	if e.Reason != "" {
		return " (" + e.Reason + ")"
	}
	return text
}
