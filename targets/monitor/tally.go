package monitor

import (
	"strings"
)

const (
	// countedNodes bounds the nodes whose lines are counted each.
	countedNodes = 256
	// otherNodes stands for the nodes beyond. No node has such a name.
	otherNodes = "(other)"
)

// source is a node and a level.
type source struct{ node, level string }

// tally counts lines, and what became of batches. It is not safe for
// concurrent use.
type tally struct {
	lines   map[source]int64 // kept
	dropped map[string]int64 // lost by the senders of a node
	nodes   map[string]bool

	invalid, long, batches, duplicates int64
}

func newTally() tally {
	return tally{lines: map[source]int64{}, dropped: map[string]int64{}, nodes: map[string]bool{}}
}

// node is the name that a node is counted by.
func (t *tally) node(name string) string {
	switch {
	case t.nodes[name]:
		return name
	case len(t.nodes) == countedNodes || len(name) > nameBytes:
		return otherNodes
	}
	t.nodes[name] = true
	return name
}

func (t *tally) line(l *line) { t.lines[source{t.node(l.Node), levelName(l.severity())}]++ }

func (t *tally) lost(node string, lines int64) {
	if lines > 0 {
		t.dropped[t.node(node)] += lines
	}
}

// metrics adds the counters to m.
func (t *tally) metrics(m map[string]float64) {
	sum := 0.0
	for of, count := range t.lines {
		m[`node_lines_total{source="`+escape(of.node)+`",level="`+of.level+`"}`] = float64(count)
		sum += float64(count)
	}
	m["lines_total"] = sum
	for node, count := range t.dropped {
		m[`node_dropped_total{source="`+escape(node)+`"}`] = float64(count)
	}
	m["invalid_total"] = float64(t.invalid)
	m["long_total"] = float64(t.long)
	m["batches_total"] = float64(t.batches)
	m["duplicates_total"] = float64(t.duplicates)
}

// escape makes a label value of s, as Prometheus writes them.
func escape(s string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s)
}
