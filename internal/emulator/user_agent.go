package emulator

import "strings"

// agentMark is a word of the User-Agent header and what it says.
type agentMark struct{ mark, name string }

// parseUserAgent names the browser and the operating system in a User-Agent
// header, as far as a person needs it to recognise their own window. Most
// browsers also name those that they imitate, so the order matters.
func parseUserAgent(header string) (browser, system string) {
	browser = firstMark(header, []agentMark{
		{"Edg", "Edge"},
		{"OPR/", "Opera"},
		{"Firefox/", "Firefox"},
		{"FxiOS/", "Firefox"},
		{"Chrome/", "Chrome"},
		{"CriOS/", "Chrome"},
		{"Safari/", "Safari"},
	})
	system = firstMark(header, []agentMark{
		{"Windows", "Windows"},
		{"Android", "Android"},
		{"iPhone", "iOS"},
		{"iPad", "iPadOS"},
		{"CrOS", "ChromeOS"},
		{"Mac OS X", "macOS"},
		{"Linux", "Linux"},
	})
	return browser, system
}

func firstMark(header string, marks []agentMark) string {
	for _, m := range marks {
		if strings.Contains(header, m.mark) {
			return m.name
		}
	}
	return "unknown"
}
