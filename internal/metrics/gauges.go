package metrics

import "github.com/prometheus/client_golang/prometheus"

// namespace begins the name of every metric of ours.
const namespace = "mysecurity"

// Store is the size of the session file.
type Store struct {
	Bytes   int64          // of the file
	Records map[string]int // by the bucket's name, expired ones that were not swept yet among them
}

// WatchCalls shows how many calls of the tenant are in flight at each scrape.
// Each Watch method may be called once.
func (m *Metrics) WatchCalls(inFlight func() int) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(
		prometheus.GaugeOpts(named("upstream_calls_in_flight", "Calls of the tenant that wait for their answer.")),
		func() float64 { return float64(inFlight()) }))
}

// WatchCircuits shows at each scrape which groups of the tenant's endpoints are
// ill, so that calls to them are refused here: 1 for those, 0 for the others.
func (m *Metrics) WatchCircuits(open func() map[string]bool) {
	m.registry.MustRegister(&circuitCollector{open: open, desc: prometheus.NewDesc(namespace+"_upstream_circuit_open",
		"1 if calls of these endpoints of the tenant are refused because it was ill.", []string{"group"}, nil)})
}

// circuitCollector asks for the circuits when it is scraped.
type circuitCollector struct {
	open func() map[string]bool
	desc *prometheus.Desc
}

// Describe implements prometheus.Collector.
func (c *circuitCollector) Describe(all chan<- *prometheus.Desc) { all <- c.desc }

// Collect implements prometheus.Collector.
func (c *circuitCollector) Collect(all chan<- prometheus.Metric) {
	for group, open := range c.open() {
		value := 0.0
		if open {
			value = 1
		}
		all <- prometheus.MustNewConstMetric(c.desc, prometheus.GaugeValue, value, group)
	}
}

// WatchStore shows the size of the session file at each scrape. A size that
// cannot be read is left out.
func (m *Metrics) WatchStore(size func() (Store, error)) {
	m.registry.MustRegister(&storeCollector{
		size:    size,
		bytes:   prometheus.NewDesc(namespace+"_store_bytes", "Size of the session file.", nil, nil),
		records: prometheus.NewDesc(namespace+"_store_records", "Records of the session file.", []string{"bucket"}, nil),
	})
}

// storeCollector asks for the size when it is scraped, and never in between.
type storeCollector struct {
	size           func() (Store, error)
	bytes, records *prometheus.Desc
}

// Describe implements prometheus.Collector.
func (c *storeCollector) Describe(all chan<- *prometheus.Desc) { all <- c.bytes; all <- c.records }

// Collect implements prometheus.Collector.
func (c *storeCollector) Collect(all chan<- prometheus.Metric) {
	store, err := c.size()
	if err != nil {
		return
	}
	all <- prometheus.MustNewConstMetric(c.bytes, prometheus.GaugeValue, float64(store.Bytes))
	for bucket, n := range store.Records {
		all <- prometheus.MustNewConstMetric(c.records, prometheus.GaugeValue, float64(n), bucket)
	}
}

func named(name, help string) prometheus.Opts {
	return prometheus.Opts{Namespace: namespace, Name: name, Help: help}
}

func counter(name, help, label string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts(named(name, help)), []string{label})
}

// histogram has buckets from a few milliseconds to the longest time, in seconds,
// that what it measures may take.
func histogram(name, help string, longest float64, labels ...string) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Namespace: namespace, Name: name, Help: help,
		Buckets: append([]float64{.002, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5}, longest),
	}, labels)
}
