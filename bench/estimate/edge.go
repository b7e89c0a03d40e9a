package estimate

import (
	"fmt"
	"time"

	"rung/bench"
	"rung/targets"
)

// freshness is how long an edge may serve a static file without asking: the
// max-age that web servers say, in whole seconds and at least one (RFC 9111
// 1.2.2 has no parts of seconds). Zero means that it must ask each time.
func freshness(w targets.Web) time.Duration {
	if w.AssetMaxAge <= 0 {
		return 0
	}
	return (w.AssetMaxAge + time.Second - 1) / time.Second * time.Second
}

// edgeHits is the share of the requests for static files that an edge answers
// by itself when they come at a rate, over all files alike.
func edgeHits(web *targets.Web, w bench.Workload, edge targets.Role, rate float64) (float64, []string, error) {
	fresh := freshness(*web)
	if fresh == 0 {
		return 0, []string{"static files have no max-age: the edge asks each time"}, nil
	}
	files := w.Assets
	if files < 1 {
		return 0, []string{"there are no static files"}, nil
	}
	keys := make([]KeyLoad, files)
	for i := range keys {
		keys[i] = KeyLoad{Reads: rate / float64(files), Bytes: 1}
		if len(web.AssetSizes) > 0 {
			keys[i].Bytes = float64(web.AssetSizes[i%len(web.AssetSizes)])
		}
	}
	ratio, lines, err := HitRatio(targets.EvictionLRU, keys, edge.Edge.Bytes, fresh)
	if err != nil {
		return 0, nil, fmt.Errorf("edge %s: %w", edge.Name, err)
	}
	lines = append(lines, fmt.Sprintf("%d files at %.4g/s together: each stays fresh for %v", files, rate, fresh))
	return ratio, lines, nil
}

// assets is the share of static files in the requests.
func (m *model) assets() float64 {
	total := 0.0
	for _, s := range m.workload.Mix {
		if s.Operation == targets.OpAsset {
			total += s.Ratio
		}
	}
	return total
}

// findEdgeHits finds how often edges have what they are asked for. Each sees
// the requests of all paths that it stands in.
func (m *model) findEdgeHits() (err error) {
	for _, p := range m.paths {
		if p.edge == nil {
			continue
		}
		share := 0.0
		for _, other := range m.paths {
			if other.edge != nil && other.edge.Name == p.edge.Name {
				share += other.share
			}
		}
		if p.edgeHits, p.edgeLines, err = edgeHits(p.origin.web().Web, m.workload, *p.edge, m.assets()*share*m.pace()); err != nil {
			return err
		}
	}
	return nil
}

// viaEdge takes a static file from the edge, which asks its origin when what
// it has is not fresh. The file itself has not changed: the origin says so
// without sending it again.
func (m *model) viaEdge(r *route) []*route {
	p := m.path
	edge := p.at(*p.edge)
	m.travel(r, p.clients, edge.node.Name, 1)
	m.work(r, edge, "cpu", p.edge.Edge.Demand, "edge")
	m.download(r, [2]string{p.clients, edge.node.Name})
	miss := r.fork(1 - p.edgeHits)
	if miss == nil {
		return []*route{r}
	}
	m.enter(miss, p.origin, edge.node.Name)
	if r.share <= 0 {
		return []*route{miss}
	}
	return []*route{r, miss}
}

// RegionLatency is what a static file costs the users of a region without any
// load.
type RegionLatency struct {
	// Region is a name; empty for the users that have none.
	Region string
	// Edge is the role that answers; the entry where there is no edge.
	Edge string
	// Hit is the response time of what the edge has and Miss of what it asks
	// for; without an edge both are the site's.
	Hit, Miss time.Duration
	// Direct is the response time from the site itself.
	Direct time.Duration
	// HitRatio is that of the edge, 0 to 1.
	HitRatio float64
	// Derivation of the above, line by line.
	Derivation []string
}

// Regions predicts static files by region, in the order of the topology: from
// the edge that the nameserver names first for it. Rate is that of requests
// for static files at each edge, per second; hop the real time that the
// software of one hop takes. Connections are open already. A topology without
// regions has one, without a name.
func Regions(t targets.Topology, w bench.Workload, rate float64, hop time.Duration) ([]RegionLatency, error) {
	regions := t.Regions
	if len(regions) == 0 {
		regions = []targets.Region{{}}
	}
	var out []RegionLatency
	for _, r := range regions {
		p, err := pathOf(t, r.Name)
		if err != nil {
			return nil, err
		}
		l, err := regionOf(t, w, p, rate, hop)
		if err != nil {
			return nil, err
		}
		out = append(out, l)
	}
	return out, nil
}

// regionOf is what the users of a path wait for a static file.
func regionOf(t targets.Topology, w bench.Workload, p *path, rate float64, hop time.Duration) (l RegionLatency, err error) {
	// A model whose routes say how long one request takes.
	m := &model{conditions: conditions{hop: hop}, topology: t, workload: w, path: p, owners: map[string]string{}}
	site := &route{operation: targets.OpAsset, share: 1}
	m.enter(site, p.front, p.clients)
	direct := seconds(site.floor + site.served + m.transfer(m.ways()...))
	l = RegionLatency{Region: p.place, Edge: p.entry.Name, Hit: direct, Miss: direct, Direct: direct}
	l.Derivation = append(l.Derivation, fmt.Sprintf("from the site itself: %v", direct))
	if p.edge == nil {
		return l, nil
	}
	l.Edge = p.edge.Name
	if l.HitRatio, l.Derivation, err = edgeHits(p.origin.web().Web, w, *p.edge, rate); err != nil {
		return l, err
	}
	edge, at := &route{operation: targets.OpAsset, share: 1}, p.at(*p.edge)
	m.travel(edge, p.clients, at.node.Name, 1)
	m.work(edge, at, "cpu", p.edge.Edge.Demand, "edge")
	m.download(edge, [2]string{p.clients, at.node.Name})
	l.Hit = seconds(edge.floor + edge.served)
	m.enter(edge, p.origin, at.node.Name)
	l.Miss = seconds(edge.floor + edge.served)
	l.Derivation = append(l.Derivation, fmt.Sprintf("%s has it: %v; %s asks the site: %v; from the site itself: %v", l.Edge, l.Hit, l.Edge, l.Miss, direct))
	return l, nil
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
