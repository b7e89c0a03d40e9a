package wire_test

import (
	"context"
	"io"
	"net"
	"slices"
	"testing"
	"time"

	"rung/targets"
	"rung/targets/clock"
	"rung/targets/wire"
)

// The pairs show what the wire itself costs: the same round trips and bytes
// without it, over a link without delay, and over delayed ones. error-us is
// the median round trip less twice the one-way delay that was asked for.

type through struct {
	name   string
	spec   *targets.Link
	impair targets.Impairment
}

func throughs() []through {
	return []through{
		{"wire=none", nil, targets.Impairment{}},
		{"wire=zero", &targets.Link{}, targets.Impairment{}},
		{"wire=healed", &targets.Link{}, targets.Impairment{Extra: 1}},
		{"wire=250us", &targets.Link{OneWay: 250 * time.Microsecond}, targets.Impairment{}},
	}
}

// connect dials address as t says; the second value undoes everything.
func (t through) connect(b *testing.B, network, address string) (net.Conn, func()) {
	if t.spec == nil {
		c, err := net.Dial(network, address)
		if err != nil {
			b.Fatal(err)
		}
		return c, func() { c.Close() }
	}
	clk := clock.New()
	link := wire.NewLink(clk, *t.spec, 1)
	c, err := link.DialContext(context.Background(), network, address)
	if err != nil {
		b.Fatal(err)
	}
	link.Impair(t.impair)
	link.Impair(targets.Impairment{})
	return c, func() {
		c.Close()
		link.Close()
		clk.Close()
	}
}

func BenchmarkRoundTrip(b *testing.B) {
	server := listen(b, echo)
	for _, t := range throughs() {
		b.Run(t.name, func(b *testing.B) {
			c, stop := t.connect(b, "tcp", server.Addr().String())
			defer stop()
			message := make([]byte, 100)
			var trips []time.Duration
			b.ReportAllocs()
			for b.Loop() {
				start := time.Now()
				if _, err := c.Write(message); err != nil {
					b.Fatal(err)
				}
				if _, err := io.ReadFull(c, message); err != nil {
					b.Fatal(err)
				}
				trips = append(trips, time.Since(start))
			}
			slices.Sort(trips)
			var ideal time.Duration
			if t.spec != nil {
				ideal = 2 * t.spec.OneWay
			}
			p50, p99 := trips[len(trips)/2], trips[len(trips)*99/100]
			b.ReportMetric(float64(p50)/1e3, "p50-us")
			b.ReportMetric(float64(p99)/1e3, "p99-us")
			b.ReportMetric(float64(p50-ideal)/1e3, "error-us")
		})
	}
}

func BenchmarkThroughput(b *testing.B) {
	server := listen(b, func(c net.Conn) { io.Copy(io.Discard, c) })
	for _, t := range throughs() {
		b.Run(t.name, func(b *testing.B) {
			c, stop := t.connect(b, "tcp", server.Addr().String())
			defer stop()
			data := make([]byte, 256<<10)
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.Write(data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
