package emulator

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// fault is one thing that goes wrong on purpose: an answer given instead of the
// tenant's own, a delay, or a cut connection.
type fault struct {
	Match  string // "METHOD /path", or with a * at the end everything that begins so
	Status int    // 0: the tenant's own answer is given (after Delay)
	Header map[string]string
	Body   []byte
	Delay  time.Duration // real time, not the tenant's clock
	Drop   bool          // cut the connection instead of answering
	After  bool          // the tenant does the work first, and its answer is lost
	Times  int           // how often it still happens; 0 means until it is cleared
}

// Bounds of a fault, so that a slip of the pen cannot hang the tenant.
const (
	maxFaults     = 100
	maxFaultDelay = 2 * time.Minute
	maxFaultTimes = 1_000_000
)

// check reports what is wrong with a fault.
func (f *fault) check() error {
	_, path, _ := strings.Cut(f.Match, " ")
	switch {
	case !faultMatch.MatchString(f.Match):
		return fmt.Errorf("match must be %q, with a * at the end for everything that begins so", "METHOD /path")
	case isOwnPath(strings.TrimSuffix(path, "*")):
		return errors.New("the console and the control API have no faults")
	case f.Status != 0 && (f.Status < 200 || f.Status > 599):
		return errors.New("status must be 200 to 599")
	case f.Delay < 0 || f.Delay > maxFaultDelay:
		return fmt.Errorf("delay must be 0s to %s", maxFaultDelay)
	case f.Times < 0 || f.Times > maxFaultTimes:
		return fmt.Errorf("times must be 0 (always) to %d", maxFaultTimes)
	case f.Drop && f.Status != 0:
		return errors.New("a dropped connection has no status")
	case f.Status == 0 && (len(f.Body) > 0 || len(f.Header) > 0):
		return errors.New("body and headers need a status")
	case f.Status == 0 && !f.Drop && f.Delay == 0:
		return errors.New("the fault does nothing: give a status, a delay or drop")
	case f.After && f.Status == 0 && !f.Drop:
		return errors.New("after needs a status or drop")
	}
	return f.checkHeader()
}

// checkHeader keeps out what would break the answer's framing.
func (f *fault) checkHeader() error {
	for name, value := range f.Header {
		if !headerName.MatchString(name) || strings.ContainsAny(value, "\r\n\x00") {
			return errors.New("a header is malformed")
		}
	}
	return nil
}

var (
	faultMatch = regexp.MustCompile(`^[A-Z]+ /[^\s*]*\*?$`)
	headerName = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$") // a token of RFC 9110
)

// matches reports whether the fault is meant for the request.
func (f *fault) matches(r *http.Request) bool {
	asked := r.Method + " " + r.URL.Path
	if prefix, ok := strings.CutSuffix(f.Match, "*"); ok {
		return strings.HasPrefix(asked, prefix)
	}
	return asked == f.Match
}

// addFault arms a fault. The caller holds the store's lock.
func (e *Emulator) addFault(f fault) error {
	if err := f.check(); err != nil {
		return badRequest(err.Error())
	}
	if len(e.s.faults) >= maxFaults {
		return badRequest("there are too many faults already; clear some")
	}
	e.s.faults = append(e.s.faults, &f)
	return nil
}

// nextFault returns the oldest fault for the request, counts it down and drops
// it when it has happened often enough.
func (e *Emulator) nextFault(r *http.Request) (fault, bool) {
	if isOwnPath(r.URL.Path) {
		return fault{}, false
	}
	e.s.mu.Lock()
	defer e.s.mu.Unlock()
	for i, f := range e.s.faults {
		if !f.matches(r) {
			continue
		}
		found := *f
		if f.Times == 1 {
			e.s.faults = append(e.s.faults[:i:i], e.s.faults[i+1:]...)
		} else if f.Times > 1 {
			f.Times--
		}
		return found, true
	}
	return fault{}, false
}

// faultMiddleware lets armed faults happen. It stands outside the routes, so
// that a fault hits unknown paths and wrong methods too.
func (e *Emulator) faultMiddleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f, ok := e.nextFault(r)
		if !ok {
			next.ServeHTTP(w, r)
			return
		}
		r = r.WithContext(context.WithValue(r.Context(), metFault{}, true))
		if f.After {
			next.ServeHTTP(lostAnswer{http.Header{}}, r)
		}
		if !pause(r, f.Delay) {
			return
		}
		switch {
		case f.Drop:
			panic(http.ErrAbortHandler) // net/http cuts the connection, on HTTP/1.1 and HTTP/2
		case f.Status != 0:
			f.answer(w)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// metFault marks a request that a fault was meant for.
type metFault struct{}

// arranged reports that somebody has settled what goes wrong: for this request, or
// for one that is still to come.
func (e *Emulator) arranged(r *http.Request) bool {
	e.s.mu.Lock()
	defer e.s.mu.Unlock()
	return len(e.s.faults) > 0 || r.Context().Value(metFault{}) != nil
}

// answer sends the fault instead of the tenant's answer. The headers may replace
// the content type; whatever the outer middleware has set stays.
func (f *fault) answer(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	for name, value := range f.Header {
		w.Header().Set(name, value)
	}
	w.WriteHeader(f.Status)
	_, _ = w.Write(f.Body)
}

// pause waits for d and reports whether the client is still there.
func pause(r *http.Request, d time.Duration) bool {
	if d == 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

// lostAnswer takes an answer that nobody gets.
type lostAnswer struct{ header http.Header }

func (l lostAnswer) Header() http.Header         { return l.header }
func (l lostAnswer) WriteHeader(int)             {}
func (l lostAnswer) Write(p []byte) (int, error) { return len(p), nil }
