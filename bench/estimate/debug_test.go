package estimate_test

import (
	"fmt"
	"testing"
	"time"

	"rung/bench"
	"rung/bench/estimate"
	"rung/targets"
)

func TestDebug(t *testing.T) {
	for _, c := range []struct {
		name        string
		webs, slots int
		blind       bool
		photo       float64 // ms
		share       float64
		quantum     float64
	}{
		{"c=1", 1, 1, false, 200, .02, 10}, {"c=4", 1, 4, false, 200, .02, 10}, {"c=8", 1, 8, false, 200, .02, 10}, {"c=2 short photos", 1, 2, false, 30, .15, 10}, {"c=2 15ms", 1, 2, false, 15, .3, 10},
		{"c=2 uncut", 1, 2, false, 200, .02, 0}, {"c=2 rare", 1, 2, false, 1000, .004, 10}, {"c=2 all long", 1, 2, false, 50, .8, 10}, {"c=2 no long", 1, 2, false, 5, .2, 10},
		{"3 webs random", 3, 2, true, 200, .02, 10}, {"3 webs lc", 3, 2, false, 200, .02, 10}, {"3 webs lc no long", 3, 2, false, 5, .2, 10}, {"3 webs random no long", 3, 2, true, 5, .2, 10},
	} {
		topology := shopTopology(c.webs, c.slots, false)
		w := shopWorkload()
		w.Mix = []bench.Share{{Operation: targets.OpMe, Ratio: 1 - c.share}, {Operation: targets.OpPhoto, Ratio: c.share}}
		for i := range topology.Nodes {
			topology.Nodes[i].Machine.Quantum = time.Duration(c.quantum * 1e6)
			for _, r := range topology.Nodes[i].Roles {
				if r.Web != nil {
					r.Web.Demand[targets.OpMe] = constant(3)
					r.Web.Demand[targets.OpPhoto] = constant(c.photo)
				}
				if r.Database != nil {
					r.Database.Demand = nil
					r.Database.Access = targets.Law{}
				}
			}
		}
		d := (1-c.share)*3e-3 + c.share*c.photo*1e-3
		low := float64(c.webs*c.slots) / d
		pre := .5e-3
		if c.webs > 1 {
			pre = 1e-3
		}
		s := site{[]way{{1 - c.share, []step{{delay: pre}, {station: 1, delay: 3e-3, quantum: c.quantum * 1e-3}}}, {c.share, []step{{delay: pre}, {station: 1, delay: c.photo * 1e-3, quantum: c.quantum * 1e-3}, {delay: .5e-3}}}}, []int{c.slots, 1, 1}, c.webs, c.blind}
		out := c.name
		for _, u := range []float64{.5, .7, .8, .9} {
			p, err := estimate.Predict(topology, w, u*low, 0)
			if err != nil {
				t.Fatal(err)
			}
			p50, _ := p.Estimate("common.p50_ns")
			p99, _ := p.Estimate("common.p99_ns")
			took := simulate(s, u*low, 200_000, 7)
			out += fmt.Sprintf("; %.0f%%: p50 %.2f/%.2f=%.2f p99 %.1f/%.1f=%.2f", u*100, p50.Value/1e6, at(took, .5)*1e3, p50.Value/1e9/at(took, .5), p99.Value/1e6, at(took, .99)*1e3, p99.Value/1e9/at(took, .99))
		}
		t.Log(out)
	}
}
