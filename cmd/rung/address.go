package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"rung/targets"
	"rung/targets/launch"
	"rung/targets/telemetry"
)

// up is what "up" prints.
type up struct {
	Stage string `json:"stage"`
	// Logs is the folder of the nodes' log files.
	Logs  string    `json:"logs"`
	Roles []address `json:"roles"`
	// Telemetry is where each node tells its metrics.
	Telemetry map[string]string `json:"telemetry,omitempty"`
	// Prometheus and Dashboard are files for Prometheus and Grafana.
	Prometheus string `json:"prometheus,omitempty"`
	Dashboard  string `json:"dashboard,omitempty"`
}

// address is one line of it.
type address struct {
	Role    string       `json:"role"`
	Kind    targets.Kind `json:"kind"`
	Node    string       `json:"node"`
	PID     int          `json:"pid,omitempty"`
	Address string       `json:"address"`
	TLS     string       `json:"tls,omitempty"`
	Private bool         `json:"private,omitempty"`
	Try     string       `json:"try,omitempty"`
}

func addresses(system *launch.System) []address {
	t := system.Topology()
	endpoints := system.Endpoints()
	var all []address
	for _, n := range t.Nodes {
		for _, r := range n.Roles {
			e := endpoints[r.Name]
			all = append(all, address{Role: r.Name, Kind: r.Kind, Node: n.Name, PID: system.PID(n.Name), Address: e.Address, TLS: e.TLS,
				Private: r.Private, Try: try(t, r, e.Address)})
		}
	}
	return all
}

// telemetryOf is where nodes tell of themselves, by node.
func telemetryOf(system *launch.System) map[string]string {
	out := map[string]string{}
	for _, e := range system.Endpoints() {
		if e.Kind == targets.KindTelemetry {
			out[e.Node] = e.Address
		}
	}
	return out
}

// writeFiles writes what Prometheus and Grafana need, if there is telemetry.
func (u *up) writeFiles(folder string) error {
	if len(u.Telemetry) == 0 {
		return nil
	}
	scrape, err := telemetry.ScrapeConfig(u.Stage, u.Telemetry)
	if err != nil {
		return err
	}
	dashboard, err := telemetry.Dashboard(u.Stage)
	if err != nil {
		return err
	}
	u.Prometheus, u.Dashboard = filepath.Join(folder, "prometheus.yml"), filepath.Join(folder, "dashboard.json")
	if err := os.WriteFile(u.Prometheus, scrape, 0o644); err != nil {
		return fmt.Errorf("scrape configuration: %w", err)
	}
	if err := os.WriteFile(u.Dashboard, dashboard, 0o644); err != nil {
		return fmt.Errorf("dashboard: %w", err)
	}
	return nil
}

func (a *app) printUp(system *launch.System, u up) error {
	if a.json {
		return a.printJSON(u)
	}
	fmt.Fprintf(a.stdout, "%s runs: %d nodes, started in %v. Logs: %s\n\n", u.Stage, len(system.Topology().Nodes),
		system.Startup().Round(time.Millisecond), u.Logs)
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	for _, r := range u.Roles {
		process := fmt.Sprintf("pid %d", r.PID)
		if r.Address == "" {
			r.Address, process = "(on standby)", ""
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", r.Role, r.Kind, process, r.Address, r.Try)
		if r.TLS != "" {
			fmt.Fprintf(w, "\t\t\t%s\tcurl -k https://%s/users/1\n", r.TLS, r.TLS)
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if len(u.Telemetry) > 0 {
		nodes := make([]string, 0, len(u.Telemetry))
		for node := range u.Telemetry {
			nodes = append(nodes, node)
		}
		first := slices.Min(nodes)
		fmt.Fprintf(a.stdout, "\nMetrics of %d nodes, as of %s: curl http://%s/metrics\n  prometheus --config.file=%s\n  Grafana dashboard: %s\n",
			len(nodes), first, u.Telemetry[first], u.Prometheus, u.Dashboard)
	}
	fmt.Fprintln(a.stdout, "\nCtrl-C stops all of it.")
	return nil
}

// try is a command line that talks to a role.
func try(t targets.Topology, r targets.Role, at string) string {
	host, port, err := net.SplitHostPort(at)
	if err != nil {
		return ""
	}
	switch {
	case r.Private:
		return "(private: refuses everything but its callers)"
	case r.Kind == targets.KindWeb || r.Kind == targets.KindBalancer:
		return fmt.Sprintf("curl -i http://%s/users/1", at)
	case r.Kind == targets.KindDatabase:
		return fmt.Sprintf("psql -h %s -p %s -U web shop", host, port)
	case r.Kind == targets.KindEdge:
		return fmt.Sprintf("curl -i http://%s/assets/%s; curl -X PURGE 'http://%s/*'", at, targets.AssetName(0), at)
	case r.Kind == targets.KindQueue:
		return fmt.Sprintf("nats --server nats://%s stream ls", at)
	case r.Kind == targets.KindMonitor:
		return fmt.Sprintf("curl 'http://%s/logs?request=ID'; http://%s/ in a browser", at, at)
	case r.Kind == targets.KindVolume:
		return fmt.Sprintf("curl -T FILE http://%s/dir/name", at)
	case r.Kind == targets.KindKeyValue || r.Kind == targets.KindCache:
		return fmt.Sprintf("redis-cli -h %s -p %s", host, port)
	case r.Kind == targets.KindNameserver || r.Kind == targets.KindResolver:
		dig := fmt.Sprintf("dig @%s -p %s %s", host, port, strings.TrimSuffix(t.Site, "."))
		byRegion := t.Static
		if len(t.DataCenters()) > 1 {
			byRegion = t.Site
		}
		if byRegion != "" && len(t.Regions) > 0 {
			last := t.Regions[len(t.Regions)-1]
			dig += fmt.Sprintf("; dig @%s -p %s +subnet=%s %s", host, port, last.Subnet, strings.TrimSuffix(byRegion, "."))
		}
		return dig
	}
	return ""
}
