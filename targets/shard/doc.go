// Package shard says where a user's data is: a Map by rule, and a Router that
// also knows which users are being moved at this moment.
//
// # Moving users
//
// A Router takes part in a move (see package reshard) by the phases of
// [targets.Phase], one batch of users at a time:
//
//	hold     new writes to the users wait; those under way have ended
//	confirm  the hold lasts until it is told otherwise ([targets.PhaseConfirm])
//	switch   reads go to where the users go
//	release  writes too; the batch is over
//	abort    everything is as before the hold
//
// A hold ends by itself after the move's Patience, so that a mover that died
// does not keep users from writing. It must not end when the first router may
// already have switched: one router would write where another one no longer
// reads. Hence confirm, which no router answers with success once its hold has
// ended: when all have confirmed, all may switch. A router that has started since
// knows of no hold, and fails confirm and switch.
//
// Repeating a phase is harmless. A hold of a batch that was switched goes back to
// before the switch; that is right as long as no router has released it. A
// release of a batch that the router has never heard of is carried out, so that
// one that started late catches up.
package shard
