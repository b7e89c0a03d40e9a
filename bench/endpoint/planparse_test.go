package endpoint_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"rung/bench/endpoint"
)

func TestParsePlan(t *testing.T) {
	for _, row := range []struct {
		text, want string
		count      uint64
	}{
		{"1000", "constant 1000/s for 10s", 10_000},
		{" 1000/s ", "constant 1000/s for 10s", 10_000},
		{"constant:1000/1s", "constant 1000/s for 10s", 10_000},
		{"6000/m", "constant 100/s for 10s", 1000},
		{"0.5", "constant 0.5/s for 10s", 5},
		{"poisson:1000", "Poisson 1000/s for 10s", 10_000},
		{"ramp:100..1000", "ramp from 100/s to 1000/s over 10s", 5500},
		{"ramp: 600/m .. 10/s", "ramp from 10/s to 10/s over 10s", 100},
		{"steps:100,200,400", "steps of 100/s for 3.333333333s, 200/s for 3.333333333s, 400/s for 3.333333334s", 2334},
		{"sine:500,200,10s", "sine of 500/s +- 200/s with period 10s for 10s", 5000},
		{"spikes:100,1000,10s,1s", "spikes of 1000/s for 1s every 10s over 100/s, for 10s", 1900},
	} {
		p, err := endpoint.ParsePlan(row.text, 10*time.Second, 1)
		if err != nil {
			t.Errorf("%s: %v", row.text, err)
			continue
		}
		if p.String() != row.want || p.Count() != row.count {
			t.Errorf("%s: %s of %d requests, want %s of %d", row.text, p, p.Count(), row.want, row.count)
		}
	}
}

func TestParsePlanRefuses(t *testing.T) {
	for _, row := range []struct{ text, want string }{
		{"", "not a rate"},
		{"fast", "not a rate"},
		{"-5", "not a rate"},
		{"NaN", "not a rate"},
		{"1e300", "not a rate"},
		{"0", "no request"},
		{"10/d", "/s, /m or /h"},
		{"10/", "/s, /m or /h"},
		{"waves:1", "no kind of plan"},
		{"ramp:100", "FROM..TO"},
		{"ramp:100..x", "\"x\" is not a rate"},
		{"ramp:0..0", "no request"},
		{"steps:", "not a rate"},
		{"steps:1,,2", "not a rate"},
		{"sine:1,2", "MEAN,AMPLITUDE,PERIOD"},
		{"sine:1,2,10s", "amplitude"},
		{"sine:2,1,x", "period: \"x\" is not a duration"},
		{"spikes:1,2,3s", "BASE,PEAK,EVERY,LENGTH"},
		{"spikes:1,2,1s,2s", "length"},
		{"spikes:1,2,1s,y", "length: \"y\""},
		{"poisson:0", "requests"},
		{"steps:" + strings.Repeat("1,", 2000), "characters"},
	} {
		p, err := endpoint.ParsePlan(row.text, 10*time.Second, 1)
		if !errors.Is(err, endpoint.ErrConfig) || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%.40q: %v, error %v; want %q in it", row.text, p, err, row.want)
		}
	}
	if _, err := endpoint.ParsePlan("1000", 0, 1); err == nil {
		t.Error("a plan of no length")
	}
}

func FuzzParsePlan(f *testing.F) {
	for _, text := range []string{"1000/s", "poisson:10", "ramp:1..2", "steps:1,2", "sine:5,2,1s", "spikes:1,9,1s,1ms"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := endpoint.ParsePlan(text, 20*time.Millisecond, 1)
		if err != nil {
			return
		}
		if first, last := p.At(0), p.At(p.Count()-1); p.Count() == 0 || first < 0 || last < first || last >= p.Duration() {
			t.Fatalf("%q: %d requests from %v to %v of %v", text, p.Count(), first, last, p.Duration())
		}
	})
}
