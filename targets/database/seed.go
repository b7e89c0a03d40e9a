package database

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"rung/targets"
	"rung/targets/shop"
)

// schema are the tables of the application. They are the same for a real
// PostgreSQL with bigint for INTEGER, and without STRICT and WITHOUT ROWID.
//
// posts and photos do not refer to users: they are logs that only grow, and a
// lookup per insert would be a read that no estimate counts.
func schema() []string {
	return []string{
		`CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL, city TEXT NOT NULL) STRICT`,
		`CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES users (id), item TEXT NOT NULL, cents INTEGER NOT NULL) STRICT`,
		`CREATE TABLE posts (id TEXT NOT NULL PRIMARY KEY, user_id INTEGER NOT NULL, body TEXT NOT NULL, created_at INTEGER NOT NULL) STRICT, WITHOUT ROWID`,
		`CREATE TABLE photos (id TEXT NOT NULL PRIMARY KEY, user_id INTEGER NOT NULL, body TEXT NOT NULL, created_at INTEGER NOT NULL) STRICT, WITHOUT ROWID`,
		`CREATE TABLE sessions (id TEXT NOT NULL PRIMARY KEY, value BLOB NOT NULL, expires_at INTEGER NOT NULL) STRICT, WITHOUT ROWID`,
		`CREATE TABLE rung_seed (users INTEGER NOT NULL, orders_per_user INTEGER NOT NULL) STRICT`,
	}
}

// seedBatch is how many rows one INSERT carries.
const seedBatch = 16

// seed makes the database file with its first data, unless it is there already.
// The file is filled under another name and renamed when it is whole, so a seed
// that was cut short is done again.
func seed(path string, data targets.Data, fsync targets.Fsync) error {
	if data.Users < 0 || data.OrdersPerUser < 0 || data.OrdersPerUser > shop.MaxOrdersPerUser {
		return fmt.Errorf("data of %d users with %d orders each: orders must be 0 to %d",
			data.Users, data.OrdersPerUser, shop.MaxOrdersPerUser)
	}
	if _, err := os.Stat(path); err == nil {
		return checkSeed(path, data)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	part := path + ".part"
	for _, leftover := range []string{part, part + "-journal", path + "-wal", path + "-shm"} {
		if err := os.Remove(leftover); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := fill(part, data); err != nil {
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

// checkSeed makes sure that an existing file holds the data that is asked for.
func checkSeed(path string, data targets.Data) error {
	c, err := open(path, "busy_timeout=5000")
	if err != nil {
		return err
	}
	var found targets.Data
	_, err = c.query(context.Background(), "SELECT users, orders_per_user FROM rung_seed", nil, func(row []driver.Value) error {
		users, _ := row[0].(int64)
		orders, _ := row[1].(int64)
		found = targets.Data{Users: int(users), OrdersPerUser: int(orders)}
		return nil
	})
	if err == nil && found != data {
		err = fmt.Errorf("holds %d users with %d orders each, not %d with %d: give it another directory",
			found.Users, found.OrdersPerUser, data.Users, data.OrdersPerUser)
	}
	return errors.Join(err, c.close())
}

// fill writes all rows in one transaction. Nothing is safe until the file has its
// name, so there is no journal and no fsync.
func fill(path string, data targets.Data) (err error) {
	c, err := open(path, "journal_mode=OFF", "synchronous=OFF", "locking_mode=EXCLUSIVE", "cache_size=-65536")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.close()) }()
	if err := c.exec("BEGIN"); err != nil {
		return err
	}
	for _, table := range schema() {
		if err := c.exec(table); err != nil {
			return err
		}
	}
	users := bulk{into: c, table: "users", columns: 4}
	for id := int64(1); id <= int64(data.Users); id++ {
		name, email, city := shop.UserRow(id)
		if err := users.add(id, name, email, city); err != nil {
			return err
		}
	}
	orders := bulk{into: c, table: "orders", columns: 4}
	for customer := int64(1); customer <= int64(data.Users); customer++ {
		for k := 1; k <= data.OrdersPerUser; k++ {
			id, item, cents := shop.OrderRow(customer, k)
			if err := orders.add(id, customer, item, cents); err != nil {
				return err
			}
		}
	}
	if err := errors.Join(users.flush(), orders.flush()); err != nil {
		return err
	}
	done := bulk{into: c, table: "rung_seed", columns: 2}
	if err := errors.Join(done.add(int64(data.Users), int64(data.OrdersPerUser)), done.flush()); err != nil {
		return err
	}
	// After the rows, because sorting once is faster than inserting in place.
	if err := c.exec("CREATE INDEX orders_customer ON orders (customer_id)"); err != nil {
		return err
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
