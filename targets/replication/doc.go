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
// # Small groups
//
// Of two members one is no majority. The configured primary of a group of one
// or two keeps its primacy without being granted it, and is never replaced. A
// group of two stops acknowledging while one is away, but in asynchronous mode.
package replication
