package endpoint_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rung/bench/endpoint"
)

func TestParseSLO(t *testing.T) {
	got, err := endpoint.ParseSLO("p99<250ms, failures<1%,p50<=20ms,max<2s,rate>=990/s,goodput>54000/m,p99.9<1s,mean<1500us,availability>=0.999")
	if err != nil {
		t.Fatal(err)
	}
	want := []endpoint.Threshold{
		{Metric: endpoint.MetricQuantile, Quantile: 0.99, Strict: true, Limit: 250e6},
		{Metric: endpoint.MetricFailures, Strict: true, Limit: 0.01},
		{Metric: endpoint.MetricQuantile, Quantile: 0.5, Limit: 20e6},
		{Metric: endpoint.MetricMax, Strict: true, Limit: 2e9},
		{Metric: endpoint.MetricRate, Limit: 990},
		{Metric: endpoint.MetricGoodput, Strict: true, Limit: 900},
		{Metric: endpoint.MetricQuantile, Quantile: 0.999, Strict: true, Limit: 1e9},
		{Metric: endpoint.MetricMean, Strict: true, Limit: 1.5e6},
		{Metric: endpoint.MetricAvailability, Limit: 0.999},
	}
	if len(got) != len(want) {
		t.Fatalf("%d thresholds, want %d", len(got), len(want))
	}
	for i, w := range want {
		g := got[i]
		if g.Metric != w.Metric || math.Abs(g.Quantile-w.Quantile) > 1e-12 || g.Strict != w.Strict || math.Abs(g.Limit-w.Limit) > 1e-9*w.Limit {
			t.Errorf("%d: %+v, want %+v", i, g, w)
		}
	}
	if got[1].String() != "failures<1%" {
		t.Errorf("String() = %q", got[1])
	}
	if none, err := endpoint.ParseSLO("  "); err != nil || none != nil {
		t.Errorf("no text: %v, %v", none, err)
	}
}

func TestParseSLORefuses(t *testing.T) {
	for _, row := range []struct{ text, want string }{
		{"p99", "METRIC RELATION VALUE"},
		{"p99<250", "needs a unit"},
		{"p99>250ms", "needs < or <="},
		{"p99=250ms", "needs <"},
		{"p<250ms", "percentile"},
		{"p0<250ms", "above 0"},
		{"p100<250ms", "the longest time is max"},
		{"p99<5%", "unit"},
		{"mean5<5ms", "takes no number"},
		{"failures>1%", "needs <"},
		{"failures<5", "more than all"},
		{"failures<150%", "more than all"},
		{"failures<1ms", `unit "ms" is none of failures: allowed are %`},
		{"rate<5", "needs >"},
		{"goodput>5ms", "unit"},
		{"latency<5ms", "not known"},
		{"p99<5ms,,max<1s", "METRIC"},
		{"p99<-5ms", "METRIC"},
		{"max<" + strings.Repeat("9", 400) + "s", "out of range"},
		{strings.Repeat("p99<5ms,", 60), "60 thresholds"},
	} {
		if row.text == strings.Repeat("p99<5ms,", 60) {
			row.want = "thresholds"
		}
		got, err := endpoint.ParseSLO(row.text)
		if !errors.Is(err, endpoint.ErrConfig) || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%.40q: %v, error %v; want %q in it", row.text, got, err, row.want)
		}
	}
}

// TestThresholdsReadAsWritten makes thresholds by hand: their text is read as
// the same.
func TestThresholdsReadAsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		one := endpoint.Threshold{Strict: rapid.Bool().Draw(t, "strict"), Metric: rapid.SampledFrom([]endpoint.Metric{endpoint.MetricQuantile,
			endpoint.MetricMean, endpoint.MetricMax, endpoint.MetricFailures, endpoint.MetricAvailability, endpoint.MetricRate,
			endpoint.MetricGoodput}).Draw(t, "metric")}
		switch one.Metric {
		case endpoint.MetricFailures, endpoint.MetricAvailability:
			one.Limit = rapid.Float64Range(0, 1).Draw(t, "share")
		case endpoint.MetricQuantile:
			one.Quantile = float64(rapid.IntRange(1, 9999).Draw(t, "percent")) / 10_000
			fallthrough
		default:
			one.Limit = float64(rapid.Int64Range(1, 1e12).Draw(t, "limit"))
		}
		read, err := endpoint.ParseSLO(one.String())
		if err != nil {
			t.Fatal(err)
		}
		got := read[0]
		if got.Metric != one.Metric || got.Strict != one.Strict || got.Limit != one.Limit || math.Abs(got.Quantile-one.Quantile) > 1e-12 {
			t.Fatalf("%s was read as %+v, it is %+v", one, got, one)
		}
	})
}

func FuzzParseSLO(f *testing.F) {
	f.Add("p99<250ms,failures<1%")
	f.Add("p50<=20ms,max<2s,rate>=990/s")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := endpoint.ParseSLO(text)
		if err != nil {
			return
		}
		for _, one := range got {
			again, err := endpoint.ParseSLO(one.String())
			if err != nil || len(again) != 1 || again[0] != one {
				t.Fatalf("%q was read as %+v, and then %+v, %v", text, one, again, err)
			}
		}
	})
}
