package record

import (
	"bufio"
	"fmt"
	"io"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"

	"rung/bench"
)

// journalLeast is the shortest interval of an interval log: shorter ones
// would hold more histogram headers than samples.
const journalLeast = time.Second

// journal writes the interval log. A nil journal writes nothing.
type journal struct {
	grid       grid
	operations []string
	started    time.Time
	out        *bufio.Writer
	log        *hdr.HistogramLogWriter
	rotation   *rotation
	total      *histogram
	highest    time.Duration
	// late are the histograms of samples whose interval was written already,
	// and first and last the intervals they are from. Nil without any.
	late        []*histogram
	first, last int
	// err is the first error of writing; nothing is written after it.
	err error
}

func newJournal(w io.Writer, g grid, operations []string, started time.Time, highest, patience time.Duration) *journal {
	if w == nil {
		return nil
	}
	g.length = (journalLeast + g.length - 1) / g.length * g.length
	g = newGrid(g.plan, g.length, g.count)
	out := bufio.NewWriter(w)
	j := &journal{grid: g, operations: operations, started: started, out: out,
		log: hdr.NewHistogramLogWriter(out), total: newHistogram(highest), highest: highest}
	j.log.SetBaseTime(started.UnixMilli())
	j.rotation = newRotation(g, len(operations), highest, patience, func(i int, h []*histogram) { j.write(i, i, h) })
	j.header()
	return j
}

// header writes the times as comments of our own: the library's lines round
// them down to whole seconds.
func (j *journal) header() {
	seconds := float64(j.started.UnixMilli()) / 1000
	for _, write := range []func() error{
		j.log.OutputLogFormatVersion,
		func() error { return j.log.OutputComment("[Response times in ns; Interval_Max in ms]") },
		func() error {
			return j.log.OutputComment(fmt.Sprintf("[StartTime: %.3f (seconds since epoch), %s]",
				seconds, j.started.UTC().Format(time.RFC3339Nano)))
		},
		func() error {
			return j.log.OutputComment(fmt.Sprintf("[BaseTime: %.3f (seconds since epoch)]", seconds))
		},
		j.log.OutputLegend,
	} {
		j.keep(write())
	}
}

func (j *journal) keep(err error) {
	if j.err == nil {
		j.err = err
	}
}

// add records an answered sample, or only counts one that is not.
func (j *journal) add(s *bench.Sample) {
	if j == nil {
		return
	}
	at := j.grid.of(s.Intended)
	h := j.rotation.see(at)
	if s.Outcome == bench.OK || s.Outcome == bench.LoggedOut {
		if h == nil {
			j.straggle(at)[s.Operation].add(s.Done - s.Intended)
		} else {
			h[s.Operation].add(s.Done - s.Intended)
		}
	}
	if h != nil {
		j.rotation.settle(at)
	}
}

func (j *journal) straggle(at int) []*histogram {
	if j.late == nil {
		j.late = make([]*histogram, len(j.operations))
		for i := range j.late {
			j.late[i] = newHistogram(j.highest)
		}
		j.first, j.last = at, at
	}
	j.first, j.last = min(j.first, at), max(j.last, at)
	return j.late
}

// write writes the lines of the intervals first to last.
func (j *journal) write(first, last int, h []*histogram) {
	if j.err != nil {
		return
	}
	start, _ := j.grid.span(first)
	_, end := j.grid.span(last)
	from, to := j.started.Add(start).UnixMilli(), j.started.Add(end).UnixMilli()
	j.total.reset()
	for _, one := range h {
		j.total.merge(one)
	}
	j.line("", from, to, j.total)
	for i, one := range h {
		if one.count() > 0 {
			j.line(j.operations[i], from, to, one)
		}
	}
}

func (j *journal) line(tag string, from, to int64, h *histogram) {
	h.hdr.SetTag(tag)
	h.hdr.SetStartTimeMs(from)
	h.hdr.SetEndTimeMs(to)
	j.keep(j.log.OutputIntervalHistogram(h.hdr))
}

// finish writes what is left and returns the first error.
func (j *journal) finish() error {
	if j == nil {
		return nil
	}
	j.rotation.finish()
	if j.late != nil {
		j.write(j.first, j.last, j.late)
	}
	j.keep(j.out.Flush())
	return j.err
}
