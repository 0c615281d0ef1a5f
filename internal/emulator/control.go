package emulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

// controlError is a refusal of the control API: a status and a text for the
// person who wrote the request.
type controlError struct {
	status int
	text   string
}

func (c *controlError) Error() string { return c.text }

func badRequest(text string) error { return &controlError{http.StatusBadRequest, text} }

// routesControl is the JSON API by which tests and scripts steer the tenant. It
// is no part of Auth0.
func (e *Emulator) routesControl(mux *http.ServeMux) {
	for pattern, call := range map[string]controlCall{
		"POST /control/reset":                e.controlReset,
		"GET /control/tenant":                e.controlTenant,
		"PATCH /control/tenant":              e.controlPatchTenant,
		"GET /control/users":                 e.controlUsers,
		"POST /control/users":                e.controlCreateUser,
		"PATCH /control/users/{id}":          e.controlBlockUser,
		"DELETE /control/users/{id}":         e.controlDeleteUser,
		"GET /control/messages":              e.controlMessages,
		"GET /control/clock":                 e.controlClock,
		"POST /control/clock":                e.controlMoveClock,
		"POST /control/faults":               e.controlAddFault,
		"DELETE /control/faults":             e.controlClearFaults,
		"POST /control/chaos":                e.controlChaos,
		"DELETE /control/chaos":              e.controlStopChaos,
		"GET /control/phones":                e.controlPhones,
		"PATCH /control/phones/{id}":         e.controlPatchPhone,
		"POST /control/phones/{id}/scan":     e.controlScan,
		"POST /control/phones/{id}/approve":  e.controlApprove,
		"POST /control/phones/{id}/deny":     e.controlDeny,
		"POST /control/phones/{id}/unenroll": e.controlUnenrol,
		"GET /control/requests":              e.controlRequests,
		"/control/":                          controlUnknown,
	} {
		mux.HandleFunc(pattern, e.control(call))
	}
}

// controlCall answers one call: a status and a value to be sent as JSON, or
// nothing if the value is nil. It takes the store's lock itself where it needs it.
type controlCall func(r *http.Request) (status int, answer any, err error)

// control adapts a call to net/http and keeps strangers out.
func (e *Emulator) control(call controlCall) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		status, answer, err := http.StatusForbidden, any(nil), onlyTester(r)
		if err == nil {
			status, answer, err = call(r)
		}
		var refused *controlError
		switch {
		case errors.As(err, &refused):
			writeJSON(w, refused.status, map[string]string{"error": refused.text})
		case err != nil:
			e.log.Error("control API", "path", r.Pattern, "error", err)
			writeJSON(w, http.StatusInternalServerError, map[string]string{"error": "the emulator failed; see its log"})
		case answer == nil:
			w.WriteHeader(status)
		default:
			writeJSON(w, status, answer)
		}
	}
}

// onlyTester refuses everyone but programs and browser windows on this machine.
// Pages of other origins are refused even where they only read: the routes'
// middleware stops those that write.
func onlyTester(r *http.Request) error {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil || !net.ParseIP(host).IsLoopback() {
		return &controlError{http.StatusForbidden, "console and control API answer on this machine only"}
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "none", "same-origin":
		return nil
	}
	if r.Method == http.MethodGet && r.Header.Get("Sec-Fetch-Mode") == "navigate" {
		return nil // a link, for example from the portal; no page can read the answer
	}
	return &controlError{http.StatusForbidden, "pages of other origins may not use console and control API"}
}

func controlUnknown(*http.Request) (int, any, error) {
	return 0, nil, &controlError{http.StatusNotFound, "there is no such call in the control API"}
}

// decodeStrict reads one JSON object into out. A misspelt member is an error: it
// would otherwise silently do nothing.
func decodeStrict(r *http.Request, out any) error {
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(out); err != nil {
		return badRequest("the body is not the JSON object of this call: " + err.Error())
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return badRequest("the body has something after the JSON object")
	}
	return nil
}

// decodeOptional is decodeStrict for calls whose body may be left out.
func decodeOptional(r *http.Request, out any) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return badRequest("the body cannot be read: " + err.Error())
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return nil
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return decodeStrict(r, out)
}

func (e *Emulator) controlReset(*http.Request) (int, any, error) {
	e.startOver()
	return http.StatusNoContent, nil, nil
}

// timeParameter reads an RFC 3339 time from the query; absent is the zero time.
func timeParameter(query url.Values, name string) (time.Time, error) {
	if !query.Has(name) {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, query.Get(name))
	if err != nil {
		return time.Time{}, badRequest(name + " must be a time like 2026-01-31T12:00:00Z")
	}
	return t, nil
}
