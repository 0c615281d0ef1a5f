package static

import (
	"strconv"
	"strings"
)

// accepts reports whether Accept-Encoding permits a coding (RFC 9110, section
// 12.5.3). A wildcard is not taken as a wish for compression.
func accepts(header []string, coding string) bool {
	for _, line := range header {
		for item := range strings.SplitSeq(line, ",") {
			name, params, _ := strings.Cut(item, ";")
			if strings.EqualFold(strings.TrimSpace(name), coding) {
				return weight(params) > 0
			}
		}
	}
	return false
}

// weight is the q parameter, 1 if it is absent and 0 if it cannot be read.
func weight(params string) float64 {
	key, value, found := strings.Cut(params, "=")
	if !found || !strings.EqualFold(strings.TrimSpace(key), "q") {
		return 1
	}
	q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if err != nil {
		return 0
	}
	return q
}
