package html

import (
	"fmt"
	"reflect"
	"strings"

	"rung/reports"
	"rung/targets"
)

// Sizes of a drawing, in pixels.
const (
	boxWidth    = 176
	clientWidth = 84
	boxHead     = 26
	boxLine     = 16
	boxGap      = 22
	layerGap    = 104
	margin      = 14

	// maxNodes is how many nodes a drawing can hold and stay readable.
	maxNodes = 80
	// maxLabel is how many characters fit in a box.
	maxLabel = 25
)

// drawing is a topology as static SVG: boxes and the wires between them.
type drawing struct {
	Width, Height int
	// Label tells the drawing in words.
	Label string
	Boxes []box
	Wires []wire
}

// box is a node.
type box struct {
	X, Y, W, H int
	Name       string
	Lines      []boxText
	// Tag is "new" or "changed" against the stage compared with, or empty.
	Tag string
	// Entry marks the node that answers for the site; Clients the users.
	Entry, Clients bool
}

// boxText is one line of a box.
type boxText struct {
	Y    int
	Text string
}

// wire is a link.
type wire struct {
	Path  string
	X, Y  int
	Label string
	New   bool
}

// draw lays a topology out, with what is new against another marked. It
// returns nil for a topology too large to draw.
func draw(t targets.Topology, before *targets.Topology) *drawing {
	if len(t.Nodes) == 0 || len(t.Nodes) > maxNodes {
		return nil
	}
	d := &drawing{}
	place := map[string]*box{}
	columns := layers(t)
	x := margin
	for _, layer := range columns {
		y, width := margin, boxWidth
		for _, name := range layer {
			b := boxOf(t, name, before)
			b.X, b.Y = x, y
			y += b.H + boxGap
			width = b.W
			d.Boxes = append(d.Boxes, b)
		}
		d.Height = max(d.Height, y-boxGap+margin)
		x += width + layerGap
	}
	d.Width = x - layerGap + margin
	d.center(columns)
	for i := range d.Boxes {
		place[d.Boxes[i].Name] = &d.Boxes[i]
	}
	d.connect(t, place, before)
	d.Label = fmt.Sprintf("Topology %s: %s and %s", t.Name, plural(len(t.Nodes), "node"), plural(len(d.Wires), "wire"))
	return d
}

// center moves every layer to the middle of the drawing's height and sets the
// places of its texts.
func (d *drawing) center(columns [][]string) {
	i := 0
	for _, layer := range columns {
		if len(layer) == 0 {
			continue
		}
		last := d.Boxes[i+len(layer)-1]
		shift := (d.Height - margin - (last.Y + last.H)) / 2
		for range layer {
			b := &d.Boxes[i]
			b.Y += shift
			for j := range b.Lines {
				b.Lines[j].Y = b.Y + boxHead + 12 + j*boxLine
			}
			i++
		}
	}
}

func boxOf(t targets.Topology, name string, before *targets.Topology) box {
	if name == targets.Clients {
		return box{Name: name, W: clientWidth, H: boxHead + 8, Clients: true}
	}
	node, _ := t.Node(name)
	b := box{Name: name, W: boxWidth}
	for _, line := range append([]string{slots(node.Machine)}, roleLines(node)...) {
		b.Lines = append(b.Lines, boxText{Text: cut(line)})
	}
	b.H = boxHead + len(b.Lines)*boxLine + 8
	for _, r := range node.Roles {
		b.Entry = b.Entry || r.Name == t.Entry
	}
	if before == nil {
		return b
	}
	switch old, ok := before.Node(name); {
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

// roleLines names the roles of a node, the kind only where the name says
// more.
func roleLines(n targets.Node) []string {
	var out []string
	for _, r := range n.Roles {
		line := string(r.Kind)
		if r.Name != n.Name && r.Name != string(r.Kind) {
			line = r.Name + ": " + line
		}
		if r.Private {
			line += ", private"
		}
		out = append(out, line)
	}
	return out
}

func cut(s string) string {
	if runes := []rune(s); len(runes) > maxLabel {
		return string(runes[:maxLabel-1]) + "…"
	}
	return s
}

// connect draws the links, spread over the sides of their boxes.
func (d *drawing) connect(t targets.Topology, place map[string]*box, before *targets.Topology) {
	out, in := map[string]int{}, map[string]int{}
	for _, l := range t.Links {
		if place[l.From] != nil && place[l.To] != nil && l.From != l.To {
			out[l.From]++
			in[l.To]++
		}
	}
	from, to := map[string]int{}, map[string]int{}
	for _, l := range t.Links {
		a, b := place[l.From], place[l.To]
		if a == nil || b == nil || a == b {
			continue
		}
		from[l.From]++
		to[l.To]++
		w := between(a, b, port(a, from[l.From], out[l.From]), port(b, to[l.To], in[l.To]), out[l.From] >= in[l.To])
		w.Label = reports.Setting(l.OneWay)
		if before != nil {
			_, had := before.Link(l.From, l.To)
			w.New = !had
		}
		d.Wires = append(d.Wires, w)
	}
}

// port is the height at which wire i of n meets a box.
func port(b *box, i, n int) int { return b.Y + b.H*i/(n+1) }

// between is a wire from height y1 of one box to height y2 of another. The
// label stands near the end where wires lie further apart.
func between(a, b *box, y1, y2 int, nearEnd bool) wire {
	x1, x2 := a.X+a.W, b.X
	bend := max((x2-x1)/2, 30)
	c1, c2 := x1+bend, x2-bend
	switch {
	case a.X == b.X: // the same layer: a loop on the right
		x2 = b.X + b.W
		c2 = x2 + bend
	case a.X > b.X: // backwards
		x1, x2 = a.X, b.X+b.W
		c1, c2 = x1-bend, x2+bend
	}
	at := 0.3
	if nearEnd {
		at = 0.7
	}
	bezier := func(p0, p1, p2, p3 int) int {
		u := 1 - at
		return int(u*u*u*float64(p0) + 3*u*u*at*float64(p1) + 3*u*at*at*float64(p2) + at*at*at*float64(p3))
	}
	return wire{Path: fmt.Sprintf("M%d %dC%d %d %d %d %d %d", x1, y1, c1, y1, c2, y2, x2, y2),
		X: bezier(x1, c1, c2, x2), Y: bezier(y1, y1, y2, y2)}
}

// nodeTable and linkTable are the twins of a drawing.
func nodeTable(t targets.Topology, d *drawing) *table {
	tags := map[string]string{}
	if d != nil {
		for _, b := range d.Boxes {
			tags[b.Name] = b.Tag
		}
	}
	out := &table{Caption: "Nodes", Columns: columns("Node", "Size", "Roles", "Against the stage compared with")}
	for _, n := range t.Nodes {
		out.add(text(n.Name), text(slots(n.Machine)), lines(roleLines(n)), text(tags[n.Name]))
	}
	return out
}

func linkTable(t targets.Topology) *table {
	out := &table{Caption: "Wires",
		Columns: columns("From", "To", ">One way", ">Jitter", ">Bandwidth", "From the latency number")}
	for _, l := range t.Links {
		jitter, bandwidth := "none", "unlimited"
		if l.Jitter > 0 {
			jitter = "±" + reports.Setting(l.Jitter)
		}
		if l.Bandwidth > 0 {
			bandwidth = reports.Bytes(l.Bandwidth) + "/s"
		}
		out.add(text(l.From), text(l.To), text(reports.Setting(l.OneWay)), text(jitter), text(bandwidth),
			text(l.Source))
	}
	return out
}
