package html

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"rung/reports"
	"rung/targets"
)

// difference says in words what a topology has that another had not, so that
// colour is never the only way to see it.
func difference(before, now targets.Topology) []string {
	var fresh, gone []string
	var out []string
	for _, n := range now.Nodes {
		if _, had := before.Node(n.Name); !had {
			fresh = append(fresh, n.Name)
		}
	}
	for _, n := range before.Nodes {
		if _, has := now.Node(n.Name); !has {
			gone = append(gone, n.Name)
		}
	}
	if len(fresh) > 0 {
		out = append(out, fmt.Sprintf("New: %s.", strings.Join(capped(stems(fresh), maxLines), ", ")))
	}
	if len(gone) > 0 {
		out = append(out, fmt.Sprintf("Gone: %s.", strings.Join(capped(stems(gone), maxLines), ", ")))
	}
	if counts := kindChanges(before, now); len(counts) > 0 {
		out = append(out, "Counts: "+strings.Join(counts, ", ")+".")
	}
	out = append(out, machineChanges(before, now)...)
	if line := wireChanges(before, now); line != "" {
		out = append(out, line)
	}
	if len(out) == 0 {
		return []string{"Nothing but settings: the same nodes and wires."}
	}
	return out
}

// stems lists names, those that differ in their number once: "web ×3".
func stems(names []string) []string {
	var order []string
	members := map[string][]string{}
	for _, n := range names {
		s := stem(n)
		if members[s] == nil {
			order = append(order, s)
		}
		members[s] = append(members[s], n)
	}
	out := make([]string, 0, len(order))
	for _, s := range order {
		if all := members[s]; len(all) > 1 {
			out = append(out, fmt.Sprintf("%s ×%d", s, len(all)))
		} else {
			out = append(out, all[0])
		}
	}
	return out
}

// kindChanges are the roles of which there are more or fewer: "web 1 → 3".
func kindChanges(before, now targets.Topology) []string {
	count := func(t targets.Topology) (map[targets.Kind]int, []targets.Kind) {
		out := map[targets.Kind]int{}
		var order []targets.Kind
		for _, n := range t.Nodes {
			for _, r := range n.Roles {
				if out[r.Kind] == 0 {
					order = append(order, r.Kind)
				}
				out[r.Kind]++
			}
		}
		return out, order
	}
	had, order := count(before)
	has, more := count(now)
	for _, k := range more {
		if !slices.Contains(order, k) {
			order = append(order, k)
		}
	}
	var out []string
	for _, k := range order {
		if had[k] != has[k] {
			out = append(out, fmt.Sprintf("%s %d → %d", orMissing(string(k)), had[k], has[k]))
		}
	}
	return out
}

// machineChanges are nodes that stayed and have another size, or another task.
func machineChanges(before, now targets.Topology) []string {
	var sizes, tasks []string
	for _, n := range now.Nodes {
		old, had := before.Node(n.Name)
		switch {
		case !had:
		case slots(old.Machine) != slots(n.Machine):
			sizes = append(sizes, fmt.Sprintf("%s from %s to %s", n.Name, slots(old.Machine), slots(n.Machine)))
		case !reflect.DeepEqual(old, n):
			tasks = append(tasks, n.Name)
		}
	}
	var out []string
	if len(sizes) > 0 {
		out = append(out, "Another size: "+strings.Join(capped(sizes, maxLines), "; ")+".")
	}
	if len(tasks) > 0 {
		out = append(out, "Other roles or settings: "+strings.Join(capped(stems(tasks), maxLines), ", ")+".")
	}
	return out
}

// wireChanges counts the wires that came and went.
func wireChanges(before, now targets.Topology) string {
	count := func(a, b targets.Topology) int {
		n := 0
		for _, l := range a.Links {
			if _, has := b.Link(l.From, l.To); !has {
				n++
			}
		}
		return n
	}
	came, went := count(now, before), count(before, now)
	if came+went == 0 {
		return ""
	}
	return fmt.Sprintf("Wires: %s new, %s gone, %s in all.", reports.Count(came), reports.Count(went), reports.Count(len(now.Links)))
}
