package html

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// busGap is the distance of a column's line from its boxes, and of one such
// line from the next.
const busGap = 14

// buses draws the links within a column: the boxes that they join, directly or
// through others, hang on one line on the column's right. The links of three
// members to one another would be six wires in one place.
func (d *drawing) buses(within []bundle) {
	count := map[int]int{}
	for len(within) > 0 {
		joined := []int{within[0].from}
		var mine []bundle
		for grew := true; grew; {
			grew = false
			within = slices.DeleteFunc(within, func(b bundle) bool {
				if !slices.Contains(joined, b.from) && !slices.Contains(joined, b.to) {
					return false
				}
				for _, i := range []int{b.from, b.to} {
					if !slices.Contains(joined, i) {
						joined = append(joined, i)
					}
				}
				mine, grew = append(mine, b), true
				return true
			})
		}
		slices.Sort(joined)
		column := d.Boxes[joined[0]].column
		count[column]++
		d.Wires = append(d.Wires, d.bus(joined, mine, busGap*count[column]))
	}
}

// bus is one line beside a column and its stubs.
func (d *drawing) bus(joined []int, links []bundle, off int) wire {
	w := wire{Peer: true}
	low, high := links[0].low, links[0].high
	for _, l := range links {
		low, high = min(low, l.low), max(high, l.high)
		w.New, w.Peer = w.New || l.fresh, w.Peer && l.peer
	}
	var path strings.Builder
	column := d.columns[d.Boxes[joined[0]].column]
	x := column.x + column.w + off
	top, bottom := 0, 0
	for i, at := range joined {
		b := d.Boxes[at]
		y := b.Y + b.H - 12
		fmt.Fprintf(&path, "M%d %dH%d", b.X+b.W, y, x)
		if i == 0 {
			top = y
		}
		top, bottom = min(top, y), max(bottom, y)
	}
	fmt.Fprintf(&path, "M%d %dV%d", x, top, bottom)
	w.Path, w.Label = path.String(), d.busLabel(joined, low, high)
	last := d.Boxes[joined[len(joined)-1]]
	w.X, w.Y = x, last.Y+last.H+6
	d.Width = max(d.Width, w.X+textWidth(w.Label)/2+margin)
	return w
}

// busLabel says what the line is for, where all that hang on it agree.
func (d *drawing) busLabel(joined []int, low, high time.Duration) string {
	label := between(low, high)
	for _, at := range joined {
		if !slices.ContainsFunc(d.Boxes[at].Lines, func(l boxText) bool {
			return l.Text == primaryLine || l.Text == replicaLine
		}) {
			return label
		}
	}
	return "replication " + label
}

// textWidth is about what a label takes in pixels, at 11 pixels a line.
func textWidth(s string) int { return utf8.RuneCountInString(s) * 6 }

// labels moves labels that cover one another apart, and drops one that says
// the same as its neighbour where there is no room.
func (d *drawing) labels() {
	var taken []wire
	clash := func(w wire) (wire, bool) {
		for _, o := range taken {
			if distance(w.X, o.X) < (textWidth(w.Label)+textWidth(o.Label))/2+2 && distance(w.Y, o.Y) < 13 {
				return o, true
			}
		}
		return wire{}, false
	}
	for i := range d.Wires {
		w := &d.Wires[i]
		other, covered := clash(*w)
		if covered && other.Label == w.Label {
			w.Label = ""
			continue
		}
		for _, shift := range []int{13, -13, 26, -26} {
			if !covered {
				break
			}
			moved := *w
			moved.Y += shift
			if _, covered = clash(moved); !covered {
				covered = d.onABox(moved)
			}
			if !covered {
				w.Y = moved.Y
			}
		}
		taken = append(taken, *w)
	}
}

// onABox says that a label would hide what a box says.
func (d *drawing) onABox(w wire) bool {
	half := textWidth(w.Label) / 2
	return slices.ContainsFunc(d.Boxes, func(b box) bool {
		return w.X+half > b.X && w.X-half < b.X+b.W && w.Y+7 > b.Y && w.Y-7 < b.Y+b.H
	})
}
