package emulator

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// callGuardian makes one call of the app. An error answer becomes a controlError
// for the person who holds the phone.
func (e *Emulator) callGuardian(ctx context.Context, method, address, authorization string, body, out any) error {
	var content io.Reader = http.NoBody
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return fmt.Errorf("guardian call: %w", err)
		}
		content = bytes.NewReader(raw)
	}
	request, err := http.NewRequestWithContext(ctx, method, address, content)
	if err != nil {
		return fmt.Errorf("guardian call: %w", err)
	}
	request.Header.Set("Authorization", authorization)
	request.Header.Set("Auth0-Client", base64.StdEncoding.EncodeToString([]byte(`{"name":"SimulatedGuardian","version":"1"}`)))
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := e.phones.Do(request)
	if err != nil {
		e.log.Error("simulated phone", "call", method+" "+recordedPath(request.URL.Path), "error", err)
		return &controlError{http.StatusBadGateway, "the phone does not reach the tenant"}
	}
	defer func() { _ = response.Body.Close() }()
	return readGuardian(response, out)
}

// guardianFailure is an error answer of the Guardian service.
type guardianFailure struct {
	ErrorCode string `json:"errorCode"`
}

// readGuardian decodes an answer into out, unless out is nil. A refusal becomes a
// conflict: the phone did what it was asked to, and the tenant said no.
func readGuardian(response *http.Response, out any) error {
	body, err := io.ReadAll(io.LimitReader(response.Body, maxBody))
	switch {
	case err != nil:
		return &controlError{http.StatusBadGateway, "the tenant's answer broke off"}
	case response.StatusCode >= http.StatusInternalServerError, response.StatusCode >= 300 && response.StatusCode < 400:
		return &controlError{http.StatusBadGateway, fmt.Sprintf("the tenant failed with status %d", response.StatusCode)}
	case response.StatusCode >= http.StatusBadRequest:
		var failure guardianFailure
		_ = json.Unmarshal(body, &failure) // a fault may have put anything there
		return &tenantRefusal{response.StatusCode, failure.ErrorCode}
	case out == nil:
		return nil
	}
	if err := json.Unmarshal(body, out); err != nil {
		return unreadableAnswer()
	}
	return nil
}

// tenantRefusal is a 4xx of the Guardian service.
type tenantRefusal struct {
	status int
	code   string // errorCode, may be empty
}

func (r *tenantRefusal) Error() string {
	return fmt.Sprintf("the tenant refused with status %d %s", r.status, r.code)
}

// As makes a refusal a conflict for whoever asked for it.
func (r *tenantRefusal) As(target any) bool {
	refused, ok := target.(**controlError)
	if ok {
		*refused = &controlError{http.StatusConflict, r.Error()}
	}
	return ok
}

// refusedForGood reports whether the tenant knows nothing of what the call was
// about, so that repeating it is pointless. Too many requests (429) are not that.
func refusedForGood(err error) bool {
	var refusal *tenantRefusal
	return errors.As(err, &refusal) && refusal.status != http.StatusTooManyRequests
}

// unknownToTenant reports whether what the call was about is gone there.
func unknownToTenant(err error) bool {
	var refusal *tenantRefusal
	return errors.As(err, &refusal) && refusal.status == http.StatusNotFound
}

func unreadableAnswer() error {
	return &controlError{http.StatusBadGateway, "the tenant's answer cannot be read"}
}

func noSuchPhone() error { return &controlError{http.StatusNotFound, "there is no such phone"} }

func conflict(text string) error { return &controlError{http.StatusConflict, text} }
