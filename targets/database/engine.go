package database

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"

	"rung/targets"
)

// fileName is the database's file in the server's directory.
const fileName = "rung.db"

// readers is how many statements read at once. Each holds its connection only
// while SQLite works for it and while its rows are sent.
const readers = 6

// engine is the SQLite file with one connection that writes and several that
// read. It is safe for concurrent use.
type engine struct {
	path    string
	version string
	writer  chan *connection
	reading chan *connection
	all     []*connection
	types   atomic.Pointer[catalog]
	// recording says that the writer remembers what it does to rows.
	recording bool
}

// openEngine opens the database in directory, and makes and fills it first when
// it is not there.
func openEngine(directory string, first content, from template, fsync targets.Fsync, recording bool) (*engine, error) {
	if err := os.MkdirAll(directory, 0o755); err != nil {
		return nil, fmt.Errorf("database directory: %w", err)
	}
	path := filepath.Join(directory, fileName)
	if err := seed(path, first, from, fsync); err != nil {
		return nil, fmt.Errorf("database file %s: %w", path, err)
	}
	e := &engine{path: path, writer: make(chan *connection, 1), reading: make(chan *connection, readers), recording: recording}
	if err := e.open(fsync); err != nil {
		return nil, errors.Join(fmt.Errorf("database file %s: %w", path, err), e.close())
	}
	return e, nil
}

func (e *engine) open(fsync targets.Fsync) error {
	synchronous := "synchronous=FULL"
	if fsync == targets.FsyncOff {
		synchronous = "synchronous=OFF"
	}
	w, err := open(e.path, "busy_timeout=5000", "journal_mode=WAL", synchronous,
		"foreign_keys=ON", "trusted_schema=OFF")
	if err != nil {
		return err
	}
	e.all = append(e.all, w)
	if e.recording {
		if err := w.record(); err != nil {
			return err
		}
	}
	// A first write finds out whether the file can be written at all.
	if err := w.exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	if err := w.exec("ROLLBACK"); err != nil {
		return err
	}
	for range readers {
		r, err := open(e.path, "busy_timeout=5000", "query_only=ON", "trusted_schema=OFF")
		if err != nil {
			return err
		}
		e.all = append(e.all, r)
	}
	if err := e.learn(w); err != nil {
		return err
	}
	e.writer <- w
	for _, r := range e.all[1:] {
		e.reading <- r
	}
	return nil
}

// learn reads SQLite's version and the types of all columns.
func (e *engine) learn(c *connection) error {
	ctx := context.Background()
	if e.version == "" { // it is the same of every file
		if _, err := c.query(ctx, "SELECT sqlite_version()", nil, func(row []driver.Value) error {
			e.version, _ = row[0].(string)
			return nil
		}); err != nil {
			return err
		}
	}
	return e.learnTypes(ctx, c)
}

func (e *engine) learnTypes(ctx context.Context, c *connection) error {
	types := catalog{}
	_, err := c.query(ctx, "SELECT lower(m.name), lower(p.name), p.type FROM sqlite_schema m, pragma_table_info(m.name) p WHERE m.type='table'",
		nil, func(row []driver.Value) error {
			table, _ := row[0].(string)
			name, _ := row[1].(string)
			declared, _ := row[2].(string)
			if types[table] == nil {
				types[table] = map[string]uint32{}
			}
			types[table][name] = oidOfColumn(declared)
			return nil
		})
	if err != nil {
		return err
	}
	e.types.Store(&types)
	return nil
}

// acquire waits for a connection of one of the two sorts; release gives it back.
func acquire(ctx context.Context, from chan *connection) (*connection, error) {
	select {
	case c := <-from:
		return c, nil
	default:
	}
	select {
	case c := <-from:
		return c, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// close moves the log into the database file and closes every connection, which
// must all be free.
func (e *engine) close() error {
	var errs []error
	for i := len(e.all) - 1; i >= 0; i-- {
		if i == 0 {
			// Nobody else is connected now: the log can be emptied.
			errs = append(errs, e.all[0].exec("PRAGMA wal_checkpoint(TRUNCATE)"))
		}
		errs = append(errs, e.all[i].close())
	}
	e.all = nil
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close database file %s: %w", e.path, err)
	}
	return nil
}
