package theory_test

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"rung/bench/theory"
)

// Section 4.4, Pollaczek and Khinchine.
func TestVectorsOfMG1(t *testing.T) {
	for _, row := range []struct{ cs2, want float64 }{{0, 2}, {0.25, 2.5}, {1, 4}, {4, 10}, {10, 22}} {
		near(t, "Wq at 0.8", theory.MG1{Rate: 0.8, Service: 1, CS2: row.cs2}.Wait(), row.want, 1e-9)
	}
	mean, cs2, err := theory.Mixture([]float64{1, 20}, []float64{95, 5})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "bimodal mean in ms", mean, 1.95, 1e-12)
	near(t, "bimodal second moment", (1+cs2)*mean*mean, 20.95, 1e-9)
	near(t, "bimodal cs2", cs2, 4.509533, 5e-7)
	for _, row := range []struct{ rho, want float64 }{{0.4, 3.581197}, {0.6, 8.057692}, {0.8, 21.487179}} {
		m := theory.MG1{Rate: row.rho / mean, Service: mean, CS2: cs2}
		near(t, "bimodal Wq in ms", m.Wait(), row.want, 5e-7)
		near(t, "Lq", m.Queue(), m.Rate*row.want, 5e-7)
		near(t, "shared server in ms", theory.ProcessorSharing(m.Rate, mean), mean/(1-row.rho), 1e-9)
	}
}

// Section 4.4, the wait of M/D/1 in service times.
func TestVectorsOfMD1(t *testing.T) {
	for _, row := range []struct{ rho, p90, p95, p99 float64 }{
		{0.5, 1.51574, 2.05064, 3.33626}, {0.8, 5.01151, 6.62032, 10.35589}, {0.9, 10.78250, 14.12867, 21.89824},
	} {
		m := theory.MD1{Rate: row.rho * 50, Service: 1.0 / 50}
		near(t, "p90", m.WaitQuantile(0.9)*50, row.p90, 5e-6)
		near(t, "p95", m.WaitQuantile(0.95)*50, row.p95, 5e-6)
		near(t, "p99", m.WaitQuantile(0.99)*50, row.p99, 5e-6)
		near(t, "P(wait)", m.WaitTail(0), row.rho, 1e-13)
	}
}

// erlang is P(W > t) of M/D/1 by Erlang's formula, whose terms cancel, in
// numbers that are long enough for it.
func erlang(rho, t float64) float64 {
	const bits = 1200
	number := func(v float64) *big.Float { return new(big.Float).SetPrec(bits).SetFloat64(v) }
	// Two factors keep the exponents whole: e^(rho t) and e^-rho.
	exp := func(x *big.Float) *big.Float {
		sum, term := number(1), number(1)
		for i := 1; i < 900; i++ {
			term.Quo(term.Mul(term, x), number(float64(i)))
			sum.Add(sum, term)
		}
		return sum
	}
	decay := exp(new(big.Float).Neg(number(rho)))
	front := exp(number(0).Mul(number(rho), number(t)))
	sum := number(0)
	for k := 0; float64(k) <= t; k++ {
		y := number(0).Mul(number(rho), number(0).Sub(number(float64(k)), number(t)))
		term := number(0).Set(front)
		for i := 1; i <= k; i++ {
			term.Quo(term.Mul(term, y), number(float64(i)))
		}
		sum.Add(sum, term)
		front.Mul(front, decay)
	}
	sum.Sub(number(1), sum.Mul(sum, number(0).Sub(number(1), number(rho))))
	tail, _ := sum.Float64()
	return tail
}

func TestMD1IsErlangsFormula(t *testing.T) {
	for _, rho := range []float64{0.05, 0.3, 0.5, 0.8, 0.9, 0.97, 0.999} {
		m := theory.MD1{Rate: rho, Service: 1}
		for _, at := range []float64{0, 0.3, 1, 1.5, 2, 7.25, 20.5, 31.9} {
			near(t, "tail", m.WaitTail(at), erlang(rho, at), 1e-13)
		}
		for _, at := range []float64{32, 33.4, 47, 60.01} {
			want := erlang(rho, at)
			near(t, "asymptote", m.WaitTail(at), want, 1e-9*want)
		}
	}
}

