package queue

import (
	"slices"
	"sync"
	"time"

	"rung/targets"
)

// journalLength bounds the events that are kept.
const journalLength = 256

// journal keeps the latest events. It is safe for concurrent use.
type journal struct {
	now    func() time.Time
	mu     sync.Mutex
	events []targets.Event
}

func (j *journal) add(what, subject, cause string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.events) == journalLength {
		j.events = slices.Delete(j.events, 0, 1)
	}
	j.events = append(j.events, targets.Event{At: j.now(), What: what, Subject: subject, Cause: cause})
}

func (j *journal) list() []targets.Event {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.events)
}
