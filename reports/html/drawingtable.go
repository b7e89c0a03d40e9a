package html

import (
	"fmt"
	"strings"

	"rung/reports"
	"rung/targets"
)

// nodeTable and linkTable are the twins of a drawing.
func nodeTable(t targets.Topology, d *drawing) *table {
	tags := map[string]string{}
	if d != nil {
		for _, b := range d.Boxes {
			for _, name := range b.Members {
				tags[name] = b.Tag
			}
		}
	}
	out := &table{Caption: "Nodes", Columns: columns("Node", "Size", "Roles", "Against the stage compared with")}
	for _, n := range t.Nodes {
		size := cell{Text: slots(n.Machine)}
		if n.Standby {
			size.Sub = "standby: started when it is needed"
		}
		out.add(text(n.Name), size, lines(roleLines(n, false)), text(tags[n.Name]))
	}
	return out
}

// reach is where the wires of one kind lead from a node.
type reach struct {
	from []string
	kind targets.Link
	to   []string
}

// reaches sums the wires up: those of one kind from a node, and nodes that are
// wired in the same way.
func reaches(t targets.Topology) []reach {
	var all []reach
	index := map[targets.Link]int{}
	for _, l := range t.Links {
		kind := l
		kind.To = ""
		i, ok := index[kind]
		if !ok {
			i = len(all)
			index[kind] = i
			all = append(all, reach{from: []string{l.From}, kind: kind})
		}
		all[i].to = append(all[i].to, l.To)
	}
	var out []reach
	same := map[string]int{}
	for _, r := range all {
		from := r.kind.From
		r.kind.From = ""
		key := fmt.Sprintf("%v%q", r.kind, r.to)
		if i, ok := same[key]; ok {
			out[i].from = append(out[i].from, from)
			continue
		}
		same[key] = len(out)
		out = append(out, r)
	}
	return out
}

// linkTable has a row for the nodes that are wired in one way.
func linkTable(t targets.Topology) *table {
	out := &table{Caption: "Wires", Prose: true,
		Columns: columns("From", "To", ">One way", ">Jitter", ">Bandwidth", "From the latency number")}
	all := reaches(t)
	for i, r := range all {
		if i == maxWires {
			out.Note = plural(len(all)-maxWires, "further row") + " are in run.json."
			break
		}
		jitter, bandwidth := "none", "unlimited"
		if r.kind.Jitter > 0 {
			jitter = "±" + reports.Setting(r.kind.Jitter)
		}
		if r.kind.Bandwidth > 0 {
			bandwidth = reports.Size(r.kind.Bandwidth) + "/s"
		}
		out.add(text(strings.Join(capped(r.from, maxLines), ", ")), text(strings.Join(capped(r.to, maxLines), ", ")),
			text(reports.Setting(r.kind.OneWay)), text(jitter), text(bandwidth), text(r.kind.Source))
	}
	return out
}