func TestMD1MeanIsTheIntegralOfItsTail(t *testing.T) {
	for _, rho := range []float64{0.2, 0.8, 0.9} {
		m := theory.MD1{Rate: rho, Service: 1}
		const h = 1.0 / 64
		wait := 0.0
		for i := range 200 * 64 {
			wait += m.WaitTail((float64(i)+0.5)*h) * h
		}
		near(t, "wait", wait, m.Wait(), 5e-4)
	}
	rapid.Check(t, func(t *rapid.T) {
		m := theory.MD1{Rate: rapid.Float64Range(0, 0.9999).Draw(t, "load"), Service: 1}
		q := rapid.Float64Range(0, 0.9999).Draw(t, "q")
		if x := m.WaitQuantile(q); x > 0 {
			near(t, "tail at its quantile", m.WaitTail(x), 1-q, 1e-9)
		}
		x := rapid.Float64Range(0, 200).Draw(t, "x")
		if a, b := m.WaitTail(x), m.WaitTail(x+0.1); !(b <= a+1e-12 && b >= 0 && a <= 1) {
			t.Errorf("tail goes from %v to %v", a, b)
		}
		if p := (theory.MMc{Servers: 1, Rate: m.Rate, Service: 1}); m.Wait() > p.Wait() {
			t.Errorf("constant services wait longer")
		}
	})
}

// Section 4.4, any arrivals and services.
func TestVectorsOfGGm(t *testing.T) {
	for _, row := range []struct {
		servers                   int
		rho, ca2, cs2, allen, sak float64
	}{
		{4, 0.8, 1, 1, 0.745541, 0.771549}, {4, 0.8, 1, 4, 1.863851, 1.928873}, {8, 0.9, 0.5, 2, 1.096145, 1.110312},
	} {
		m := theory.GGm{Servers: row.servers, Rate: row.rho * float64(row.servers), Service: 1, CA2: row.ca2, CS2: row.cs2}
		near(t, "Allen and Cunneen", m.Wait(), row.allen, 5e-7)
		near(t, "Sakasegawa", m.Sakasegawa(), row.sak, 5e-7)
		if why := m.Outside(); why != "" {
			t.Errorf("%+v is outside: %s", m, why)
		}
	}
	near(t, "excess of Sakasegawa in percent", (0.771549/0.745541-1)*100, 3.5, 0.05)
	for _, row := range []struct{ rho, kingman, exact, excess float64 }{{0.8, 2.0, 1.692731, 18}, {0.5, 0.5, 0.255, 96}} {
		m := theory.GGm{Servers: 1, Rate: row.rho, Service: 1, CA2: 0, CS2: 1}
		exact := theory.DMc{Servers: 1, Rate: row.rho, Service: 1}.Wait()
		near(t, "Kingman of D/M/1", m.Kingman(), row.kingman, 1e-9)
		near(t, "exact", exact, row.exact, 5e-6)
		near(t, "excess in percent", (m.Kingman()/exact-1)*100, row.excess, 0.5)
		if (m.Outside() == "") != (row.rho >= 0.7) {
			t.Errorf("load %v: outside is %q", row.rho, m.Outside())
		}
		if m.Daley() < exact {
			t.Errorf("the upper bound %v is below the wait %v", m.Daley(), exact)
		}
	}
	// ((2-rho) ca2 + rho cs2)/(2 (1-rho)), by hand for rho 0.8.
	near(t, "Daley of M/M/1", theory.GGm{Servers: 1, Rate: 0.8, Service: 1, CA2: 1, CS2: 1}.Daley(), 5, 1e-9)
	near(t, "Daley of D/M/1", theory.GGm{Servers: 1, Rate: 0.8, Service: 1, CA2: 0, CS2: 1}.Daley(), 2, 1e-9)
}

