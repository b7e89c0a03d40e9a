package monitor

import (
	"bytes"
	"container/heap"
	"context"
	"slices"

	"rung/targets/trace"
)

const (
	// requestTraces bounds the traces that a search takes for those of one
	// request id. Requests have one each, unless a client gives all its
	// requests the same.
	requestTraces = 256
	// answerBytes bounds an answer.
	answerBytes = 16 << 20
)

// found is the answer to a search.
type found struct {
	// lines in the order that was asked for. They are not to be changed.
	lines [][]byte
	// matched counts all lines that fit, returned or not.
	matched int
	// cut says that lines within the limit had to be left out, because they
	// are too long together.
	cut bool
}

// scan is one search through a snapshot. It needs no lock.
type scan struct {
	filter         Filter
	segments       []segment
	request        uint64 // its hash
	node, role     uint16
	message        uint16
	since, until   int64
	traces         map[[16]byte]bool
	text           []byte
	bounded, ended bool // by since, by until
}

// newScan prepares a search. The journal must not change meanwhile.
func newScan(j *journal, f Filter) *scan {
	s := &scan{filter: f, segments: j.snapshot(), request: j.hash(f.Request), text: []byte(f.Text),
		node: j.nodes.find(f.Node), role: j.roles.find(f.Role), message: j.messages.find(f.Message)}
	if s.bounded = !f.Since.IsZero(); s.bounded {
		s.since = f.Since.UnixNano()
	}
	if s.ended = !f.Until.IsZero(); s.ended {
		s.until = f.Until.UnixNano()
	}
	return s
}

// run looks at every line. It ends early, with the context's error, when
// nobody waits for the answer any more.
func (s *scan) run(ctx context.Context) (found, error) {
	if s.filter.Request != "" {
		if err := s.collect(ctx); err != nil {
			return found{}, err
		}
	}
	limit := s.filter.Limit
	if limit <= 0 {
		limit = defaultLimit
	}
	best := &ranking{oldest: s.filter.Oldest}
	var out found
	if err := s.each(ctx, func(part segment, e *entry, sequence int64) {
		if s.fits(part, e) {
			out.matched++
			best.offer(ranked{time: e.time, sequence: sequence, text: part.at(e)}, limit)
		}
	}); err != nil {
		return found{}, err
	}
	slices.SortFunc(best.all, func(a, b ranked) int {
		if best.before(a, b) {
			return -1
		}
		return 1
	})
	total := 0
	for _, r := range best.all {
		if total += len(r.text) + 1; total > answerBytes {
			out.cut = true
			break
		}
		out.lines = append(out.lines, r.text)
	}
	return out, nil
}

// collect finds the traces that a request id belongs to.
func (s *scan) collect(ctx context.Context) error {
	s.traces = map[[16]byte]bool{trace.TraceOf(s.filter.Request): true}
	return s.each(ctx, func(part segment, e *entry, _ int64) {
		if e.request == s.request && e.trace != [16]byte{} && len(s.traces) < requestTraces && s.named(part, e) {
			s.traces[e.trace] = true
		}
	})
}

// each goes through all lines, with the number of their arrival. It begins at
// the end that is asked for, because lines come about in the order of their
// time: the first ones are mostly the best.
func (s *scan) each(ctx context.Context, do func(part segment, e *entry, sequence int64)) error {
	order := slices.All(s.segments)
	if !s.filter.Oldest {
		order = slices.Backward(s.segments)
	}
	for i, part := range order {
		if err := ctx.Err(); err != nil {
			return err
		}
		for k := range part.entries {
			if !s.filter.Oldest {
				k = len(part.entries) - 1 - k
			}
			do(part, &part.entries[k], int64(i)<<32|int64(k))
		}
	}
	return nil
}

// named says whether a line whose request id has the right hash has the right
// one.
func (s *scan) named(part segment, e *entry) bool {
	l, err := parseLine(part.at(e))
	return err == nil && l.Request == s.filter.Request
}

// fits looks at the cheap conditions first.
func (s *scan) fits(part segment, e *entry) bool {
	f := &s.filter
	switch {
	case f.Trace != [16]byte{} && e.trace != f.Trace,
		s.bounded && e.time < s.since,
		s.ended && e.time >= s.until,
		f.Leveled && e.level < short(f.Level),
		f.Request != "" && !s.traces[e.trace] && (e.request != s.request || !s.named(part, e)):
		return false
	}
	if !s.same(part, e, f.Node, s.node, e.node, func(l *line) string { return l.Node }) ||
		!s.same(part, e, f.Role, s.role, e.role, func(l *line) string { return l.Role }) ||
		!s.same(part, e, f.Message, s.message, e.message, func(l *line) string { return l.Message }) {
		return false
	}
	return len(s.text) == 0 || bytes.Contains(part.at(e), s.text)
}

// same compares a text by its number. Number 0 is that of all texts that had
// no room in the table.
func (s *scan) same(part segment, e *entry, want string, number, has uint16, field func(*line) string) bool {
	switch {
	case want == "":
		return true
	case has != 0:
		return has == number
	}
	l, err := parseLine(part.at(e))
	return err == nil && field(&l) == want
}

// ranked is a line that fits.
type ranked struct {
	time     int64
	sequence int64 // of its arrival
	text     []byte
}

// ranking keeps the first lines in an order: a heap with the last one of them
// on top.
type ranking struct {
	oldest bool
	all    []ranked
}

// before says whether a comes before b: by time, and by arrival when that is
// the same.
func (r *ranking) before(a, b ranked) bool {
	if !r.oldest {
		a, b = b, a
	}
	if a.time != b.time {
		return a.time < b.time
	}
	return a.sequence < b.sequence
}

func (r *ranking) offer(line ranked, limit int) {
	switch {
	case len(r.all) < limit:
		heap.Push(r, line)
	case r.before(line, r.all[0]):
		r.all[0] = line
		heap.Fix(r, 0)
	}
}

// Len, Less, Swap, Push and Pop are for container/heap.
func (r *ranking) Len() int           { return len(r.all) }
func (r *ranking) Less(i, j int) bool { return r.before(r.all[j], r.all[i]) }
func (r *ranking) Swap(i, j int)      { r.all[i], r.all[j] = r.all[j], r.all[i] }
func (r *ranking) Push(x any)         { r.all = append(r.all, x.(ranked)) }

// Pop removes the last one.
func (r *ranking) Pop() any {
	last := r.all[len(r.all)-1]
	r.all = r.all[:len(r.all)-1]
	return last
}
