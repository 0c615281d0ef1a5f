package emulator

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

const maxRequests = 1000

// recordedRequest is one request that the tenant was asked. Ids in the path are
// replaced; status 0 means that the connection was cut.
type recordedRequest struct {
	At     time.Time `json:"at"`
	Method string    `json:"method"`
	Path   string    `json:"path"`
	Status int       `json:"status"`
}

// controlRequests lists the requests at or after since, oldest first.
func (e *Emulator) controlRequests(r *http.Request) (int, any, error) {
	since, err := timeParameter(r.URL.Query(), "since")
	if err != nil {
		return 0, nil, err
	}
	e.s.mu.Lock()
	defer e.s.mu.Unlock()
	found := make([]recordedRequest, 0, len(e.s.requests))
	for _, asked := range e.s.requests {
		if !asked.At.Before(since) {
			found = append(found, asked)
		}
	}
	return http.StatusOK, found, nil
}

// recordMiddleware remembers what the tenant was asked, for tests that count
// calls. It keeps no query string, no body and no header: nothing in the record
// is secret. Console and control API leave no trace.
func (e *Emulator) recordMiddleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isOwnPath(r.URL.Path) {
			next.ServeHTTP(w, r)
			return
		}
		at, method, path := e.clock.Now().UTC(), r.Method, recordedPath(r.URL.Path)
		seen := &statusWriter{ResponseWriter: w}
		// Deferred, so that a request whose connection a fault cuts (by a panic)
		// is in the record as well, with status 0.
		defer func() {
			e.s.mu.Lock()
			defer e.s.mu.Unlock()
			e.s.requests = appendBounded(e.s.requests, recordedRequest{at, method, path, seen.status}, maxRequests)
		}()
		next.ServeHTTP(seen, r)
		if seen.status == 0 { // net/http answers 200 for a handler that wrote nothing
			seen.status = http.StatusOK
		}
	})
}

// isOwnPath reports whether the path belongs to the tester's side of the
// emulator and not to the tenant.
func isOwnPath(path string) bool {
	for _, own := range []string{"/control", "/console"} {
		if path == own || strings.HasPrefix(path, own+"/") {
			return true
		}
	}
	return false
}

// recordedPath replaces the segments of a path that may identify someone or open
// something: ids with a pipe, and whatever is long and has a digit in it.
func recordedPath(path string) string {
	const longest = 200
	segments := strings.Split(path[:min(len(path), longest)], "/")
	for i, s := range segments {
		if strings.Contains(s, "|") || strings.HasPrefix(s, "dev_") || len(s) >= 16 && strings.ContainsAny(s, "0123456789") {
			segments[i] = "{id}"
		}
	}
	return strings.Join(segments, "/")
}

// appendBounded appends and, now and then, forgets the oldest entries, so that
// at least the newest limit and never more than twice as many are kept.
func appendBounded[T any](list []T, entry T, limit int) []T {
	list = append(list, entry)
	if len(list) > 2*limit {
		list = slices.Clone(list[len(list)-limit:])
	}
	return list
}

// statusWriter remembers the status of the answer that passes through.
type statusWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader implements http.ResponseWriter.
func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (w *statusWriter) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
