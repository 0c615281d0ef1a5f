package emulator

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"
)

// run is what the tenant says to n requests in a row.
func (w *world) run(n int, method, path string, edits ...func(*http.Request)) []answer {
	w.t.Helper()
	answers := make([]answer, n)
	for i := range answers {
		answers[i] = w.do(method, path, "", edits...)
	}
	return answers
}

// TestChaosIsRepeatable (EM-12): the same seed does the same to the same
// requests, another one something else, and without chaos nothing moves.
func TestChaosIsRepeatable(t *testing.T) {
	w := newWorld(t)
	bodies := func(seed any) string {
		if a := w.api("POST", "/control/chaos", map[string]any{"seed": seed}); a.status != http.StatusCreated || a.json["seed"] == nil {
			t.Fatalf("chaos: %v", a)
		}
		var all strings.Builder
		for _, a := range w.run(20, "GET", "/.well-known/openid-configuration") {
			fmt.Fprintln(&all, a.status, a.body)
		}
		return all.String()
	}
	first := bodies(7)
	if bodies(7) != first {
		t.Error("the same seed did something else")
	}
	if bodies(8) == first || bodies(nil) == first {
		t.Error("another seed did the same")
	}
	if a := w.do("DELETE", "/control/chaos", ""); a.status != http.StatusNoContent {
		t.Errorf("stop: %v", a)
	}
	steady := w.run(2, "GET", "/.well-known/openid-configuration")
	if steady[0].body != steady[1].body || strings.Contains(steady[0].body, "chaos_") {
		t.Errorf("still unsteady: %v", steady)
	}
	for _, body := range []string{`{"seed":-1}`, `{"seed":4294967296}`, `{"seed":"x"}`, `{"sed":1}`} {
		if a := w.do("POST", "/control/chaos", body); a.status != http.StatusBadRequest {
			t.Errorf("%s: %v", body, a)
		}
	}
}

// TestChaosIsBearable (EM-12): about one read in a hundred meets a 503, never two
// in a row; nothing that changes something does, no page and no document.
func TestChaosIsBearable(t *testing.T) {
	w := newWorld(t)
	token := w.accessToken(ada, allScopes)
	w.e.setChaos(1)
	w.e.chaos.count = 0
	ill, before := 0, false
	for range 3000 {
		d, _ := w.e.chaos.throw(&http.Request{Method: http.MethodGet, URL: &url.URL{Path: "/mfa/authenticators"}}, worldTime)
		if d.ill && before {
			t.Fatal("twice in a row")
		}
		if before = d.ill; d.ill {
			ill++
		}
		if d.delay > maxChaosDelay || d.rotate {
			t.Fatalf("%+v", d)
		}
		for _, spared := range []http.Request{
			{Method: http.MethodPost, URL: &url.URL{Path: "/mfa/associate"}},
			{Method: http.MethodDelete, URL: &url.URL{Path: "/mfa/authenticators/x"}},
			{Method: http.MethodPost, URL: &url.URL{Path: "/oauth/token"}},
			{Method: http.MethodGet, URL: &url.URL{Path: "/.well-known/jwks.json"}},
		} {
			if d, _ := w.e.chaos.throw(&spared, worldTime); d.ill || d.rotate {
				t.Fatalf("%s %s: %+v", spared.Method, spared.URL, d)
			}
		}
	}
	if ill < 10 || ill > 60 {
		t.Errorf("%d of 3000 reads", ill)
	}
	w.e.setChaos(1)
	seen := map[int]int{}
	for _, a := range w.run(60, "GET", "/mfa/authenticators", bearerToken(token)) {
		seen[a.status]++
	}
	if seen[200]+seen[503] != 60 || seen[200] < 50 {
		t.Errorf("statuses %v", seen)
	}
}

