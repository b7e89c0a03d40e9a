package monitor

import (
	"hash/maphash"
	"log/slog"
	"time"
)

const (
	// entryBytes is what a line costs besides its text.
	entryBytes = 64
	// lineBytes and segmentBytes bound a line and a segment.
	lineBytes    = 64 << 10
	segmentBytes = 1 << 20
	// parts is how many segments there are at least when the journal is
	// full: the oldest one goes at a time.
	parts = 8
)

// entry is what is known of a line without looking at its text.
type entry struct {
	time       int64 // ns since 1970
	trace      [16]byte
	request    uint64 // a hash
	start, end uint32 // of the text in its segment
	node, role uint16 // by names
	message    uint16
	level      int16
}

// segment is a run of lines in the order of their arrival. It is only added
// to, so a copy of its slices is a snapshot: nothing that it shows changes.
type segment struct {
	text    []byte
	entries []entry
}

func (s segment) cost() int64 { return int64(len(s.text)) + int64(len(s.entries))*entryBytes }

// at is the text of an entry.
func (s segment) at(e *entry) []byte { return s.text[e.start:e.end] }

// journal keeps lines, the latest that fit. It is not safe for concurrent use;
// its snapshots are.
type journal struct {
	most     int64
	segments []segment
	cost     int64
	lines    int64
	evicted  int64

	seed                   maphash.Seed
	nodes, roles, messages names
}

func newJournal(most int64) *journal { return &journal{most: most, seed: maphash.MakeSeed()} }

// room is the length of the longest line that may be added.
func (j *journal) room() int { return int(min(j.most/parts, lineBytes+entryBytes)) - entryBytes }

// add keeps a copy of a line.
func (j *journal) add(l *line, text []byte, at time.Time) {
	full := min(j.most/parts, segmentBytes)
	last := len(j.segments) - 1
	if last < 0 || j.segments[last].cost()+int64(len(text))+entryBytes > full {
		j.segments = append(j.segments, segment{text: make([]byte, 0, max(full*3/4, int64(len(text))))})
		last++
	}
	s := &j.segments[last]
	start := uint32(len(s.text))
	s.text = append(s.text, text...)
	s.entries = append(s.entries, entry{time: at.UnixNano(), trace: l.trace(), request: j.hash(l.Request), start: start, end: uint32(len(s.text)),
		node: j.nodes.id(l.Node), role: j.roles.id(l.Role), message: j.messages.id(l.Message), level: short(l.severity())})
	j.cost += int64(len(text)) + entryBytes
	j.lines++
	for j.cost > j.most {
		j.evict()
	}
}

// evict forgets the oldest segment.
func (j *journal) evict() {
	old := j.segments[0]
	j.segments[0] = segment{} // so that the array does not hold it
	j.segments = j.segments[1:]
	j.cost -= old.cost()
	j.lines -= int64(len(old.entries))
	j.evicted += int64(len(old.entries))
}

// snapshot is all lines that are there now.
func (j *journal) snapshot() []segment { return append([]segment(nil), j.segments...) }

func (j *journal) hash(request string) uint64 {
	if request == "" {
		return 0
	}
	return max(maphash.String(j.seed, request), 1)
}

// short fits a level that a line may have, which is any, into an entry.
func short(level slog.Level) int16 { return int16(min(max(level, -1<<14), 1<<14)) }
