package emulator

import (
	"net/http"
	"time"
)

// requestJSON is one request that the tenant was asked. Ids in the path are
// replaced; status 0 means that the connection was cut.
type requestJSON struct {
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
	list := []requestJSON{}
	for _, seen := range e.requestsSince(since) {
		list = append(list, requestJSON{seen.At.UTC(), seen.Method, seen.Path, seen.Status})
	}
	return http.StatusOK, list, nil
}
