// Package replication makes several databases one: a primary that gives every
// write a place in an ordered log, and replicas that apply the log in that
// order. It knows nothing of SQL: a [Storage] keeps the log and the data.
//
// # Who is primary
//
// The members decide among themselves. A primary sends heartbeats; a member
// that answers grants it a lease, and votes for nobody else until the grant is
// over. The primary may accept and acknowledge writes while a majority's
// grants, counted from the sending of the heartbeat, last. So no two members
// ever acknowledge at one time, not even of different terms, and one that is
// cut off stops by itself. Leases count by each member's own monotonic clock,
// and what it shows does not matter; clocks that run at different speeds are not
// provided for. A process that is stopped between the look at its lease and the
// answer to its client answers late: what it says was true when it looked.
//
// When a replica's grant is over ("suspect") it asks the others how far their
// logs reach. It stands for election in the next term when a majority is free
// and not ahead of it, the most advanced first, and among equals the first of
// Members. The others vote for it, once in a term, and only if its log reaches
// at least as far as their own (the rules of Raft, Ongaro and Ousterhout 2014,
// sections 5.2 and 5.4, with the poll of positions in the place of a randomised
// time-out). A candidate that fails pauses for a random time. A new primary
// begins its term with a barrier entry, so that a majority that holds an entry of
// its term holds everything before it too (section 5.4.2). A member that starts
// again has forgotten what it granted, and waits one lease.
//
// # What a write waits for
//
// By mode: for nobody (asynchronous), for one replica (semi-synchronous), or for
// every member of the synchronous set and a majority of all (synchronous). A
// replica that is not heard of for a lease leaves the set, and is back when it
// has caught up, but for its last few entries. To hold a write means to have
// applied it durably.
//
// What is promised: a write that was acknowledged synchronously is in the log of
// every later primary, as long as at most a minority has lost its disk. With
// three members this is true of semi-synchronous mode too, because two are a
// majority. Asynchronous mode may lose what was acknowledged and not yet
// shipped.
//
// # Members that come back
//
// A member that is behind gets entries. One whose log has entries that the
// primary's has not, an old primary usually, gets a snapshot in their place; its
// Storage keeps them aside for a recovery. So does one that lost its disk: it
// neither votes nor grants before, and only a primary whose lease holds without
// it may give it data. It has also forgotten its votes, so it takes data no
// earlier than one lease after its start, and after a majority of members with
// data told it their terms: in a group of three both others must be up. When the
// log does not reach back far enough to compare, what was compacted counts as
// common.
//
// # Events
//
// A member notes, with [targets.Event].What,
//
//	suspect    the lease that it granted to the primary (Subject) ran out: detection
//	elected    a majority voted for it: decision
//	promoted   from At on it may accept and acknowledge writes
//	fenced     at At its lease ran out, and from then on it may not; "promoted"
//	           follows when the lease comes back
//	demoted    at At its primacy ended before the lease did: another term has
//	           begun, the storage failed, or the member is closed
//	following  Subject is the primary
//	diverged   own entries, counted in Cause, are not in the group's log and will
//	           be put aside
//	restored   from a snapshot
//	left       Subject left the synchronous set
//	joined     Subject is in it again
//
// The times of the first six are when it became so, not when it was noticed: a
// primary that is cut off, or whose process was stopped, notes "fenced" with the
// time at which its lease ended. So it may acknowledge from each "promoted" to the
// next "fenced" or "demoted", and in the events of all members no two such spans
// overlap, as far as their clocks show the same time. A process that is killed
// leaves its last span open; it ends with the process.
//
// # Long wires
//
// Members may be far apart. The primary ships entries as they come and does not
// wait for answers in between (64 messages or 512 KiB at most), so that a
// synchronous commit takes one round trip to the farthest member that it waits
// for, and the rate of commits does not depend on it. A replica that is busy keeps
// what comes and applies it as one batch. An election takes about three round
// trips after the lease; round trips must be well below half a lease, and so must
// be what a wire takes for 512 KiB: heartbeats wait behind what was shipped.
//
// With [targets.Replication].Compress what a member sends to another, snapshots
// included, is compressed on the way when both ends agree (see [Compressed]): one
// stream for each connection, so that an entry costs little when others were like
// it, sent on at once, so that it comes no later. [Group.Traffic] counts both sizes.
//
// # Small groups
//
// Of two members one is no majority. The configured primary of a group of one
// or two keeps its primacy without being granted it, and is never replaced. A
// group of two stops acknowledging while one is away, but in asynchronous mode.
package replication
