package database

import (
	"slices"
	"testing"
)

func TestLagBuckets(t *testing.T) {
	m := newLagMeter()
	for _, h := range []struct {
		name   string
		bounds []float64
		has    []float64
	}{
		{"time", m.time.Bounds, []float64{100e3, 1e6, 12.5e6, 20e6, 50e6, 100e9}},
		{"operations", m.operations.Bounds, []float64{0, 1, 2, 19, 20, 25, 50, 10_000}},
	} {
		if !slices.IsSorted(h.bounds) || len(slices.Compact(slices.Clone(h.bounds))) != len(h.bounds) {
			t.Errorf("%s: bounds are not in order: %v", h.name, h.bounds)
		}
		for _, b := range h.has {
			if !slices.Contains(h.bounds, b) {
				t.Errorf("%s: no bound at %v: %v", h.name, b, h.bounds)
			}
		}
	}
	for i, b := range m.time.Bounds[1:] {
		if b > 1.15*m.time.Bounds[i] {
			t.Errorf("a bucket from %v to %v ns is wide", m.time.Bounds[i], b)
		}
	}
	for _, v := range []float64{0, 1, 1, 20, 21, 1e6} {
		count(m.operations, v)
	}
	at := func(bound float64) int64 { return m.operations.Counts[slices.Index(m.operations.Bounds, bound)] }
	if at(0) != 1 || at(1) != 2 || at(20) != 1 || m.operations.Counts[len(m.operations.Bounds)] != 1 || m.operations.Sum != 1e6+43 {
		t.Errorf("counted as %v", m.operations.Counts)
	}
}
