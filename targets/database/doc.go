// Package database is a SQL database on a machine of emulated size: the SQLite
// engine behind the PostgreSQL wire protocol, version 3. Clients of PostgreSQL
// (psql, pgx, JDBC) talk to it, and what they send must also be right for a real
// PostgreSQL: the two can be exchanged.
//
// # What is real
//
// The protocol, the SQL engine, the rows, the transactions and the durability.
// Every write is committed to the file rung.db in the server's directory before
// it is acknowledged. With [targets.FsyncFull] (journal_mode WAL, synchronous
// FULL) an acknowledged write survives the death of the process, of the operating
// system and of the power, as far as the disk is honest. With [targets.FsyncOff]
// (synchronous OFF) it survives the death of the process only: the pages are with
// the operating system, which has not been asked to put them on the disk.
//
// # What is emulated
//
// How long a statement takes. It is classified (read, join, write) and holds a CPU
// slot for the time of its class. A read by key then touches one page of the
// buffer pool, "orders/<customer id>" when the table orders takes part, otherwise
// "users/<id>"; a page that is not there costs one disk access. (A page of orders
// is clustered with its customer, so a join of the two is one page.) A statement
// without a usable key - no comparison of a key column with an integer, or one
// under OR or NOT - is a scan: it costs its CPU time and touches no page. A commit
// costs one disk access, waited for before the real commit. BEGIN, ROLLBACK, SET,
// SHOW, EXPLAIN and the parsing of statements cost nothing.
//
// An autocommitted write waits for CPU and disk first and takes SQLite's write
// lock afterwards, so its waits hold up nobody; it pays for its commit also when
// it then fails or changes nothing. A transaction of several statements holds the
// one write lock from its first write to its end, as SQLite does, its waits
// included: other writers queue behind it, readers do not. It may be idle for 30
// seconds at most.
//
// # What is understood
//
// SELECT, VALUES, WITH, INSERT, UPDATE, DELETE, CREATE TABLE, CREATE INDEX,
// EXPLAIN, transactions, SET, SHOW, RESET, DISCARD, DEALLOCATE; $N parameters,
// dollar quoting, escape strings, and casts (expr::type), which are dropped.
// Transactions are READ COMMITTED. A statement may take 30 seconds, its waits
// included, unless the client sets statement_timeout. Everything else is refused with SQLSTATE 0A000,
// among it ATTACH, PRAGMA, COPY, cursors, savepoints and the system catalogs.
// SQLite never sees the client's text: statements are taken apart into tokens and
// written again in its own quoting.
//
// # As a member of a group
//
// With [targets.Replication] the server is one member of a replicated group (see
// package replication). The log is a table of the same file, so that a write and
// its place in the log are durable in one commit; what is shipped is the list of a
// transaction's writing statements with their parameters, which every member runs
// in the same order. So a statement whose result the data do not determine
// (random(), datetime(...)) is refused in a write with 0A000. A write is acknowledged
// when its mode allows; when that fails after the commit, the client gets 40003 and
// does not know whether it survives. Replicas answer reads, refuse writes with
// 25006, and say so in in_hot_standby, as PostgreSQL does since version 14. A member
// that waits for its first data answers 57P03. Members talk to each other on the
// same port, after a start-up message with the parameter replication=rung.
//
// A replica pays the CPU time of each write it applies, and one disk access for
// each batch, as a standby that flushes its log once for what has come in. A
// snapshot takes no emulated time.
//
// What only an old primary still holds is kept aside in diverged.jsonl when it
// comes back. CALL rung_diverged() lists it, CALL rung_recover() sends it to the
// primary: an INSERT is done when its row is not there, and any other change only
// when nothing in the group's log since is about the same row. Everything else is a
// conflict, which is counted and left aside. An INSERT that names its columns and
// takes its values from parameters is recognised when the row is there already;
// written in another way it counts as a conflict.
//
// A read of a row of sessions touches no page of the buffer pool: sessions are new,
// and so in memory.
package database
