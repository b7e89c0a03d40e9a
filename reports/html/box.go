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
	// Standby a node that is not started with the others. Platform is no node:
	// it is what runs them.
	Entry, Clients, Standby, Platform bool

	column, lane int
	// site is the data centre, shard the part of the data that it holds, and
	// primaries how many of its members are primary at the start.
	site, shard string
	primaries   int
}

// callersOf are the nodes that dial one.
func callersOf(t targets.Topology, node string) []string {
	var out []string
	for _, l := range t.Links {
		if l.To == node && !slices.Contains(out, l.From) {
			out = append(out, l.From)
		}
	}
	return out
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
		key := fmt.Sprintf("%q%q%v%v%v%v%q%q", stem(n.Name), lineTexts(b), b.Tag, b.Entry, b.Standby, n.Machine, b.site, b.shard)
		if i, ok := at[key]; ok {
			out[i].Members = append(out[i].Members, n.Name)
			out[i].primaries += b.primaries
			continue
		}
		at[key] = len(out)
		out = append(out, b)
	}
	for i := range out {
		b := &out[i]
		if len(b.Members) > 1 {
			b.Name = fmt.Sprintf("%s ×%d", cut(stem(b.Members[0])), len(b.Members))
		}
		if b.shard != "" && len(t.Nodes) > grouped {
			b.say(parts(b.primaries, len(b.Members)-b.primaries))
		}
	}
	return out
}

// say adds a line to a box.
func (b *box) say(line string) {
	b.Lines = append(b.Lines, boxText{Text: cut(line)})
	b.H = boxHead + len(b.Lines)*boxLine + 8
}

// parts says how many primaries and replicas share a box.
func parts(primaries, replicas int) string {
	switch {
	case primaries == 0 && replicas == 1:
		return replicaLine
	case primaries == 0:
		return plural(replicas, replicaLine)
	case replicas == 0 && primaries == 1:
		return primaryLine
	}
	return "primary and " + plural(replicas, replicaLine)
}

func lineTexts(b box) []string {
	var out []string
	for _, l := range b.Lines {
		out = append(out, l.Text)
	}
	return out
}

// users are the names that stand for the users: one for each region from which
// a wire starts, and the plain one where one starts there or from nowhere else.
func users(t targets.Topology) []string {
	wired := func(name string) bool {
		return slices.ContainsFunc(t.Links, func(l targets.Link) bool { return l.From == name })
	}
	var out []string
	for _, r := range t.Regions {
		if _, node := t.Node(r.Clients()); !node && wired(r.Clients()) && !slices.Contains(out, r.Clients()) {
			out = append(out, r.Clients())
		}
	}
	if (len(out) == 0 || wired(targets.Clients)) && !slices.Contains(out, targets.Clients) {
		out = append([]string{targets.Clients}, out...)
	}
	return out
}

func boxOf(t targets.Topology, node targets.Node, before *targets.Topology) box {
	b := box{Name: cut(node.Name), Members: []string{node.Name}, W: boxWidth, Standby: node.Standby, site: node.DataCenter}
	b.lane, b.column = seat(node)
	for _, r := range node.Roles {
		if d := r.Database; d != nil && d.Shard != "" {
			b.shard = d.Shard
			if d.Replication != nil && d.Replication.Primary == r.Name {
				b.primaries = 1
			}
		}
	}
	texts := append([]string{slots(node.Machine)}, roleLines(node, len(t.Nodes) > grouped)...)
	if b.lane == laneWatch {
		texts = append(texts, "hears of "+plural(len(callersOf(t, node.Name)), "node"))
	}
	if node.Standby {
		texts = append(texts, "standby")
	}
	for _, line := range texts {
		b.say(line)
	}
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
		if d := r.Database; d != nil && d.Sharding != nil {
			shard := "shard " + d.Shard
			if slices.ContainsFunc(d.Sharding.Spare, func(x targets.Shard) bool { return x.Name == d.Shard }) {
				shard += ", empty at first"
			}
			out = append(out, shard)
		}
		if r.Database == nil || r.Database.Replication == nil || shared && r.Database.Shard != "" {
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
