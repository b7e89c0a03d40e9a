package monitor

// knownSenders bounds the senders whose batches are told apart. A sender is
// one life of a node's process.
const knownSenders = 1024

// senders remember which batches came. The zero value knows none. It is not
// safe for concurrent use.
type senders struct {
	all   map[string]*sender
	clock uint64
}

type sender struct {
	batch   uint64 // the last one that was taken
	dropped int64  // what it said to have lost
	used    uint64
}

// take says whether a batch is new, and how many lines the sender lost since
// the last one. Batch 0, or a batch without a sender, is always new.
func (s *senders) take(name string, batch uint64, dropped int64) (isNew bool, lost int64) {
	if name == "" || batch == 0 {
		return true, 0
	}
	known := s.all[name]
	if known == nil {
		known = s.meet(name)
	}
	s.clock++
	known.used = s.clock
	if batch <= known.batch {
		return false, 0
	}
	known.batch = batch
	if lost = dropped - known.dropped; lost < 0 {
		return true, 0
	}
	known.dropped = dropped
	return true, lost
}

// meet makes room for a sender: the one that was silent the longest is
// forgotten.
func (s *senders) meet(name string) *sender {
	if s.all == nil {
		s.all = map[string]*sender{}
	}
	if len(s.all) >= knownSenders {
		oldest, at := "", s.clock+1
		for name, known := range s.all {
			if known.used < at {
				oldest, at = name, known.used
			}
		}
		delete(s.all, oldest)
	}
	s.all[name] = &sender{}
	return s.all[name]
}