// TestChaosRotatesKeys (EM-12): before a sign-in, and not faster than clients may
// read the key set again.
func TestChaosRotatesKeys(t *testing.T) {
	w := newWorld(t)
	signIn, rotations := &http.Request{Method: http.MethodGet, URL: &url.URL{Path: "/authorize"}}, 0
	w.e.setChaos(3)
	for i := range 400 {
		if d, _ := w.e.chaos.throw(signIn, worldTime.Add(time.Duration(i)*time.Second)); d.rotate {
			rotations++
		}
	}
	if rotations < 4 || rotations > 9 { // 400 seconds
		t.Errorf("%d rotations", rotations)
	}
	kids := func() string {
		set, err := w.e.keys.set()
		if err != nil {
			t.Fatal(err)
		}
		return set.Keys[0].KeyID
	}
	before := kids()
	w.e.setChaos(3)
	w.run(40, "GET", "/authorize")
	if kids() == before {
		t.Error("the keys are the same")
	}
}

// TestShake: what was said is still said, whatever comes with it.
func TestShake(t *testing.T) {
	const text = `{"a":1,"b":[{"c":"<é>","d":null},2.50],"e":{"f":true},"g":12345678901234567890}`
	orders := map[string]bool{}
	for i := range uint64(50) {
		shaken := shake([]byte(text), rand.New(rand.NewPCG(1, i)))
		orders[string(shaken)] = true
		if got, want := plain(t, shaken), plain(t, []byte(text)); !reflect.DeepEqual(got, want) {
			t.Fatalf("%s became %s", text, shaken)
		}
	}
	if len(orders) < 40 {
		t.Errorf("only %d ways to say it", len(orders))
	}
	for _, kept := range []string{"", "<html>", "{", `"text`} {
		if got := shake([]byte(kept), rand.New(rand.NewPCG(1, 1))); string(got) != kept {
			t.Errorf("%q became %q", kept, got)
		}
	}
}

// plain is a JSON text without the members that chaos adds.
func plain(t *testing.T, text []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return withoutExtras(v)
}

func withoutExtras(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			if strings.HasPrefix(name, "chaos_") {
				delete(v, name)
				continue
			}
			v[name] = withoutExtras(member)
		}
	case []any:
		for i := range v {
			v[i] = withoutExtras(v[i])
		}
	}
	return v
}

// A fault stays as it was armed, and a reset brings back what the start had.
func TestChaosBesideFaultsAndReset(t *testing.T) {
	w := newWorld(t)
	w.e.setChaos(1)
	w.fault(map[string]any{"match": "GET /userinfo", "status": 418, "body": map[string]any{"a": 1, "b": 2, "c": 3}})
	for _, a := range w.run(20, "GET", "/userinfo") {
		if a.status != 418 || a.body != `{"a":1,"b":2,"c":3}` {
			t.Fatalf("%v", a)
		}
	}
	w.do("DELETE", "/control/faults", "")
	ill := func() (n int) {
		w.e.setChaos(1)
		for _, a := range w.run(120, "GET", "/mfa/authenticators") {
			if a.status == http.StatusServiceUnavailable {
				n++
			}
		}
		return n
	}
	if ill() == 0 {
		t.Error("nothing goes wrong by itself")
	}
	w.fault(map[string]any{"match": "DELETE /mfa/authenticators/x", "status": 503})
	if n := ill(); n != 0 {
		t.Errorf("%d answers of chaos while a fault is armed", n)
	}
	w.do("POST", "/control/reset", "")
	if _, on := w.e.Chaos(); on {
		t.Error("a reset leaves it on")
	}
	seed := uint32(5)
	w.e.initial = &seed
	w.do("POST", "/control/reset", "")
	if got, on := w.e.Chaos(); !on || got != 5 {
		t.Errorf("after a reset: %d %v", got, on)
	}
}

func TestConsoleChaos(t *testing.T) {
	w := newWorld(t)
	doc := w.submit("/console/faults", url.Values{"chaos": {"on"}, "seed": {"42"}})
	if seed, on := w.e.Chaos(); !on || seed != 42 || doc.Find(`output[aria-label=Seed]`).Text() != "42" {
		t.Errorf("seed %d %v", seed, on)
	}
	w.refused("/console/faults", url.Values{"chaos": {"on"}, "seed": {"much"}}, http.StatusUnprocessableEntity)
	doc = w.submit("/console/faults", url.Values{"chaos": {"off"}})
	if _, on := w.e.Chaos(); on || doc.Find("output").Length() != 0 {
		t.Error("still on")
	}
	w.submit("/console/faults", url.Values{"chaos": {"on"}, "seed": {""}})
	if _, on := w.e.Chaos(); !on {
		t.Error("not on")
	}
}
