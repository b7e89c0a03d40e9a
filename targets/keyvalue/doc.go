// Package keyvalue is a key-value store that speaks RESP2, on one bbolt file. Any
// Redis client works with the commands it knows: GET, SET (with NX), MGET, DEL,
// EXISTS, HSET, HSETNX, HGET, HLEN, HSCAN, RPUSH, LRANGE, DBSIZE and INFO, and those
// about the connection, which package resp answers. Nothing expires and nothing is
// evicted.
//
// Real: the protocol, the storage engine, the commit. Emulated: the CPU and the disk
// of the machine, by a machine.Share. A read takes the CPU time of StatementGet for
// each of its keys, and one disk access for each page that is not in the buffer
// pool. A write takes the CPU time of StatementSet for each of its keys and one disk
// access, and only then commits; it is answered when the commit is done. Nothing is
// locked during emulated waits. A command that is wrong by itself (unknown, wrong
// number of arguments, syntax) costs nothing.
//
// Each write is one commit of its own, as with Redis' appendfsync always and one
// client: writes are not gathered into groups. On a full queue the answer is an
// error that starts with BUSY, and nothing was written.
//
// A command whose context carries a sampled trace is logged as "command": its verb,
// how long it took and the ids of the trace.
//
// Two reads that miss the same page at the same time cost one disk access: the
// second finds the page in the pool at once, not when the first has read it.
package keyvalue
