package record_test

import (
	"testing"
	"time"

	"rung/bench"
	"rung/bench/record"
)

func TestRegionsAreTalliedByOperation(t *testing.T) {
	p := constant(t, 6, time.Second)
	r := record.New(record.Config{Name: "a", Operations: operations, Plan: p})
	for n, s := range []bench.Sample{
		{Region: "eu", Operation: 1}, {Region: "eu", Operation: 0}, {Region: "ap", Operation: 0}, {Region: "eu", Operation: 0, Outcome: bench.Failed},
		{Operation: 0}, {Region: "ap", Operation: 2, Outcome: bench.LoggedOut},
	} {
		s.Seq, s.Intended = uint64(n), p.At(uint64(n))
		s.Sent = s.Intended
		s.Done = s.Sent + time.Millisecond
		r.Record(&s)
	}
	m := r.Finish(bench.Generator{})
	var names []string
	counted := uint64(0)
	for _, tally := range m.Regions {
		names = append(names, tally.Operation)
		counted += tally.Sent
	}
	want := []string{"ap/user", "ap/me", "eu/user", "eu/post"}
	if len(names) != len(want) {
		t.Fatalf("tallies %v, want %v", names, want)
	}
	for i := range want {
		if names[i] != want[i] {
			t.Errorf("tallies %v, want %v", names, want)
		}
	}
	if counted != 5 || m.Regions[2].OK != 1 || m.Regions[2].Failed != 1 {
		t.Errorf("%d requests of regions, eu/user %+v", counted, m.Regions[2])
	}
	if m.Total.Sent != 6 {
		t.Errorf("total %d", m.Total.Sent)
	}
}
