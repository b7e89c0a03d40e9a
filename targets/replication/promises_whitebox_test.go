package replication

import (
	"fmt"

	"rung/targets"
)

// promises is what must hold after every step of a simulation.
type promises struct {
	// leaders by term, and what was acknowledged, by index.
	leaders map[uint64]int
	acked   map[uint64]Position
	acks    int
	// lossless says that no acknowledged write may ever be missing.
	lossless bool
	// history is what each entry holds, and what comes before it, wherever.
	history map[Position]string
}

func newPromises(members int, mode targets.Mode) promises {
	return promises{leaders: map[uint64]int{}, acked: map[uint64]Position{}, history: map[Position]string{},
		lossless: mode == targets.ModeSynchronous || mode == targets.ModeSemiSynchronous && members == 3}
}

// record wants that two logs that share an entry share all before it (Raft's
// log matching).
func (p *promises) record(t interface{ Fatalf(string, ...any) }, last Position, e Entry) {
	text := fmt.Sprintf("%s after %v", e.Operation, last)
	if before, ok := p.history[e.Position]; ok && before != text {
		t.Fatalf("entry %v is %q here and %q there", e.Position, text, before)
	}
	p.history[e.Position] = text
}

// check wants one primary for each term, one member that acknowledges, nothing
// that is acknowledged twice at one place, and nothing lost.
func (s *simulation) check() {
	p := &s.promises
	open := -1
	for i, m := range s.machines {
		c := m.core
		if c == nil || c.role != primary {
			continue
		}
		if other, ok := p.leaders[c.term]; ok && other != i {
			s.t.Fatalf("members %d and %d are both primary of term %d", other, i, c.term)
		}
		p.leaders[c.term] = i
		if !c.writable(s.clock(i)) {
			if c.reached(s.clock(i)) != 0 {
				s.t.Fatalf("member %d is fenced and acknowledges", i)
			}
			continue
		}
		if open >= 0 {
			s.t.Fatalf("members %d (term %d) and %d (term %d) may both acknowledge", open, s.machines[open].core.term, i, c.term)
		}
		open = i
		s.acknowledge(i)
	}
}

func (s *simulation) acknowledge(i int) {
	p, m := &s.promises, s.machines[i]
	if p.lossless {
		for index, at := range p.acked {
			if index > uint64(len(m.disk.log)) || m.disk.log[index-1].Position != at {
				s.t.Fatalf("entry %v was acknowledged, and primary %d of term %d does not have it", at, i, m.core.term)
			}
		}
	}
	for index := m.core.reached(s.clock(i)); index > 0; index-- {
		at := m.disk.log[index-1].Position
		if at.Term != m.core.term || p.acked[index] == at {
			return
		}
		p.acked[index] = at
		p.acks++
	}
}
