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
// before it changes rows, then touches pages of the buffer pool; each page that is
// not there costs one disk access, but pages of a list that lie close together are
// read through: a seek, and one access for every 40 pages from the first to the
// last. A commit costs one disk access, waited for before the real commit. BEGIN,
// ROLLBACK, SET, SHOW, EXPLAIN and the parsing of statements cost nothing.
//
// Which pages: a key is a comparison of users.id, orders.customer_id, orders.id or
// follows."user" with an integer (= 7), or with a list of them (IN (1, 2, $3)). The
// page of one user is "orders/<customer id>" when the table orders takes part,
// otherwise "users/<id>": orders are clustered with their customer, and follows with
// the user who follows, so that a join of users and orders is one page. One key is
// one page, whether or not there is such a row; of a list each user who has a row
// is one. A join of follows with the rows of the followees touches the user's page
// and that of each followee, because it fetches their rows by key, one by one. A
// statement without a usable key, or with one under OR or NOT, is a scan: it costs
// its CPU time and touches no page. So does one by follows.followee, which reads an
// index that is taken to be in memory: an UPDATE of all copies of a user costs its
// CPU time and its commit, but no page for each row that it changes. An INSERT
// touches no page.
//
// An autocommitted write waits for CPU and disk first and takes SQLite's write
// lock afterwards, so its waits hold up nobody; it pays for its commit also when
// it then fails or changes nothing. A transaction of several statements holds the
// one write lock from its first write to its end, as SQLite does, its waits
// included: other writers queue behind it, readers do not. It may be idle for 30
// seconds at most. A write of several keys in such a transaction waits for its pages
// after the commit, when others may write again: PostgreSQL would lock its rows only.
//
// A row of the table sessions is read by its key and touches no page: what was
// written lately is in memory, and so is all of that table.
//
// # First data
//
// A new file is filled with [targets.Data]: users, their orders, and, when users
// follow others, the table follows, with copies of the followees' names and cities.
// With [targets.Database].Sharding it is the part of one shard: the users for whom
// Config.Owns is true, with what is theirs. Users may be moved to other shards
// later, by statements as any other; the server does not know who belongs where. The
// file remembers what it was filled with, and for which shard of which sharding,
// and is refused to a server of another specification. Config.Template saves
// servers that start with the same data the filling.
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
// replication=rung. With [targets.Replication].Compress the one that connects adds
// compression=zstd, and is answered one byte after the greeting, S or N.
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
// Transactions that made tables, or changed more than about 2 MiB of rows, can only
// be looked at; nor can one be recovered whose rows, old and new ones together, are
// more than a transaction ships.
//
// # Traces
//
// A statement that ends in a comment with a sampled trace (see package trace) is
// logged when it is over: message "statement", with its class, took_ns, the SQLSTATE
// of its error if it has failed, and the ids of the trace; never its text or its
// parameters. BEGIN, COMMIT and the like have no class and are not logged. Comments
// change nothing else, and are not shipped.
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
