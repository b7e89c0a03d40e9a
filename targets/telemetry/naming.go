package telemetry

import (
	"slices"
	"strings"
)

// namespace is what the names of all metrics start with.
const namespace = "rung_"

// named is what a role's key becomes.
type named struct {
	family string
	labels []label
	// scale turns the role's unit into the base unit.
	scale float64
}

// groups are what a role counts several of: <group>_<name>_<what>. Names of
// nodes, roles and shards hold no underscore.
var groups = []string{"server", "member", "shard", "queue"}

// tiers stand before what a role knows of another one.
var tiers = []string{"store_", "publisher_"}

// spreads are counters with a part for each of several things:
// <prefix><value>_total.
var spreads = []struct{ prefix, label string }{{"requests_", "operation"}, {"statements_", "class"}}

// businesses are the counters of a kind that the business wants to know.
// A web server's own daily_active_users is not among them: the figures of
// several servers must not be added, the monitor's is of all.
var businesses = map[string][]string{
	"web":     {"posts_total", "photos_total", "orders_viewed_total", "logins_total"},
	"monitor": {"daily_active_users", "daily_active_users_full"},
}

// histograms are those whose name is a gauge's too: a database's lag now, and
// the lag that each write had when it was applied.
var histograms = map[string]string{
	"rung_database_replication_lag_seconds":    "rung_database_replication_apply_lag_seconds",
	"rung_database_replication_lag_operations": "rung_database_replication_apply_lag_operations",
}

// translate gives a key of a role its name for Prometheus. Subsystem is the
// role's kind.
func translate(subsystem, key string, histogram bool) named {
	name, labels := parseKey(key)
	n := named{labels: labels, scale: 1}
	if slices.Contains(businesses[subsystem], name) {
		subsystem = "business"
	}
	path, rest := n.ungroup(name)
	for _, s := range spreads {
		if value, ok := strings.CutPrefix(rest, s.prefix); ok && !taken(n.labels, s.label) {
			if value, ok = strings.CutSuffix(value, "_total"); ok && value != "" {
				n.labels = append(n.labels, label{s.label, value})
				rest = s.prefix + "total"
				break
			}
		}
	}
	full := namespace + snake(subsystem) + "_" + snake(path+rest)
	if histogram {
		full = strings.TrimSuffix(full, "_total")
	}
	if base, ok := strings.CutSuffix(full, "_ns"); ok {
		full, n.scale = base+"_seconds", 1e-9
	} else if base, ok := strings.CutSuffix(full, "_ns_total"); ok {
		full, n.scale = base+"_seconds_total", 1e-9
	}
	if own, ok := histograms[full]; ok && histogram {
		full = own
	}
	n.family = unreserved(full)
	return n
}

// ungroup takes the names of what is counted out of a key and makes them
// labels. It returns what was before the last of them, without the names, and
// what comes after it.
func (n *named) ungroup(name string) (path, rest string) {
	for rest = name; ; {
		if i := slices.IndexFunc(tiers, func(t string) bool { return strings.HasPrefix(rest, t) && !strings.Contains(path, t) }); i >= 0 {
			path, rest = path+tiers[i], rest[len(tiers[i]):]
			continue
		}
		group, after, _ := strings.Cut(rest, "_")
		value, what, ok := strings.Cut(after, "_")
		// queue_errors_total is of no queue called "errors".
		if !ok || value == "" || what == "" || what == "total" || !slices.Contains(groups, group) || taken(n.labels, group) {
			return path, rest
		}
		n.labels = append(n.labels, label{group, value})
		path, rest = path+group+"_", what
	}
}

// isCounter says whether a family's name is a counter's.
func isCounter(family string) bool { return strings.HasSuffix(family, "_total") }

// unreserved keeps clear of the endings that belong to histograms.
func unreserved(family string) string {
	for _, end := range []string{"_count", "_sum", "_bucket"} {
		if strings.HasSuffix(family, end) {
			return family + "_value"
		}
	}
	return family
}
