package html

import (
	"fmt"

	"rung/targets"
)

// Sizes of a drawing, in pixels.
const (
	boxWidth    = 176
	clientWidth = 84
	regionWidth = 128
	boxHead     = 26
	boxLine     = 16
	boxGap      = 26
	gapLine     = 8
	laneGap     = 40
	layerGap    = 108
	margin      = 22

	// maxNodes is how many nodes a drawing can hold and stay readable.
	maxNodes = 120
	// grouped is the number of nodes above which equal ones share a box.
	grouped = 16
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
	// Shared says that some box stands for several nodes.
	Shared bool

	columns []span
}

// span is where a column lies from left to right.
type span struct{ x, w int }

// draw lays a topology out, with what is new against another marked. It
// returns nil for a topology too large to draw.
func draw(t targets.Topology, before *targets.Topology) *drawing {
	if len(t.Nodes) == 0 || len(t.Nodes) > maxNodes {
		return nil
	}
	d := &drawing{Boxes: boxes(t, before)}
	squeeze(d.Boxes)
	d.Boxes = order(d.Boxes, homes(d.Boxes), t.Links)
	for _, b := range d.Boxes {
		d.Shared = d.Shared || len(b.Members) > 1
	}
	d.place()
	d.connect(t, before)
	d.Label = fmt.Sprintf("Topology %s: %s and %s", t.Name, plural(len(t.Nodes), "node"), plural(len(t.Links), "wire"))
	return d
}

// homes maps every node to the index of its box.
func homes(boxes []box) map[string]int {
	home := map[string]int{}
	for i, b := range boxes {
		for _, name := range b.Members {
			home[name] = i
		}
	}
	return home
}

// place puts the columns side by side, stacks the boxes of each lane and
// moves every stack to the middle of its lane.
func (d *drawing) place() {
	for _, b := range d.Boxes {
		for len(d.columns) <= b.column {
			d.columns = append(d.columns, span{})
		}
		d.columns[b.column].w = max(d.columns[b.column].w, b.W)
	}
	x := margin
	for i := range d.columns {
		d.columns[i].x = x
		x += d.columns[i].w + layerGap
	}
	d.Width = x - layerGap + margin
	type stack struct{ column, lane int }
	heights := map[stack]int{}
	var lanes [2]int
	for i := range d.Boxes {
		b := &d.Boxes[i]
		s := stack{b.column, b.lane}
		if heights[s] > 0 {
			heights[s] += boxGap
		}
		b.X, b.Y = d.columns[b.column].x, heights[s]
		heights[s] += b.H
		lanes[b.lane] = max(lanes[b.lane], heights[s])
	}
	top := [2]int{margin, margin}
	if lanes[laneNames] > 0 {
		top[laneSite] += lanes[laneNames] + laneGap
	}
	for i := range d.Boxes {
		b := &d.Boxes[i]
		b.Y += top[b.lane] + (lanes[b.lane]-heights[stack{b.column, b.lane}])/2
		for j := range b.Lines {
			b.Lines[j].Y = b.Y + boxHead + 12 + j*boxLine
		}
	}
	d.Height = top[laneSite] + lanes[laneSite] + margin
}
