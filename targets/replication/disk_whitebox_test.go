package replication

// disk is what survives a crash of a simulated member: a Storage without I/O.
type disk struct {
	term   uint64
	vote   string
	joined bool
	log    []Entry // entry i has index i+1
	aside  []Entry // own entries that a snapshot replaced
}

func (d *disk) state() State {
	s := State{Term: d.term, Vote: d.vote, Joined: d.joined, Fresh: d.joined && d.term == 0 && len(d.log) == 0}
	if n := len(d.log); n > 0 {
		s.Last = d.log[n-1].Position
	}
	return s
}

func (d *disk) Load() (State, error) { return d.state(), nil }

func (d *disk) SaveVote(term uint64, vote string) error {
	d.term, d.vote = term, vote
	return nil
}

func (d *disk) Term(index uint64) (uint64, error) {
	switch {
	case index == 0:
		return 0, nil
	case index > uint64(len(d.log)):
		return 0, ErrNoEntry
	}
	return d.log[index-1].Term, nil
}

func (d *disk) Entries(after uint64, limit int) ([]Entry, error) {
	if after >= uint64(len(d.log)) {
		return nil, nil
	}
	rest := d.log[after:]
	return append([]Entry(nil), rest[:min(limit, len(rest))]...), nil
}
