package record

import (
	"time"

	"rung/bench"
)

// tally is the state behind a bench.Tally: what is counted of one operation.
type tally struct {
	ok, failed, refused, loggedOut uint64
	// Of the OK and the logged out.
	response, service, lateness *histogram
	// Response time of the failed.
	failures *histogram
}

func newTally(highest time.Duration) *tally {
	return &tally{
		response: newHistogram(highest), service: newHistogram(highest),
		lateness: newHistogram(highest), failures: newHistogram(highest),
	}
}

func (t *tally) add(s *bench.Sample) {
	switch s.Outcome {
	case bench.OK:
		t.ok++
	case bench.LoggedOut:
		t.loggedOut++
	case bench.Refused:
		t.refused++
		return
	default:
		t.failed++
		t.failures.add(s.Done - s.Intended)
		return
	}
	t.response.add(s.Done - s.Intended)
	t.service.add(s.Done - s.Sent)
	t.lateness.add(s.Sent - s.Intended)
}

func (t *tally) merge(from *tally) {
	t.ok += from.ok
	t.failed += from.failed
	t.refused += from.refused
	t.loggedOut += from.loggedOut
	t.response.merge(from.response)
	t.service.merge(from.service)
	t.lateness.merge(from.lateness)
	t.failures.merge(from.failures)
}

func (t *tally) sent() uint64 { return t.ok + t.failed + t.refused + t.loggedOut }

func (t *tally) clamped() uint64 {
	return t.response.clamped + t.service.clamped + t.lateness.clamped + t.failures.clamped
}

// result makes a bench.Tally of it.
func (t *tally) result(operation string, unsent uint64) bench.Tally {
	return bench.Tally{
		Operation: operation, Planned: t.sent() + unsent, Sent: t.sent(), Unsent: unsent,
		OK: t.ok, Failed: t.failed, Refused: t.refused, LoggedOut: t.loggedOut,
		Response: t.response.distribution(), Service: t.service.distribution(),
		Lateness: t.lateness.distribution(), Failures: t.failures.distribution(),
	}
}
