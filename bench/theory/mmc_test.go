package theory_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"rung/bench/theory"
)

// Section 4.2, the table: times in service times.
func TestVectorsOfMMc(t *testing.T) {
	for _, row := range []struct {
		servers                     int
		rho                         float64
		b, c, wait, queue, w95, w99 float64
		response                    []float64 // p50, p90, p95, p99, p99.9
	}{
		{1, 0.8, 0.444444, 0.800000, 4.000000, 3.200000, 13.862944, 21.910133,
			[]float64{3.465736, 11.512925, 14.978661, 23.025851, 34.538776}},
		{2, 0.8, 0.329897, 0.711111, 1.777778, 2.844444, 6.637014, 10.660609, nil},
		{4, 0.8, 0.228145, 0.596432, 0.745541, 2.385730, 3.098679, 5.110476,
			[]float64{1.346199, 3.775960, 4.738019, 6.893204, 9.879667}},
		{4, 0.5, 0.095238, 0.173913, 0.086957, 0.173913, 0.623266, 1.427985, nil},
		{4, 0.95, 0.291024, 0.891419, 4.457095, 16.936961, 14.403958, 22.451147, nil},
		{8, 0.9, 0.190313, 0.701533, 0.876916, 6.313797, 3.301556, 5.313354,
			[]float64{1.489355, 3.957521, 4.925147, 7.087347, 10.078262}},
		{16, 0.9, 0.126412, 0.591343, 0.369590, 5.322091, 1.543984, 2.549882, nil},
		{32, 0.9, 0.077975, 0.458197, 0.143186, 4.123770, 0.692274, 1.195223, nil},
		{64, 0.95, 0.066609, 0.588011, 0.183753, 11.172208, 0.770226, 1.273175, nil},
	} {
		a := row.rho * float64(row.servers)
		m := theory.MMc{Servers: row.servers, Rate: a, Service: 1}
		near(t, "B", theory.ErlangB(row.servers, a), row.b, 5e-7)
		near(t, "C", m.Waits(), row.c, 5e-7)
		near(t, "Wq", m.Wait(), row.wait, 5e-7)
		near(t, "Lq", m.Queue(), row.queue, 5e-7)
		near(t, "load", m.Load(), row.rho, 1e-12)
		near(t, "L", m.InSystem(), row.queue+a, 5e-7)
		near(t, "wait p95", m.WaitQuantile(0.95), row.w95, 5e-7)
		near(t, "wait p99", m.WaitQuantile(0.99), row.w99, 5e-7)
		for i, want := range row.response {
			near(t, "response quantile", m.ResponseQuantile([]float64{0.5, 0.9, 0.95, 0.99, 0.999}[i]), want, 5e-7)
		}
	}
}

// Section 4.2, below the table.
func TestVectorsOfErlang(t *testing.T) {
	four := theory.MMc{Servers: 4, Rate: 160, Service: 1.0 / 50}
	near(t, "concrete Wq in ms", four.Wait()*1e3, 14.9108, 5e-5)
	near(t, "concrete R in ms", four.Response()*1e3, 34.9108, 5e-5)
	one := theory.MMc{Servers: 1, Rate: 80, Service: 1.0 / 100}
	near(t, "M/M/1 R in ms", one.Response()*1e3, 50, 1e-9)
	for _, row := range []struct{ q, want float64 }{{0.5, 34.657}, {0.95, 149.787}, {0.99, 230.259}, {0.999, 345.388}} {
		near(t, "M/M/1 quantile in ms", one.ResponseQuantile(row.q)*1e3, row.want, 5e-4)
	}
	near(t, "published, lambda 2, mu 1/3, 10 servers", theory.ErlangC(10, 6), 0.101299, 5e-7)
	near(t, "C(3, 2)", theory.ErlangC(3, 2), 0.444444, 5e-7)
	near(t, "C(10, 8)", theory.ErlangC(10, 8), 0.409180, 5e-7)
	for c, want := range map[int]float64{3: 70.22, 4: 31.99, 5: 13.04, 6: 4.74} { // where a help desk prints 60/27/13/6
		near(t, "percent that wait of 2.5 erlangs", theory.ErlangC(c, 2.5)*100, want, 5e-3)
	}
	near(t, "four separate M/M/1 R", theory.MMc{Servers: 1, Rate: 0.8, Service: 1}.Response(), 5, 1e-9)
	near(t, "one M/M/4 R", theory.MMc{Servers: 4, Rate: 3.2, Service: 1}.Response(), 1.745541, 5e-7)
	near(t, "one server of four times the speed R", theory.MMc{Servers: 1, Rate: 3.2, Service: 0.25}.Response(), 1.25, 1e-9)
	for _, row := range []struct {
		beta, limit float64
		servers     int
		exact       float64
	}{{0.5, 0.504539, 105, 0.515707}, {1, 0.223361, 110, 0.237008}, {2, 0.026881, 120, 0.033196}} {
		near(t, "Halfin and Whitt", theory.HalfinWhitt(row.beta), row.limit, 5e-7)
		c, err := theory.Staff(100, row.beta)
		if err != nil || c != row.servers {
			t.Errorf("servers for 100 erlangs with beta %v: %d, %v; want %d", row.beta, c, err, row.servers)
		}
		near(t, "exact", theory.ErlangC(c, 100), row.exact, 5e-7)
	}
}

