package emulator

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// messageJSON is a sent message in answers of the control API.
type messageJSON struct {
	Channel string    `json:"channel"` // sms, voice or email
	To      string    `json:"to"`
	Code    string    `json:"code"`
	Text    string    `json:"text"`
	SentAt  time.Time `json:"sent_at"`
}

// controlMessages lists what was sent, newest first: everything, or what went to
// one number or address. A plus sign that nobody has escaped arrives as a space.
func (e *Emulator) controlMessages(r *http.Request) (int, any, error) {
	query := r.URL.Query()
	to := query.Get("to")
	if number, unescaped := strings.CutPrefix(to, " "); unescaped {
		to = "+" + number
	}
	e.s.mu.Lock()
	defer e.s.mu.Unlock()
	list := []messageJSON{}
	for _, m := range e.messagesTo(func(address string) bool { return !query.Has("to") || strings.EqualFold(address, to) }) {
		list = append(list, messageJSON{m.Channel, m.To, m.Code, m.Text, m.At.UTC()})
	}
	return http.StatusOK, list, nil
}

// messagesTo returns the messages to the wanted numbers and addresses, newest
// first. The caller holds the store's lock.
func (e *Emulator) messagesTo(wanted func(to string) bool) []message {
	list := []message{}
	for _, m := range slices.Backward(e.s.messages) {
		if wanted(m.To) {
			list = append(list, m)
		}
	}
	return list
}
