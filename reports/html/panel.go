package html

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"rung/reports"
	"rung/targets"
)

// Sizes of the boxes around data centres, in pixels.
const (
	panelHead = 30
	panelFoot = 14
	panelSide = 14
	panelGap  = 26
	// wideGap is the distance of two wires between data centres.
	wideGap = 22
)

// panel is the box around what stands in one data centre.
type panel struct {
	X, Y, W, H int
	Name       string

	site string
}

// enclose draws a panel around every data centre.
func (d *drawing) enclose(sites []string) {
	for _, site := range sites {
		p := panel{site: site, Name: cut("data centre " + site)}
		right, bottom := 0, 0
		for _, b := range d.Boxes {
			if b.site != site || b.lane <= laneSite {
				continue
			}
			if right == 0 {
				p.X, p.Y = b.X, b.Y
			}
			p.X, p.Y = min(p.X, b.X), min(p.Y, b.Y)
			right, bottom = max(right, b.X+b.W), max(bottom, b.Y+b.H)
		}
		if right == 0 {
			continue // nothing but what watches or looks names up
		}
		p.X, p.Y = p.X-panelSide, p.Y-panelHead
		p.W = max(right+panelSide+busGap-p.X, textWidth(p.Name)+2*panelSide)
		p.H = bottom + panelFoot - p.Y
		d.Panels = append(d.Panels, p)
		d.Width = max(d.Width, p.X+p.W+margin)
	}
}

// wide is all wires between two data centres.
type wide struct {
	from, to  int // panels
	low, high time.Duration
	fresh     bool
	uses      []string
}

// apart says that a link runs between two data centres that are drawn.
func (d *drawing) apart(a, b box) (from, to int, ok bool) {
	from = slices.IndexFunc(d.Panels, func(p panel) bool { return p.site == a.site && a.lane > laneSite })
	to = slices.IndexFunc(d.Panels, func(p panel) bool { return p.site == b.site && b.lane > laneSite })
	return min(from, to), max(from, to), from >= 0 && to >= 0 && from != to
}

// add counts a link in.
func (w *wide) add(l targets.Link, fresh bool, use string) {
	w.low, w.high = min(w.low, l.OneWay), max(w.high, l.OneWay)
	w.fresh = w.fresh || fresh
	if !slices.Contains(w.uses, use) {
		w.uses = append(w.uses, use)
	}
}

// use says what a link between data centres is for.
func use(t targets.Topology, l targets.Link) string {
	if peers(t, l) {
		return "replication"
	}
	to, _ := t.Node(l.To)
	for _, r := range to.Roles {
		switch r.Kind {
		case targets.KindQueue:
			return "jobs"
		case targets.KindDatabase, targets.KindKeyValue:
			return "queries"
		case targets.KindCache:
			return "cache"
		}
	}
	return "requests"
}

// longHaul draws the wires between data centres: one for each two, on the
// right, whatever runs over it.
func (d *drawing) longHaul(t targets.Topology, before *targets.Topology) {
	home := homes(d.Boxes)
	var all []*wide
	for _, l := range t.Links {
		a, okA := home[l.From]
		b, okB := home[l.To]
		if !okA || !okB {
			continue
		}
		from, to, ok := d.apart(d.Boxes[a], d.Boxes[b])
		if !ok {
			continue
		}
		at := slices.IndexFunc(all, func(w *wide) bool { return w.from == from && w.to == to })
		if at < 0 {
			at = len(all)
			all = append(all, &wide{from: from, to: to, low: l.OneWay, high: l.OneWay})
		}
		all[at].add(l, isNew(before, l), use(t, l))
	}
	right := 0
	for _, p := range d.Panels {
		right = max(right, p.X+p.W)
	}
	slices.SortStableFunc(all, func(a, b *wide) int { return (a.to - a.from) - (b.to - b.from) })
	for i, w := range all {
		a, b := d.Panels[w.from], d.Panels[w.to]
		x := right + wideGap*(i+1)
		// Ends of several wires at one panel lie apart.
		y1, y2 := a.Y+a.H/2+9*(i+1), b.Y+b.H/2-9*(len(all)-i)
		slices.Sort(w.uses)
		out := wire{Path: fmt.Sprintf("M%d %dH%dV%dH%d", a.X+a.W, y1, x, y2, b.X+b.W), New: w.fresh, Wide: true,
			Label: fmt.Sprintf("%s – %s %s: %s", cut(a.site), cut(b.site), between(w.low, w.high), strings.Join(w.uses, ", "))}
		out.X, out.Y = right+wideGap*(len(all)+1)+textWidth(out.Label)/2, (y1+y2)/2
		d.Width = max(d.Width, out.X+textWidth(out.Label)/2+margin)
		d.Wires = append(d.Wires, out)
	}
}

// isNew says that another topology does not have a link.
func isNew(before *targets.Topology, l targets.Link) bool {
	if before == nil {
		return false
	}
	_, had := before.Link(l.From, l.To)
	return !had
}

// watchers stand at the foot of the drawing: their wires lead to every node.
func (d *drawing) watchers(t targets.Topology, before *targets.Topology) {
	if s := t.Supervisor; s != nil {
		b := box{Name: "supervisor", W: boxWidth, Platform: true, lane: laneWatch}
		if before != nil && before.Supervisor == nil {
			b.Tag = "new"
		}
		b.say("replaces " + plural(len(s.Nodes), "node"))
		b.say(fmt.Sprintf("dead: %s in a row", plural(s.Fall, "failure")))
		b.say("checks every " + reports.Setting(s.Interval))
		d.Boxes = append(d.Boxes, b)
	}
	x, y, tall := margin, d.Height-margin+laneGap, 0
	for i := range d.Boxes {
		b := &d.Boxes[i]
		if b.lane != laneWatch {
			continue
		}
		b.X, b.Y = x, y
		b.rule()
		x += b.W + boxGap
		tall = max(tall, b.H)
		d.Width = max(d.Width, x-boxGap+margin)
	}
	if d.Watched = tall > 0; d.Watched {
		d.Height = y + tall + margin
	}
}