// Section 4.2, loss.
func TestVectorsOfLoss(t *testing.T) {
	nine := theory.MMcK{Servers: 1, Rate: 0.9, Service: 1, Room: 10}
	near(t, "M/M/1/10 at 0.9", nine.Drop(), 0.0508137, 5e-8)
	near(t, "L", nine.InSystem(), 3.969441, 5e-7)
	near(t, "R", nine.Response(), 4.646601, 5e-7)
	near(t, "M/M/1/10 at 1.2", theory.MMcK{Servers: 1, Rate: 1.2, Service: 1, Room: 10}.Drop(), 0.192586, 5e-7)
	four := theory.MMcK{Servers: 4, Rate: 3.2, Service: 1, Room: 20}
	near(t, "M/M/4/20 of 3.2 erlangs", four.Drop(), 0.00340332, 5e-9)
	near(t, "R", four.Response(), 1.668628, 5e-7)
	near(t, "M/M/4/20 of 5 erlangs", theory.MMcK{Servers: 4, Rate: 5, Service: 1, Room: 20}.Drop(), 0.202843, 5e-7)
}

func TestLossAtItsEnds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := rapid.IntRange(1, 200).Draw(t, "servers")
		m := theory.MMcK{Servers: c, Rate: rapid.Float64Range(0, 2).Draw(t, "load") * float64(c) / 0.01, Service: 0.01, Room: c}
		near(t, "without a line it is Erlang B", m.Drop(), theory.ErlangB(c, m.Rate*m.Service), 1e-12)
		near(t, "throughput", m.Throughput(), m.Rate*(1-m.Drop()), 1e-9*m.Rate)
		near(t, "response without a line", m.Response(), 0.01, 1e-12)
		m.Room = c + rapid.IntRange(1, 3000).Draw(t, "line")
		if m.Drop() > theory.ErlangB(c, m.Rate*m.Service)+1e-12 || m.InSystem() > float64(m.Room) {
			t.Errorf("%+v drops %v and holds %v", m, m.Drop(), m.InSystem())
		}
	})
	near(t, "long line", theory.MMcK{Servers: 4, Rate: 3.2, Service: 1, Room: 4000}.Response(), 1.745541, 5e-7)
	near(t, "overload", theory.MMcK{Servers: 2, Rate: 8, Service: 1, Room: 5000}.Throughput(), 2, 1e-9)
	near(t, "no arrivals", theory.MMcK{Servers: 2, Rate: 0, Service: 3, Room: 5}.Response(), 3, 0)
	flood := theory.MMcK{Servers: 2, Rate: 1e99, Service: 3, Room: 6}
	near(t, "a flood fills all room", flood.InSystem(), 6, 1e-9)
	near(t, "and is lost", flood.Drop(), 1, 1e-9)
	near(t, "while servers work on", flood.Throughput(), 2.0/3, 1e-9)
}

func TestErlangBAndCAreProbabilitiesThatGrow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := rapid.IntRange(1, 2000).Draw(t, "servers")
		a := rapid.Float64Range(0, 1.2).Draw(t, "load") * float64(c)
		more := a * rapid.Float64Range(1, 1.5).Draw(t, "more")
		b, w := theory.ErlangB(c, a), theory.ErlangC(c, a)
		if !(b >= 0 && b <= 1 && w >= b && w <= 1) {
			t.Errorf("B is %v and C %v", b, w)
		}
		if theory.ErlangB(c, more) < b*(1-1e-12) || theory.ErlangC(c, more) < w*(1-1e-12) {
			t.Errorf("B or C falls from %v to %v erlangs of %d servers", a, more, c)
		}
		if theory.ErlangB(c+1, a) > b {
			t.Errorf("one more server loses more")
		}
	})
}

// A wait of a queue is zero or exponential, which both of these have.
type queue interface {
	Outside() string
	Waits() float64
	Wait() float64
	Response() float64
	WaitTail(float64) float64
	WaitQuantile(float64) float64
	ResponseTail(float64) float64
	ResponseQuantile(float64) float64
}

func drawQueue(t *rapid.T) (poisson, constant queue) {
	c := rapid.IntRange(1, 300).Draw(t, "servers")
	service := rapid.Float64Range(1e-6, 100).Draw(t, "service")
	rate := rapid.Float64Range(0, 0.999).Draw(t, "load") * float64(c) / service
	return theory.MMc{Servers: c, Rate: rate, Service: service}, theory.DMc{Servers: c, Rate: rate, Service: service}
}

