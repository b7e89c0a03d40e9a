package replication

// kind says what a message is.
type kind uint8

const (
	// heartbeat renews the sender's lease and tells where its log ends.
	heartbeat kind = iota + 1
	// heartbeatReply grants the lease (ok), and tells where the log ends.
	heartbeatReply
	// poll asks who is there, in which term, and how far each log reaches,
	// before an election or by a replacement; it changes nothing.
	poll
	pollReply
	// vote asks for a vote in the message's term.
	vote
	voteReply
	// appendEntries ships entries that follow prev.
	appendEntries
	// appendReply says that the log matches the primary's up to index (ok), or
	// from where to try again.
	appendReply
	// snapshotOffer announces a snapshot up to pos; entries up to index are
	// common. The data follows on a connection of its own.
	snapshotOffer
	kinds = int(snapshotOffer)
)

// message is what members tell each other. Which fields count depends on the
// kind.
type message struct {
	kind kind
	from int // number of the sender in Members
	term uint64
	// round of a heartbeat, or of the poll, and of their replies.
	round uint64
	// pos is the end of the sender's log.
	pos Position
	// prev is the position before the entries.
	prev    Position
	entries []Entry
	ok      bool
	index   uint64
	// joined says that the sender holds the group's data.
	joined bool
	// diverged says that the sender has entries after index that the
	// receiver, a primary, does not have.
	diverged bool
	// ready says that the sender does not hold the group's data and may be
	// given it.
	ready bool
}
