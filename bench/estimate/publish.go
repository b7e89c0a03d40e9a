package estimate

import (
	"fmt"
	"time"

	"rung/targets"
)

// Range is a time that lies between two bounds, both included.
type Range struct{ Low, High time.Duration }

// Plus is the range of the sum.
func (r Range) Plus(s Range) Range { return Range{r.Low + s.Low, r.High + s.High} }

// Middle is the mean of a time that is uniform in the range.
func (r Range) Middle() time.Duration { return r.Low + (r.High-r.Low)/2 }

// Change is how long it takes until changed static files are seen in every
// region, by what is done about it.
type Change struct {
	// Waiting: nothing is done, and each edge asks when its entry is no
	// longer fresh.
	Waiting Range
	// Purging: one edge of each provider is told to drop all, and tells its
	// peers.
	Purging Range
	// Versioning: the files get new names, which no edge has.
	Versioning Range
	// Derivation of the above, line by line.
	Derivation []string
}

// Publication predicts a Change. The first request after it then needs the
// way to the site through the edge. It is zero when there are no edges.
func Publication(t targets.Topology) (Change, error) {
	p, err := pathOf(t, "")
	if err != nil {
		return Change{}, err
	}
	edges := t.RolesOf(targets.KindEdge)
	if len(edges) == 0 {
		return Change{}, nil
	}
	fresh := freshness(*p.web().Web)
	fan, way := time.Duration(0), time.Duration(0)
	for _, e := range edges {
		_, node, _ := t.Role(e.Name)
		for _, peer := range e.Peers() {
			if _, other, ok := t.Role(peer); ok {
				fan = max(fan, 2*seconds(oneWay(t, node.Name, other.Name)))
			}
		}
		if _, origin, ok := t.Role(e.Edge.Origin); ok {
			way = max(way, 2*seconds(oneWay(t, node.Name, origin.Name)))
		}
	}
	c := Change{Waiting: Range{0, fresh + way}, Purging: Range{0, fan + way}, Versioning: Range{0, way}}
	c.Derivation = []string{
		fmt.Sprintf("an entry is fresh for %v: one that is filled at a random time has between nothing and all of it left", fresh),
		fmt.Sprintf("a purge goes from one edge to its peers and back: at most %v", fan),
		fmt.Sprintf("the next request asks the site: a round trip of at most %v", way),
		"a new name is asked for once",
	}
	return c, nil
}

// Transfer is what a gigabyte (1e9 bytes) costs that leaves for users, and
// for edges, in any one currency.
type Transfer struct{ Edge, Site float64 }

// Cost of some bytes that edges sent to users, of which they fetched some
// from the site; and what it would have been from the site alone.
func (p Transfer) Cost(sent, fetched float64) (withEdges, direct float64) {
	const gigabyte = 1e9
	return (sent*p.Edge + fetched*p.Site) / gigabyte, sent * p.Site / gigabyte
}
