package auth0

import (
	"bytes"
	"encoding/json"
	"errors"
	"unicode/utf8"
)

// object is a JSON object by exact member names. encoding/json matches struct
// fields regardless of case, which would let "SUB" stand in for "sub".
type object map[string]json.RawMessage

// has reports whether the member is there, even as null.
func (o object) has(name string) bool { _, ok := o[name]; return ok }

// text returns a member that is a string.
func (o object) text(name string) (string, bool) {
	var s *string
	if json.Unmarshal(o[name], &s) != nil || s == nil {
		return "", false
	}
	return *s, true
}

// number returns a member that is a number.
func (o object) number(name string) (float64, bool) {
	var n *float64
	if json.Unmarshal(o[name], &n) != nil || n == nil {
		return 0, false
	}
	return *n, true
}

// flag reports a member that is true itself, not a word or a number for it.
func (o object) flag(name string) bool { return string(o[name]) == "true" }

// texts returns a member that is an array of strings.
func (o object) texts(name string) ([]string, bool) {
	var list []*string
	if json.Unmarshal(o[name], &list) != nil || list == nil {
		return nil, false
	}
	out := make([]string, 0, len(list))
	for _, s := range list {
		if s == nil {
			return nil, false
		}
		out = append(out, *s)
	}
	return out, true
}

var errJSON = errors.New("auth0: not one JSON object with unique names")

// maxDepth bounds nesting; the deepest document we read has three levels.
const maxDepth = 32

// parseObject reads one JSON object the way a decision about identity needs it:
// valid UTF-8 (or two subjects could become one in U+FFFD), nothing behind it,
// and no name twice at any level, where the standard parser takes the last.
func parseObject(data []byte) (object, error) {
	var o object
	if !utf8.Valid(data) || json.Unmarshal(data, &o) != nil || o == nil {
		return nil, errJSON
	}
	if !uniqueNames(json.NewDecoder(bytes.NewReader(data)), maxDepth) {
		return nil, errJSON
	}
	return o, nil
}

// uniqueNames walks one value that is known to be well-formed.
func uniqueNames(dec *json.Decoder, depth int) bool {
	token, err := dec.Token()
	if err != nil || depth == 0 {
		return false
	}
	open, isDelim := token.(json.Delim)
	if !isDelim {
		return true
	}
	seen := make(map[any]struct{})
	for dec.More() {
		if open == '{' {
			name, err := dec.Token()
			if _, twice := seen[name]; twice || err != nil {
				return false
			}
			seen[name] = struct{}{}
		}
		if !uniqueNames(dec, depth-1) {
			return false
		}
	}
	_, err = dec.Token() // the closing bracket
	return err == nil
}
