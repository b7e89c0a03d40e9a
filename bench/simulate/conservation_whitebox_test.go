package simulate

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rung/targets"
)

// drawn is a random network: some groups and stations, and routes that hold,
// work, fork, apply and leave things to the background.
func drawn(t *rapid.T) Network {
	n := Network{}
	for range rapid.IntRange(1, 4).Draw(t, "groups") {
		n.Groups = append(n.Groups, Group{Name: "g", Servers: rapid.IntRange(1, 5).Draw(t, "servers"), Cells: rapid.IntRange(0, 3).Draw(t, "cells"),
			Policy: rapid.SampledFrom(append(Policies(), "")).Draw(t, "policy"), Callers: rapid.IntRange(0, 1).Draw(t, "callers")})
	}
	for range rapid.IntRange(1, 5).Draw(t, "stations") {
		n.Stations = append(n.Stations, Station{Name: "s", Group: rapid.IntRange(0, len(n.Groups)-1).Draw(t, "group"), Slots: rapid.IntRange(1, 3).Draw(t, "slots"),
			Queue: rapid.IntRange(-1, 20).Draw(t, "queue"), Quantum: time.Duration(rapid.IntRange(0, 3).Draw(t, "quantum")) * time.Millisecond})
	}
	s := rapid.IntRange(0, len(n.Stations)-1).Draw(t, "applier")
	n.Appliers = []Applier{{Station: s, Item: drawnLaw(t), Disk: s, Access: drawnLaw(t), Group: n.Stations[s].Group}}
	for range rapid.IntRange(1, 3).Draw(t, "routes") {
		n.Routes = append(n.Routes, Route{Operation: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "operation"), Share: rapid.Float64Range(0.1, 1).Draw(t, "share"),
			Steps: drawnSteps(t, n, 0)})
	}
	return n
}

func drawnLaw(t *rapid.T) targets.Law {
	return targets.Law{Shape: rapid.SampledFrom([]targets.Shape{targets.ShapeConstant, targets.ShapeExponential, targets.ShapeLognormal}).Draw(t, "shape"),
		Mean: time.Duration(rapid.IntRange(0, 5000).Draw(t, "mean")) * time.Microsecond, CV: 0.5}
}

func drawnSteps(t *rapid.T, n Network, depth int) (steps []Step) {
	for range rapid.IntRange(0, 4).Draw(t, "steps") {
		switch kind := rapid.IntRange(0, 5).Draw(t, "kind"); {
		case kind == 0:
			steps = append(steps, Delay(time.Duration(rapid.IntRange(0, 2000).Draw(t, "delay"))*time.Microsecond))
		case kind == 1 && depth < 2:
			steps = append(steps, Background(Branch{Chance: 0.5, Steps: drawnSteps(t, n, depth+1)}))
		case kind == 2 && depth < 2:
			var branches []Branch
			for range rapid.IntRange(1, 4).Draw(t, "branches") {
				branches = append(branches, Branch{Chance: rapid.SampledFrom([]float64{0.3, 1}).Draw(t, "chance"), Steps: drawnSteps(t, n, depth+1)})
			}
			steps = append(steps, Fork(rapid.IntRange(0, len(branches)).Draw(t, "need"), branches...))
		case kind == 3 && depth == 0: // held once at a time
			group := n.Appliers[0].Group
			steps = append(steps, Hold(group), Apply(0), Leave(group))
		default:
			steps = append(steps, Work(rapid.IntRange(0, len(n.Stations)-1).Draw(t, "station"), drawnLaw(t)))
		}
	}
	return steps
}

// In every run no request is lost, every station obeys Little's law and the
// utilisation law, and at the end nothing is held, waits or is in service.
func TestLawsOfConservation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := drawn(t)
		if err := n.Check(); err != nil {
			t.Fatal(err)
		}
		p, err := compile(n)
		if err != nil {
			t.Fatal(err)
		}
		c := Config{Rate: rapid.Float64Range(10, 2000).Draw(t, "rate"), Requests: 300, Seed: rapid.Uint64().Draw(t, "seed")}
		e := newEngine(n, p)
		if err := e.run(t.Context(), newArrivals(n, c, 0), 1_000_000); err != nil {
			t.Fatal(err)
		}
		answered := e.done + e.refused + e.late
		if e.started != 300 || answered != 300 || e.late != 0 {
			t.Fatalf("started %d, done %d, refused %d, late %d", e.started, e.done, e.refused, e.late)
		}
		for len(e.agenda.heap) > 0 { // what is left is in the background
			next := e.agenda.next()
			e.now = next.at
			e.happen(next.token)
		}
		if e.inFlight != 0 || e.started != e.done+e.refused+e.late || len(e.spare) != len(e.joins) {
			t.Fatalf("%d tokens and %d forks are left", e.inFlight, len(e.joins)-len(e.spare))
		}
		for i := range e.stations {
			e.balanced(t, i)
		}
		for i, b := range e.groups {
			for s, held := range b.held {
				if held != 0 {
					t.Errorf("group %d: server %d is held %d times", i, s, held)
				}
			}
		}
	})
}