func TestGGmIsExactWhereItSaysSo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := rapid.IntRange(1, 50).Draw(t, "servers")
		service := rapid.Float64Range(1e-4, 10).Draw(t, "service")
		load := rapid.Float64Range(0, 0.99).Draw(t, "load")
		cs2 := rapid.Float64Range(0, 20).Draw(t, "cs2")
		m := theory.GGm{Servers: c, Rate: load * float64(c) / service, Service: service, CA2: 1, CS2: 1}
		want := theory.MMc{Servers: c, Rate: m.Rate, Service: service}.Wait()
		near(t, "M/M/m", m.Wait(), want, 1e-12*want)
		one := theory.GGm{Servers: 1, Rate: load / service, Service: service, CA2: 1, CS2: cs2}
		want = theory.MG1{Rate: one.Rate, Service: service, CS2: cs2}.Wait()
		for _, got := range []float64{one.Wait(), one.Kingman(), one.Sakasegawa()} {
			near(t, "M/G/1", got, want, 1e-9*want)
		}
		if one.Daley() < want*(1-1e-12) {
			t.Errorf("the upper bound %v is below the wait %v", one.Daley(), want)
		}
	})
}

func TestGeneralQueuesOutsideTheirRange(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for _, bad := range []theory.GGm{
		{Servers: 1, Rate: 1, Service: 1}, {Servers: 1, Rate: 0.5, Service: 1, CA2: nan}, {Servers: 1, Rate: 0.5, Service: 1, CA2: 1, CS2: -1},
		{Servers: 0, Rate: 0.5, Service: 1}, {Servers: 1, Rate: 0.5, Service: 1, CS2: inf},
	} {
		for _, v := range []float64{bad.Wait(), bad.Sakasegawa(), bad.Kingman(), bad.Daley()} {
			near(t, "wait", v, inf, 0)
		}
		if bad.Outside() == "" {
			t.Errorf("%+v holds", bad)
		}
	}
	two := theory.GGm{Servers: 2, Rate: 1, Service: 1, CA2: 1, CS2: 1}
	near(t, "Kingman of two servers", two.Kingman(), inf, 0)
	near(t, "Daley of two servers", two.Daley(), inf, 0)
	near(t, "shared at its limit", theory.ProcessorSharing(1, 1), inf, 0)
	for _, m := range []theory.MG1{{Rate: 1, Service: 1}, {Rate: 0.5, Service: 1, CS2: nan}} {
		if m.Outside() == "" || !math.IsInf(m.Wait(), 1) || !math.IsInf(m.Queue(), 1) || !math.IsInf(m.Response(), 1) {
			t.Errorf("%+v holds", m)
		}
	}
	d := theory.MD1{Rate: 1, Service: 1}
	if d.Outside() == "" || d.WaitTail(5) != 1 || !math.IsInf(d.WaitQuantile(0.5), 1) || !math.IsInf(d.Response(), 1) {
		t.Errorf("%+v holds", d)
	}
	ok := theory.MD1{Rate: 0.5, Service: 1}
	near(t, "before the arrival", ok.WaitTail(-1), 1, 0)
	near(t, "no number", ok.WaitTail(nan), 1, 0)
	near(t, "never", ok.WaitTail(inf), 0, 0)
	near(t, "all", ok.WaitQuantile(1), inf, 0)
	near(t, "no arrivals", theory.MD1{Service: 1}.WaitQuantile(0.999), 0, 0)
	for _, m := range []struct{ values, shares []float64 }{
		{nil, nil}, {[]float64{1}, nil}, {[]float64{1}, []float64{0}}, {[]float64{nan}, []float64{1}}, {[]float64{1}, []float64{-1}},
		{[]float64{0}, []float64{1}}, {[]float64{1e308, 1e308}, []float64{1, 1}}, {[]float64{1e-200, 1e200}, []float64{1, 1e-300}},
	} {
		if mean, cs2, err := theory.Mixture(m.values, m.shares); err == nil && (math.IsNaN(cs2) || math.IsInf(cs2, 0) || !(mean > 0)) {
			t.Errorf("mixture of %v by %v is %v, %v", m.values, m.shares, mean, cs2)
		}
	}
	if _, _, err := theory.Mixture([]float64{1}, []float64{0}); err == nil {
		t.Error("a mixture without shares has a mean")
	}
}
