package auth0

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
)

// The operations, as they stand in errors and logs.
const (
	opDiscovery      = "discovery"
	opKeys           = "keys"
	opSignIn         = "sign in"
	opRefresh        = "refresh"
	opRevoke         = "revoke"
	opList           = "list authenticators"
	opAssociate      = "associate app"
	opAssociatePhone = "associate phone"
	opAssociateEmail = "associate email"
	opAssociatePush  = "associate push"
	opConfirm        = "confirm app"
	opConfirmMessage = "confirm message"
	opCheckPush      = "check push"
	opDelete         = "delete authenticator"
)

// changes tells whether an operation alters something that a lost answer leaves in
// doubt: the user's authenticators, which only a fresh list can settle, or a
// refresh token, which may be used up. Redeeming a code is not among them: nothing
// is left to look up, the user starts anew.
func changes(op string) bool {
	return associates(op) || confirms(op) || op == opDelete || op == opRefresh
}

// associates: calls that make an unconfirmed authenticator.
func associates(op string) bool {
	return op == opAssociate || op == opAssociatePhone || op == opAssociateEmail || op == opAssociatePush
}

// confirms: grants that answer for an unconfirmed authenticator.
func confirms(op string) bool {
	return op == opConfirm || op == opConfirmMessage || op == opCheckPush
}

// call is one HTTP request to the tenant.
type call struct {
	op          string
	method      string
	url         string
	bearer      AccessToken
	user        user          // whose call it is, where the bearer does not tell
	who         person        // the same, as send counts it
	basic       *url.Userinfo // the client's credentials, where they go in the header
	contentType string
	body        string
	patient     bool // the header of the answer may take as long as the operation
}

// usualAnswer is the size, in bytes, that an announced answer is made room for at
// once.
const usualAnswer = 16 << 10

// answer is what came back, read to its end.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) ok() bool { return a.status >= 200 && a.status < 300 }

// isJSON reports the label of an answer. The tenant always labels JSON as such; a
// form in text/plain (OP-30) or an HTML page with status 200 is not an answer.
func (a answer) isJSON() bool {
	kind, _, _ := strings.Cut(a.header.Get("Content-Type"), ";")
	return strings.EqualFold(strings.TrimSpace(kind), "application/json")
}

// decode parses the body of a success.
func (a answer) decode(into any) error {
	if !a.isJSON() {
		return errNotJSON
	}
	return json.Unmarshal(a.body, into)
}

var errNotJSON = errors.New("auth0: answer is not labelled as JSON")

// bounded gives an operation its deadline.
func (c *Client) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, c.limits.total)
}

// send performs one request, once, unless the circuit of its endpoints is open.
// The error is an *Error; without one the answer is complete, whatever its status.
func (c *Client) send(ctx context.Context, k call) (answer, error) {
	k.who = c.personOf(k)
	guarded := c.circuits[groupOf(k.op)]
	if guarded == nil {
		return c.transmit(ctx, k)
	}
	return guarded.guard(k, c.now, func() (answer, error) { return c.transmit(ctx, k) })
}

// transmit is send without a circuit.
func (c *Client) transmit(ctx context.Context, k call) (answer, error) {
	leave, err := c.place(ctx, k)
	if err != nil {
		return answer{}, c.crowded(k.op, err)
	}
	defer leave()

	// Until a connection is handed to the request nothing of it can have left.
	var mayHaveLeft atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { mayHaveLeft.Store(true) },
	})
	a, err := c.roundTrip(ctx, k)
	if err == nil {
		return a, nil
	}
	kind := KindUnavailable
	if mayHaveLeft.Load() && changes(k.op) {
		kind = KindUnknownOutcome
	}
	return answer{}, &Error{Op: k.op, Kind: kind, Reason: transportReason(err), connected: mayHaveLeft.Load(), cause: contextCause(err)}
}

// place finds a call one among those in flight. Documents are read for everybody:
// strangers who have their share must not keep them from who is signed in.
func (c *Client) place(ctx context.Context, k call) (leave func(), err error) {
	if groupOf(k.op) == groupDocuments {
		return c.places.enter(ctx)
	}
	return c.places.enterAs(ctx, k.who)
}

func (c *Client) roundTrip(ctx context.Context, k call) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, k.method, k.url, strings.NewReader(k.body))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "mysecurity")
	if k.contentType != "" {
		req.Header.Set("Content-Type", k.contentType)
	}
	switch {
	case k.basic != nil:
		password, _ := k.basic.Password()
		req.SetBasicAuth(k.basic.Username(), password)
	case !k.bearer.value.IsZero():
		req.Header.Set("Authorization", "Bearer "+k.bearer.value.Reveal())
	}
	out := c.http
	if k.patient {
		out = c.patient
	}
	res, err := out.RoundTrip(req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	var body bytes.Buffer
	body.Grow(int(max(0, min(res.ContentLength, usualAnswer))) + bytes.MinRead)
	if _, err := body.ReadFrom(res.Body); err != nil {
		return answer{}, err
	}
	return answer{status: res.StatusCode, header: res.Header, body: body.Bytes()}, nil
}

// crowded is a call that found no place among those in flight, in time or before
// its caller left. The tenant has no part in it, also where a deadline has ended.
func (c *Client) crowded(op string, err error) *Error {
	reason := reasonBusy
	if errors.Is(err, context.Canceled) {
		reason = reasonCanceled
	}
	return &Error{Op: op, Kind: KindUnavailable, Reason: reason, RetryAt: c.now().Add(busyFor), cause: contextCause(err)}
}

// transportReason names the class of a failure below HTTP. The error's own text
// is dropped: it holds addresses and, with some failures, pieces of the answer.
func transportReason(err error) string {
	var (
		dns     *net.DNSError
		socket  *net.OpError
		cert    *tls.CertificateVerificationError
		record  tls.RecordHeaderError
		timeout net.Error
	)
	switch {
	case errors.Is(err, errTooLarge):
		return reasonTooLarge
	case errors.Is(err, context.Canceled):
		return reasonCanceled
	case errors.As(err, &timeout) && timeout.Timeout():
		return reasonTimeout
	case errors.As(err, &cert), errors.As(err, &record):
		return reasonTLS
	case errors.As(err, &dns):
		return reasonName
	case errors.As(err, &socket) && socket.Op == "dial":
		return reasonConnect
	case socket != nil && (socket.Op == "remote error" || socket.Op == "local error"):
		return reasonTLS // a TLS alert, from either side
	default:
		return reasonCut
	}
}

// contextCause keeps the one cause callers may ask for with errors.Is.
func contextCause(err error) error {
	for _, cause := range []error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, cause) {
			return cause
		}
	}
	return nil
}