// balanced checks one station at the end, when it is empty.
func (e *engine) balanced(t *rapid.T, i int) {
	st := &e.stations[i]
	st.settle(e.now)
	if st.busy != 0 || st.waiting != 0 || st.came != st.done+st.refused {
		t.Errorf("station %d: %d in service, %d wait; %d came, %d done, %d refused", i, st.busy, st.waiting, st.came, st.done, st.refused)
	}
	// Little: the integral of the number there is the sum of the stays.
	if there := st.busyArea + st.queueArea; math.Abs(there-st.stays) > 1e-6*there+1 {
		t.Errorf("station %d: number x time is %v, the stays are %v", i, there, st.stays)
	}
	// Utilisation: the slots were in use for the work that was done.
	if math.Abs(st.busyArea-st.worked) > 1e-6*st.busyArea+1 {
		t.Errorf("station %d: slots in use for %v, work of %v", i, st.busyArea, st.worked)
	}
}

// A histogram is exact below 1024 ns and within 1/512 above, and its buckets
// leave no gap.
func TestBuckets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.Int64Range(0, math.MaxInt64/2).Draw(t, "value")
		low, high := bounds(bucket(v))
		if !(low <= v && v < high) || float64(high-low) > math.Max(1, float64(low)/512) {
			t.Errorf("%d is in the bucket from %d to %d", v, low, high)
		}
		if next, _ := bounds(bucket(v) + 1); next != high {
			t.Errorf("the bucket after the one up to %d begins at %d", high, next)
		}
	})
}

// Published values of Student's t at 0.975.
func TestStudent(t *testing.T) {
	for freedom, want := range map[int]float64{1: 12.706, 4: 2.776, 10: 2.228, 11: 2.201, 15: 2.131, 20: 2.086, 30: 2.042, 100: 1.984} {
		if got := student(freedom); math.Abs(got-want) > 0.0006 {
			t.Errorf("t of %d degrees of freedom is %v, want %v", freedom, got, want)
		}
	}
}

// Events leave an agenda by time, and in the order they were planned where
// that is the same, also when the turns wrap around.
func TestAgendaKeepsTheOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := agenda{turn: math.MaxUint32 - uint32(rapid.IntRange(0, 50).Draw(t, "turns"))}
		times := rapid.SliceOfN(rapid.Int64Range(0, 9), 1, 100).Draw(t, "times")
		for i, at := range times {
			a.plan(at, int32(i))
		}
		last := event{at: -1}
		for range times {
			e := a.next()
			if e.at < last.at || (e.at == last.at && e.token < last.token) || times[e.token] != e.at {
				t.Fatalf("%+v comes after %+v", e, last)
			}
			last = e
		}
		if len(a.heap) != 0 {
			t.Errorf("%d events are left", len(a.heap))
		}
	})
}

// Least connections takes a server that nobody holds less, of equals the one
// whose turn is longest ago, whoever comes and goes.
func TestLeastConnectionsTakesTheLeast(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := Group{Servers: rapid.IntRange(1, 9).Draw(t, "servers"), Cells: rapid.IntRange(1, 3).Draw(t, "cells"), Policy: PolicyLeastConnections}
		b := newBalancer(Network{}, g)
		var held []int32
		for range 100 {
			if len(held) > 0 && rapid.Bool().Draw(t, "leave") {
				i := rapid.IntRange(0, len(held)-1).Draw(t, "which")
				b.leave(held[i], none)
				held = append(held[:i], held[i+1:]...)
				continue
			}
			key := rapid.Uint32().Draw(t, "key")
			counts, turns := append([]int32(nil), b.held...), append([]uint64(nil), b.turns...)
			s := b.pick(new(dice), key, none, none)
			first := s / b.each * b.each
			for k := first; k < first+b.each; k++ {
				if counts[k] < counts[s] || (counts[k] == counts[s] && turns[k] < turns[s]) {
					t.Fatalf("took server %d of %v, turns %v", s, counts, turns)
				}
			}
			held = append(held, s)
		}
	})
}