func TestQuantilesInvertTails(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		poisson, constant := drawQueue(t)
		q := rapid.Float64Range(0, 0.9999).Draw(t, "q")
		for _, m := range []queue{poisson, constant} {
			if why := m.Outside(); why != "" {
				t.Fatalf("%+v: %s", m, why)
			}
			if x := m.ResponseQuantile(q); x > 0 {
				near(t, "response tail at its quantile", m.ResponseTail(x), 1-q, 1e-9)
			}
			if x := m.WaitQuantile(q); x > 0 {
				near(t, "wait tail at its quantile", m.WaitTail(x), 1-q, 1e-9)
			} else if m.Waits() > 1-q+1e-12 {
				t.Errorf("the wait quantile is 0 though %v wait", m.Waits())
			}
			x := rapid.Float64Range(0, 50).Draw(t, "x") * m.Response()
			if a, b := m.ResponseTail(x), m.ResponseTail(x*1.01); !(b >= 0 && b <= a+1e-12 && a <= 1) {
				t.Errorf("%+v: response tail goes from %v to %v at %v", m, a, b, x)
			}
		}
	})
}

// The mean is the integral of the tail.
func TestMeansAreIntegralsOfTails(t *testing.T) {
	for _, m := range []queue{
		theory.MMc{Servers: 4, Rate: 3.2, Service: 1}, theory.MMc{Servers: 4, Rate: 3, Service: 1}, // theta = mu
		theory.MMc{Servers: 4, Rate: 3 + 1e-9, Service: 1}, theory.MMc{Servers: 1, Rate: 0.5, Service: 1},
		theory.DMc{Servers: 4, Rate: 3.2, Service: 1}, theory.DMc{Servers: 1, Rate: 0.8, Service: 1},
	} {
		const h = 4e-3
		wait, response := 0.0, 0.0
		for i := range 25_000 {
			x := (float64(i) + 0.5) * h
			wait += m.WaitTail(x) * h
			response += m.ResponseTail(x) * h
		}
		near(t, "wait", wait, m.Wait(), 1e-4)
		near(t, "response", response, m.Response(), 1e-4)
	}
}

func TestQueuesOutsideTheirRange(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for _, s := range []struct {
		servers       int
		rate, service float64
	}{
		{0, 1, 1}, {-1, 1, 1}, {1, 1, 1}, {4, 5, 1}, {1, nan, 1}, {1, -1, 1}, {1, inf, 1}, {1, 0.5, nan}, {1, 0.5, 0},
		{1, 0.5, inf}, {1, 0.5, -1}, {1, 0, 1e-310},
	} {
		for _, m := range []queue{theory.MMc{Servers: s.servers, Rate: s.rate, Service: s.service}, theory.DMc{Servers: s.servers, Rate: s.rate, Service: s.service}} {
			if m.Outside() == "" {
				t.Errorf("%+v holds", m)
			}
			for _, v := range []float64{m.Wait(), m.Response(), m.WaitQuantile(0.5), m.ResponseQuantile(0.5)} {
				near(t, "time", v, inf, 0)
			}
			for _, v := range []float64{m.Waits(), m.WaitTail(1), m.ResponseTail(1)} {
				near(t, "probability", v, 1, 0)
			}
		}
	}
	m := theory.MMc{Servers: 4, Rate: 3.2, Service: 1}
	for _, q := range []float64{-1, 1, 2, nan} {
		near(t, "quantile", m.WaitQuantile(q), inf, 0)
		near(t, "quantile", m.ResponseQuantile(q), inf, 0)
	}
	near(t, "tail below 0", m.WaitTail(-1), 1, 0)
	near(t, "tail of no number", m.ResponseTail(nan), 1, 0)
	near(t, "B of nothing", theory.ErlangB(3, 0), 0, 0)
	near(t, "B without servers", theory.ErlangB(0, 2), 1, 0)
	near(t, "B of no number", theory.ErlangB(3, nan), 1, 0)
	near(t, "C of no number", theory.ErlangC(3, nan), 1, 0)
	near(t, "C without servers", theory.ErlangC(0, 0), 1, 0)
	near(t, "no margin", theory.HalfinWhitt(0), 1, 0)
	near(t, "a margin that is no number", theory.HalfinWhitt(nan), 1, 0)
	near(t, "a huge margin", theory.HalfinWhitt(1e200), 0, 0)
	for _, bad := range []float64{-1, nan, inf, 1e12} {
		if c, err := theory.Staff(bad, 1); err == nil {
			t.Errorf("%v erlangs take %d servers", bad, c)
		}
	}
	for _, k := range []theory.MMcK{{Servers: 2, Rate: 1, Service: 1, Room: 1}, {Rate: 1, Service: 1, Room: 1}, {Servers: 1, Rate: 1e300, Service: 1e300, Room: 2}, {Servers: 1, Rate: 1, Service: 1, Room: 1 << 40}} {
		if k.Outside() == "" || k.Drop() != 1 || !math.IsInf(k.InSystem(), 1) || !math.IsInf(k.Response(), 1) || k.Throughput() != 0 {
			t.Errorf("%+v holds", k)
		}
	}
}
