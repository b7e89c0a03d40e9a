package html

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"rung/reports"
	"rung/targets"
)

// wire is a link, or the links between the nodes of two boxes.
type wire struct {
	Path string
	// X and Y are where the label stands, if there is one.
	X, Y  int
	Label string
	New   bool
	// Peer wires carry no requests: replication, purges, health checks. Wide
	// wires are all those between two data centres.
	Peer, Wide bool
}

// bundle is all links from one box to another.
type bundle struct {
	from, to  int
	low, high time.Duration
	fresh     bool
	peer      bool
	// y1 and y2 are where it leaves and arrives.
	y1, y2 int
	// near says that the label stands near the end, where wires lie further
	// apart.
	near bool
}

func (b bundle) label() string { return between(b.low, b.high) }

// between says a range of delays.
func between(low, high time.Duration) string {
	if low == high {
		return reports.Setting(low)
	}
	return reports.Setting(low) + "–" + reports.Setting(high)
}

// connect draws the links: those within a column as one line beside it, the
// others from box to box.
func (d *drawing) connect(t targets.Topology, before *targets.Topology) {
	var across, within []bundle
	for _, b := range d.bundles(t, before) {
		if d.Boxes[b.from].column == d.Boxes[b.to].column {
			within = append(within, b)
		} else {
			across = append(across, b)
		}
	}
	d.dock(across)
	lanes := map[[2]int]int{}
	said := map[string]bool{}
	for _, b := range across {
		w := d.run(b, lanes)
		// Wires of one box to one column are named once for each delay, those
		// of its peers once for all columns.
		key := fmt.Sprint(b.from, d.Boxes[b.to].column, w.Label)
		if b.peer {
			key = fmt.Sprint(b.from, w.Label)
		}
		if said[key] {
			w.Label = ""
		}
		said[key] = true
		d.Wires = append(d.Wires, w)
	}
	d.buses(within)
	d.longHaul(t, before)
	d.labels()
}

// bundles sums the links up by the boxes that they join, in the order of the
// first of each. Those that are drawn in another way, or not, are left out.
func (d *drawing) bundles(t targets.Topology, before *targets.Topology) []bundle {
	home := homes(d.Boxes)
	nearest := nearest(t)
	index := map[[2]int]int{}
	var out []bundle
	for _, l := range t.Links {
		a, okA := home[l.From]
		b, okB := home[l.To]
		if !okA || !okB || a == b || d.Boxes[a].lane == laneWatch || d.Boxes[b].lane == laneWatch {
			continue
		}
		if _, _, apart := d.apart(d.Boxes[a], d.Boxes[b]); apart {
			continue
		}
		if least, ok := nearest[way{l.From, kindAt(t, l.To)}]; ok && l.OneWay > least {
			d.Near = true
			continue
		}
		fresh, peer := isNew(before, l), peers(t, l)
		i, ok := index[[2]int{a, b}]
		if !ok {
			index[[2]int{a, b}] = len(out)
			out = append(out, bundle{from: a, to: b, low: l.OneWay, high: l.OneWay, fresh: fresh, peer: peer})
			continue
		}
		have := &out[i]
		have.low, have.high = min(have.low, l.OneWay), max(have.high, l.OneWay)
		have.fresh, have.peer = have.fresh || fresh, have.peer && peer
	}
	return out
}

// way is from a group of users to nodes of one kind.
type way struct {
	from string
	kind targets.Kind
}

// nearest is the shortest wire of each group of users to each kind of node.
func nearest(t targets.Topology) map[way]time.Duration {
	out := map[way]time.Duration{}
	for _, l := range t.Links {
		if _, node := t.Node(l.From); node {
			continue
		}
		w := way{l.From, kindAt(t, l.To)}
		if least, ok := out[w]; !ok || l.OneWay < least {
			out[w] = l.OneWay
		}
	}
	return out
}

// kindAt is the kind of the first role of a node.
func kindAt(t targets.Topology, node string) targets.Kind {
	if n, ok := t.Node(node); ok && len(n.Roles) > 0 {
		return n.Roles[0].Kind
	}
	return ""
}

// peers says that a link is there for what no request needs: some role of its
// start has a peer at its end, and none uses one there.
func peers(t targets.Topology, l targets.Link) bool {
	from, _ := t.Node(l.From)
	to, _ := t.Node(l.To)
	found := false
	for _, r := range from.Roles {
		for _, other := range to.Roles {
			if slices.Contains(r.Uses(), other.Name) {
				return false
			}
			found = found || slices.Contains(r.Peers(), other.Name)
		}
	}
	return found
}

