package metrics

import "github.com/prometheus/client_golang/prometheus"

// namespace begins the name of every metric of ours.
const namespace = "mysecurity"

func named(name, help string) prometheus.Opts {
	return prometheus.Opts{Namespace: namespace, Name: name, Help: help}
}

// counter stands at 0 for all values of its label that are known: the step from
// nothing to 1 is not seen by Prometheus's rate and increase, and the first event
// of a kind is the one to be told of.
func counter(name, help, label string, known []string) *prometheus.CounterVec {
	c := prometheus.NewCounterVec(prometheus.CounterOpts(named(name, help)), []string{label})
	for _, value := range known {
		c.WithLabelValues(value)
	}
	return c
}

// histogram has buckets from a few milliseconds to the longest time, in seconds,
// that what it measures may take.
func histogram(name, help string, longest float64, labels ...string) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Namespace: namespace, Name: name, Help: help,
		Buckets: append([]float64{.002, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5}, longest),
	}, labels)
}
