package dns

import "rung/targets"

// eventsKept bounds the journal.
const eventsKept = 1000

// journal keeps the newest events. The zero value is ready; it needs the lock
// of its owner.
type journal struct {
	events []targets.Event
	next   int // where the oldest event is, once full
}

func (j *journal) add(e targets.Event) {
	if len(j.events) < eventsKept {
		j.events = append(j.events, e)
		return
	}
	j.events[j.next] = e
	j.next = (j.next + 1) % eventsKept
}

// list returns the events, oldest first.
func (j *journal) list() []targets.Event {
	out := make([]targets.Event, 0, len(j.events))
	out = append(out, j.events[j.next:]...)
	return append(out, j.events[:j.next]...)
}
