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
func edgeHits(t targets.Topology, w bench.Workload, edge targets.Role, rate float64) (float64, []string, error) {
	p, err := pathOf(t)
	if err != nil {
		return 0, nil, err
	}
	web := p.web().Web
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

// assetRate is the rate of requests for static files.
func (m *model) assetRate() float64 {
	total := 0.0
	for _, s := range m.workload.Mix {
		if s.Operation == targets.OpAsset {
			total += s.Ratio
		}
	}
	return total * m.pace()
}

// viaEdge takes a static file from the edge, which asks the site when what it
// has is not fresh. The file itself has not changed: the site says so without
// sending it again.
func (m *model) viaEdge(r *route) []*route {
	edge := m.at(*m.path.edge)
	m.travel(r, targets.Clients, edge.node.Name, 1)
	m.work(r, edge, "cpu", m.path.edge.Edge.Demand, "edge")
	r.floor += m.transfer([2]string{targets.Clients, edge.node.Name})
	miss := r.fork(1 - m.edgeHits)
	if miss == nil {
		return []*route{r}
	}
	m.enter(miss, edge.node.Name)
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
	p, err := pathOf(t)
	if err != nil {
		return nil, err
	}
	regions := t.Regions
	if len(regions) == 0 {
		regions = []targets.Region{{}}
	}
	record, _ := staticRecord(t)
	var out []RegionLatency
	for _, r := range regions {
		name := t.Entry
		if t.Static != "" && record.Role != "" {
			name = record.Role
		}
		if roles := record.Regions[r.Name]; len(roles) > 0 && t.Static != "" {
			name = roles[0]
		}
		role, node, ok := t.Role(name)
		if !ok {
			return nil, fmt.Errorf("topology %s: region %q is sent to %q, which is not there", t.Name, r.Name, name)
		}
		// A model whose users are at the region, and whose routes say how
		// long one request takes.
		m := &model{conditions: conditions{hop: hop}, topology: t, workload: w, path: p}
		direct := m.single(r.Clients(), p.nodes[t.Entry].Name)
		l := RegionLatency{Region: r.Name, Edge: name, Hit: direct, Miss: direct, Direct: direct}
		l.Derivation = append(l.Derivation, fmt.Sprintf("from the site itself: %v", direct))
		if role.Edge != nil {
			if l.HitRatio, l.Derivation, err = edgeHits(t, w, role, rate); err != nil {
				return nil, err
			}
			edge := &route{operation: targets.OpAsset, share: 1}
			m.travel(edge, r.Clients(), node.Name, 1)
			m.work(edge, place{node: node, servers: 1}, "cpu", role.Edge.Demand, "edge")
			edge.floor += m.transfer([2]string{r.Clients(), node.Name})
			l.Hit = seconds(edge.floor + edge.served)
			m.enter(edge, node.Name)
			l.Miss = seconds(edge.floor + edge.served)
			l.Derivation = append(l.Derivation, fmt.Sprintf("%s has it: %v; %s asks the site: %v; from the site itself: %v", name, l.Hit, name, l.Miss, direct))
		}
		out = append(out, l)
	}
	return out, nil
}

// single is the time of one static file from the entry, for users of a place.
func (m *model) single(clients, entry string) time.Duration {
	r := &route{operation: targets.OpAsset, share: 1}
	m.enter(r, clients)
	ways := m.ways()
	ways[0] = [2]string{clients, entry}
	return seconds(r.floor + r.served + m.transfer(ways...))
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
