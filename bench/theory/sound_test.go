package theory_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"rung/bench"
	"rung/bench/theory"
)

var (
	_ theory.Model = theory.MMc{}
	_ theory.Model = theory.MMcK{}
	_ theory.Model = theory.DMc{}
	_ theory.Model = theory.MD1{}
	_ theory.Model = theory.MG1{}
	_ theory.Model = theory.GGm{}
	_ theory.Model = theory.Closed{}
	_ theory.Model = theory.USL{}
	_ theory.Model = theory.ForkJoin{}
	_ theory.Model = theory.Hedge{}
	_ theory.Model = theory.Ring{}
)

// drawAny draws numbers that models do not expect as often as others.
func drawAny(t *rapid.T, name string) float64 {
	return rapid.OneOf(
		rapid.SampledFrom([]float64{0, 1, -1, math.NaN(), math.Inf(1), math.Inf(-1), 1e308, 1e-308, 5e-324, -5e-324, 0.99999999999999989}),
		rapid.Float64Range(0, 1), rapid.Float64Range(0, 1000), rapid.Float64(),
	).Draw(t, name)
}

// TestNothingIsNotANumber calls everything with anything.
func TestNothingIsNotANumber(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, c, d := drawAny(t, "a"), drawAny(t, "b"), drawAny(t, "c"), drawAny(t, "d")
		n, k := rapid.IntRange(-2, 300).Draw(t, "n"), rapid.IntRange(-2, 300).Draw(t, "k")
		var got []float64
		add := func(v ...float64) {
			for i, x := range v {
				if math.IsNaN(x) {
					t.Fatalf("value %d after %d is not a number", i, len(got))
				}
			}
			got = append(got, v...)
		}
		add(theory.Little(a, b), theory.Utilization(a, b, n), theory.ResponseTime(a, b, c), theory.ForcedFlow(a, b), theory.CacheMixture(a, b, c), theory.MissRate(a, b))
		add(theory.ErlangB(n, a), theory.ErlangC(n, a), theory.HalfinWhitt(a))
		for _, m := range []queue{theory.MMc{Servers: n, Rate: a, Service: b}, theory.DMc{Servers: n, Rate: a, Service: b}} {
			add(m.Waits(), m.Wait(), m.Response(), m.WaitTail(c), m.WaitQuantile(d), m.ResponseTail(c), m.ResponseQuantile(d))
		}
		mm, dm := theory.MMc{Servers: n, Rate: a, Service: b}, theory.DMc{Servers: n, Rate: a, Service: b}
		add(mm.Load(), mm.Queue(), mm.InSystem(), dm.Load(), dm.Queue(), dm.Sigma())
		loss := theory.MMcK{Servers: n, Rate: a, Service: b, Room: k}
		add(loss.Drop(), loss.InSystem(), loss.Throughput(), loss.Response())
		md := theory.MD1{Rate: a, Service: b}
		add(md.Wait(), md.Response(), md.WaitTail(c), md.WaitQuantile(d))
		mg := theory.MG1{Rate: a, Service: b, CS2: c}
		add(mg.Wait(), mg.Queue(), mg.Response(), theory.ProcessorSharing(a, b))
		gg := theory.GGm{Servers: n, Rate: a, Service: b, CA2: c, CS2: d}
		add(gg.Wait(), gg.Sakasegawa(), gg.Kingman(), gg.Daley())
		closed := theory.Closed{Demands: []float64{a, b}, Think: c}
		low, high := closed.Bounds(n)
		p, _ := closed.At(n)
		add(low, high, closed.Knee(), p.Rate, p.Response)
		law := theory.USL{Lambda: a, Sigma: b, Kappa: c}
		nodes, rate := law.Peak()
		up, down, _ := law.NodesFor(d)
		add(law.At(d), nodes, rate, up, down)
		f, _, _ := theory.Fit([]bench.ScalingPoint{{Nodes: 1, Rate: a}, {Nodes: 2, Rate: b}, {Nodes: 3, Rate: c}, {Nodes: d, Rate: 5}})
		add(f.Lambda, f.Sigma, f.Kappa, f.LambdaError, f.SigmaError, f.KappaError, f.R2, f.Peak)
		add(theory.AnySlow(a, n), theory.LeafQuantile(a, n), theory.LongestOf(n), theory.ForkJoin{Branches: n, Rate: a, Service: b}.Response())
		hedge := theory.Hedge{Tail: func(x float64) float64 { return math.Exp(-x / a) }, Delay: b}
		add(hedge.Beyond(c), hedge.Quantile(d), hedge.Extra())
		rates := []float64{a, b, c}
		hits, resident := theory.TTLCache(rates, d)
		add(theory.LRUTime(rates, d), theory.LRUHits(rates, d), theory.FIFOTime(rates, d), theory.FIFOHits(rates, d), hits, resident, theory.TTLHits(a, b), theory.StaticHits(rates, n))
		exact, _ := theory.ExactLRU(rates, n)
		item := theory.Item{Rate: a, Apart: b}
		add(exact, item.Missing(c), item.There(c), theory.UpperGamma(a, b), theory.Beta(a, b, c))
		for _, z := range theory.Zipf(min(n, 20), a) {
			add(z)
		}
		ring := theory.Ring{Nodes: n, Virtual: k}
		low, high = ring.Range(a)
		add(ring.Spread(), ring.KeySpread(n), ring.Share(a), low, high, theory.MovedByRing(n), theory.MovedByModulo(n))
		add(theory.StaleRead(a, b), theory.StaleAfter(a, b), theory.QuorumStale(n, k, n-k, 2))
		add(theory.Series(a, b), theory.Parallel(a, b), theory.KOfN(k, n, a), theory.Repaired(a, b), theory.Backlog(a, b, c), theory.DrainTime(a, b, c))
		tolerance, _ := theory.Band(a)
		add(tolerance, theory.SamplesBeyond(n, a))
	})
}

func TestModelsSayWhatTheyAssume(t *testing.T) {
	for _, m := range []theory.Model{
		theory.MMc{}, theory.MMcK{}, theory.DMc{}, theory.MD1{}, theory.MG1{}, theory.GGm{}, theory.Closed{}, theory.USL{}, theory.ForkJoin{}, theory.Hedge{}, theory.Ring{},
	} {
		if m.Assumes() == "" || m.Outside() == "" {
			t.Errorf("%T assumes %q, and its zero value is outside because %q", m, m.Assumes(), m.Outside())
		}
	}
}
