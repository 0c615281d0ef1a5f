// Package metrics counts what an operator watches, and shows it to Prometheus.
// Every label value is a word of ours (a route of the table, a kind, a class of
// status): no user, id, host, address or text from outside is ever one, so that
// neither the number of series nor what they tell depends on who calls.
package metrics

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics is everything that is counted in one process, with a registry of its
// own. It is safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
	calls    *prometheus.HistogramVec
	signIns  prometheus.Counter
	added    *prometheus.CounterVec
	removed  *prometheus.CounterVec
	givenUp  *prometheus.CounterVec
	refused  *prometheus.CounterVec
}

// New returns metrics that stand at zero. version is that of the program.
func New(version string) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		// The longest change may take 20 seconds.
		requests: histogram("request_duration_seconds", "How long requests took to answer.", 20, "route", "method", "status"),
		// One operation of the client ends after 8 seconds.
		calls:   histogram("upstream_call_duration_seconds", "How long calls of the tenant took.", 8, "endpoint", "outcome"),
		givenUp: counter("upstream_calls_given_up_total", "Calls of the tenant that were not made or not waited for, by the reason.", "reason", reasons()),
		signIns: prometheus.NewCounter(prometheus.CounterOpts(named("sign_ins_total", "Sign-ins that counted, confirmations among them."))),
		added:   counter("enrolments_total", "Methods that were added, by their kind.", "kind", methods()),
		removed: counter("removals_total", "Methods that were removed, by their kind.", "kind", methods()),
		refused: counter("refusals_total", "What was refused, by the kind of the audit record.", "kind", refusals()),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Namespace: namespace, Name: "build_info", Help: "1, with the program's version.", ConstLabels: prometheus.Labels{"version": version},
	})
	build.Set(1)
	m.registry.MustRegister(m.requests, m.calls, m.givenUp, m.signIns, m.added, m.removed, m.refused, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Handler shows the numbers in the text format of Prometheus, for the admin
// listener only.
//
// https://prometheus.io/docs/instrumenting/exposition_formats/
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		DisableCompression: true, MaxRequestsInFlight: 4, Timeout: 10 * time.Second,
		ErrorHandling: promhttp.ContinueOnError, // what one part cannot tell must not hide the rest
	})
}

// Request counts one answer of the site. route is a pattern of the route table.
func (m *Metrics) Request(route, method string, status int, took time.Duration) {
	m.requests.WithLabelValues(route, methodOf(method), classOf(status)).Observe(seconds(took))
}

// Called counts one call of the tenant, by one of the client's fixed words for
// its endpoint and for how it ended.
func (m *Metrics) Called(endpoint, outcome string, took time.Duration) {
	m.calls.WithLabelValues(endpoint, outcome).Observe(seconds(took))
}

// GivenUp counts a call that was not made or not waited for.
func (m *Metrics) GivenUp(reason string) { m.givenUp.WithLabelValues(reason).Inc() }

// SignedIn counts a sign-in.
func (m *Metrics) SignedIn() { m.signIns.Inc() }

// Added counts a method that was added, by its kind.
func (m *Metrics) Added(kind string) { m.added.WithLabelValues(kind).Inc() }

// Removed counts a method that was removed, by its kind.
func (m *Metrics) Removed(kind string) { m.removed.WithLabelValues(kind).Inc() }

// Refused counts a refusal, by its kind.
func (m *Metrics) Refused(kind string) { m.refused.WithLabelValues(kind).Inc() }

// methodOf folds methods that no route has, which are whatever a client sends.
func methodOf(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost:
		return method
	default:
		return "other"
	}
}

// classOf is the class of a status (RFC 9110 section 15).
func classOf(status int) string {
	classes := [...]string{"1xx", "2xx", "3xx", "4xx", "5xx"}
	if i := status/100 - 1; i >= 0 && i < len(classes) {
		return classes[i]
	}
	return "other"
}

// seconds is a duration as Prometheus wants it. A clock that was set back in
// between must not make the sum fall.
func seconds(took time.Duration) float64 { return max(0, took.Seconds()) }
