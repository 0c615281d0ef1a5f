package emulator

import (
	"net/url"
	"strconv"
	"testing"
	"time"
)

// TestMeteredAnswers: answers of the token endpoint and the MFA API, good and bad,
// carry the rate limit counted down by the minute, and an id.
func TestMeteredAnswers(t *testing.T) {
	w := newWorld(t)
	w.e.clock.Advance(20 * time.Second)
	token, ids := w.accessToken(ada, allScopes), map[string]bool{}
	want := func(name string, a answer, left int, reset time.Time) {
		t.Helper()
		for header, value := range map[string]string{
			"X-RateLimit-Limit": "300", "X-RateLimit-Remaining": strconv.Itoa(left),
			"X-RateLimit-Reset": strconv.FormatInt(reset.Unix(), 10),
		} {
			if got := a.header.Get(header); got != value {
				t.Errorf("%s: %s %q, want %q", name, header, got, value)
			}
		}
		id := a.header.Get("X-Auth0-RequestId")
		if len(id) != 20 || ids[id] {
			t.Errorf("%s: request id %q", name, id)
		}
		ids[id] = true
	}
	minute := worldTime.Add(time.Minute)
	want("token", w.grant(grantTypeMFAOTP, url.Values{}), 299, minute)
	want("associate", w.associate(token), 298, minute)
	want("list", w.do("GET", "/mfa/authenticators", "", bearerToken(token)), 297, minute)
	want("delete, refused", w.do("DELETE", "/mfa/authenticators/x", ""), 296, minute)
	want("challenge, malformed", w.do("POST", "/mfa/challenge", "%"), 295, minute)
	w.e.clock.Advance(40 * time.Second)
	want("next minute", w.associate(token), 299, minute.Add(time.Minute))
	for range quotaPerMinute {
		w.associate("")
	}
	want("used up, not refused", w.do("GET", "/mfa/authenticators", "", bearerToken(token)), 0, minute.Add(time.Minute))
	if got := w.do("GET", "/userinfo", "").header.Get("X-RateLimit-Limit"); got != "" {
		t.Errorf("userinfo: %q", got)
	}
}
