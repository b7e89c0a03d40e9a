// Package cache is a cache server that speaks RESP2, in memory only. Any Redis client
// works with the commands it knows: GET, SET (with EX, PX, NX, XX, GET, KEEPTTL),
// SETEX, DEL, EXISTS, TTL, PTTL, EXPIRE, PERSIST, MGET, MSET, INCR, DBSIZE, FLUSHALL
// and INFO, and those about the connection, which package resp answers. All values
// are strings.
//
// Memory is bounded by bytes. An entry takes the length of its key and of its value,
// and EntryOverhead. What leaves a full cache is the least recently used entry, the
// least frequently used one, or the one that came first; see package evict. GET, MGET,
// INCR and every kind of SET count as a use, EXISTS, TTL and EXPIRE do not. A value
// that does not fit into the whole memory is refused with an error that starts with
// OOM, and what was there stays.
//
// An entry whose time is over is never served again. It is removed when it is
// next asked for, and without being asked for by any later command: each removes up to
// expireBatch of the entries that are due, first due first. An idle server therefore
// keeps some dead entries, and DBSIZE counts them, as in Redis.
//
// Real: the protocol, the memory, the eviction, the expiry. Emulated: the CPU of the
// machine. Each command takes the CPU time of Settings.Demand once, however many keys
// it names. INFO costs nothing, so that looking does not disturb, and neither does a
// command that is wrong by itself (unknown, wrong number of arguments, syntax). On a
// full queue the answer is an error that starts with BUSY, and nothing was done.
//
// A command whose context carries a sampled trace is logged as "command": its verb,
// how long it took and the ids of the trace.
//
// Nothing is written to disk: a server that starts is empty.
package cache
