package node

import (
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"rung/targets"
)

// network stands for the node's wires among its roles' metrics. No role has
// such a name: they hold no slash.
const network = "node/network"

// traffic is what went over the connections that the node dialled.
func (n *Node) traffic() map[string]float64 {
	m := map[string]float64{}
	for _, l := range n.links {
		dials, out, in := l.Counts()
		m["dials_total"] += float64(dials)
		m["sent_bytes_total"] += float64(out)
		m["received_bytes_total"] += float64(in)
	}
	return m
}

// metrics is what the node knows of itself now.
func (n *Node) metrics() *targets.Metrics {
	m := &targets.Metrics{Roles: map[string]map[string]float64{}, ClockError: n.clock.Error(), Memory: memory()}
	m.CPU, m.Disk = n.machine.Usage()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err == nil {
		m.ProcessCPU = time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
	}
	m.Roles[network] = n.traffic()
	if n.observed.shipper != nil {
		m.Roles[shipped] = n.observed.shipper.Metrics()
	}
	for name, r := range n.roles {
		m.Roles[name] = r.Metrics()
		if h, ok := r.(interface {
			Histograms() map[string]targets.Histogram
		}); ok {
			if m.Histograms == nil {
				m.Histograms = map[string]map[string]targets.Histogram{}
			}
			m.Histograms[name] = h.Histograms()
		}
		if e, ok := r.(interface{ events() []targets.Event }); ok {
			for _, event := range e.events() {
				event.Role = name
				m.Events = append(m.Events, event)
			}
		}
	}
	return m
}

// memory is the resident size of the process in bytes, 0 where the system
// does not say.
func memory() int64 {
	data, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(data))
	if len(fields) < 2 {
		return 0
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	if err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}