// dock spreads the ends of the wires over the sides of their boxes, in the
// order of where they lead.
func (d *drawing) dock(across []bundle) {
	type side struct {
		box   int
		right bool
	}
	type end struct {
		bundle int
		first  bool
		toward int
	}
	sides := map[side][]end{}
	middle := func(i int) int { return d.Boxes[i].Y + d.Boxes[i].H/2 }
	for i, b := range across {
		forward := d.Boxes[b.from].column < d.Boxes[b.to].column
		sides[side{b.from, forward}] = append(sides[side{b.from, forward}], end{i, true, middle(b.to)})
		sides[side{b.to, !forward}] = append(sides[side{b.to, !forward}], end{i, false, middle(b.from)})
	}
	for s, ends := range sides {
		slices.SortStableFunc(ends, func(a, b end) int { return cmp.Compare(a.toward, b.toward) })
		for place, e := range ends {
			box := d.Boxes[s.box]
			y := box.Y + box.H*(place+1)/(len(ends)+1)
			if e.first {
				across[e.bundle].y1 = y
				across[e.bundle].near = len(ends) > 1
			} else {
				across[e.bundle].y2 = y
			}
		}
	}
}

// run is the wire of a bundle. Columns on its way are crossed in a gap between
// boxes; lanes counts the wires in each. The label of such a wire stands in
// the first gap, that of another near the end where there is more room.
func (d *drawing) run(b bundle, lanes map[[2]int]int) wire {
	from, to := d.Boxes[b.from], d.Boxes[b.to]
	step, x, end := 1, from.X+from.W, to.X
	if from.column > to.column {
		step, x, end = -1, from.X, to.X+to.W
	}
	var path strings.Builder
	fmt.Fprintf(&path, "M%d %d", x, b.y1)
	y := b.y1
	label := [2]int{}
	for c := from.column + step; c != to.column; c += step {
		column := d.columns[c]
		near, far := column.x-8, column.x+column.w+8
		if step < 0 {
			near, far = far, near
		}
		through, nth := d.gap(c, y+(b.y2-y)/2, lanes)
		if c == from.column+step {
			label = [2]int{near + step*(26+46*(nth%4)), through}
		}
		bow(&path, x, y, near, through)
		fmt.Fprintf(&path, "H%d", far)
		x, y = far, through
	}
	bow(&path, x, y, end, b.y2)
	w := wire{Path: path.String(), Label: b.label(), New: b.fresh, Peer: b.peer, X: label[0], Y: label[1]}
	if label == [2]int{} {
		at := 0.32
		if b.near {
			at = 0.68
		}
		w.X, w.Y = bezier(at, [4]int{x, y, end, b.y2})
	}
	return w
}

// bow runs level out of one point and into another.
func bow(path *strings.Builder, x1, y1, x2, y2 int) {
	bend := (x2 - x1) / 2
	fmt.Fprintf(path, "C%d %d %d %d %d %d", x1+bend, y1, x2-bend, y2, x2, y2)
}

// bezier is a point of the curve of a leg.
func bezier(at float64, leg [4]int) (x, y int) {
	u := 1 - at
	of := func(p0, p1, p2, p3 int) int {
		return int(u*u*u*float64(p0) + 3*u*u*at*float64(p1) + 3*u*at*at*float64(p2) + at*at*at*float64(p3))
	}
	bend := (leg[2] - leg[0]) / 2
	return of(leg[0], leg[0]+bend, leg[2]-bend, leg[2]), of(leg[1], leg[1], leg[3], leg[3])
}

// gap is the height of the free line through a column that is nearest to the
// one wanted. Wires that share a gap lie a few pixels apart.
func (d *drawing) gap(column, want int, lanes map[[2]int]int) (y, nth int) {
	var free []int
	last := -1
	for _, b := range d.Boxes {
		if b.column != column {
			continue
		}
		if last < 0 {
			free = append(free, b.Y-boxGap+gapLine)
		} else {
			free = append(free, last+gapLine)
		}
		last = b.Y + b.H
	}
	if last < 0 {
		return want, 0
	}
	free = append(free, last+gapLine)
	best := free[0]
	for _, y := range free {
		if distance(y, want) < distance(best, want) {
			best = y
		}
	}
	key := [2]int{column, best}
	lanes[key]++
	// The lower half of a gap is for what is said above a box.
	offsets := []int{0, -3, 3, 5, -5}
	return best + offsets[(lanes[key]-1)%len(offsets)], lanes[key] - 1
}

func distance(a, b int) int { return max(a-b, b-a) }
