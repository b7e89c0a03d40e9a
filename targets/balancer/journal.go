package balancer

import "time"

// eventsKept bounds the journal.
const eventsKept = 1000

// Event is a change of a server's health.
type Event struct {
	At time.Time
	// Server is the role that changed; Up what it is from then on.
	Server string
	Up     bool
	// Cause is in plain words, for a log or a chart label.
	Cause string
}

// journal keeps the newest events. The zero value is ready; it needs the lock
// of its owner.
type journal struct {
	events []Event
	next   int // where the oldest event is, once full
}

func (j *journal) add(e Event) {
	if len(j.events) < eventsKept {
		j.events = append(j.events, e)
		return
	}
	j.events[j.next] = e
	j.next = (j.next + 1) % eventsKept
}

// list returns the events, oldest first.
func (j *journal) list() []Event {
	out := make([]Event, 0, len(j.events))
	out = append(out, j.events[j.next:]...)
	return append(out, j.events[:j.next]...)
}
