package emulator

import (
	"encoding/json"
	"net/http"
	"time"
)

// faultJSON is the body of POST /control/faults. A body that is a JSON string is
// sent as it stands, everything else as JSON.
type faultJSON struct {
	Match   string            `json:"match"`
	Status  int               `json:"status,omitempty"`
	Body    json.RawMessage   `json:"body,omitempty"`
	Headers map[string]string `json:"headers,omitempty"`
	Delay   string            `json:"delay,omitempty"` // a Go duration
	Drop    bool              `json:"drop,omitempty"`
	After   bool              `json:"after,omitempty"` // the tenant does the work first
	Times   int               `json:"times,omitempty"` // 0: until cleared
}

// controlAddFault arms a fault and answers with what it has understood.
func (e *Emulator) controlAddFault(r *http.Request) (int, any, error) {
	var body faultJSON
	if err := decodeStrict(r, &body); err != nil {
		return 0, nil, err
	}
	if err := e.armFault(body); err != nil {
		return 0, nil, err
	}
	return http.StatusCreated, body, nil
}

func (e *Emulator) controlClearFaults(*http.Request) (int, any, error) {
	e.clearFaults()
	return http.StatusNoContent, nil, nil
}

// clearFaults disarms all faults; requests that a fault holds up already stay
// held up.
func (e *Emulator) clearFaults() {
	e.s.mu.Lock()
	defer e.s.mu.Unlock()
	e.s.faults = nil
}

// armFault checks a fault and makes it happen from now on.
func (e *Emulator) armFault(body faultJSON) error {
	f := fault{
		Match: body.Match, Status: body.Status, Header: body.Headers, Body: body.Body,
		Drop: body.Drop, After: body.After, Times: body.Times,
	}
	// A JSON string stands for its text, so that HTML and broken JSON can be sent.
	var text string
	if json.Unmarshal(body.Body, &text) == nil {
		f.Body = []byte(text)
	}
	if body.Delay != "" {
		d, err := time.ParseDuration(body.Delay)
		if err != nil {
			return badRequest("delay must be a duration like 2s or 500ms")
		}
		f.Delay = d
	}
	e.s.mu.Lock()
	defer e.s.mu.Unlock()
	return e.addFault(f)
}
