package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/url"
	"reflect"
	"sync"
	"time"

	"modernc.org/libc"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// maxPrepared bounds the prepared statements that a connection keeps.
const maxPrepared = 64

// maxLength bounds a string, a blob or a row inside SQLite, in bytes.
const maxLength = 4 << 20

// connection is one SQLite connection. It is used by one goroutine at a time.
type connection struct {
	db  *sql.DB
	pin *sql.Conn
	// prepared are statements by their text; order is by age.
	prepared map[string]driver.Stmt
	order    []string
	breaker  breaker
	// recorder remembers what a transaction does to rows, or is nil.
	recorder *recorder
}

// open opens the file with these pragmas, in their order.
func open(path string, pragmas ...string) (*connection, error) {
	target := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath()}
	db, err := sql.Open("sqlite", target.String())
	if err != nil {
		return nil, err
	}
	ctx := context.Background()
	pin, err := db.Conn(ctx)
	if err != nil {
		db.Close()
		return nil, err
	}
	c := &connection{db: db, pin: pin, prepared: map[string]driver.Stmt{}}
	for _, p := range pragmas {
		if _, err := pin.ExecContext(ctx, "PRAGMA "+p); err != nil {
			c.close()
			return nil, fmt.Errorf("pragma %s: %w", p, err)
		}
	}
	for limit, value := range map[int]int{
		sqlite3.SQLITE_LIMIT_LENGTH:   maxLength,
		sqlite3.SQLITE_LIMIT_ATTACHED: 0,
	} {
		if _, err := sqlite.Limit(pin, limit, value); err != nil {
			c.close()
			return nil, err
		}
	}
	c.breaker.handle, err = handleOf(pin)
	if err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

// query runs one statement and calls each for every row. The row is valid until
// each returns. It returns how many rows were changed.
func (c *connection) query(ctx context.Context, text string, args []driver.NamedValue, each func([]driver.Value) error) (int64, error) {
	defer c.breaker.watch(ctx)()
	var changed int64
	err := c.pin.Raw(func(raw any) error {
		stmt, err := c.statement(raw, text)
		if err != nil {
			return err
		}
		if each == nil {
			done, err := stmt.(driver.StmtExecContext).ExecContext(context.Background(), args)
			if err != nil {
				return err
			}
			changed, err = done.RowsAffected()
			return err
		}
		rows, err := stmt.(driver.StmtQueryContext).QueryContext(context.Background(), args)
		if err != nil {
			return err
		}
		row := make([]driver.Value, len(rows.Columns()))
		for err == nil {
			if err = rows.Next(row); err == nil {
				err = each(row)
			}
		}
		if err == io.EOF {
			err = nil
		}
		// Closing a statement that failed repeats its error.
		return errors.Join(err, onlyIf(err == nil, rows.Close()))
	})
	return changed, err
}

// onlyIf drops an error that says nothing new.
func onlyIf(keep bool, err error) error {
	if keep {
		return err
	}
	return nil
}

// exec runs a statement of the server's own.
func (c *connection) exec(text string) error {
	_, err := c.query(context.Background(), text, nil, nil)
	return err
}

// statement returns the prepared form of text, from the cache if it is there.
func (c *connection) statement(raw any, text string) (driver.Stmt, error) {
	if s, ok := c.prepared[text]; ok {
		return s, nil
	}
	s, err := raw.(driver.Conn).Prepare(text)
	if err != nil {
		return nil, err
	}
	if len(c.order) == maxPrepared {
		oldest := c.order[0]
		c.order = append(c.order[:0], c.order[1:]...)
		c.prepared[oldest].Close()
		delete(c.prepared, oldest)
	}
	c.prepared[text] = s
	c.order = append(c.order, text)
	return s, nil
}

// columns describes the result of a statement without running it; a statement
// that returns no rows has none. It fails as running would when the statement
// does not compile.
func (c *connection) columns(text string) ([]column, error) {
	var list []column
	err := c.pin.Raw(func(raw any) error {
		d, ok := raw.(interface {
			ColumnInfo(query string) ([]sqlite.ColumnInfo, error)
		})
		if !ok {
			return errors.New("the driver does not describe columns")
		}
		info, err := d.ColumnInfo(text)
		if err != nil {
			return err
		}
		list = make([]column, len(info))
		for i, c := range info {
			list[i] = column{name: c.Name, oid: oidOfColumn(c.DeclType)}
		}
		return nil
	})
	return list, err
}

func (c *connection) close() error {
	c.breaker.disarm()
	for _, s := range c.prepared {
		s.Close()
	}
	c.prepared, c.order = nil, nil
	return errors.Join(c.unrecord(), c.pin.Close(), c.db.Close())
}

// breaker stops the running statement of a connection when its context ends. The
// driver does that for a statement's first row only; a search for the second can
// take for ever as well.
type breaker struct {
	handle uintptr // sqlite3*, which sqlite3_interrupt takes from any thread

	mu  sync.Mutex
	run int64 // counts statements; odd while one runs
}

// watch arms the breaker until the returned function is called.
func (b *breaker) watch(ctx context.Context) (stop func()) {
	if ctx.Done() == nil {
		return func() {}
	}
	b.mu.Lock()
	b.run++
	run := b.run
	b.mu.Unlock()
	release := context.AfterFunc(ctx, func() { b.interrupt(run) })
	return func() {
		release()
		b.mu.Lock()
		b.run++
		b.mu.Unlock()
	}
}

// interruptEvery is the pause between two tries to stop a statement.
const interruptEvery = 2 * time.Millisecond

// interrupt stops that run, not a later one. SQLite forgets an interrupt that comes
// just before a statement starts, so it is repeated until the run has ended.
func (b *breaker) interrupt(run int64) {
	tls := libc.NewTLS()
	defer tls.Close()
	tick := time.NewTicker(interruptEvery)
	defer tick.Stop()
	for b.strike(tls, run) {
		<-tick.C
	}
}

// strike interrupts the run once and reports whether it was still there.
func (b *breaker) strike(tls *libc.TLS, run int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.run != run || b.handle == 0 {
		return false
	}
	sqlite3.Xsqlite3_interrupt(tls, b.handle)
	return true
}

func (b *breaker) disarm() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.handle = 0
}

// handleOf reads the sqlite3 handle of the driver's connection, which the driver
// keeps to itself.
func handleOf(pin *sql.Conn) (handle uintptr, err error) {
	err = pin.Raw(func(raw any) error {
		v := reflect.ValueOf(raw)
		if v.Kind() != reflect.Pointer || v.Elem().Kind() != reflect.Struct {
			return errors.New("the driver's connection has no handle to interrupt")
		}
		field := v.Elem().FieldByName("db")
		if field.Kind() != reflect.Uintptr {
			return errors.New("the driver's connection has no handle to interrupt")
		}
		handle = uintptr(field.Uint())
		return nil
	})
	return handle, err
}
