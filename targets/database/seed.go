package database

import (
	"context"
	"database/sql/driver"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"rung/targets"
)

// schema are the tables of the application. They are the same for a real
// PostgreSQL with bigint for INTEGER, and without STRICT and WITHOUT ROWID.
//
// posts and photos do not refer to users: they are logs that only grow, and a
// lookup per insert would be a read that no estimate counts. Neither does follows:
// a followee may be on another shard.
func schema(follows bool) []string {
	tables := []string{
		`CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL, city TEXT NOT NULL) STRICT`,
		`CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES users (id), item TEXT NOT NULL, cents INTEGER NOT NULL) STRICT`,
		`CREATE TABLE posts (id TEXT NOT NULL PRIMARY KEY, user_id INTEGER NOT NULL, body TEXT NOT NULL, created_at INTEGER NOT NULL) STRICT, WITHOUT ROWID`,
		`CREATE TABLE photos (id TEXT NOT NULL PRIMARY KEY, user_id INTEGER NOT NULL, body TEXT NOT NULL, created_at INTEGER NOT NULL) STRICT, WITHOUT ROWID`,
		`CREATE TABLE sessions (id TEXT NOT NULL PRIMARY KEY, value BLOB NOT NULL, expires_at INTEGER NOT NULL) STRICT, WITHOUT ROWID`,
		seedTable,
	}
	if follows {
		tables = append(tables, `CREATE TABLE follows ("user" INTEGER NOT NULL, followee INTEGER NOT NULL, name TEXT NOT NULL, city TEXT NOT NULL, PRIMARY KEY ("user", followee)) STRICT, WITHOUT ROWID`)
	}
	return tables
}

// indexes are made after the rows, because sorting once is faster than inserting
// in place.
func indexes(follows bool) []string {
	list := []string{"CREATE INDEX orders_customer ON orders (customer_id)"}
	if follows {
		list = append(list, "CREATE INDEX follows_followee ON follows (followee)")
	}
	return list
}

// seedBatch is how many rows one INSERT carries.
const seedBatch = 16

// seed makes the database file with its first data, unless it is there already.
// The file is filled under another name and renamed when it is whole, so a seed
// that was cut short is done again.
func seed(path string, first content, from template, fsync targets.Fsync) error {
	if err := first.check(); err != nil {
		return err
	}
	if _, err := os.Stat(path); err == nil {
		return checkSeed(path, first)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	part := path + ".part"
	for _, leftover := range []string{part, part + "-journal", path + "-wal", path + "-shm"} {
		if err := os.Remove(leftover); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := from.fill(part, first); err != nil {
		os.Remove(part) // best effort: the next start removes it as well
		return err
	}
	if fsync != targets.FsyncOff {
		if err := syncFile(part); err != nil {
			return err
		}
	}
	if err := os.Rename(part, path); err != nil {
		return err
	}
	if fsync == targets.FsyncOff {
		return nil
	}
	return syncFile(filepath.Dir(path))
}

// syncFile makes a file, or the names in a directory, survive a power cut.
func syncFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// fill writes all rows in one transaction. Nothing is safe until the file has its
// name, so there is no journal and no fsync.
func fill(path string, first content) (err error) {
	c, err := open(path, "journal_mode=OFF", "synchronous=OFF", "locking_mode=EXCLUSIVE", "cache_size=-65536")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.close()) }()
	if err := c.exec("BEGIN"); err != nil {
		return err
	}
	for _, table := range schema(first.data.Follows > 0) {
		if err := c.exec(table); err != nil {
			return err
		}
	}
	for _, rows := range []func(*connection) error{first.users, first.orders, first.follows, first.mark} {
		if err := rows(c); err != nil {
			return err
		}
	}
	for _, index := range indexes(first.data.Follows > 0) {
		if err := c.exec(index); err != nil {
			return err
		}
	}
	return c.exec("COMMIT")
}

// bulk inserts rows into a table, many at a time.
type bulk struct {
	into    *connection
	table   string
	columns int
	args    []driver.NamedValue
}

func (b *bulk) add(values ...any) error {
	for _, v := range values {
		b.args = append(b.args, driver.NamedValue{Ordinal: len(b.args) + 1, Value: v})
	}
	if len(b.args) < seedBatch*b.columns {
		return nil
	}
	return b.flush()
}

// end writes what is left, unless something failed before.
func (b *bulk) end(err error) error {
	if err != nil {
		return err
	}
	return b.flush()
}

func (b *bulk) flush() error {
	if len(b.args) == 0 {
		return nil
	}
	row := "(?" + strings.Repeat(",?", b.columns-1) + ")"
	text := "INSERT INTO " + b.table + " VALUES " + row + strings.Repeat(","+row, len(b.args)/b.columns-1)
	_, err := b.into.query(context.Background(), text, b.args, nil)
	b.args = b.args[:0]
	return err
}
