package metrics

import "github.com/prometheus/client_golang/prometheus"

// WatchCalls shows how many calls of the tenant are in flight at each scrape.
// Each of the Watch functions may be called once.
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

// WatchStore shows the size of the session file at each scrape, in bytes and in
// records by the name of their bucket, or that it cannot be read.
func WatchStore[Bucket ~string](m *Metrics, size func() (bytes int64, records map[Bucket]int, err error)) {
	m.registry.MustRegister(&storeCollector[Bucket]{
		size:    size,
		up:      prometheus.NewDesc(namespace+"_store_up", "1 if the session file can be read.", nil, nil),
		bytes:   prometheus.NewDesc(namespace+"_store_bytes", "Size of the session file.", nil, nil),
		records: prometheus.NewDesc(namespace+"_store_records", "Records of the session file.", []string{"bucket"}, nil),
	})
}

// storeCollector asks for the size when it is scraped, and never in between.
type storeCollector[Bucket ~string] struct {
	size               func() (int64, map[Bucket]int, error)
	up, bytes, records *prometheus.Desc
}

// Describe implements prometheus.Collector.
func (c *storeCollector[Bucket]) Describe(all chan<- *prometheus.Desc) {
	all <- c.up
	all <- c.bytes
	all <- c.records
}

// Collect implements prometheus.Collector.
func (c *storeCollector[Bucket]) Collect(all chan<- prometheus.Metric) {
	bytes, records, err := c.size()
	if err != nil {
		all <- prometheus.MustNewConstMetric(c.up, prometheus.GaugeValue, 0)
		return
	}
	all <- prometheus.MustNewConstMetric(c.up, prometheus.GaugeValue, 1)
	all <- prometheus.MustNewConstMetric(c.bytes, prometheus.GaugeValue, float64(bytes))
	for bucket, n := range records {
		all <- prometheus.MustNewConstMetric(c.records, prometheus.GaugeValue, float64(n), string(bucket))
	}
}
