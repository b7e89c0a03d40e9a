package html

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"rung/targets"
)

// The tiers of a site in the order in which a request meets them. Workers stand
// beside the web servers: both ask what lies behind. A node of a kind that has
// no tier here stands in the last.
const (
	tierClients = iota
	tierEdge
	tierBalancer
	tierWeb
	tierCache
	tierStore
	tierOther
)

// The lanes of a drawing: names are looked up above, requests served below.
// Data centres have lanes of their own below laneSite, and what watches the
// others has no wires and stands at the foot.
const (
	laneWatch = iota - 1
	laneNames
	laneSite
)

// tiers are where the kinds of roles stand, but those of the names.
var tiers = map[targets.Kind]int{
	targets.KindEdge: tierEdge, targets.KindBalancer: tierBalancer, targets.KindWeb: tierWeb,
	targets.KindWorker: tierWeb, targets.KindCache: tierCache, targets.KindVolume: tierCache, targets.KindQueue: tierCache,
	targets.KindDatabase: tierStore, targets.KindKeyValue: tierStore,
}

// seat is where a node stands: the tier that its requests meet first, or, for
// nodes that only look names up, the lane above.
func seat(n targets.Node) (lane, tier int) {
	lane, tier = laneNames, tierEdge
	site, watches := tierOther, len(n.Roles) > 0
	for _, r := range n.Roles {
		watches = watches && r.Kind == targets.KindMonitor
		switch at, ok := tiers[r.Kind]; {
		case ok:
			lane, site = laneSite, min(site, at)
		case r.Kind == targets.KindNameserver:
			tier = tierBalancer // one step behind the resolver
		case r.Kind != targets.KindResolver:
			lane = laneSite
		}
	}
	if watches {
		return laneWatch, 0
	}
	if lane == laneSite || len(n.Roles) == 0 {
		return laneSite, site
	}
	for _, r := range n.Roles {
		if r.Kind == targets.KindResolver {
			return laneNames, tierEdge
		}
	}
	return laneNames, tier
}

// squeeze turns tiers into columns without gaps, the clients first. All lanes
// of the site share columns; the names have their own.
func squeeze(boxes []box) {
	for _, names := range []bool{true, false} {
		mine := func(b box) bool { return b.lane != laneWatch && (b.lane == laneNames) == names && b.column > 0 }
		var used []int
		for _, b := range boxes {
			if mine(b) && !slices.Contains(used, b.column) {
				used = append(used, b.column)
			}
		}
		slices.Sort(used)
		for i := range boxes {
			if b := &boxes[i]; mine(*b) {
				b.column = slices.Index(used, b.column) + 1
			}
		}
	}
}

// settle gives every data centre a lane of its own. Users and edges stand
// before all of them; what else is in none has the last lane.
func settle(boxes []box, sites []string) {
	for i := range boxes {
		b := &boxes[i]
		switch {
		case b.lane != laneSite || len(sites) == 0:
		case slices.Contains(sites, b.site):
			b.lane = laneSite + 1 + slices.Index(sites, b.site)
			b.column = max(b.column, tierEdge+1)
		case b.column > tierEdge:
			b.lane = laneSite + 1 + len(sites)
		}
	}
}

// order sorts the boxes by column and lane, and within one by the mean place
// of what they are wired to in the columns before, so that few wires cross.
func order(boxes []box, home map[string]int, links []targets.Link) []box {
	weight := make([]float64, len(boxes))
	last := 0
	for _, b := range boxes {
		last = max(last, b.column)
	}
	var out []int
	for column := 0; column <= last; column++ {
		var members []int
		for i, b := range boxes {
			if b.column == column {
				members = append(members, i)
				weight[i] = callers(i, boxes, weight, home, links)
			}
		}
		slices.SortStableFunc(members, func(a, b int) int {
			return cmp.Or(cmp.Compare(boxes[a].lane, boxes[b].lane), cmp.Compare(math.Round(weight[a]*1e6), math.Round(weight[b]*1e6)))
		})
		for place, i := range members {
			weight[i] = float64(place+1) / float64(len(members)+1)
		}
		out = append(out, members...)
	}
	sorted := make([]box, 0, len(boxes))
	for _, i := range out {
		sorted = append(sorted, boxes[i])
	}
	return sorted
}

// callers is the mean weight of what box i is wired to in earlier columns, or
// a half without any.
func callers(i int, boxes []box, weight []float64, home map[string]int, links []targets.Link) float64 {
	sum, n := 0.0, 0
	for _, l := range links {
		a, okA := home[l.From]
		b, okB := home[l.To]
		if b == i {
			a, b = b, a
		}
		if okA && okB && a == i && boxes[b].column < boxes[i].column {
			sum, n = sum+weight[b], n+1
		}
	}
	if n == 0 {
		return 0.5
	}
	return sum / float64(n)
}

// stem is a name without its number: "web" of "web-12".
func stem(name string) string {
	head := strings.TrimRight(strings.TrimRight(name, "0123456789"), "-_.")
	if head == "" {
		return name
	}
	return head
}
