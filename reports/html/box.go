package html

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"rung/targets"
)

// box is a node, or several equal ones.
type box struct {
	X, Y, W, H int
	// Name is what the box says; Members are the nodes that it stands for.
	Name    string
	Members []string
	Lines   []boxText
	// Tag is "new" or "changed" against the stage compared with, or empty.
	Tag string
	// Entry marks the node that answers for the site, Clients the users, and
	// Standby a node that is not started with the others.
	Entry, Clients, Standby bool

	column, lane int
}

// boxText is one line of a box.
type boxText struct {
	Y    int
	Text string
}

// boxes makes a box for every node and every group of users. Above grouped
// nodes, equal ones share a box.
func boxes(t targets.Topology, before *targets.Topology) []box {
	var out []box
	for _, name := range users(t) {
		b := box{Name: cut(name), Members: []string{name}, W: clientWidth, H: boxHead + 8, Clients: true, lane: laneSite}
		if len(t.Regions) > 0 {
			b.W = regionWidth
		}
		out = append(out, b)
	}
	at := map[string]int{}
	for _, n := range t.Nodes {
		b := boxOf(t, n, before)
		if len(t.Nodes) <= grouped {
			out = append(out, b)
			continue
		}
		key := fmt.Sprintf("%q%q%v%v%v%v", stem(n.Name), lineTexts(b), b.Tag, b.Entry, b.Standby, n.Machine)
		if i, ok := at[key]; ok {
			out[i].Members = append(out[i].Members, n.Name)
			continue
		}
		at[key] = len(out)
		out = append(out, b)
	}
	for i := range out {
		if b := &out[i]; len(b.Members) > 1 {
			b.Name = fmt.Sprintf("%s ×%d", cut(stem(b.Members[0])), len(b.Members))
		}
	}
	return out
}

func lineTexts(b box) []string {
	var out []string
	for _, l := range b.Lines {
		out = append(out, l.Text)
	}
	return out
}

// users are the names that stand for the users: one for each region, and the
// plain one where a wire starts there or there is no region.
func users(t targets.Topology) []string {
	var out []string
	for _, r := range t.Regions {
		if _, node := t.Node(r.Clients()); !node && !slices.Contains(out, r.Clients()) {
			out = append(out, r.Clients())
		}
	}
	plain := len(out) == 0
	for _, l := range t.Links {
		plain = plain || l.From == targets.Clients
	}
	if plain && !slices.Contains(out, targets.Clients) {
		out = append([]string{targets.Clients}, out...)
	}
	return out
}

func boxOf(t targets.Topology, node targets.Node, before *targets.Topology) box {
	b := box{Name: cut(node.Name), Members: []string{node.Name}, W: boxWidth, Standby: node.Standby}
	b.lane, b.column = seat(node)
	texts := append([]string{slots(node.Machine)}, roleLines(node, len(t.Nodes) > grouped)...)
	if node.Standby {
		texts = append(texts, "standby")
	}
	for _, line := range texts {
		b.Lines = append(b.Lines, boxText{Text: cut(line)})
	}
	b.H = boxHead + len(b.Lines)*boxLine + 8
	for _, r := range node.Roles {
		b.Entry = b.Entry || r.Name == t.Entry
	}
	if before == nil {
		return b
	}
	switch old, ok := before.Node(node.Name); {
	case !ok:
		b.Tag = "new"
	case !reflect.DeepEqual(old, node):
		b.Tag = "changed"
	}
	return b
}

// slots says the emulated size of a machine.
func slots(m targets.Machine) string {
	var parts []string
	if n := m.CPU.Slots; n > 0 {
		parts = append(parts, fmt.Sprintf("%d CPU", n))
	}
	if n := m.Disk.Slots; n > 0 {
		parts = append(parts, fmt.Sprintf("%d disk", n))
	}
	if len(parts) == 0 {
		return "size not emulated"
	}
	return strings.Join(parts, ", ")
}

// roleLines names the roles of a node: the name only where it says more than
// the kind, without its number where equal nodes share a box.
func roleLines(n targets.Node, shared bool) []string {
	var out []string
	for _, r := range n.Roles {
		line := string(r.Kind)
		if line == "" {
			line = "unknown kind"
		}
		if r.Name != n.Name && r.Name != string(r.Kind) {
			name := r.Name
			if shared {
				name = stem(name)
			}
			line = name + ": " + line
		}
		if r.Edge != nil && r.Edge.Region != "" {
			line += " in " + r.Edge.Region
		}
		if r.Private {
			line += ", private"
		}
		out = append(out, line)
		if r.Database == nil || r.Database.Replication == nil {
			continue
		}
		if r.Database.Replication.Primary == r.Name {
			out = append(out, primaryLine)
		} else {
			out = append(out, replicaLine)
		}
	}
	return out
}

// What a database plays when its group first starts.
const (
	primaryLine = "primary at the start"
	replicaLine = "replica"
)

func cut(s string) string {
	if runes := []rune(s); len(runes) > maxLabel {
		return string(runes[:maxLabel-1]) + "…"
	}
	return s
}
