package emulator

import (
	"bytes"
	"encoding/json"
	"math/rand/v2" //nolint:depguard // chaos has to be repeatable by its seed, and guards nothing
	"mime"
	"net/http"
	"slices"
	"strconv"
)

// shakenAnswer holds a JSON answer back until it is complete and sends it with
// its members in another order and with members that no document names, as an
// API may do from one day to the next (RFC 8259 section 4). All else passes.
type shakenAnswer struct {
	http.ResponseWriter
	words  *rand.Rand
	status int // 0: nothing was written yet
	held   bool
	body   bytes.Buffer
}

func (s *shakenAnswer) WriteHeader(status int) {
	if s.status != 0 {
		return
	}
	s.status = status
	kind, _, _ := mime.ParseMediaType(s.Header().Get("Content-Type"))
	if s.held = kind == "application/json"; s.held {
		s.Header().Del("Content-Length")
		return
	}
	s.ResponseWriter.WriteHeader(status)
}

func (s *shakenAnswer) Write(p []byte) (int, error) {
	s.WriteHeader(http.StatusOK)
	if s.held {
		return s.body.Write(p)
	}
	return s.ResponseWriter.Write(p)
}

// finish sends what was held back.
func (s *shakenAnswer) finish() {
	if !s.held {
		return
	}
	s.ResponseWriter.WriteHeader(s.status)
	_, _ = s.ResponseWriter.Write(shake(s.body.Bytes(), s.words))
}

// shake rewrites a JSON text; anything else stays as it is.
func shake(text []byte, words *rand.Rand) []byte {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber() // every digit stays
	var value any
	if decoder.Decode(&value) != nil {
		return text
	}
	var out bytes.Buffer
	writeShaken(&out, value, words)
	return out.Bytes()
}

func writeShaken(out *bytes.Buffer, value any, words *rand.Rand) {
	switch v := value.(type) {
	case map[string]any:
		writeMembers(out, v, words)
	case []any:
		out.WriteByte('[')
		for i, entry := range v {
			if i > 0 {
				out.WriteString(", ")
			}
			writeShaken(out, entry, words)
		}
		out.WriteByte(']')
	default:
		text, _ := json.Marshal(v) // it was JSON a moment ago
		out.Write(text)
	}
}

func writeMembers(out *bytes.Buffer, members map[string]any, words *rand.Rand) {
	names := make([]string, 0, len(members)+1)
	for name := range members {
		names = append(names, name)
	}
	slices.Sort(names) // a map's own order has another seed
	extras := extraMembers(words)
	for name := range extras {
		if _, taken := members[name]; !taken {
			names = append(names, name)
		}
	}
	words.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	out.WriteByte('{')
	for i, name := range names {
		if i > 0 {
			out.WriteByte(',')
		}
		label, _ := json.Marshal(name)
		out.Write(label)
		out.WriteString(": ")
		if extra, ok := extras[name]; ok {
			out.WriteString(extra)
			continue
		}
		writeShaken(out, members[name], words)
	}
	out.WriteByte('}')
}

// extraMembers is at most one member that nobody asked for.
func extraMembers(words *rand.Rand) map[string]string {
	values := []string{"null", "true", "7.5e3", `"extra"`, `[]`, `{"nested":{"deeper":[1,{"id":"x"}]}}`}
	name, value := "chaos_"+strconv.Itoa(words.IntN(1000)), values[words.IntN(len(values))]
	if words.IntN(2) == 0 {
		return nil
	}
	return map[string]string{name: value}
}
