package html

import (
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

// linkTable has a row for every node that dials, by the wires of one kind.
func linkTable(t targets.Topology) *table {
	out := &table{Caption: "Wires",
		Columns: columns("From", "To", ">One way", ">Jitter", ">Bandwidth", "From the latency number")}
	var kinds []targets.Link
	to := map[targets.Link][]string{}
	for _, l := range t.Links {
		kind := l
		kind.To = ""
		if to[kind] == nil {
			kinds = append(kinds, kind)
		}
		to[kind] = append(to[kind], l.To)
	}
	for i, l := range kinds {
		if i == maxWires {
			out.Note = plural(len(kinds)-maxWires, "further row") + " are in run.json."
			break
		}
		jitter, bandwidth := "none", "unlimited"
		if l.Jitter > 0 {
			jitter = "±" + reports.Setting(l.Jitter)
		}
		if l.Bandwidth > 0 {
			bandwidth = reports.Bytes(l.Bandwidth) + "/s"
		}
		out.add(text(l.From), text(strings.Join(capped(to[l], maxLines), ", ")), text(reports.Setting(l.OneWay)), text(jitter),
			text(bandwidth), text(l.Source))
	}
	return out
}
