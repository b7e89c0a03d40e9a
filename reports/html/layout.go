package html

import (
	"cmp"
	"slices"

	"rung/targets"
)

// layers places every node of a topology: the clients alone in the first
// layer, then each node one further than the nearest node that dials it.
// Nodes that nobody dials come last. Within a layer nodes stand near those
// that dial them, so that few wires cross.
func layers(t targets.Topology) [][]string {
	depth := map[string]int{targets.Clients: 0}
	for queue := []string{targets.Clients}; len(queue) > 0; queue = queue[1:] {
		for _, l := range t.Links {
			_, known := t.Node(l.To)
			if _, seen := depth[l.To]; l.From == queue[0] && known && !seen {
				depth[l.To] = depth[queue[0]] + 1
				queue = append(queue, l.To)
			}
		}
	}
	deepest := 0
	for _, d := range depth {
		deepest = max(deepest, d)
	}
	out := make([][]string, deepest+1, deepest+2)
	out[0] = []string{targets.Clients}
	var stray []string
	for _, n := range t.Nodes {
		if d, ok := depth[n.Name]; ok && d > 0 {
			out[d] = append(out[d], n.Name)
		} else if !ok {
			stray = append(stray, n.Name)
		}
	}
	for i := 1; i < len(out); i++ {
		sortByCallers(out[i], out[i-1], t.Links)
	}
	if len(stray) > 0 {
		out = append(out, stray)
	}
	return out
}

// sortByCallers orders a layer by the mean place of its callers in the layer
// before.
func sortByCallers(layer, before []string, links []targets.Link) {
	place := map[string]float64{}
	for _, name := range layer {
		sum, n := 0, 0
		for _, l := range links {
			if at := slices.Index(before, l.From); l.To == name && at >= 0 {
				sum, n = sum+at, n+1
			}
		}
		place[name] = float64(len(before))
		if n > 0 {
			place[name] = float64(sum) / float64(n)
		}
	}
	slices.SortStableFunc(layer, func(a, b string) int { return cmp.Compare(place[a], place[b]) })
}
