package estimate_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"rung/bench"
	"rung/bench/estimate"
)

// latency returns the estimate of the p50 for an attack of that length.
func latency(t *testing.T, rate float64, length time.Duration) bench.Estimate {
	t.Helper()
	p, err := estimate.PredictAttack(shopTopology(1, 2, false), shopWorkload(), rate, length, 0)
	if err != nil {
		t.Fatal(err)
	}
	e, ok := p.Estimate("common.p50_ns")
	if !ok {
		t.Fatal("no estimate of the p50")
	}
	return e
}

func TestShortAttacksAreJudgedMildly(t *testing.T) {
	short, long := latency(t, 150, 10*time.Second), latency(t, 150, time.Hour)
	if short.Value != long.Value {
		t.Errorf("the length moves the estimate itself: %v and %v", short.Value, long.Value)
	}
	if short.Tolerance <= long.Tolerance {
		t.Errorf("tolerance %v for 10 s, %v for an hour: the short one scatters more", short.Tolerance, long.Tolerance)
	}
	if base, err := estimate.Predict(shopTopology(1, 2, false), shopWorkload(), 150, 0); err != nil {
		t.Fatal(err)
	} else if e, _ := base.Estimate("common.p50_ns"); math.Abs(long.Tolerance-e.Tolerance) > 0.02 {
		t.Errorf("after an hour the tolerance is %v, the model's own is %v", long.Tolerance, e.Tolerance)
	}
	if last := short.Derivation[len(short.Derivation)-1]; !strings.Contains(last, "standard deviation") {
		t.Errorf("the derivation does not say why: %q", last)
	}
}

func TestTooShortAttackIsUnknown(t *testing.T) {
	if e := latency(t, 150, 200*time.Millisecond); e.Outside == "" {
		t.Errorf("30 requests are judged, with a tolerance of %v", e.Tolerance)
	}
}
