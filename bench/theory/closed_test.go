package theory_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"rung/bench/theory"
)

// Section 4.5.
func TestVectorsOfClosedSystems(t *testing.T) {
	c := theory.Closed{Demands: []float64{0.005, 0.008, 0.020}, Think: 1}
	near(t, "N*", c.Knee(), 51.65, 5e-3)
	_, most := c.Bounds(1_000_000)
	near(t, "most", most, 50, 1e-9)
	for _, row := range []struct {
		users               int
		rate, response, use float64
	}{
		{1, 0.96805, 0.033000, 0.0194}, {20, 19.12422, 0.045794, 0.3825}, {50, 44.24062, 0.130183, 0.8848},
		{60, 48.65647, 0.233135, 0.9731}, {100, 50.00000, 1.000000, 1.0000},
	} {
		p, err := c.At(row.users)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "X", p.Rate, row.rate, 5e-6)
		near(t, "R", p.Response, row.response, 5e-7)
		near(t, "use of the bottleneck", p.Use[2], row.use, 5e-5)
		near(t, "response law", theory.ResponseTime(float64(row.users), p.Rate, 1), p.Response, 1e-9)
	}
	c.Think = 0
	for users, want := range map[int]float64{1: 30.30303, 2: 41.82510, 5: 49.41759, 10: 49.99374} {
		p, err := c.At(users)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "X without thinking", p.Rate, want, 5e-6)
	}
}

func TestClosedSystemsStayWithinTheirBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := theory.Closed{
			Demands: rapid.SliceOfN(rapid.Float64Range(1e-6, 10), 1, 6).Draw(t, "demands"),
			Think:   rapid.Float64Range(0, 100).Draw(t, "think"),
		}
		users := rapid.IntRange(1, 300).Draw(t, "users")
		p, err := c.At(users)
		if err != nil {
			t.Fatal(err)
		}
		low, high := c.Bounds(users)
		if p.Rate < low*(1-1e-9) || p.Rate > high*(1+1e-9) {
			t.Errorf("%d users make %v/s, bounds are %v and %v", users, p.Rate, low, high)
		}
		inside := p.Rate * c.Think
		for k, q := range p.Queue {
			inside += q
			if p.Use[k] > 1+1e-9 || p.Use[k] > q*(1+1e-9) {
				t.Errorf("part %d: use %v, queue %v", k, p.Use[k], q)
			}
		}
		near(t, "users", inside, float64(users), 1e-9*float64(users))
		more, err := c.At(users + 1)
		if err != nil || more.Rate < p.Rate*(1-1e-12) || more.Response < p.Response*(1-1e-12) {
			t.Errorf("one more user: %+v after %+v, %v", more, p, err)
		}
	})
}

// One part and users who think: the repairman's queue, M/M/1//N, whose
// throughput follows from Erlang B with the roles of the two exchanged.
func TestClosedSystemOfOnePart(t *testing.T) {
	c := theory.Closed{Demands: []float64{0.02}, Think: 0.5}
	for users := 1; users < 60; users++ {
		p, err := c.At(users)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "X", p.Rate, 50*(1-theory.ErlangB(users, 0.5/0.02)), 1e-9)
	}
}

func TestClosedSystemsOutsideTheirRange(t *testing.T) {
	for _, c := range []theory.Closed{
		{}, {Demands: []float64{0}}, {Demands: []float64{math.NaN()}}, {Demands: []float64{-1, 2}}, {Demands: []float64{1}, Think: -1},
		{Demands: []float64{1}, Think: math.NaN()}, {Demands: []float64{math.Inf(1)}}, {Demands: []float64{1e308, 1e308}}, {Demands: []float64{1e-310}},
	} {
		_, err := c.At(3)
		low, high := c.Bounds(3)
		if err == nil || c.Outside() == "" || low != 0 || !math.IsInf(high, 1) || !math.IsInf(c.Knee(), 1) {
			t.Errorf("%+v holds: %v, %v to %v", c, err, low, high)
		}
	}
	ok := theory.Closed{Demands: []float64{1}}
	for _, users := range []int{-1, 0, 1_000_001} {
		if p, err := ok.At(users); err == nil {
			t.Errorf("%d users make %+v", users, p)
		}
	}
}
