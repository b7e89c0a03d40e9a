package run

import (
	"fmt"
	"math"
	"strconv"

	"rung/bench"
	"rung/bench/theory"
	"rung/targets"
	"rung/targets/shard"
)

// rings of each number of virtual nodes: enough that their standard deviation
// is known to some percent.
const rings = 60

// placement places all users on many rings and says how uneven the shards
// are. It is the placing that the site does, without the site.
func (s *session) placement(e bench.Experiment, t targets.Topology) error {
	s.step("%s: place %d users on %d rings", e.Name, s.cfg.Workload.Data.Users, rings*len(e.Values))
	n := 0
	for _, r := range t.RolesOf(targets.KindWeb) {
		if r.Web.Sharding != nil {
			n = len(r.Web.Sharding.Shards)
		}
	}
	users := s.cfg.Workload.Data.Users
	measured := bench.Series{Name: "measured", Mark: bench.MarkDots}
	predicted := bench.Series{Name: "estimate", Mark: bench.MarkLine, Predicted: true}
	for _, virtual := range e.Values {
		spread, most, err := unevenness(n, virtual, users)
		if err != nil {
			return err
		}
		expected := theory.Ring{Nodes: n, Virtual: virtual}.KeySpread(users)
		at := "v" + strconv.Itoa(virtual)
		from := fmt.Sprintf("%d rings of %d shards with %d virtual nodes each, %d users", rings, n, virtual, users)
		s.facts.Add(e.Name+"."+at+".sd_ratio", spread, from)
		s.facts.Add(e.Name+"."+at+".largest_ratio", most, from+": mean share of the largest shard")
		s.facts.Add(e.Name+"."+at+".estimate.sd_ratio", expected, "beta law: sqrt((n-1)/(nV+1)), and the scatter of whole users")
		x := float64(virtual)
		measured.Points = append(measured.Points, bench.FigurePoint{X: x, Y: &spread, Count: rings})
		predicted.Points = append(predicted.Points, bench.FigurePoint{X: x, Y: &expected})
	}
	s.result.Figures = append(s.result.Figures, bench.Figure{ID: e.Name, Title: "How uneven shards are, by the number of virtual nodes",
		How: "The standard deviation of a shard's number of users, as a share of the mean. Each arc of the ring belongs to one point; " +
			"the more points a shard has, the more its arcs average out.",
		X: bench.Axis{Label: "virtual nodes of a shard", Unit: bench.UnitCount, Log: true},
		Y: bench.Axis{Label: "standard deviation / mean", Unit: bench.UnitRatio}, Series: []bench.Series{measured, predicted}})
	return nil
}

// unevenness is the standard deviation of a shard's users, relative to the
// mean, over many rings; and the mean share of the largest shard.
func unevenness(n, virtual, users int) (sd, largest float64, err error) {
	squares, mean := 0.0, float64(users)/float64(n)
	for ring := range rings {
		sharding := targets.Sharding{Method: targets.ShardRing, VirtualNodes: virtual}
		counts := map[string]int{}
		for i := range n {
			// Other names make another ring.
			sharding.Shards = append(sharding.Shards, targets.Shard{Name: fmt.Sprintf("r%d-s%d", ring, i), Members: []string{fmt.Sprintf("db-%d", i)}})
		}
		m, err := shard.New(sharding)
		if err != nil {
			return 0, 0, err
		}
		for id := 1; id <= users; id++ {
			counts[m.Home(int64(id))]++
		}
		most := 0
		for _, x := range sharding.Shards {
			off := float64(counts[x.Name])/mean - 1
			squares += off * off
			most = max(most, counts[x.Name])
		}
		largest += float64(most) / float64(users) / rings
	}
	return math.Sqrt(squares / float64(rings*n)), largest, nil
}
