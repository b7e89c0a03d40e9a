package reports

import (
	"strings"
	"time"

	"rung/bench"
)

// Row is one rung of the ladder table: what every report says of a stage.
type Row struct {
	Stage, Title, Adds string
	Word               bench.Word
	// Failed says why the stage could not be finished.
	Failed string

	// Passed and Failing are the capacity bracket; zero Failing means that
	// no rate failed. HasCapacity is false when there was no search.
	HasCapacity     bool
	Passed, Failing float64
	Doubt           string
	Bottleneck      bench.Bottleneck
	// Rounds are the highest rates that passed in each round. Passed and
	// Failing are those of the first.
	Rounds Spread
	// Change of the capacity and Costlier, that of the cost per million
	// requests, against the stage Against. Aside says that this is not the one
	// in the row above.
	Change, Costlier Change
	Against          string
	Aside            bool

	// Of the common load. HasCommon is false when there was none.
	HasCommon      bool
	P50, P99, P999 *time.Duration
	Failures       float64

	Worst Worst

	// Stale is the share of stale reads, Hits the share of reads that a cache
	// answered at the common load. Null where that was not measured.
	Stale, Hits *bench.Fact
	// ExperimentsLost are acknowledged writes that were gone after
	// experiments, on whatever variant.
	ExperimentsLost float64

	// Cost per million requests in USD at the middle of the bracket, null where
	// no rate passed.
	Cost *float64
	// Estimate of the capacity: measured over expected. Zero is none.
	Estimate     float64
	EstimateWord bench.Word
}

// Sound says that the stage has a capacity that can be trusted.
func (r Row) Sound() bool { return r.HasCapacity && r.Doubt == "" && r.Passed > 0 }

// Capacity prints the bracket: "215–230/s", or "unknown" when no rate that was
// tried counts.
func (r Row) Capacity() string {
	switch {
	case !r.HasCapacity:
		return Missing
	case r.Passed <= 0 && r.Failing <= 0:
		return "unknown"
	}
	return Bracket(r.Passed, r.Failing)
}

// InDoubt says that there is a bracket, and it must not be trusted.
func (r Row) InDoubt() bool { return r.Doubt != "" && r.Passed+r.Failing > 0 }

// Bracket prints the highest rate that passed and the lowest that failed.
func Bracket(passed, failed float64) string {
	switch {
	case passed <= 0 && failed <= 0:
		return Missing
	case passed <= 0:
		return "<" + Rate(failed)
	case failed <= 0:
		return "≥" + Rate(passed)
	}
	low, high := Rate(passed), Rate(failed)
	// A unit that both have is said once.
	number, unit, _ := strings.Cut(strings.TrimSuffix(low, "/s"), Thin)
	if _, other, _ := strings.Cut(strings.TrimSuffix(high, "/s"), Thin); unit == other {
		low = number
	}
	return low + "–" + high
}

// Worst sums up the kill matrix of a stage: the worst over all rows that can
// be judged. Rows whose fault did not happen, or that carry a doubt, do not
// count, but are counted in Unsound. Rows that
// OneOfEach leaves out do not count at all.
type Worst struct {
	// Rows that count. Zero: nothing is known.
	Rows, Unsound int
	// Node with the lowest availability while it was down, and that.
	Node         string
	Availability float64
	// Recovery is the longest time to recover. Null with NotRecovered when a
	// row did not; null without when users saw no failure.
	Recovery     *time.Duration
	NotRecovered bool
	// Lost acknowledged writes, Duplicated ones and logged-out users, summed.
	// Audited counts the rows whose store could be read.
	Lost, Duplicated, LoggedOut uint64
	Audited                     int
	// PhotosLost and PhotosDuplicated are those of photos that a queue had
	// taken, over PhotosAudited rows. They are not part of Lost and Duplicated.
	PhotosLost, PhotosDuplicated uint64
	PhotosAudited                int
}

// Ladder returns the rows of a run in its order.
func Ladder(run bench.Run) []Row {
	stages := make(map[string]bench.StageResult, len(run.Stages))
	for _, s := range run.Stages {
		stages[s.Stage.ID] = s
	}
	rows := make([]Row, 0, len(run.Stages))
	for i, s := range run.Stages {
		row := ladderRow(s)
		row.Against = Against(s.Stage)
		before, ok := stages[row.Against]
		switch {
		case row.Against == "":
			row.Change = Change{Why: "it is the first stage"}
		case !ok:
			row.Change = Change{Why: row.Against + " is not part of this run"}
		default:
			row.Change = change(before, s)
			row.Aside = i > 0 && run.Stages[i-1].Stage.ID != row.Against
		}
		row.Costlier = costlier(row.Change, before, s)
		rows = append(rows, row)
	}
	return rows
}

// Against is the stage that a stage is compared with; empty for the first.
func Against(s bench.Stage) string {
	if s.Compare != "" {
		return s.Compare
	}
	return s.Previous
}

func ladderRow(s bench.StageResult) Row {
	row := Row{Stage: s.Stage.ID, Title: s.Stage.Title, Adds: s.Stage.Adds,
		Word: StageWord(s), Failed: s.Failed, Worst: worst(matrix(s)), Cost: s.CostPerMillion}
	if c := s.Capacity; c != nil {
		row.HasCapacity, row.Passed, row.Failing = true, c.Passed, c.Failed
		row.Doubt, row.Bottleneck, row.Rounds = c.Doubt, c.Bottleneck, Capacities(s)
	}
	if row.Passed <= 0 {
		row.Cost = nil // at a rate that it does not carry
	}
	if m := s.Common; m != nil {
		row.HasCommon = true
		row.P50, row.P99, row.P999 = m.Total.Response.P50, m.Total.Response.P99, m.Total.Response.P999
		row.Failures = m.Total.FailureRatio()
	}
	row.Stale, row.Hits, row.ExperimentsLost = staleFact(s), factOf(s, "common.cache.hit_ratio"), experimentsLost(s)
	for _, v := range s.Verdicts {
		if v.ID == "estimate.capacity_per_s" {
			row.Estimate, row.EstimateWord = v.Ratio, Word(v.Word)
		}
	}
	return row
}

// StageWord is the verdict of a stage: at best unknown when it could not be
// finished.
func StageWord(s bench.StageResult) bench.Word {
	word := Word(s.Word)
	if word == bench.Pass && s.Failed != "" {
		return bench.Unknown
	}
	return word
}

// Sound says that a kill row can be judged: the fault happened and nothing
// speaks against the row.
func Sound(k bench.KillRow) bool { return k.Happened && k.Doubt == "" }
