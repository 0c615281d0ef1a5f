package web_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestFailureShownByAForm: what goes out as 422, so that htmx swaps it in or the
// attempt stays on the page, is logged and counted as the failure that it is.
func TestFailureShownByAForm(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{})
	_, b := p.person()
	key := b.start()
	wrong := b.wrong(key)
	b.startPhone()
	p.later(time.Minute) // until the next message may be sent
	p.fault(`{"match":"POST /mfa/associate","status":500}`)
	p.fault(`{"match":"POST /oauth/token","drop":true}`)
	b.wantStatus(b.post("add/push", nil, append(htmx(), "User-Agent", "boxed")...), http.StatusUnprocessableEntity)
	b.wantStatus(b.post("add/push", nil, "User-Agent", "whole"), http.StatusBadGateway)
	b.wantStatus(b.confirm(wrong, append(htmx(), "User-Agent", "unchecked")...), http.StatusUnprocessableEntity)
	b.wantStatus(b.post("add/phone/resend", nil, append(htmx(), "User-Agent", "unsent")...), http.StatusUnprocessableEntity)
	p.heal()
	b.wantStatus(b.confirm(wrong, append(htmx(), "User-Agent", "mistaken")...), http.StatusUnprocessableEntity)
	b.get("add/app") // on the same connection: the record before it has been written

	for agent, want := range map[string][]string{
		"boxed":     {`"level":"ERROR"`, `"status":502,`, `"sent":422,`, `"error":"not-done`},
		"whole":     {`"level":"ERROR"`, `"status":502,`, `"error":"not-done`},
		"unchecked": {`"level":"ERROR"`, `"status":502,`, `"sent":422,`, `"error":"not-done`},
		"unsent":    {`"level":"ERROR"`, `"status":502,`, `"sent":422,`, `"error":"not-done`},
		"mistaken":  {`"level":"INFO"`, `"status":422,`},
	} {
		record := p.record(`"agent":"` + agent + `"`)
		for _, part := range want {
			if !strings.Contains(record, part) {
				t.Errorf("%s: no %s in %s", agent, part, record)
			}
		}
		if sent := len(want) == 4; strings.Contains(record, `"sent"`) != sent {
			t.Errorf("%s: %s", agent, record)
		}
	}
	const requests = "mysecurity_request_duration_seconds_count"
	p.wantSamples(map[string]string{
		requests + `{method="POST",route="/add/push",status="5xx"}`:        "2",
		requests + `{method="POST",route="/add/push",status="4xx"}`:        "",
		requests + `{method="POST",route="/add/app/confirm",status="5xx"}`: "1",
		requests + `{method="POST",route="/add/app/confirm",status="4xx"}`: "1",
	})
}
