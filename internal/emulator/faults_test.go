package emulator

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func (w *world) fault(body map[string]any) {
	w.t.Helper()
	if a := w.api("POST", "/control/faults", body); a.status != http.StatusCreated {
		w.t.Fatalf("fault: %v", a)
	}
}

func TestFaultAnswer(t *testing.T) {
	w := newWorld(t)
	w.fault(map[string]any{"match": "GET /userinfo", "status": 503, "body": map[string]string{"a": "b"}, "headers": map[string]string{"Retry-After": "7"}, "times": 2})
	for range 2 {
		a := w.do("GET", "/userinfo", "")
		if a.status != 503 || a.body != `{"a":"b"}` || a.header.Get("Retry-After") != "7" || a.header.Get(markerHeader) != "1" {
			t.Errorf("fault: %v %v", a, a.header)
		}
	}
	if a := w.do("GET", "/userinfo", ""); a.status != http.StatusUnauthorized {
		t.Errorf("the third time: %v", a)
	}
}

func TestFaultMatch(t *testing.T) {
	for _, c := range []struct {
		match, method, path string
		want                bool
	}{
		{"GET /mfa/authenticators", "GET", "/mfa/authenticators", true},
		{"GET /mfa/authenticators", "GET", "/mfa/authenticators?x=1", true},
		{"GET /mfa/authenticators", "DELETE", "/mfa/authenticators", false},
		{"GET /mfa/authenticators", "GET", "/mfa/authenticators/x", false},
		{"DELETE /mfa/authenticators/*", "DELETE", "/mfa/authenticators/totp%7Cdev_x", true},
		{"DELETE /mfa/authenticators/totp|dev_x", "DELETE", "/mfa/authenticators/totp%7Cdev_x", true},
		{"POST /*", "POST", "/oauth/token", true},
		{"POST /*", "POST", "/control/clock", false},
	} {
		w := newWorld(t)
		w.fault(map[string]any{"match": c.match, "status": 599, "body": "text"})
		a := w.do(c.method, c.path, "")
		if got := a.status == 599; got != c.want || c.want && a.body != "text" {
			t.Errorf("%q on %s %s: %v", c.match, c.method, c.path, a)
		}
	}
}

func TestFaultsInOrderAndCleared(t *testing.T) {
	w := newWorld(t)
	w.fault(map[string]any{"match": "GET /userinfo", "status": 501, "times": 1})
	w.fault(map[string]any{"match": "GET /userinfo", "status": 502})
	for _, want := range []int{501, 502, 502} {
		if a := w.do("GET", "/userinfo", ""); a.status != want {
			t.Errorf("%v, want %d", a, want)
		}
	}
	if a := w.do("DELETE", "/control/faults", ""); a.status != http.StatusNoContent {
		t.Errorf("clear: %v", a)
	}
	if a := w.do("GET", "/userinfo", ""); a.status != http.StatusUnauthorized {
		t.Errorf("after clearing: %v", a)
	}
	for range maxFaults {
		w.fault(map[string]any{"match": "GET /x", "status": 500})
	}
	if a := w.api("POST", "/control/faults", map[string]any{"match": "GET /x", "status": 500}); a.status != http.StatusBadRequest {
		t.Errorf("unbounded: %v", a)
	}
}

// TestFaultAfter: the tenant does the work and its answer is lost.
func TestFaultAfter(t *testing.T) {
	w := newWorld(t)
	token := w.accessToken(ada, allScopes)
	w.fault(map[string]any{"match": "POST /mfa/associate", "status": 504, "after": true, "times": 1})
	if a := w.associate(token); a.status != 504 {
		t.Errorf("answer: %v", a)
	}
	if n := len(w.enrolled(ada)); n != 2 {
		t.Errorf("%d entries: the work was not done", n)
	}
}

// TestFaultDropAndDelay needs a real connection.
func TestFaultDropAndDelay(t *testing.T) {
	w := newWorld(t)
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		r.Host = "localhost:8081"
		w.e.ServeHTTP(rw, r)
	}))
	defer server.Close()
	get := func(ctx context.Context) (int, error) {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/userinfo", nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := server.Client().Do(r)
		if err != nil {
			return 0, err
		}
		defer answer.Body.Close()
		_, err = io.Copy(io.Discard, answer.Body)
		return answer.StatusCode, err
	}

	w.fault(map[string]any{"match": "GET /userinfo", "drop": true, "times": 1})
	// net/http repeats a GET on a reused connection that breaks, so this must be
	// the first request.
	if status, err := get(t.Context()); err == nil {
		t.Errorf("drop: status %d", status)
	}

	w.fault(map[string]any{"match": "GET /userinfo", "delay": "20ms", "times": 1})
	began := time.Now()
	if status, err := get(t.Context()); err != nil || status != http.StatusUnauthorized || time.Since(began) < 20*time.Millisecond {
		t.Errorf("delay: %d %v after %v", status, err, time.Since(began))
	}

	w.fault(map[string]any{"match": "GET /userinfo", "delay": "2m", "times": 1})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := get(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a client that gives up: %v", err)
	}
	// server.Close would hang if the handler still waited.
}

func TestRequestsRecord(t *testing.T) {
	w := newWorld(t)
	token := w.accessToken(bruno, allScopes)
	w.do("GET", "/mfa/authenticators?access_token=canary", "", bearerToken(token))
	w.e.clock.Advance(time.Hour)
	w.do("DELETE", "/mfa/authenticators/totp%7Cdev_aaaaaaaaaaaaaaaa", "", bearerToken(token))
	w.do("GET", "/u/0123456789abcdef0123456789abcdef", "")
	w.fault(map[string]any{"match": "POST /mfa/associate", "status": 503, "times": 1})
	w.do("POST", "/mfa/associate", "")
	w.do("GET", "/console", "")

	all := w.do("GET", "/control/requests", "")
	for _, secret := range []string{"canary", "dev_", "0123456789abcdef", token} {
		if strings.Contains(all.body, secret) {
			t.Errorf("the record has %q: %s", secret, all.body)
		}
	}
	got := list[recordedRequest](t, all)
	want := []recordedRequest{
		{worldTime, "GET", "/mfa/authenticators", 200},
		{worldTime.Add(time.Hour), "DELETE", "/mfa/authenticators/{id}", 401},
		{worldTime.Add(time.Hour), "GET", "/u/{id}", 404},
		{worldTime.Add(time.Hour), "POST", "/mfa/associate", 503},
	}
	if len(got) != len(want) {
		t.Fatalf("%v", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("record %d: %+v, want %+v", i, got[i], want[i])
		}
	}
	since := "?since=" + worldTime.Add(time.Hour).Format(time.RFC3339)
	if late := list[recordedRequest](t, w.do("GET", "/control/requests"+since, "")); len(late) != 3 {
		t.Errorf("since: %v", late)
	}
}

func TestRequestsBounded(t *testing.T) {
	var list []int
	for i := range 10_000 {
		list = appendBounded(list, i, maxRequests)
	}
	if len(list) > 2*maxRequests || len(list) < maxRequests || list[len(list)-1] != 9999 {
		t.Errorf("%d entries, last %d", len(list), list[len(list)-1])
	}
}
