// Package reshard moves users from shard to shard while they are served: a Plan
// says who goes where, Run carries it out.
//
// # A batch
//
//	hold     every router lets writes to the batch's users wait; those under way end
//	copy     their rows go to the new shards
//	confirm  every router has held them all along, and will until it is told otherwise
//	switch   every router reads them at the new shards
//	release  every router writes there too
//
// Each step begins when every router (or the copy) has answered the one before.
// Rows stay at the old shards until all batches are released; then they are erased.
//
// # Why nothing is lost, and no read is stale
//
// Take one user. From the moment when all routers hold to the first release no
// write to the user is under way, and so the rows do not change. The copy reads
// them within that time: old and new shard then have the same. During switch some
// routers read here and some there, and cannot tell the difference. The first
// release comes after the last switch, so nobody reads the old shard any more when
// the new one is first written. Every read therefore sees every write that was
// acknowledged before it began: the user's rows are linearizable if each shard is.
//
// A router's hold ends by itself after a time, so that a mover that dies does not
// stop writes for ever. Were that to happen between copy and switch, a write would
// be lost; confirm excludes it. When hold, copy or confirm fails, nobody has
// switched, and abort on every router makes all as it was. When a router cannot be
// switched, the others go back to hold first, for as long as one still reads the
// new shard nobody may write the old one. After the first release there is no way
// back: release is tried again until every router has carried it out.
//
// # What it needs
//
// Commands must reach a router in the order in which they are sent. A router that
// starts while a Run is under way must not serve before it has carried out what was
// sent to the others so far; that is for the [Platform] to see to. Without it, a
// router that starts between hold and confirm is noticed by confirm, and the batch
// is tried again; one that starts between confirm and release may write to an old
// shard, and that write is lost.
//
// A user who is not moved is not affected. Writes that change rows of many users
// (shard.Router.WriteAll) wait while any batch is held.
package reshard
