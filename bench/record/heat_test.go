package record_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"rung/bench"
	"rung/bench/plan"
	"rung/bench/record"
)

// TestHeatCountsEveryAnswerOnce: columns are planned times, rows response
// times, and failures are not there.
func TestHeatCountsEveryAnswerOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		length := time.Duration(rapid.IntRange(1, 400).Draw(t, "seconds")) * time.Second
		p, err := plan.Constant(10, length)
		if err != nil {
			t.Fatal(err)
		}
		r := record.New(record.Config{Operations: []string{"get"}, Plan: p, Heat: true})
		type cell struct {
			column time.Duration
			took   time.Duration
		}
		var answered []cell
		for n := range p.Count() {
			took := time.Duration(rapid.Int64Range(0, int64(200*time.Second)).Draw(t, "took"))
			s := bench.Sample{Seq: n, Intended: p.At(n), Sent: p.At(n), Done: p.At(n) + took}
			if n%7 == 6 {
				s.Outcome = bench.Failed
			} else {
				answered = append(answered, cell{p.At(n), took})
			}
			r.Record(&s)
			if n > 60 {
				break
			}
		}
		heat := r.Finish(bench.Generator{}).Heat
		total := uint64(0)
		for _, column := range heat.Counts {
			for _, n := range column {
				total += n
			}
		}
		if total != uint64(len(answered)) {
			t.Fatalf("%d answers counted, %d there", total, len(answered))
		}
		if len(heat.Counts) > 120 {
			t.Fatalf("%d columns", len(heat.Counts))
		}
		for _, a := range answered {
			column := heat.Counts[a.column/heat.Column]
			row := 0
			for row+1 < len(heat.Edges) && heat.Edges[row+1] <= a.took {
				row++
			}
			if row >= len(column) || column[row] == 0 {
				t.Fatalf("an answer of %v planned at %v is not in row %d of its column", a.took, a.column, row)
			}
		}
	})
}

func TestNoHeatUnlessAsked(t *testing.T) {
	p, err := plan.Constant(10, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	r := record.New(record.Config{Operations: []string{"get"}, Plan: p})
	r.Record(&bench.Sample{Done: time.Millisecond})
	if m := r.Finish(bench.Generator{}); m.Heat != nil {
		t.Error("there is a heat map that nobody asked for")
	}
}
