package telemetry

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"

	"rung/targets"
)

// scrapeInterval suits runs of minutes.
const scrapeInterval = "1s"

// ScrapeConfig is a configuration file for Prometheus (prometheus.yml) with
// one job. Targets are addresses (host:port) by node, or by node and kind as
// in "web-1/telemetry"; without a kind it is "telemetry". Each gets the labels
// node and kind. The labels that a node gives itself win over these.
//
// It is an error when the job has no name, there are no targets, or an address
// has no port.
func ScrapeConfig(job string, addresses map[string]string) ([]byte, error) {
	if job == "" {
		return nil, errors.New("scrape configuration: the job has no name")
	}
	if len(addresses) == 0 {
		return nil, fmt.Errorf("scrape configuration of %s: there are no targets", job)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "global:\n  scrape_interval: %s\n  scrape_timeout: %s\nscrape_configs:\n", scrapeInterval, scrapeInterval)
	fmt.Fprintf(&b, "  - job_name: %s\n    honor_labels: true\n    static_configs:\n", quoted(job))
	for _, name := range slices.Sorted(maps.Keys(addresses)) {
		address := addresses[name]
		if _, port, err := net.SplitHostPort(address); err != nil || port == "" {
			return nil, fmt.Errorf("scrape configuration of %s: address %q of %s is not host:port", job, address, name)
		}
		node, kind, found := strings.Cut(name, "/")
		if !found {
			kind = string(targets.KindTelemetry)
		}
		fmt.Fprintf(&b, "      - targets: [%s]\n        labels: {node: %s, kind: %s}\n", quoted(address), quoted(node), quoted(kind))
	}
	return []byte(b.String()), nil
}

// quoted is a string for YAML, which takes those of JSON.
func quoted(s string) string {
	out, err := json.Marshal(s)
	if err != nil {
		return `""` // a string always has a form in JSON
	}
	return string(out)
}
