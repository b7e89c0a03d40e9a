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
// slot for the time of its class. A read by key, and an UPDATE or a DELETE by key
// before it changes the row, then touches one page of the buffer pool,
// "orders/<customer id>" when the table orders takes part, otherwise "users/<id>";
// a page that is not there costs one disk access. (A page of orders is clustered
// with its customer, so a join of the two is one page.) A statement without a usable
// key - no comparison of a key column with an integer, or one
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
// A row of the table sessions is read by its key and touches no page: what was
// written lately is in memory, and so is all of that table.
//
// # Replication
//
// With [targets.Replication] the server is one member of a group (see package
// replication), and its name in it is its role's. One member, the primary, accepts
// writes; on the others they fail with SQLSTATE 25006, and reads see what has been
// applied there. The parameter in_hot_standby says which it is: at the start of a
// session, and with the next ReadyForQuery after it has changed. So do SHOW
// transaction_read_only and SELECT pg_is_in_recovery(). When the primacy ends, a
// session with an open transaction that has written is ended (57P01). A replacement
// that waits for its group's data answers 57P03.
//
// Members find each other on the same port as clients, by the start-up parameter
// replication=rung.
//
// What is shipped is the writing statements of each committed transaction, with
// their parameters. Every member runs them in the order of the one write lock, and
// so comes to the same rows. Hence a write may not use what the data does not
// determine, as random() or CURRENT_TIMESTAMP (0A000), and a transaction ships 1 MiB
// at most (54000). The log is the table rung_log of the same file, so that a
// transaction and its place in the log are durable in one commit. It reaches back
// 100,000 entries or 64 MiB.
//
// A COMMIT commits here first, gives the write lock back, and then waits until
// the group's mode allows the answer. When that does not come in time, or the
// primacy ends before, the client gets 40003: the transaction may or may not
// survive. A write that changed no row waits for its place in the log as well,
// because what it found may be younger than the last acknowledgement. Others see
// the rows here from the commit on, before they may be acknowledged, as in
// PostgreSQL.
//
// A replica applies batches of what has arrived. A batch costs it one CPU time of
// a write for each statement, one after another, and one disk access for its
// commit; the pages of keyed writes come into its buffer pool without a further
// access. Snapshots, votes and the recovery of a start cost no emulated time.
//
// # Recovery
//
// Each member also keeps, in its own log only, the rows that every transaction
// changed: their values before and after. When its log turns out to have
// transactions that the group's has not, as that of an old primary may, these are
// put aside before the group's data takes the place of its own. They are in the
// file diverged.jsonl, which survives restarts and further divergences. SELECT *
// FROM rung_diverged, or CALL rung_diverged(), lists them. [Server.Recover], or CALL
// rung_recover(), offers them to the primary again, row by row, and never overwrites
// what has changed since.
// Transactions that made tables, or changed more than about 1 MiB of rows, can only
// be looked at.
//
// # What is understood
//
// SELECT, VALUES, WITH, INSERT, UPDATE, DELETE, CREATE TABLE, CREATE INDEX,
// EXPLAIN, transactions, SET, SHOW, RESET, DISCARD, DEALLOCATE, CALL; $N parameters,
// dollar quoting, escape strings, and casts (expr::type), which are dropped. Bytes in
// the text of a statement are written X'00ff'; a text literal is never made bytes.
// Transactions are READ COMMITTED. A statement may take 30 seconds, its waits
// included, unless the client sets statement_timeout. Everything else is refused
// with SQLSTATE 0A000, among it ATTACH, PRAGMA, COPY, cursors, savepoints and the
// system catalogs. SQLite never sees the client's text: statements are taken apart into tokens and
// written again in its own quoting.
package database
