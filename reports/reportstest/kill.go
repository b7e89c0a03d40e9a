package reportstest

import (
	"time"

	"rung/bench"
	"rung/targets"
)

const slice = 500 * time.Millisecond

// kill is a kill row in which a share of the requests fails while the node is
// down, and everything for a while after it when recovery is late.
func kill(stage, node string, failing float64, detection, settle time.Duration) bench.KillRow {
	restarted := killBefore + outage
	total := restarted - killBefore + settle
	if failing < 0.5 {
		total = detection + settle
	}
	row := bench.KillRow{
		Node: node, Fault: targets.Fault{Kind: targets.FaultKill, Node: node, At: killBefore}, Happened: true,
		Killed: killBefore + 3*time.Millisecond, Restarted: restarted + 120*time.Millisecond,
		Recovery: bench.Recovery{Total: ptr(total), Settled: settledTime, Restart: ptr(outage + 117*time.Millisecond)},
		Ledger:   bench.Audit{Attempted: 160, Acknowledged: 148, Unacknowledged: 2, Checked: true},
	}
	if detection > 0 {
		row.Recovery.Detection = ptr(detection)
		row.Recovery.Decision = ptr(4 * time.Millisecond)
	}
	m := bench.Measurement{Name: "kill-" + node, Plan: "150/s for 13 s, Poisson arrivals", Rate: commonRate,
		Started:  time.Date(2026, 11, 20, 9, 33, 0, 0, time.UTC),
		Duration: killBefore + outage + killAfter, Generator: generator(1950),
		Log: stage + "/kill-" + node + ".hlog"}
	for at := time.Duration(0); at < m.Duration; at += slice {
		m.Intervals = append(m.Intervals, interval(at, failing, killBefore, killBefore+total))
	}
	var t, down bench.Tally
	for _, i := range m.Intervals {
		t.Planned, t.OK, t.Failed = t.Planned+i.Planned, t.OK+i.OK, t.Failed+i.Failed
		if i.Start >= killBefore && i.Start < restarted {
			down.Planned, down.Failed = down.Planned+i.Planned, down.Failed+i.Failed
		}
	}
	t.Operation, t.Sent = "total", t.Planned
	if t.OK > 0 {
		t.Response = distribution(t.OK, 14*time.Millisecond, 0.7)
		t.Response.Curve = nil
	}
	m.Total, m.Goodput = t, float64(t.OK)/m.Duration.Seconds()
	if t.Failed > 0 {
		m.Errors = []bench.ErrorGroup{{Operation: "user", Cause: "connection refused", Count: t.Failed}}
	}
	row.Measurement = m
	row.Availability, row.AvailabilityDown = t.Availability(), down.Availability()
	if t.Failed == 0 {
		row.Recovery.NoFailure, row.Recovery.Total = true, nil
	}
	return row
}

// interval is one slice: planned requests vary a little around the rate.
func interval(at time.Duration, failing float64, from, to time.Duration) bench.Interval {
	wobble := uint64(at/slice) * 7 % 11
	i := bench.Interval{Start: at, Length: slice, Planned: 70 + wobble}
	if at >= from && at < to {
		i.Failed = uint64(float64(i.Planned) * failing)
	}
	i.OK = i.Planned - i.Failed
	if i.OK == 0 {
		return i
	}
	base := 14*time.Millisecond + time.Duration(wobble)*300*time.Microsecond
	i.P50, i.P99, i.Max = ptr(base), ptr(base*5), ptr(base*7)
	if at >= to && at < to+2*slice {
		i.P99, i.Max = ptr(base*16), ptr(base*30)
	}
	return i
}
