package reportstest

import (
	"math"
	"time"

	"rung/bench"
)

// at is a point of a figure.
func at(x, y float64) bench.FigurePoint { return bench.FigurePoint{X: x, Y: &y} }

// ranged is a point with an interval of a share of its value, and a count.
func ranged(x, y, share float64, n uint64) bench.FigurePoint {
	low, high := y*(1-share), y*(1+share)
	return bench.FigurePoint{X: x, Y: &y, Low: &low, High: &high, Count: n}
}

// gap is a point where too little was measured.
func gap(x float64) bench.FigurePoint { return bench.FigurePoint{X: x, Count: 3} }

// replicationFigures are bars with intervals beside an estimate, and a
// histogram of many rows.
func replicationFigures() []bench.Figure {
	modes := bench.Axis{Label: "mode", Names: []string{"asynchronous", "semi-synchronous", "synchronous"}}
	lags := bench.Figure{ID: "lag", Title: "Replication lag", How: "How many writes a replica applied with that lag.",
		X: bench.Axis{Label: "lag, at most"}, Y: bench.Axis{Label: "writes applied", Unit: bench.UnitCount},
		Series: []bench.Series{{Name: "writes applied", Mark: bench.MarkBars}}}
	for i, n := range []float64{14, 231, 1804, 960, 122, 17, 2} {
		lags.X.Names = append(lags.X.Names, (250 * time.Microsecond << i).String())
		lags.Series[0].Points = append(lags.Series[0].Points, at(float64(i), n))
	}
	return []bench.Figure{
		{ID: "write-latency", Title: "What a write waits for, by replication mode",
			How: "The median response time of a post at low load. A synchronous write waits for the slowest replica's disk.",
			X:   modes, Y: bench.Axis{Label: "p50 of a post", Unit: bench.UnitNs},
			Series: []bench.Series{{Name: "measured", Mark: bench.MarkBars, Points: []bench.FigurePoint{
				ranged(0, 13.1e6, 0.06, 412), ranged(1, 24.9e6, 0.05, 408), ranged(2, 27.3e6, 0.08, 396)}},
				{Name: "estimate", Mark: bench.MarkBars, Predicted: true, Points: []bench.FigurePoint{
					at(0, 12.6e6), at(1, 23.2e6), at(2, 23.2e6)}}}},
		{ID: "read-capacity", Title: "Read capacity against the number of replicas",
			How: "Reads that were answered per second when more were offered than the replicas can carry.",
			X:   bench.Axis{Label: "replicas", Unit: bench.UnitCount}, Y: bench.Axis{Label: "reads answered per second", Unit: bench.UnitPerS},
			Series: []bench.Series{{Name: "measured", Mark: bench.MarkDots, Points: []bench.FigurePoint{
				ranged(1, 181, 0.04, 724), ranged(2, 352, 0.05, 1408), ranged(3, 517, 0.05, 2068), gap(4)}},
				{Name: "estimate", Mark: bench.MarkLine, Predicted: true, Points: []bench.FigurePoint{
					at(1, 190), at(2, 380), at(3, 570), at(4, 760)}}}},
		lags,
	}
}

