package metrics_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"mysecurity/internal/metrics"
)

func scrape(t *testing.T, m *metrics.Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody))
	if w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	return w.Body.String()
}

// TestNothingShared: two processes' worth of metrics live side by side, and each
// shows what was counted by it alone.
func TestNothingShared(t *testing.T) {
	one, other := metrics.New("1"), metrics.New("2")
	one.SignedIn()
	if text := scrape(t, one); !strings.Contains(text, "mysecurity_sign_ins_total 1\n") {
		t.Error(text)
	}
	if text := scrape(t, other); !strings.Contains(text, "mysecurity_sign_ins_total 0\n") || !strings.Contains(text, `version="2"`) {
		t.Error(text)
	}
}

// TestFolding (SL-13): what a client chooses is folded into a few words, and a
// clock that is set back makes no sum fall.
func TestFolding(t *testing.T) {
	m := metrics.New("1")
	for _, method := range []string{"BREW", "get", "head", "", "canary\n"} {
		m.Request("/add", method, 200, time.Millisecond)
	}
	m.Request("/add", http.MethodGet, 0, -time.Hour)
	m.Request("/add", http.MethodGet, 999, -time.Hour)
	m.Request("/add", http.MethodGet, 599, 3*time.Second)
	text := scrape(t, m)
	for _, line := range []string{
		`mysecurity_request_duration_seconds_count{method="other",route="/add",status="2xx"} 5`,
		`mysecurity_request_duration_seconds_count{method="GET",route="/add",status="other"} 2`,
		`mysecurity_request_duration_seconds_sum{method="GET",route="/add",status="other"} 0`,
		`mysecurity_request_duration_seconds_bucket{method="GET",route="/add",status="5xx",le="2.5"} 0`,
		`mysecurity_request_duration_seconds_bucket{method="GET",route="/add",status="5xx",le="5"} 1`,
	} {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("%s is missing", line)
		}
	}
	if strings.Contains(text, "canary") || strings.Contains(text, "BREW") {
		t.Error("a client's method is a label")
	}
}

// TestStoreInTrouble: what cannot be looked up is left out, is told, and hides
// nothing.
func TestStoreInTrouble(t *testing.T) {
	m := metrics.New("1")
	var failure error
	metrics.WatchStore(m, func() (int64, map[string]int, error) {
		return 4096, map[string]int{"sessions": 3}, failure
	})
	m.WatchCalls(func() int { return 2 })
	sound := scrape(t, m)
	failure = errors.New("canary")
	ill := scrape(t, m)
	for _, line := range []string{"mysecurity_store_up 1\n", "mysecurity_store_bytes 4096\n", `mysecurity_store_records{bucket="sessions"} 3` + "\n"} {
		if !strings.Contains(sound, line) || strings.Contains(ill, line) {
			t.Errorf("%q: %v, in trouble %v", line, strings.Contains(sound, line), strings.Contains(ill, line))
		}
	}
	if !strings.Contains(ill, "mysecurity_store_up 0\n") || !strings.Contains(ill, "mysecurity_upstream_calls_in_flight 2\n") || strings.Contains(ill, "canary") {
		t.Error(ill)
	}
}

// TestCountersBeginAtZero: what was never counted stands at 0, so that the first
// event is a step.
func TestCountersBeginAtZero(t *testing.T) {
	m := metrics.New("1")
	m.GivenUp("busy")
	text := scrape(t, m)
	for _, line := range []string{
		`mysecurity_upstream_calls_given_up_total{reason="busy"} 1`, `mysecurity_upstream_calls_given_up_total{reason="circuit open"} 0`,
		`mysecurity_upstream_calls_given_up_total{reason="canceled"} 0`,
		`mysecurity_enrolments_total{kind="app"} 0`, `mysecurity_enrolments_total{kind="push"} 0`,
		`mysecurity_removals_total{kind="phone"} 0`, `mysecurity_removals_total{kind="email"} 0`,
		`mysecurity_refusals_total{kind="no-second-step"} 0`, `mysecurity_refusals_total{kind="forged"} 0`,
	} {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("%s is missing", line)
		}
	}
}
