package emulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
)

// Alphabets for randomString.
const (
	alphanumeric      = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	upperAlphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789" // recovery codes
	base32Alphabet    = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"     // TOTP secrets
	base64URLAlphabet = alphanumeric + "-_"
)

// oauthFailure is an error answer of the Authentication API. Without a code it is
// a status alone.
type oauthFailure struct {
	Status      int
	Code        string
	Description string
	Extra       map[string]any // further members, such as mfa_token
}

// fail makes an oauthFailure without extra members.
func fail(status int, code, description string) *oauthFailure {
	return &oauthFailure{Status: status, Code: code, Description: description}
}

// missing is the documented answer to an absent parameter.
func missing(name string) *oauthFailure {
	return fail(http.StatusBadRequest, "invalid_request", "Missing required parameter: "+name)
}

// write sends the failure as JSON.
func (f *oauthFailure) write(w http.ResponseWriter) {
	if f.Code == "" {
		w.WriteHeader(f.Status)
		return
	}
	body := map[string]any{"error": f.Code, "error_description": f.Description}
	for name, value := range f.Extra {
		body[name] = value
	}
	writeJSON(w, f.Status, body)
}

// oauthError sends an error of the Authentication API.
func oauthError(w http.ResponseWriter, status int, code, description string) {
	fail(status, code, description).write(w)
}

// writeJSON sends v. The caching rule is the one recorded on real answers of
// the token endpoint; every JSON answer may carry something confidential.
func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil { // only an unencodable type of ours can get here
		http.Error(w, "encoding failed", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "private, no-store, no-cache, must-revalidate, post-check=0, pre-check=0, no-transform")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// internalFailure logs a fault of the emulator itself and is the answer to it.
func (e *Emulator) internalFailure(err error) *oauthFailure {
	e.log.Error("emulator", "error", err)
	return fail(http.StatusInternalServerError, "server_error", "Internal error of the emulator")
}

// parameters are the members of a request body, form or JSON alike.
type parameters map[string][]string

// get returns the first value, or "".
func (p parameters) get(name string) string {
	if len(p[name]) == 0 {
		return ""
	}
	return p[name][0]
}

// require returns the failure for the first of the names that has no value.
func (p parameters) require(names ...string) *oauthFailure {
	for _, name := range names {
		if p.get(name) == "" {
			return missing(name)
		}
	}
	return nil
}

// params reads a form or JSON object body; JSON members may be strings, arrays
// of strings, numbers, booleans or null (which counts as absent).
func params(r *http.Request) (parameters, *oauthFailure) {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, unreadable(err)
	}
	switch kind {
	case "application/json":
		return jsonParams(body)
	case "application/x-www-form-urlencoded", "":
		values, err := url.ParseQuery(string(body))
		if err != nil {
			return nil, fail(http.StatusBadRequest, "invalid_request", "Malformed form body")
		}
		return parameters(values), nil
	default:
		return nil, fail(http.StatusBadRequest, "invalid_request", "Unsupported content type")
	}
}

func unreadable(err error) *oauthFailure {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return fail(http.StatusRequestEntityTooLarge, "invalid_request", "Request body too large")
	}
	return fail(http.StatusBadRequest, "invalid_request", "Unreadable request body")
}

func jsonParams(body []byte) (parameters, *oauthFailure) {
	bad := fail(http.StatusBadRequest, "invalid_request", "Malformed JSON body")
	var members map[string]any
	if err := json.Unmarshal(body, &members); err != nil {
		return nil, bad
	}
	p := make(parameters, len(members))
	for name, member := range members {
		items, isList := member.([]any)
		if !isList {
			items = []any{member}
		}
		for _, item := range items {
			switch v := item.(type) {
			case nil:
			case string:
				p[name] = append(p[name], v)
			case bool, float64:
				p[name] = append(p[name], fmt.Sprint(v))
			default:
				return nil, bad
			}
		}
	}
	return p, nil
}

// randomString returns n characters of the alphabet, unbiased. It panics when
// the source fails, as crypto/rand does: there is no tenant without randomness.
func randomString(source io.Reader, n int, alphabet string) string {
	limit := 256 - 256%len(alphabet) // bytes from here on would favour the first characters
	out := make([]byte, 0, n)
	buffer := make([]byte, n+n/4+1)
	for len(out) < n {
		if _, err := io.ReadFull(source, buffer); err != nil {
			panic(fmt.Errorf("emulator: random source: %w", err))
		}
		for _, b := range buffer {
			if int(b) < limit && len(out) < n {
				out = append(out, alphabet[int(b)%len(alphabet)])
			}
		}
	}
	return string(out)
}
