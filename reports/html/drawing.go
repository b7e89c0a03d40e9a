package html

import (
	"fmt"
	"maps"
	"slices"

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
	Label  string
	Boxes  []box
	Wires  []wire
	Panels []panel
	// Shared says that some box stands for several nodes, Near that of the
	// wires of users only the shortest are drawn, and Watched that something
	// watches the others.
	Shared, Near, Watched bool

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
	sites := slices.DeleteFunc(t.DataCenters(), func(name string) bool { return name == "" })
	settle(d.Boxes, sites)
	squeeze(d.Boxes)
	d.Boxes = order(d.Boxes, homes(d.Boxes), t.Links)
	for _, b := range d.Boxes {
		d.Shared = d.Shared || len(b.Members) > 1
	}
	d.place()
	d.enclose(sites)
	d.connect(t, before)
	d.watchers(t, before)
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

// stack is the boxes of one column and one lane.
type stack struct{ column, lane int }

// place puts the columns side by side, stacks the boxes of each lane and
// moves every stack to the middle of its lane. What stands before several data
// centres is in the middle of them all.
func (d *drawing) place() {
	heights := map[stack]int{}
	lanes := map[int]int{}
	for i := range d.Boxes {
		b := &d.Boxes[i]
		if b.lane == laneWatch {
			continue
		}
		for len(d.columns) <= b.column {
			d.columns = append(d.columns, span{})
		}
		d.columns[b.column].w = max(d.columns[b.column].w, b.W)
		s := stack{b.column, b.lane}
		if heights[s] > 0 {
			heights[s] += boxGap
		}
		b.Y = heights[s]
		heights[s] += b.H
		lanes[b.lane] = max(lanes[b.lane], heights[s])
	}
	x := margin
	for i := range d.columns {
		d.columns[i].x = x
		x += d.columns[i].w + layerGap
	}
	d.Width = max(x-layerGap+margin, 2*margin)
	top, bottom := tops(lanes)
	for i := range d.Boxes {
		b := &d.Boxes[i]
		if b.lane == laneWatch {
			continue
		}
		b.X = d.columns[b.column].x
		b.Y += top[b.lane] + (lanes[b.lane]-heights[stack{b.column, b.lane}])/2
		b.rule()
	}
	d.Height = bottom + margin
}

// rule puts the lines of a box under its name.
func (b *box) rule() {
	for j := range b.Lines {
		b.Lines[j].Y = b.Y + boxHead + 12 + j*boxLine
	}
}

// tops is where every lane begins, and where the last one ends.
func tops(heights map[int]int) (top map[int]int, bottom int) {
	top = map[int]int{laneNames: margin}
	body := margin
	if heights[laneNames] > 0 {
		body += heights[laneNames] + laneGap
	}
	y := body
	for _, lane := range slices.Sorted(maps.Keys(heights)) {
		if lane <= laneSite {
			continue
		}
		if y > body {
			y += panelGap
		}
		top[lane] = y + panelHead
		y = top[lane] + heights[lane] + panelFoot
	}
	centres := y - body
	all := max(centres, heights[laneSite])
	for lane := range top {
		if lane > laneSite {
			top[lane] += (all - centres) / 2
		}
	}
	top[laneSite] = body + (all-heights[laneSite])/2
	return top, body + all
}