// cacheFigures are a log axis of sizes, and a stampede with its band.
func cacheFigures() []bench.Figure {
	hits := bench.Figure{ID: "hit-ratio", Title: "Hit ratio against the size of the cache",
		How: "The share of reads that the cache answered. An estimate beside each policy comes from the law by which users are picked.",
		X:   bench.Axis{Label: "size of the tier", Unit: bench.UnitBytes, Log: true}, Y: bench.Axis{Label: "hit ratio", Unit: bench.UnitRatio}}
	for i, policy := range []string{"lru", "lfu", "fifo"} {
		measured := bench.Series{Name: policy, Mark: bench.MarkLine}
		expected := bench.Series{Name: policy + ", by Che", Mark: bench.MarkLine, Predicted: true}
		for size := 256.0 * 1024; size <= 64<<20; size *= 4 {
			y := math.Min(0.97, 0.31+0.12*math.Log2(size/(256*1024))/2-0.04*float64(i))
			measured.Points = append(measured.Points, ranged(size, y, 0.02, 3000))
			expected.Points = append(expected.Points, at(size, math.Min(1, y+0.015)))
		}
		hits.Series = append(hits.Series, measured)
		if i == 0 {
			hits.Series = append(hits.Series, expected)
		}
	}
	stampede := bench.Figure{ID: "stampede", Title: "Reads at the database when the cache is emptied",
		How: "Reads at the database per second, with and without sharing of reads that miss one key at one time.",
		X:   bench.Axis{Label: "time", Unit: bench.UnitNs}, Y: bench.Axis{Label: "reads per second", Unit: bench.UnitPerS},
		Second: bench.Axis{Label: "p99", Unit: bench.UnitNs, Log: true},
		Bands: []bench.Band{{Label: "emptied", From: 4 * time.Second, To: 4400 * time.Millisecond},
			{Label: "wires slow", From: 3900 * time.Millisecond, To: 7 * time.Second}}}
	each, shared := bench.Series{Name: "each reads", Mark: bench.MarkStep}, bench.Series{Name: "reads are shared", Mark: bench.MarkStep}
	tail := bench.Series{Name: "p99, each reads", Mark: bench.MarkLine, Second: true}
	for i := range 24 {
		x := float64(i) * 0.5e9
		burst := 0.0
		if i >= 8 {
			burst = math.Exp(-float64(i-8) / 4)
		}
		each.Points = append(each.Points, at(x, 22+320*burst))
		shared.Points = append(shared.Points, at(x, 22+95*burst))
		if i == 9 {
			tail.Points = append(tail.Points, gap(x))
			continue
		}
		tail.Points = append(tail.Points, at(x, 9e6*(1+60*burst)))
	}
	stampede.Series = []bench.Series{each, shared, tail}
	return []bench.Figure{hits, stampede,
		{ID: "ttl", Title: "Stale reads against the TTL", How: "A longer life hits more often and is stale more often.",
			X: bench.Axis{Label: "TTL", Unit: bench.UnitNs}, Y: bench.Axis{Label: "share of reads", Unit: bench.UnitRatio}}}
}

// cdnFigures are money and stacked bars.
func cdnFigures() []bench.Figure {
	return []bench.Figure{{ID: "transfer", Title: "What the transfer costs, by who sends it",
		How:    "Money for a month at the common load, stacked by who sends the bytes.",
		X:      bench.Axis{Label: "site", Names: []string{"without a CDN", "with a CDN", "with a CDN and versioned names"}},
		Y:      bench.Axis{Label: "per month", Unit: bench.UnitUSD},
		Second: bench.Axis{Label: "hit ratio of the edges", Unit: bench.UnitRatio},
		Series: []bench.Series{
			{Name: "edges", Mark: bench.MarkStack, Points: []bench.FigurePoint{at(1, 31), at(2, 29.5)}},
			{Name: "origin", Mark: bench.MarkStack, Points: []bench.FigurePoint{at(0, 84.2), at(1, 7.1), at(2, 2.2)}},
			{Name: "hit ratio", Mark: bench.MarkDots, Second: true, Points: []bench.FigurePoint{at(1, 0.917), at(2, 0.981)}}}}}
}

// sessionFigures are a day of load with the servers that follow it.
func sessionFigures() []bench.Figure {
	load := bench.Series{Name: "offered load", Mark: bench.MarkLine}
	servers := bench.Series{Name: "servers", Mark: bench.MarkStep, Second: true}
	for i := range 61 {
		x := float64(i) * 1e9
		y := 120 + 260*math.Sin(math.Pi*float64(i)/60)
		load.Points = append(load.Points, at(x, math.Round(y)))
		if i%5 == 0 {
			servers.Points = append(servers.Points, at(x, math.Max(3, math.Ceil(y/90))))
		}
	}
	return []bench.Figure{{ID: "autoscale", Title: "Load and servers while the tier scales by itself",
		How: "Servers join behind the load by the period of the autoscaler, and leave behind it by its cool-down.",
		X:   bench.Axis{Label: "time", Unit: bench.UnitNs}, Y: bench.Axis{Label: "requests per second", Unit: bench.UnitPerS},
		Second: bench.Axis{Label: "servers", Unit: bench.UnitCount}, Series: []bench.Series{load, servers}}}
}
