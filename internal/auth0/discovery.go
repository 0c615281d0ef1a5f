package auth0

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
)

// provider is what we use of the tenant's discovery document.
//
// https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata
type provider struct {
	authorize  string
	token      string
	keys       string
	endSession string // empty if the tenant does not advertise it
	// sendsIssuer: the answer to an authorization request always names the issuer
	// (RFC 9207), so that one without it is not the tenant's.
	sendsIssuer bool
}

// emulatorMark is a header of every answer, and a member of the discovery
// document, of an emulated tenant.
const emulatorMark = "Mysecurity-Emulator"

// Ready reports whether the tenant's discovery document was accepted. It asks
// the tenant if need be, at most once per five seconds while that fails, and
// stays true once it was (the document is read again hourly, and kept when that
// fails). The error has KindNotReady, or KindUnavailable if the caller left first.
func (c *Client) Ready(ctx context.Context) error {
	ctx, cancel := c.bounded(ctx)
	defer cancel()
	_, err := c.provider.get(ctx)
	return err
}

// loadProvider reads the discovery document. A refusal is logged here as well as
// returned: it is remembered and may reach nobody, and the operator has to know.
func (c *Client) loadProvider(ctx context.Context) (provider, error) {
	started := c.now()
	a, err := c.send(ctx, call{op: opDiscovery, method: http.MethodGet, url: c.cfg.Issuer + ".well-known/openid-configuration"})
	var p provider
	if err == nil {
		p, err = c.acceptProvider(a)
	}
	c.measure(opDiscovery, started, err)
	if err != nil {
		refusal := err.(*Error) //nolint:errorlint // both steps return this very type
		refusal.Kind = KindNotReady
		c.log.WarnContext(ctx, "tenant's discovery document not accepted",
			slog.String("issuer", c.cfg.Issuer), slog.String("reason", refusal.Reason), slog.Int("status", refusal.Status))
		return provider{}, refusal
	}
	return p, nil
}

func (c *Client) acceptProvider(a answer) (provider, error) {
	refuse := func(reason string) (provider, error) {
		return provider{}, &Error{Op: opDiscovery, Kind: KindNotReady, Status: a.status, Reason: reason}
	}
	var doc struct {
		Issuer      string `json:"issuer"`
		Authorize   string `json:"authorization_endpoint"`
		Token       string `json:"token_endpoint"`
		Keys        string `json:"jwks_uri"`
		EndSession  string `json:"end_session_endpoint"`
		SendsIssuer bool   `json:"authorization_response_iss_parameter_supported"`
	}
	members, err := parseObject(a.body)
	if a.status != http.StatusOK || err != nil || json.Unmarshal(a.body, &doc) != nil {
		return refuse(reasonDiscovery)
	}
	if !c.cfg.AllowLoopbackHTTP && (a.header.Get(emulatorMark) != "" || hasMark(members)) {
		return refuse(reasonEmulator)
	}
	if doc.Issuer != c.cfg.Issuer {
		return refuse(reasonMetadata)
	}
	for _, endpoint := range []string{doc.Authorize, doc.Token, doc.Keys} {
		if !c.ownEndpoint(endpoint) {
			return refuse(reasonEndpoint)
		}
	}
	if doc.EndSession != "" && !c.ownEndpoint(doc.EndSession) {
		return refuse(reasonEndpoint)
	}
	return provider{
		authorize: doc.Authorize, token: doc.Token, keys: doc.Keys,
		endSession: doc.EndSession, sendsIssuer: doc.SendsIssuer,
	}, nil
}

func hasMark(members object) bool {
	for name := range members {
		if strings.EqualFold(strings.ReplaceAll(name, "_", "-"), emulatorMark) {
			return true
		}
	}
	return false
}

// ownEndpoint accepts a plain URL below the issuer. A document that points
// elsewhere would send users, codes or the client secret there (OP-21).
func (c *Client) ownEndpoint(endpoint string) bool {
	u, err := url.Parse(endpoint)
	return err == nil && u.RawQuery == "" && u.Fragment == "" && !u.ForceQuery &&
		strings.HasPrefix(endpoint, c.cfg.Issuer) && len(endpoint) > len(c.cfg.Issuer)
}
