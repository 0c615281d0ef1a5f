package emulator

import (
	"math/rand/v2" //nolint:depguard // chaos has to be repeatable by its seed, and guards nothing
	"net/http"
	"strings"
	"sync"
	"time"
)

// chaos makes the tenant as unsteady as a real one may be, within what a sound
// client has to bear: small delays, now and then a 503 that asking again mends,
// JSON whose members move and multiply, keys that rotate. Everything follows from
// the seed and from how many requests came before, so that a run whose requests
// come in one order can be had again.
type chaos struct {
	mu      sync.Mutex
	on      bool
	seed    uint32
	count   uint64    // of requests since it was switched on
	spared  bool      // the last call that could have met a 503 did
	rotated time.Time // by the tenant's clock
}

// How often things happen, and how much.
const (
	chaosDelayOneIn  = 4
	maxChaosDelay    = 40 * time.Millisecond
	chaosIllOneIn    = 100
	chaosRotateOneIn = 5 // sign-ins
	// chaosRotateEvery leaves clients the time that they may space their readings
	// of the key set by; a real tenant rotates far less often.
	chaosRotateEvery = 45 * time.Second
)

// dice is what happens to one request.
type dice struct {
	delay  time.Duration
	ill    bool
	rotate bool
	words  *rand.Rand // for the answer's JSON
}

// setChaos begins anew with a seed.
func (e *Emulator) setChaos(seed uint32) {
	e.chaos.mu.Lock()
	defer e.chaos.mu.Unlock()
	e.chaos.on, e.chaos.seed, e.chaos.count, e.chaos.spared, e.chaos.rotated = true, seed, 0, false, time.Time{}
}

func (e *Emulator) stopChaos() {
	e.chaos.mu.Lock()
	defer e.chaos.mu.Unlock()
	e.chaos.on = false
}

// Chaos returns the seed, and whether the tenant is unsteady.
func (e *Emulator) Chaos() (uint32, bool) {
	e.chaos.mu.Lock()
	defer e.chaos.mu.Unlock()
	return e.chaos.seed, e.chaos.on
}

// throw decides what happens to a request.
func (c *chaos) throw(r *http.Request, now time.Time) (dice, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.on {
		return dice{}, false
	}
	c.count++
	luck := rand.New(rand.NewPCG(uint64(c.seed), c.count)) //nolint:gosec // repeatable on purpose
	d := dice{words: luck}
	if luck.IntN(chaosDelayOneIn) == 0 {
		d.delay = time.Duration(luck.Int64N(int64(maxChaosDelay)))
	}
	ill, rotate := luck.IntN(chaosIllOneIn) == 0, luck.IntN(chaosRotateOneIn) == 0
	if isReadCall(r) {
		d.ill = ill && !c.spared // never twice in a row: asking again helps
		c.spared = d.ill
	}
	if rotate && isSignIn(r) && now.Sub(c.rotated).Abs() >= chaosRotateEvery {
		d.rotate, c.rotated = true, now
	}
	return d, true
}

// isReadCall: calls of an API that change nothing, which clients may repeat. The
// documents and the pages are none.
func isReadCall(r *http.Request) bool {
	return r.Method == http.MethodGet && (strings.HasPrefix(r.URL.Path, "/mfa/") || r.URL.Path == "/userinfo")
}

// isSignIn: where keys may rotate. Between the answer with a token and the
// reading of the key set nobody could check that token any more.
func isSignIn(r *http.Request) bool { return r.URL.Path == "/authorize" }

// chaosMiddleware stands inside of the faults, so that those stay exact. For the
// same reason it lets nothing fail while some are armed: a story that counts calls
// is told as it was written.
func (e *Emulator) chaosMiddleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isOwnPath(r.URL.Path) {
			next.ServeHTTP(w, r)
			return
		}
		d, on := e.chaos.throw(r, e.clock.Now())
		switch {
		case !on:
			next.ServeHTTP(w, r)
		case !pause(r, d.delay):
		case d.ill && !e.arranged(r):
			oauthError(w, http.StatusServiceUnavailable, "temporarily_unavailable", "Chaos")
		default:
			e.unsettled(w, r, d, next)
		}
	})
}

// unsettled lets the tenant answer, and shakes what it says.
func (e *Emulator) unsettled(w http.ResponseWriter, r *http.Request, d dice, next http.Handler) {
	if d.rotate {
		if err := e.keys.rotate(); err != nil {
			e.internalFailure(err).write(w)
			return
		}
	}
	shaken := &shakenAnswer{ResponseWriter: w, words: d.words}
	next.ServeHTTP(shaken, r)
	shaken.finish()
}
