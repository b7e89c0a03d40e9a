package export

import (
	"io"
	"strconv"
	"time"

	"rung/bench"
)

// IntervalsCSV writes a row per interval of every attack of a run (RFC 4180,
// with a header): common loads of all rounds, kills and variants. Times are
// from the start of the attack; started is when that was.
func IntervalsCSV(w io.Writer, run bench.Run) error {
	rows := [][]string{{
		"stage", "attack", "round", "started", "start_ns", "length_ns",
		"planned", "ok", "failed", "refused", "logged_out", "unsent",
		"response_p50_ns", "response_p99_ns", "response_max_ns",
	}}
	add := func(stage, attack string, round int, m *bench.Measurement) {
		if m == nil {
			return
		}
		for _, v := range m.Intervals {
			rows = append(rows, []string{
				cell(stage), cell(attack), strconv.Itoa(round), moment(m.Started), nanoseconds(v.Start), nanoseconds(v.Length),
				strconv.FormatUint(v.Planned, 10), strconv.FormatUint(v.OK, 10), strconv.FormatUint(v.Failed, 10),
				strconv.FormatUint(v.Refused, 10), strconv.FormatUint(v.LoggedOut, 10), strconv.FormatUint(v.Unsent, 10),
				of(v.P50), of(v.P99), of(v.Max),
			})
		}
	}
	for _, s := range run.Stages {
		for _, r := range roundsOf(s) {
			if r.Common != nil {
				add(s.Stage.ID, named(r.Common.Name, "common"), r.Round, r.Common)
			}
		}
		for i := range s.Kills {
			m := &s.Kills[i].Measurement
			add(s.Stage.ID, named(m.Name, "kill-"+s.Kills[i].Node), 1, m)
		}
		for _, v := range s.Variants {
			add(s.Stage.ID, "variant-"+v.Name, 1, v.Latency)
		}
	}
	return write(w, rows)
}

// named is a name, or what stands for a missing one.
func named(name, otherwise string) string {
	if name == "" {
		return otherwise
	}
	return name
}

func nanoseconds(d time.Duration) string { return strconv.FormatInt(int64(d), 10) }
